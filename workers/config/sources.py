"""Where a tenant's events come from, and the secrets of those that are sent to us."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from workers.config.signing import key_of
from workers.config.strict import SECRET_LENGTH, Strict

# Names become part of environment variables and of paths.
SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
VARIABLES: Final = re.compile(r"FLEET_[A-Z0-9_]+_IN_[A-Z0-9_]+_SECRET")
# What stands in a path as it is.
IN_A_PATH: Final = re.compile(r"[A-Za-z0-9_-]*")


class SourceKind(StrEnum):
    """outbox: a table in Odoo, which loses nothing. feed: what changed since we last asked.

    odoo_webhook: Odoo's own, which signs nothing. signed_webhook: by Standard Webhooks.
    """

    OUTBOX = "outbox"
    FEED = "feed"
    ODOO_WEBHOOK = "odoo_webhook"
    SIGNED_WEBHOOK = "signed_webhook"


WEBHOOKS: Final = (SourceKind.ODOO_WEBHOOK, SourceKind.SIGNED_WEBHOOK)
# What tells of changes in Odoo; the others tell of systems outside.
OF_ODOO: Final = tuple(kind for kind in SourceKind if kind is not SourceKind.SIGNED_WEBHOOK)


class SourceSettings(Strict):
    """A source of events; the secret of a webhook stands in the environment."""

    kind: SourceKind = Field(
        description="`outbox` and `feed` are asked, `odoo_webhook` and `signed_webhook` are sent"
    )
    posts_per_minute: int = Field(
        6000, ge=1, le=1_000_000, description="of a webhook; more are told to wait"
    )


@dataclass(frozen=True)
class Source:
    """A configured source with its secrets, which stay out of the repr."""

    settings: SourceSettings
    secrets: Sequence[str] = field(default=(), repr=False)


def variable(tenant: str, name: str) -> str:
    """The environment variable of a webhook's secret."""
    return f"FLEET_{tenant}_IN_{name}_SECRET".upper()


def with_secrets(
    tenant: str, named: Mapping[str, SourceSettings], read: Callable[[str], str]
) -> Mapping[str, Source]:
    """The sources; several secrets in one variable stand apart by blanks, each of them is taken.

    read: the value of a variable, "" when it is not set.
    """
    return {
        name: Source(
            settings,
            tuple(read(variable(tenant, name)).split()) if settings.kind in WEBHOOKS else (),
        )
        for name, settings in named.items()
    }


def problems(tenant: str, sources: Mapping[str, Source]) -> Iterator[str]:
    """What of the secrets is missing or wrong; none of it is repeated."""
    for name, source in sources.items():
        secret = variable(tenant, name)
        kind = source.settings.kind
        if kind in WEBHOOKS and not source.secrets:
            yield f"{secret}: not set; give the secret that its posts show or are signed with"
        for number, each in enumerate(source.secrets, start=1):
            if problem := _wrong(kind, each):
                yield f"{secret}: number {number} {problem}"


def _wrong(kind: SourceKind, secret: str) -> str:
    if kind is SourceKind.SIGNED_WEBHOOK:
        try:
            key_of(secret)
        except ValueError as error:
            return str(error)
    elif len(secret) < SECRET_LENGTH or not IN_A_PATH.fullmatch(secret):
        return (
            f"is part of an address: give {SECRET_LENGTH} letters, digits, - or _ at least; make "
            "one with `openssl rand -hex 32`"
        )
    return ""
