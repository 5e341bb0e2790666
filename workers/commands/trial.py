"""A trial: what a run now would mail, sent at once to one address, and forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from uuid import uuid4

from odoo_gateway.errors import ConfigurationError, quoted
from workers import smtp
from workers.commands import preview
from workers.commands.by_hand import Order, ScopeResult
from workers.config.strict import bare_address
from workers.errors import DeliveryFailed, DeliveryRefused, DeliveryUnknown
from workers.ledger.outbox import Message
from workers.mail import email, writing
from workers.smtp import Sealed
from workers.wiring import Fleet


@dataclass(frozen=True)
class Trial:
    """What went out, by subject; what did not, and why."""

    sent: Sequence[str]
    failed: Sequence[str]
    #: Messages by other channels, which a trial leaves alone.
    elsewhere: int
    #: Who could not be told.
    silent: Sequence[str]
    #: Whether a first run would say all that.
    first: bool


def address_of(text: str) -> str:
    """The one address that a trial may write to. Raises ConfigurationError."""
    try:
        return bare_address(text)
    except ValueError as error:
        raise ConfigurationError(
            f"--now-to {quoted(text)}: give one address alone, like finance@acme.example"
        ) from error


def send(fleet: Fleet, order: Order, results: Sequence[ScopeResult], to: str) -> Trial:
    """Send what a run now would mail, to this address alone; the ledger is left as it is.

    Raises DeliveryUnavailable where the mail server is away.
    """
    told = preview.would_send(fleet, order, results)
    sent: list[str] = []
    failed: list[str] = []
    if told.mails:
        with fleet.mail.conversation() as session:
            for mailed in told.mails:
                try:
                    mail = written(fleet, mailed, to)
                    smtp.send(session, Sealed.of(mail), fleet.mail.sender)
                    sent.append(str(mail["Subject"]))
                except (DeliveryRefused, DeliveryFailed, DeliveryUnknown) as error:
                    failed.append(f"the mail for {mailed[0].recipient}: {error}")
    return Trial(sent, failed, told.elsewhere, told.silent, told.first)


def written(fleet: Fleet, mailed: Sequence[Message], to: str) -> EmailMessage:
    """The mail as its reader would get it, marked and addressed to somebody else.

    It has no links to our pages, for whoever holds one acts as its reader; and an id of its own, so
    that no mail program takes the true one for a repetition. Raises DeliveryRefused.
    """
    reader = mailed[0].recipient
    trial = [
        replace(each, recipient=to, message_id=f"<trial-{uuid4().hex}@{fleet.mail.domain}>")
        for each in mailed
    ]
    content = writing.rendered(fleet, mailed, linked=False)
    marked = replace(content, subject=f"[trial, for {reader}] {content.subject}")
    mail = email.compose(trial, marked, fleet.settings.environment.mail_from, fleet.clock())
    mail["X-Fleet-Trial"] = "yes"
    return mail
