"""Which messages the changes of a run become: one per person, or one digest per role member."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.declaration import AnyJob, Audience
from tasks.domain.cases import Change, ChangeKind
from tasks.domain.findings import Finding, Report
from workers.ledger.outbox import NewMessage
from workers.ledger.scopes import Scope
from workers.tenants import Recipients

SPOKEN = frozenset(
    {ChangeKind.OPENED, ChangeKind.WORSENED, ChangeKind.REMINDED, ChangeKind.ESCALATED}
)


@dataclass(frozen=True)
class Announcement:
    """What a run has to say, and about whom nobody can be told."""

    messages: tuple[NewMessage, ...]
    silent: tuple[str, ...] = ()


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


def announce(occasion: Occasion, changes: Sequence[Change], report: Report) -> Announcement:
    """The messages of a run; only changes speak, so an unchanged picture gives none."""
    if occasion.job.audience is Audience.PERSON:
        return _to_persons(occasion, [change for change in changes if change.kind in SPOKEN])
    if not changes:
        return Announcement(())
    return _to_role(occasion, changes, report)


def _to_persons(occasion: Occasion, changes: Sequence[Change]) -> Announcement:
    told = [change for change in changes if change.finding.recipient]
    return Announcement(
        messages=tuple(message for change in told for message in _to_person(occasion, change)),
        silent=tuple(
            f"{change.finding.owner} has no e-mail address"
            for change in changes
            if not change.finding.recipient
        ),
    )


def _to_person(occasion: Occasion, change: Change) -> Iterator[NewMessage]:
    finding = change.finding
    recipient = finding.recipient
    if recipient is None:
        return
    yield _message(
        occasion,
        subject=finding.key,
        period=finding.period or str(occasion.slot.date()),
        email=recipient.email,
        step=change.step,
        findings=[finding],
        not_before=recipient.not_before,
        payload={
            "template": "person",
            "name": recipient.name,
            "step": change.step,
            "finding": listed(finding),
        },
    )


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
