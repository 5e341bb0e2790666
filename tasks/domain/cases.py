"""The life of a case: findings of a run held against what we remember, giving changes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from tasks.domain.acts import Act, ActKind, stands
from tasks.domain.findings import Finding, Severity, Step


class ChangeKind(StrEnum):
    """What became of a case in this run."""

    OPENED = "opened"
    WORSENED = "worsened"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class OpenCase:
    """What we remember of a finding: the last one seen, and when we spoke of it."""

    finding: Finding
    opened_on: date
    spoken_on: date


@dataclass(frozen=True)
class ClosedCase:
    """A case that was resolved, and when; days in the scope's zone."""

    finding: Finding
    opened_on: date
    closed_on: date


@dataclass(frozen=True)
class Change:
    """One step in the life of a case; `step` makes its mails distinct from earlier ones."""

    kind: ChangeKind
    finding: Finding
    step: str
    #: Those of the finding's ladder that speak by this change.
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
    in_doubt: Callable[[Finding], bool] = lambda finding: False,
    acts: Collection[Act] = (),
) -> Reconciliation:
    """Hold the findings of a complete read against the open cases of the same job and scope.

    Cases that rest on unreadable rows (`in_doubt`) are left alone, found again or not. One that
    somebody snoozed or acknowledged (`acts`) neither reminds nor escalates unless it worsens.
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
        elif _is_quiet(case, found, acts, today):
            # What a rung would have said is still to be told when the case speaks again.
            finding = replace(found, told=case.finding.told)
            change = _worsened(case, finding)
        else:
            change = _awake(case, finding, rungs)
            if _has_slept(case, acts, today):
                change = _woken(change, finding, rungs)
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


def _awake(case: OpenCase, finding: Finding, rungs: tuple[Step, ...]) -> Change | None:
    if finding.steps is not None:
        return _reached(finding, rungs)
    return _worsened(case, finding)


def _worsened(case: OpenCase, finding: Finding) -> Change | None:
    before = case.finding
    graver = finding.severity.rank > before.severity.rank or beyond(finding.bands, before.bands)
    if finding.steps is not None or not graver:
        return None
    step = "-".join(["worsened", finding.severity, *map(str, finding.bands)])
    return Change(ChangeKind.WORSENED, finding, step)


def beyond(bands: Sequence[int], before: Sequence[int]) -> bool:
    """Whether any band is higher than it was; nothing is known of those that were not told."""
    return any(now > then for now, then in zip(bands, before, strict=False))


def _is_quiet(case: OpenCase, finding: Finding, acts: Iterable[Act], today: date) -> bool:
    own = [act for act in acts if act.key == finding.key]
    if any(act.kind is ActKind.SNOOZED and stands(act, today) for act in own):
        return True
    woken_at = [act.at for act in own if _ended(act, case, today)]
    return any(
        act.kind is ActKind.ACKNOWLEDGED
        and finding.severity.rank <= Severity(act.severity or finding.severity).rank
        and all(act.at > at for at in woken_at)
        for act in own
    )


def _has_slept(case: OpenCase, acts: Iterable[Act], today: date) -> bool:
    return any(act.key == case.finding.key and _ended(act, case, today) for act in acts)


def _ended(act: Act, case: OpenCase, today: date) -> bool:
    """Whether this is a snooze that is over, and the case has not spoken since."""
    over = act.kind is ActKind.SNOOZED and not stands(act, today)
    return over and act.until is not None and case.spoken_on <= act.until


def _woken(change: Change | None, finding: Finding, rungs: tuple[Step, ...]) -> Change:
    if change is not None and change.kind is not ChangeKind.REMINDED:
        return change
    return Change(ChangeKind.REMINDED, finding, "snooze-ended", rungs)
