"""The life of a case: findings of a run held against what we remember, giving changes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from tasks.domain.findings import Finding, Step


class ChangeKind(StrEnum):
    """What became of a case in this run."""

    OPENED = "opened"
    WORSENED = "worsened"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Ageing:
    """When an unchanged case speaks again, in days; None means never.

    stop: no more reminders after so many days since the case opened.
    """

    remind_every: int | None = None
    escalate_after: int | None = None
    stop_after: int | None = None


@dataclass(frozen=True)
class OpenCase:
    """What we remember of a finding: the last one seen, and when we spoke of it."""

    finding: Finding
    opened_on: date
    spoken_on: date
    reminders: int = 0
    escalated: bool = False


@dataclass(frozen=True)
class ClosedCase:
    """A case that was resolved, and when; days in the scope's zone."""

    finding: Finding
    opened_on: date
    closed_on: date


@dataclass(frozen=True)
class Change:
    """One step in the life of a case; `step` makes its mails distinct from earlier ones.

    rungs: those of the finding's ladder that speak by this change.
    """

    kind: ChangeKind
    finding: Finding
    step: str
    rungs: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Reconciliation:
    """The changes of this run, and the findings that are as they were."""

    changes: tuple[Change, ...]
    unchanged: tuple[Finding, ...]


def reconcile(
    findings: Iterable[Finding],
    cases: Iterable[OpenCase],
    today: date,
    ageing: Ageing,
    in_doubt: Callable[[Finding], bool] = lambda finding: False,
) -> Reconciliation:
    """Hold the findings of a complete read against the open cases of the same job and scope.

    Cases that rest on unreadable rows (`in_doubt`) are left alone, found again or not.
    """
    known: Mapping[str, OpenCase] = {case.finding.key: case for case in cases}
    seen = {finding.key: finding for finding in findings}
    changes: list[Change] = []
    unchanged: list[Finding] = []
    for key, found in seen.items():
        if in_doubt(found):
            continue
        case = known.get(key)
        finding, rungs = _climbed(case, found)
        if case is None:
            change: Change | None = _opened(finding, rungs)
        elif finding.steps is not None:
            change = _reached(finding, rungs)
        else:
            change = _continued(case, finding, today, ageing)
        if change is None:
            unchanged.append(finding)
        else:
            changes.append(change)
    changes += [
        Change(ChangeKind.RESOLVED, case.finding, "resolved")
        for key, case in known.items()
        if key not in seen and not in_doubt(case.finding)
    ]
    return Reconciliation(tuple(changes), tuple(unchanged))


def _climbed(case: OpenCase | None, finding: Finding) -> tuple[Finding, tuple[Step, ...]]:
    """The finding with what its case has told, and the rungs after the furthest one told."""
    told = case.finding.told if case else ()
    steps = finding.steps or ()
    reached = max((n for n, step in enumerate(steps, 1) if step.name in told), default=0)
    rungs = steps[reached:]
    return replace(finding, told=(*told, *(step.name for step in rungs))), rungs


def _opened(finding: Finding, rungs: tuple[Step, ...]) -> Change:
    return Change(ChangeKind.OPENED, finding, _named(rungs) or "opened", rungs)


def _reached(finding: Finding, rungs: tuple[Step, ...]) -> Change | None:
    if not rungs:
        return None
    escalates = any(step.escalates for step in rungs)
    kind = ChangeKind.ESCALATED if escalates else ChangeKind.REMINDED
    return Change(kind, finding, _named(rungs), rungs)


def _named(rungs: tuple[Step, ...]) -> str:
    return "+".join(step.name for step in rungs)


def _continued(case: OpenCase, finding: Finding, today: date, ageing: Ageing) -> Change | None:
    if finding.severity.rank > case.finding.severity.rank:
        return Change(ChangeKind.WORSENED, finding, f"worsened-{finding.severity}")
    age = (today - case.opened_on).days
    if ageing.escalate_after is not None and not case.escalated and age >= ageing.escalate_after:
        return Change(ChangeKind.ESCALATED, finding, "escalated")
    if ageing.remind_every is None or _stopped(age, ageing):
        return None
    if today >= case.spoken_on + timedelta(days=ageing.remind_every):
        return Change(ChangeKind.REMINDED, finding, f"reminded-{case.reminders + 1}")
    return None


def _stopped(age: int, ageing: Ageing) -> bool:
    return ageing.stop_after is not None and age >= ageing.stop_after
