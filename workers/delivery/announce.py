"""Which messages the changes of a run become: one per person told, or a digest per role member."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.declaration import AnyJob, Audience
from tasks.domain.cases import Change, ChangeKind
from tasks.domain.findings import Finding, Report, Step
from workers.ledger.outbox import NewMessage, Told
from workers.ledger.scopes import Scope
from workers.tenants import Recipients

SPOKEN = frozenset(
    {ChangeKind.OPENED, ChangeKind.WORSENED, ChangeKind.REMINDED, ChangeKind.ESCALATED}
)


@dataclass(frozen=True)
class Announcement:
    """What a run has to say, who could not be told, and what had been said before."""

    messages: tuple[NewMessage, ...]
    silent: tuple[str, ...] = ()
    repeated: int = 0


@dataclass(frozen=True)
class Occasion:
    """The run that speaks: its job, scope, slot and the people behind roles."""

    job: AnyJob
    scope: Scope
    slot: datetime
    as_of: str
    run_id: int
    trace_id: str
    recipients: Recipients
    mail_domain: str


def announce(
    occasion: Occasion,
    changes: Sequence[Change],
    report: Report,
    told: Container[Told] = frozenset(),
) -> Announcement:
    """The messages of a run; only changes speak, so an unchanged picture gives none.

    told: who was written to of which finding at which step, as the outbox remembers.
    """
    if occasion.job.audience is Audience.PERSON:
        return _to_persons(occasion, [change for change in changes if change.kind in SPOKEN], told)
    if not changes:
        return Announcement(())
    return _to_role(occasion, changes, report)


def periods_of(occasion: Occasion, changes: Iterable[Change]) -> frozenset[str]:
    """The periods that the messages of these changes are about."""
    return frozenset(_period(occasion, change.finding) for change in changes)


@dataclass(frozen=True)
class Notice:
    """A finding that one person is told of at one step; `others` when it is not about them."""

    finding: Finding
    step: str
    email: str
    name: str
    not_before: datetime | None
    others: bool = True
    note: str = ""
    page: str = ""
    advice: str = ""


def _to_persons(
    occasion: Occasion, changes: Sequence[Change], told: Container[Told]
) -> Announcement:
    spoken = [(change.finding, step) for change in changes for step in _steps(change)]
    notices = [notice for each in spoken for notice in _notices(occasion, *each)]
    new = [notice for notice in notices if _told(occasion, notice) not in told]
    return Announcement(
        messages=tuple(_to_person(occasion, group) for group in _merged(occasion, new)),
        silent=tuple(
            dict.fromkeys(reason for each in spoken for reason in _silent(occasion, *each))
        ),
        repeated=len(notices) - len(new),
    )


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
            unreachable="" if recipient else f"{finding.owner} has no e-mail address",
        )
    ]


def _notices(occasion: Occasion, finding: Finding, step: Step) -> Iterator[Notice]:
    recipient = step.recipient
    told = [(recipient.email, recipient.name)] if recipient else _owners(occasion)
    for email, name in told:
        yield Notice(
            finding=finding,
            step=step.name,
            email=email,
            name=name,
            not_before=step.not_before,
            others=name != finding.owner,
            note=step.unreachable,
            page=step.url or finding.url,
            advice=step.remedy or finding.remedy,
        )


def _owners(occasion: Occasion) -> Sequence[tuple[str, str]]:
    role = occasion.job.owner
    addresses: Sequence[str] = getattr(occasion.recipients, role, ())
    return [(email, role) for email in sorted(set(addresses))]


def _silent(occasion: Occasion, finding: Finding, step: Step) -> Iterator[str]:
    if step.unreachable:
        yield step.unreachable
    if step.recipient is None and not _owners(occasion):
        yield f"nobody is configured for the role {occasion.job.owner}"


def _merged(occasion: Occasion, notices: Iterable[Notice]) -> Iterable[Sequence[Notice]]:
    """What one recipient is told of one period at one step and time, in one mail."""
    groups: dict[tuple[object, ...], list[Notice]] = defaultdict(list)
    for notice in notices:
        period = _period(occasion, notice.finding)
        groups[notice.email, notice.step, period, notice.not_before].append(notice)
    return groups.values()


def _to_person(occasion: Occasion, notices: Sequence[Notice]) -> NewMessage:
    first = notices[0]
    return _message(
        occasion,
        subject=_subject(notices),
        period=_period(occasion, first.finding),
        email=first.email,
        step=first.step,
        findings=[notice.finding for notice in notices],
        not_before=first.not_before,
        payload={
            "template": "person",
            "name": first.name,
            "step": first.step,
            "others": any(notice.others for notice in notices),
            "findings": [_noticed(notice) for notice in notices],
        },
    )


def _subject(notices: Sequence[Notice]) -> str:
    """The findings of a mail, so that a later one about others is no repetition of it."""
    keys = sorted(notice.finding.key for notice in notices)
    if len(keys) == 1:
        return keys[0]
    return f"{len(keys)} findings {hashlib.sha256(json.dumps(keys).encode()).hexdigest()[:24]}"


def _noticed(notice: Notice) -> dict[str, Any]:
    said = {"page": notice.page, "advice": notice.advice, "note": notice.note}
    return {**listed(notice.finding), **said}


def _told(occasion: Occasion, notice: Notice) -> Told:
    period = _period(occasion, notice.finding)
    return Told(period, notice.email, notice.step, notice.finding.key)


def _period(occasion: Occasion, finding: Finding) -> str:
    return finding.period or str(occasion.slot.date())


def _to_role(occasion: Occasion, changes: Sequence[Change], report: Report) -> Announcement:
    role = occasion.job.audience.value
    addresses: Sequence[str] = getattr(occasion.recipients, role)
    if not addresses:
        return Announcement((), (f"nobody is configured for the role {role}",))
    payload = {
        "template": "digest",
        "role": role,
        "totals": list(report.totals),
        "rows": list(report.rows),
        "findings": [listed(finding) for finding in report.findings],
        "changes": _by_kind(changes),
        "not_verifiable": [
            {"check": gap.check, "reason": gap.reason, "remedy": gap.remedy}
            for gap in report.not_verifiable
        ],
    }
    return Announcement(
        tuple(
            _message(
                occasion,
                subject="digest",
                period=occasion.slot.isoformat(),
                email=email,
                step="digest",
                findings=report.findings,
                not_before=None,
                payload=payload,
            )
            for email in sorted(set(addresses))
        )
    )


def _message(
    occasion: Occasion,
    *,
    subject: str,
    period: str,
    email: str,
    step: str,
    findings: Iterable[Finding],
    not_before: datetime | None,
    payload: Mapping[str, Any],
) -> NewMessage:
    job, scope = occasion.job, occasion.scope
    heading = {
        "title": job.title,
        "company": scope.name,
        "as_of": occasion.as_of,
        "why": job.why,
        "rule": job.name,
    }
    identity = (job.name, scope.tenant, scope.company_id, subject, period, email, step)
    return NewMessage(
        *identity,
        channel="email",
        guarantee=job.delivery,
        payload={**heading, **payload},
        finding_keys=tuple(finding.key for finding in findings),
        not_before=not_before,
        run_id=occasion.run_id,
        trace_id=occasion.trace_id,
        message_id=_message_id(identity, occasion.mail_domain),
    )


def _message_id(identity: tuple[object, ...], domain: str) -> str:
    """The same on every attempt, so that a doubled mail can be recognised."""
    digest = hashlib.sha256("\n".join(map(str, identity)).encode()).hexdigest()
    return f"<{digest[:40]}@{domain}>"


def listed(finding: Finding) -> dict[str, Any]:
    """A finding as the JSON contract has it."""
    return {
        "key": finding.key,
        "severity": finding.severity.value,
        "title": finding.title,
        "reason": finding.reason,
        "remedy": finding.remedy,
        "owner": finding.owner,
        "model": finding.model,
        "record_id": finding.record_id,
        "url": finding.url,
        "amount": None if finding.amount is None else f"{finding.amount:f}",
        "currency": finding.currency,
        "since": None if finding.since is None else str(finding.since),
    }


def _by_kind(changes: Sequence[Change]) -> dict[str, list[str]]:
    return {
        kind.value: [change.finding.title for change in changes if change.kind is kind]
        for kind in ChangeKind
        if any(change.kind is kind for change in changes)
    }
