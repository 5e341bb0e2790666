"""What both ways into Odoo share: a finding as a few lines of HTML, and Odoo's errors as ours."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from markupsafe import Markup

from odoo_gateway.errors import OdooError, OdooLoginRefused, OdooUnavailable
from workers.delivery.errors import DeliveryClosed, DeliveryRefused, DeliveryUnavailable
from workers.ledger.outbox import Message


def findings(message: Message) -> Sequence[Mapping[str, Any]]:
    """What the message says of records. Raises DeliveryRefused when it is not about records."""
    if "findings" not in message.payload:
        raise DeliveryRefused(
            f"a message of the kind {message.payload['template']!r} is about no record in Odoo: "
            "route it to mail, a chat or a webhook"
        )
    found: Sequence[Mapping[str, Any]] = message.payload["findings"]
    return found


def html(said: Mapping[str, Any]) -> str:
    """What is wrong with the record and what to do; every name is escaped."""
    # Where the reader is not the one who is asked for it, a person's notice says so.
    remedy = said.get("advice") or said["remedy"]
    lines = Markup("<p>{}</p><p>{}</p>").format(said["reason"], remedy)
    page = said.get("page") or said["url"]
    link = Markup('<p><a href="{0}">{0}</a></p>').format(page) if page else Markup("")
    return str(lines + link)


def identity(message: Message, said: Mapping[str, Any]) -> tuple[object, ...]:
    """What makes a finding at a step the same one, whichever message tells of it."""
    return (message.tenant, message.company_id, message.job, said["key"], message.step)


@contextmanager
def answering() -> Iterator[None]:
    """Writes are idempotent, so an unanswered one is simply tried again: never DeliveryUnknown."""
    try:
        yield
    except OdooUnavailable as error:
        raise DeliveryUnavailable(str(error)) from error
    except OdooLoginRefused as error:
        raise DeliveryClosed(str(error)) from error
    except OdooError as error:
        raise DeliveryRefused(str(error)) from error
