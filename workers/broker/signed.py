"""Messages in the broker are signed, and nothing else is taken out of it.

Whoever can reach the broker alone, without the secret, can neither give workers something to do nor
command them: docs/decisions/0008-messages-are-signed.md.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, NoReturn

from celery import signals
from celery.utils.dispatch import Signal
from itsdangerous import Serializer
from kombu import compression
from kombu.exceptions import DecodeError
from kombu.serialization import registry
from kombu.utils import json

# What celery's settings call it, and messages.
NAME: Final = "signed"
CONTENT_TYPE: Final = "application/x-fleet-signed"
# Where a task's signed body has the headers of its message.
HEADERS: Final = "headers"

Secrets = Callable[[], Sequence[str]]
# Sent with `reason`: a message was taken out of the broker and put away.
refused = Signal(name="message_refused", providing_args={"reason"})


def install(secrets: Secrets) -> None:
    """Have this process sign what it publishes, and read what is signed.

    secrets: oldest first, as `Fleet.broker_secrets`; the last one signs, all of them are taken.
    """

    @cache
    def made(of: tuple[str, ...]) -> Serializer[str]:
        return Serializer(
            list(of),
            salt="fleet.broker",
            serializer=json,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def signer() -> Serializer[str]:
        return made(tuple(secrets()))

    registry.register(
        NAME,
        lambda data: signer().dumps(data),
        lambda text: signer().loads(bytes(text) if isinstance(text, memoryview) else text),
        CONTENT_TYPE,
    )
    # A few bytes may unpack to gigabytes, before any signature is looked at; we send none.
    for kind in compression.encoders():
        compression.register(None, _refuse_compressed, kind)
    signals.before_task_publish.connect(_sign_headers)


def believe(message: Any) -> None:
    """Put a task's signed headers in place of those that anybody may have written.

    Raises DecodeError or ContentDisallowed when it is not signed, or not as a task.
    """
    match message.decode():
        case [list(), dict(), {"headers": {"task": str(), "id": str()} as headers}]:
            message.headers = headers
        case _:
            raise DecodeError("no task")


def _sign_headers(headers: dict[str, Any], body: Any, **_: object) -> None:
    # The very same mapping, so that what others put into it until it is published is signed too.
    _, _, embedded = body
    embedded[HEADERS] = headers


def _refuse_compressed(body: bytes) -> NoReturn:
    raise DecodeError("compressed")
