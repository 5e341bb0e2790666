"""The life of a case: opened, worsened, reminded, escalated, resolved, or left in silence."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tasks.domain.acts import Act, ActKind
from tasks.domain.cases import Change, ChangeKind, OpenCase, reconcile
from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.texts import Text

TODAY = date(2026, 11, 23)
FINDING = Finding(
    key="order-1",
    severity=Severity.WARNING,
    title=Text("S00001 blocked"),
    reason=Text("no price"),
    remedy=Text("set it"),
    owner="Ann",
    model="sale.order",
    record_id=1,
    url="http://odoo.example/1",
)


def opened(days_ago: int, spoken_days_ago: int | None = None) -> OpenCase:
    spoken = days_ago if spoken_days_ago is None else spoken_days_ago
    return OpenCase(
        FINDING,
        opened_on=TODAY - timedelta(days=days_ago),
        spoken_on=TODAY - timedelta(days=spoken),
    )


def kinds(changes: tuple[Change, ...]) -> list[ChangeKind]:
    return [change.kind for change in changes]


def test_a_new_finding_opens_a_case() -> None:
    result = reconcile([FINDING], [], TODAY)
    assert result.changes == (Change(ChangeKind.OPENED, FINDING, "opened"),)
    assert result.unchanged == ()


def test_the_same_finding_again_says_nothing() -> None:
    result = reconcile([FINDING], [opened(1)], TODAY)
    assert result.changes == ()
    assert result.unchanged == (FINDING,)


def test_a_finding_that_is_gone_resolves_its_case() -> None:
    assert kinds(reconcile([], [opened(1)], TODAY).changes) == [ChangeKind.RESOLVED]


def test_a_worse_finding_speaks_and_a_milder_one_does_not() -> None:
    worse = replace(FINDING, severity=Severity.CRITICAL)
    milder = replace(FINDING, severity=Severity.INFO)
    (change,) = reconcile([worse], [opened(1)], TODAY).changes
    assert (change.kind, change.step) == (ChangeKind.WORSENED, "worsened-critical")
    assert reconcile([milder], [opened(1)], TODAY).changes == ()


def test_a_case_that_rests_on_an_unreadable_row_is_left_alone() -> None:
    gone = reconcile([], [opened(1)], TODAY, in_doubt=lambda finding: True)
    new = reconcile([FINDING], [], TODAY, in_doubt=lambda finding: True)
    assert (gone.changes, new.changes) == ((), ())


MORNING = datetime(2026, 11, 23, 7, tzinfo=UTC)
LATE = Step("late", MORNING)
MANAGER = Step("manager", MORNING + timedelta(days=2), escalates=True)


def on(*steps: Step, told: tuple[str, ...] = ()) -> Finding:
    return replace(FINDING, steps=steps, told=told)


def known(*told: str) -> OpenCase:
    return replace(opened(3), finding=on(told=told))


def test_a_new_finding_on_a_ladder_speaks_by_its_rungs_and_remembers_them() -> None:
    (change,) = reconcile([on(LATE)], [], TODAY).changes
    assert (change.kind, change.step, change.rungs) == (ChangeKind.OPENED, "late", (LATE,))
    assert change.finding.told == ("late",)


def test_a_new_finding_on_no_rung_opens_its_case_in_silence() -> None:
    (change,) = reconcile([on()], [], TODAY).changes
    assert (change.kind, change.step, change.rungs) == (ChangeKind.OPENED, "opened", ())


def test_the_same_rung_never_speaks_twice() -> None:
    result = reconcile([on(LATE)], [known("late")], TODAY)
    assert result.changes == ()
    assert result.unchanged == (on(LATE, told=("late",)),)


def test_a_step_forward_reminds_or_escalates() -> None:
    (reminded,) = reconcile([on(LATE)], [known("early")], TODAY).changes
    assert (reminded.kind, reminded.finding.told) == (ChangeKind.REMINDED, ("early", "late"))
    (escalated,) = reconcile([on(LATE, MANAGER)], [known("late")], TODAY).changes
    assert (escalated.kind, escalated.rungs) == (ChangeKind.ESCALATED, (MANAGER,))


def test_rungs_that_come_in_one_day_speak_in_one_change() -> None:
    (change,) = reconcile([on(LATE, MANAGER)], [known()], TODAY).changes
    assert (change.step, change.rungs) == ("late+manager", (LATE, MANAGER))


def test_a_rung_before_one_that_has_spoken_stays_silent() -> None:
    result = reconcile([on(LATE, MANAGER)], [known("manager")], TODAY)
    assert result.changes == ()


def test_a_finding_on_no_rung_any_more_is_quiet_and_remembers_what_it_told() -> None:
    result = reconcile([on()], [known("late", "owner")], TODAY)
    assert result.changes == ()
    assert result.unchanged == (on(told=("late", "owner")),)


def act(kind: ActKind, days_ago: int = 2, **changes: Any) -> Act:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC) - timedelta(days=days_ago)
    return Act(kind, "ann@example.com", "job", "acme", 1, FINDING.key, at, **changes)


def snoozed(days: int, days_ago: int = 2) -> Act:
    return act(ActKind.SNOOZED, days_ago, until=TODAY + timedelta(days=days))


def acknowledged(severity: str = "warning", days_ago: int = 2) -> Act:
    return act(ActKind.ACKNOWLEDGED, days_ago, severity=severity)


@pytest.mark.parametrize("rung", [LATE, MANAGER], ids=["reminds", "escalates"])
@pytest.mark.parametrize(
    "quieting", [snoozed(0), snoozed(3), acknowledged(), acknowledged("critical"), acknowledged("")]
)
def test_a_snoozed_or_acknowledged_case_neither_reminds_nor_escalates(
    rung: Step, quieting: Act
) -> None:
    assert reconcile([on(rung)], [known()], TODAY, acts=[quieting]).changes == ()
    other = replace(quieting, key="order-2")
    assert len(reconcile([on(rung)], [known()], TODAY, acts=[other]).changes) == 1


@pytest.mark.parametrize("quieting", [snoozed(3), acknowledged()])
def test_a_case_that_worsens_speaks_whoever_asked_for_silence(quieting: Act) -> None:
    worse = replace(FINDING, severity=Severity.CRITICAL)
    (change,) = reconcile([worse], [opened(3)], TODAY, acts=[quieting]).changes
    assert change.kind is ChangeKind.WORSENED


def test_what_is_worse_than_what_was_acknowledged_reminds_again() -> None:
    milder = acknowledged("info")
    assert kinds(reconcile([on(LATE)], [known()], TODAY, acts=[milder]).changes) == [
        ChangeKind.REMINDED
    ]


def test_a_case_comes_back_once_on_the_first_run_after_its_snooze() -> None:
    over = snoozed(-1, days_ago=5)
    (change,) = reconcile([FINDING], [opened(9, 6)], TODAY, acts=[over]).changes
    assert (change.kind, change.step) == (ChangeKind.REMINDED, "snooze-ended")
    assert reconcile([FINDING], [opened(9, 0)], TODAY, acts=[over]).changes == ()


def test_the_end_of_a_snooze_hides_no_escalation() -> None:
    over = snoozed(-1)
    assert kinds(reconcile([on(MANAGER)], [known()], TODAY, acts=[over]).changes) == [
        ChangeKind.ESCALATED
    ]


def test_who_acknowledged_before_the_snooze_is_told_of_its_end_and_then_left_alone() -> None:
    over, before = snoozed(-1, days_ago=5), acknowledged(days_ago=6)
    acts = [before, over]
    told, slept = replace(opened(9, 0), finding=on()), replace(opened(9), finding=on())
    (change,) = reconcile([on(LATE)], [slept], TODAY, acts=acts).changes
    assert change.step == "snooze-ended"
    assert reconcile([on(LATE)], [told], TODAY, acts=acts).changes == ()
    after = acknowledged(days_ago=0)
    assert reconcile([on(LATE)], [slept], TODAY, acts=[over, after]).changes == ()


def test_a_rung_that_fell_into_a_snooze_is_told_after_it() -> None:
    result = reconcile([on(LATE)], [known("early")], TODAY, acts=[snoozed(0)])
    assert result.unchanged == (on(LATE, told=("early",)),)
    (change,) = reconcile([on(LATE)], [known("early")], TODAY, acts=[snoozed(-1)]).changes
    assert (change.step, change.rungs) == ("snooze-ended", (LATE,))
    assert change.finding.told == ("early", "late")


def test_a_hold_silences_no_case() -> None:
    held = act(ActKind.HELD)
    assert len(reconcile([on(LATE)], [known()], TODAY, acts=[held]).changes) == 1
