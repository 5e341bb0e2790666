"""What one person reads: about themselves, or about the people they follow up with."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks import catalogue
from tasks.declaration import Audience
from tasks.domain.acts import ActKind, stands
from tasks.domain.cases import Change
from tasks.domain.findings import Finding, Recipient, Step
from tasks.domain.texts import NOTHING, Text
from tasks.domain.told import AskedFinding
from workers.ledger.outbox import NewMessage
from workers.ledger.payloads import Personal
from workers.ledger.readers import Told
from workers.messages.occasion import Occasion, message, nobody_behind


@dataclass(frozen=True)
class Notice:
    """A finding that one person is told of at one step; `others` when it is not about them."""

    finding: Finding
    step: str
    to: Recipient
    not_before: datetime | None
    others: bool = True
    note: Text = NOTHING
    page: str = ""
    advice: Text = NOTHING


def letters(
    occasion: Occasion, changes: Sequence[Change], told: Container[Told]
) -> tuple[Sequence[NewMessage], Sequence[str], int]:
    """One message per recipient, period and step; who cannot be told; how many were told before."""
    spoken = [(change.finding, step) for change in changes for step in _steps(change)]
    notices = [notice for each in spoken for notice in _notices(occasion, *each)]
    new = [notice for notice in notices if _told(occasion, notice) not in told]
    silent = dict.fromkeys(reason for each in spoken for reason in _silent(occasion, *each))
    messages = [
        _letter(occasion, group, route.channel)
        for group in _merged(occasion, new)
        for route in occasion.routes((notice.finding for notice in group), Audience.PERSON)
    ]
    return messages, list(silent), len(notices) - len(new)


def why_untold(occasion: Occasion, finding: Finding) -> str:
    """Why no message of a run speaks of a finding that stands."""
    done = [act for act in occasion.acts if act.key == finding.key and stands(act, occasion.day)]
    if any(act.kind in (ActKind.ACKNOWLEDGED, ActKind.SNOOZED) for act in done):
        return "acknowledged or snoozed"
    if finding.steps == ():
        return "no step is due yet"
    steps = finding.steps or (Step("", datetime.min, finding.recipient),)
    if not any(step.recipient or _owners(occasion, step) for step in steps):
        return nobody_behind(steps[0].role or occasion.job.role)
    return "told already, or waiting to be: `fleet outbox` lists it"


def period_of(occasion: Occasion, finding: Finding) -> str:
    """The period that a finding is about: its own, else the day of the run."""
    return finding.period or str(occasion.slot.date())


def _steps(change: Change) -> Sequence[Step]:
    """What a change says: the rungs of its finding's ladder, else the change itself."""
    finding = change.finding
    if finding.steps is not None:
        return change.rungs
    recipient = finding.recipient
    return [
        Step(
            name=change.step,
            at=datetime.min,
            recipient=recipient,
            not_before=recipient.not_before if recipient else None,
            unreachable=NOTHING
            if recipient
            else Text("{name} has no e-mail address", name=finding.owner),
        )
    ]


def _notices(occasion: Occasion, finding: Finding, step: Step) -> Iterator[Notice]:
    recipient = step.recipient
    for to in [recipient] if recipient else _owners(occasion, step):
        yield Notice(
            finding=finding,
            step=step.name,
            to=to,
            not_before=step.not_before,
            others=to.name != finding.owner,
            note=step.unreachable,
            page=step.url or finding.url,
            advice=step.remedy or finding.remedy,
        )


def _owners(occasion: Occasion, step: Step) -> Sequence[Recipient]:
    role = step.role or occasion.job.role
    return [Recipient(email, catalogue.label(role)) for email in occasion.readers(role)]


def _silent(occasion: Occasion, finding: Finding, step: Step) -> Iterator[str]:
    if step.unreachable:
        yield step.unreachable
    if step.recipient is None and not _owners(occasion, step):
        yield nobody_behind(step.role or occasion.job.role)


def _merged(occasion: Occasion, notices: Iterable[Notice]) -> Iterable[Sequence[Notice]]:
    """What one recipient is told of one period at one step and time, in one mail."""
    groups: dict[tuple[object, ...], list[Notice]] = defaultdict(list)
    for notice in notices:
        period = period_of(occasion, notice.finding)
        groups[notice.to.email, notice.step, period, notice.not_before].append(notice)
    return groups.values()


def _letter(occasion: Occasion, notices: Sequence[Notice], channel: str) -> NewMessage:
    first = notices[0]
    payload = Personal(
        **occasion.heading(first.to.email, first.to.language, first.to.zone),
        name=first.to.name,
        step=first.step,
        others=any(notice.others for notice in notices),
        findings=tuple(
            AskedFinding.asked(notice.finding, notice.note, notice.page, notice.advice)
            for notice in notices
        ),
    )
    return message(
        occasion,
        payload,
        subject=_subject(notices),
        period=period_of(occasion, first.finding),
        step=first.step,
        channel=channel,
        findings=[notice.finding for notice in notices],
        not_before=first.not_before,
    )


def _subject(notices: Sequence[Notice]) -> str:
    """The findings of a mail, so that a later one about others is not a repetition of it."""
    keys = sorted(notice.finding.key for notice in notices)
    if len(keys) == 1:
        return keys[0]
    return f"{len(keys)} findings {hashlib.sha256(json.dumps(keys).encode()).hexdigest()[:24]}"


def _told(occasion: Occasion, notice: Notice) -> Told:
    period = period_of(occasion, notice.finding)
    return Told(period, notice.to.email, notice.step, notice.finding.key)
