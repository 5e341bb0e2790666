"""A mail written from the messages that it carries: the same messages give the same bytes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from hashlib import sha256
from typing import Final

from workers.delivery import email
from workers.delivery.pages import mails_page, pages_of
from workers.delivery.render import Rendered, render
from workers.ledger.outbox import Message
from workers.wiring import Fleet

# Where a section stands in a mail of several.
ORDER: Final = ("urgent", "notice", "person", "digest", "ops")


def stamped(messages: Sequence[Message], now: datetime) -> Sequence[Message]:
    """The messages as they are mailed now, which each keeps so that the mail can be rebuilt."""
    return [
        replace(message, payload={**message.payload, "mailed_at": now.isoformat()})
        for message in messages
    ]


def rendered(fleet: Fleet, mailed: Sequence[Message]) -> Rendered:
    """What the mail says. Raises DeliveryRefused."""
    sections = sorted(
        (message.payload for message in mailed),
        key=lambda payload: ORDER.index(payload["template"]),
    )
    found = render(sections, pages_of(fleet))
    return found if len(sections) == 1 else replace(found, opt_out=mails_page(fleet, sections))


def written(fleet: Fleet, mailed: Sequence[Message]) -> EmailMessage:
    """The mail of stamped messages, oldest first. Raises DeliveryRefused."""
    at = datetime.fromisoformat(mailed[0].payload["mailed_at"])
    sender = fleet.settings.environment.mail_from
    return email.compose(mailed, rendered(fleet, mailed), sender, at)


def digest_of(mail: EmailMessage) -> str:
    """What tells whether two mails are the same to the last byte."""
    return sha256(mail.as_bytes()).hexdigest()
