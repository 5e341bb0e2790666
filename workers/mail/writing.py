"""A mail written from the messages that it carries: the same messages give the same bytes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from email.message import EmailMessage
from typing import Any, Final

from workers.ledger import payloads
from workers.ledger.outbox import Message
from workers.ledger.payloads import Payload
from workers.mail import email
from workers.mail.pages import mails_page, pages_of
from workers.mail.picture import Sums
from workers.mail.render import Rendered, render
from workers.wiring import Fleet

# Where a section stands in a mail of several.
ORDER: Final = ("urgent", "asking", "notice", "person", "digest", "ops")


def stamped(messages: Sequence[Message], now: datetime) -> Sequence[Message]:
    """The messages as they are mailed now, which each keeps so that the mail can be rebuilt."""
    at = now.isoformat()
    return [message.saying(replace(message.payload, mailed_at=at)) for message in messages]


def rendered(fleet: Fleet, mailed: Sequence[Message], *, linked: bool = True) -> Rendered:
    """What the mail says, with links to its reader's pages or without. Raises DeliveryRefused."""
    sections = sorted((message.payload for message in mailed), key=_place)
    runbook_url = fleet.settings.environment.runbook_url
    if not linked:
        return render(sections, runbook_url=runbook_url)
    found = render(sections, pages_of(fleet), runbook_url)
    return found if len(sections) == 1 else replace(found, opt_out=mails_page(fleet, sections))


def _place(section: Payload) -> tuple[Any, ...]:
    """What waits for no digest first, then the dearest, then the worst, whichever came first."""
    findings = payloads.findings(section)
    worst = max((finding.severity.rank for finding in findings), default=0)
    dearest = max((amount for _, amount in Sums.of(findings)), default=Decimal(0))
    place = ORDER.index(section.template), -dearest, -worst
    keys = [finding.key for finding in findings]
    return *place, section.rule, section.company_id, section.at, keys


def written(fleet: Fleet, mailed: Sequence[Message]) -> EmailMessage:
    """The mail of stamped messages, oldest first. Raises DeliveryRefused."""
    at = datetime.fromisoformat(str(mailed[0].payload.mailed_at))
    sender = fleet.settings.environment.mail_from
    return email.compose(mailed, rendered(fleet, mailed), sender, at)
