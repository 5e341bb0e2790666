"""Which projects start late or otherwise than agreed, and whom that is told to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.sandbox.firm.projects import COPIED
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Finding, Report
from tasks.domain.handoffs import Handoffs
from tasks.domain.ladder import Rung, Who
from tasks.domain.periods import AsOf
from tasks.mobilization.late_starts.job import JOB, judge
from tasks.mobilization.late_starts.judgement import _folded
from tasks.mobilization.late_starts.policy import LatePolicy
from tasks.mobilization.late_starts.snapshot import read
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading

# All were looked at, and nobody is asked to accept any.
NOBODY_ASKED: Final = Handoffs(
    kept_since=MONDAY - timedelta(days=2000), looked_at=MONDAY - timedelta(hours=1)
)
NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY, handoffs=NOBODY_ASKED)
ORDER = "sale.order"
PROJECT, MILESTONE, TASK = "project.project", "project.milestone", "project.task"
CAFE, TWICE, STADTWERKE, KUNSTHAUS = 112, 150, 108, 104
FOUND: Final = {
    "missed-milestone-3",
    "unlike-template-108",
    "no-kickoff-112",
    "no-hours-150",
}
DATE: Final = {"type": "date", "store": True}


def look(odoo: Any, company_id: int = 1, now: AsOf = NOW, **policy: Any) -> Report:
    reader = reading(odoo, company_id)
    report = JOB.run(reader, now, LatePolicy.model_validate(policy))
    assert reader.drift == []
    return report


def keys(report: Report) -> set[str]:
    return {finding.key for finding in report.findings}


def finding(report: Report, key: str) -> Finding:
    (found,) = (each for each in report.findings if each.key == key)
    return found


def project(number: int, **values: Any) -> Sandbox:
    return changed(corrupt={(PROJECT, number): values})


def ago(days: int) -> str:
    return str(MONDAY.date() - timedelta(days=days))


def test_each_way_of_being_late_is_found(sandbox: Sandbox) -> None:
    report = look(sandbox)
    assert keys(report) == FOUND
    assert finding(report, "no-kickoff-112").reason == (
        "its order was confirmed on 2026-09-04, a kickoff was due on 2026-09-18"
    )
    assert finding(report, "unlike-template-108").reason == (
        "of its template it lacks: Final report, Kickoff"
    )
    assert finding(report, "missed-milestone-3").title == (
        "Kunsthaus Verlag: milestone Launch is missed"
    )
    assert {f.owner for f in report.findings} == {"Bruno Claes", "Chiara Conti"}
    counts = {m.labels["kind"]: m.value for m in report.measures}
    assert counts == {
        "no-kickoff": 1,
        "no-hours": 1,
        "missed-milestone": 1,
        "no-handoff": 0,
        "unlike-template": 1,
    }
    late = {row["project_id"] for row in report.rows if row["status"] == "late"}
    assert late == {CAFE, TWICE, STADTWERKE, KUNSTHAUS}


def test_companies_do_not_mix(sandbox: Sandbox) -> None:
    assert keys(look(sandbox, 2)) == {"missed-milestone-10"}
    mine = {row["project_id"] for row in look(sandbox).rows}
    assert not mine & {row["project_id"] for row in look(sandbox, 2).rows}


@pytest.mark.parametrize(
    ("number", "values", "key"),
    [
        (CAFE, {"date_start": ago(40)}, "no-kickoff-112"),
        (TWICE, {"date_start": ago(3)}, "no-hours-150"),
        (TWICE, {"date_start": ago(400)}, "no-hours-150"),
        (TWICE, {"date_start": ago(-10)}, "no-hours-150"),
        (TWICE, {"date_start": False}, "no-hours-150"),
        (CAFE, {"last_update_status": "on_hold"}, "no-kickoff-112"),
        (CAFE, {"last_update_status": "done"}, "no-kickoff-112"),
        (TWICE, {"is_template": True}, "no-hours-150"),
        (TWICE, {"active": False}, "no-hours-150"),
    ],
)
def test_what_happened_or_is_not_under_way_is_not_late(
    number: int, values: Mapping[str, Any], key: str
) -> None:
    assert key not in keys(look(project(number, **values)))


def test_a_planned_start_that_is_still_to_come_is_no_kickoff() -> None:
    assert "no-kickoff-112" in keys(look(project(CAFE, date_start=ago(-5))))


@pytest.mark.parametrize(("days", "told"), [(90, True), (91, False)])
def test_what_was_to_begin_before_policy_looks_back_is_left_alone(days: int, told: bool) -> None:
    found = look(project(TWICE, date_start=ago(days)), look_back_days=90)
    assert ("no-hours-150" in keys(found)) is told


def test_a_milestone_that_is_reached_or_due_today_is_not_missed() -> None:
    for values in ({"is_reached": True}, {"deadline": ago(0)}, {"deadline": False}):
        assert "missed-milestone-3" not in keys(look(changed(corrupt={(MILESTONE, 3): values})))


def test_a_task_or_milestone_may_show_the_kickoff() -> None:
    task = {"kind": "task", "name": "  MENU app "}
    number = 1000 + 10 * 12
    assert "no-kickoff-112" in keys(look(changed(), kickoff=task))
    done = {(TASK, number): {"state": "1_done", "name": "Menu App"}}
    assert "no-kickoff-112" not in keys(look(changed(corrupt=done), kickoff=task))
    gone = {(TASK, number): {"state": "1_canceled"}}
    assert "no-kickoff-112" in keys(look(changed(corrupt=gone), kickoff=task))
    closed = {(TASK, number): {"is_closed": True}}
    older = Sandbox(MONDAY.date(), version=16, corrupt=closed)
    assert "no-kickoff-112" not in keys(look(older, kickoff=task))
    milestone = {"kind": "milestone", "name": "concept"}
    moved = {(MILESTONE, 1): {"project_id": CAFE}}
    assert "no-kickoff-112" not in keys(look(changed(corrupt=moved), kickoff=milestone))


def test_a_date_of_the_firms_own_may_show_kickoff_and_handoff() -> None:
    own = {"kind": "field", "name": "x_kickoff"}
    declared = {PROJECT: {"x_kickoff": DATE}}
    with_date = Sandbox(
        MONDAY.date(), declares=declared, corrupt={(PROJECT, CAFE): {"x_kickoff": ago(1)}}
    )
    assert "no-kickoff-112" not in keys(look(with_date, kickoff=own))
    assert "no-handoff-108" in keys(look(with_date, handoff=own))
    found = finding(look(with_date, handoff=own), "no-handoff-108")
    assert found.title == "Stadtwerke Ostheim began without an accepted handoff"
    assert "no-handoff-112" not in keys(look(with_date, handoff=own))


def test_a_date_that_this_odoo_does_not_show_is_not_verifiable(sandbox: Sandbox) -> None:
    own = {"kind": "field", "name": "x_kickoff"}
    report = look(sandbox, kickoff=own, handoff=own)
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "dates of projects")
    assert gap.reason == "projects show the fleet's user no field x_kickoff"
    assert report.unseen == {"no-kickoff", "no-handoff"}
    assert {m.labels["kind"] for m in report.measures} == {
        "no-hours",
        "missed-milestone",
        "unlike-template",
    }
    assert keys(report) == FOUND - {"no-kickoff-112"}


def orders_of(odoo: Any) -> Mapping[int, int]:
    """The first order of each project, as the job finds it."""
    snapshot = read(reading(odoo), NOW, LatePolicy())
    return {number: order.id for number, order in snapshot.orders.items()}


def remembering(
    *numbers: int, accepted: bool = False, person: str = "lee@nordwind.example", **more: Any
) -> AsOf:
    """The moment, with the handoffs of these orders waiting or accepted."""
    said, standing = {}, {}
    for number in numbers:
        key = f"handoff-order-{number}-v1"
        act = Act(ActKind.ACCEPTED, person, "handoff_gate", "firm", 1, key, MONDAY)
        said[ORDER, number] = [act] if accepted else []
        standing[ORDER, number] = [key]
    known = replace(NOBODY_ASKED, said=said, standing=standing)
    return replace(NOW, handoffs=replace(known, **more))


def test_what_began_before_its_handoff_was_accepted_is_found(sandbox: Sandbox) -> None:
    order = orders_of(sandbox)[STADTWERKE]
    report = look(sandbox, now=remembering(order))
    assert keys(report) == FOUND | {"no-handoff-108"}
    found = finding(report, "no-handoff-108")
    assert found.title == "Stadtwerke Ostheim began without an accepted handoff"
    assert str(found.reason).startswith("hours are logged on it since ")
    (row,) = (row for row in report.rows if row["project_id"] == STADTWERKE)
    assert (row["handoff_status"], row["status"]) == ("open", "late")
    assert found.since is not None
    assert str(found.since) == row["first_hours_on"]
    counts = {m.labels["kind"]: m.value for m in report.measures}
    assert counts["no-handoff"] == 1
    accepted = look(sandbox, now=remembering(order, accepted=True))
    assert keys(accepted) == FOUND
    (row,) = (row for row in accepted.rows if row["project_id"] == STADTWERKE)
    assert row["handoff_status"] == "accepted"
    assert not [gap for gap in accepted.not_verifiable if gap.check == "accepted handoffs"]


def without_hours(odoo: Any, moment: AsOf, number: int, **policy: Any) -> Report:
    """As `look`, with no hour logged on a project."""
    asked = LatePolicy.model_validate(policy)
    snapshot = read(reading(odoo), moment, asked)
    hours = {key: day for key, day in snapshot.first_hours.items() if key != number}
    return judge(replace(snapshot, first_hours=hours), moment, asked)


def test_that_who_sold_it_accepts_it_is_no_acceptance(sandbox: Sandbox) -> None:
    snapshot = read(reading(sandbox), NOW, LatePolicy())
    order = snapshot.orders[STADTWERKE]
    seller = snapshot.people.address(order.user_id)
    assert seller
    own = remembering(order.id, accepted=True, person=seller)
    assert "no-handoff-108" in keys(look(sandbox, now=own))


def test_a_project_that_has_not_begun_needs_no_handoff_yet(sandbox: Sandbox) -> None:
    order = orders_of(sandbox)[CAFE]
    report = without_hours(sandbox, remembering(order), CAFE)
    assert "no-handoff-112" not in keys(report)
    (row,) = (row for row in report.rows if row["project_id"] == CAFE)
    assert (row["handoff_status"], row["first_hours_on"]) == ("open", None)


@pytest.mark.parametrize(
    ("kickoff", "corrupt", "since"),
    [
        ({"kind": "field", "name": "date_start"}, {(PROJECT, CAFE): {"date_start": ago(2)}}, 2),
        (
            {"kind": "milestone", "name": "concept"},
            {(MILESTONE, 1): {"project_id": CAFE, "reached_date": ago(3)}},
            3,
        ),
        (
            {"kind": "milestone", "name": "concept"},
            {(MILESTONE, 1): {"project_id": CAFE, "reached_date": False}},
            0,
        ),
        (
            {"kind": "task", "name": "menu app"},
            {(TASK, 1000 + 10 * 12): {"state": "1_done", "name": "Menu App"}},
            0,
        ),
    ],
)
def test_a_kickoff_is_a_beginning_too(
    kickoff: Mapping[str, str], corrupt: Mapping[Any, Any], since: int
) -> None:
    odoo = changed(corrupt=corrupt)
    report = without_hours(odoo, remembering(orders_of(odoo)[CAFE]), CAFE, kickoff=kickoff)
    found = finding(report, "no-handoff-112")
    assert (found.reason, str(found.since)) == ("it has had its kickoff", ago(since))


def test_hours_of_days_to_come_are_no_beginning() -> None:
    odoo = changed(corrupt={(PROJECT, STADTWERKE): {"date_start": False}})
    moment = remembering(orders_of(odoo)[STADTWERKE])
    snapshot = read(reading(odoo), moment, LatePolicy())
    ahead = {**snapshot.first_hours, STADTWERKE: MONDAY.date() + timedelta(days=1)}
    report = judge(replace(snapshot, first_hours=ahead), moment, LatePolicy())
    assert "no-handoff-108" not in keys(report)


def test_what_is_not_remembered_is_neither_accepted_nor_missing(sandbox: Sandbox) -> None:
    """Nobody has looked at it since it was confirmed, or not for so long that it is forgotten."""
    for forgotten in ({"looked_at": None}, {"kept_since": MONDAY}):
        report = look(sandbox, now=remembering(**forgotten))
        assert keys(report) == FOUND
        (gap,) = (gap for gap in report.not_verifiable if gap.check == "accepted handoffs")
        assert "Stadtwerke Ostheim" in gap.reason
        (row,) = (row for row in report.rows if row["project_id"] == STADTWERKE)
        assert row["handoff_status"] == "not_verifiable"
        (measure,) = (m for m in report.measures if m.labels["kind"] == "no-handoff")
        assert measure.value == 0
        assert measure.excluded["not_verifiable"] > 0


def test_a_missing_acceptance_is_not_mended_by_being_forgotten(sandbox: Sandbox) -> None:
    then = replace(remembering(looked_at=None), standing={"no-handoff-108": MONDAY.date()})
    report = look(sandbox, now=then)
    assert "no-handoff-108" in keys(report)
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "accepted handoffs")
    assert "Stadtwerke Ostheim" not in gap.reason


def test_of_many_projects_some_are_named(sandbox: Sandbox) -> None:
    moment = remembering(looked_at=None)
    snapshot = read(reading(sandbox), moment, LatePolicy())
    (one,) = (each for each in snapshot.projects if each.id == STADTWERKE)
    many = replace(
        snapshot,
        projects=[replace(one, id=number) for number in range(1, 8)],
        orders=dict.fromkeys(range(1, 8), snapshot.orders[STADTWERKE]),
        first_hours=dict.fromkeys(range(1, 8), snapshot.first_hours[STADTWERKE]),
        links=dict.fromkeys(range(1, 8), "https://odoo.example"),
    )
    gaps = judge(many, moment, LatePolicy()).not_verifiable
    (gap,) = (gap for gap in gaps if gap.check == "accepted handoffs")
    assert gap.reason.endswith(f"{one.name}, …")


def test_where_nobody_has_handoffs_accepted_it_is_not_verifiable(sandbox: Sandbox) -> None:
    report = look(sandbox, now=replace(NOW, handoffs=None))
    assert keys(report) == FOUND
    assert report.unseen == {"no-handoff"}
    assert "no-handoff" not in {m.labels["kind"] for m in report.measures}
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "accepted handoffs")
    assert gap.reason == "nothing is remembered of handoffs: no job here has them accepted"
    assert "enable handoff_gate" in gap.remedy
    off = look(sandbox, now=replace(NOW, handoffs=None), handoff="not_asked")
    assert (off.unseen, {row["handoff_status"] for row in off.rows}) == (frozenset(), {"not_asked"})
    assert not [gap for gap in off.not_verifiable if gap.check == "accepted handoffs"]


@pytest.mark.parametrize(
    "instant", ["2026-12-31 22:59:30", "2027-01-01 00:00:30", "2027-02-28 23:30:00"]
)
def test_on_the_edge_of_days_and_years_it_is_the_same(instant: str) -> None:
    now = datetime.fromisoformat(f"{instant}+00:00")
    odoo = Sandbox(now.date())
    kept = Handoffs(kept_since=now - timedelta(days=2000), looked_at=now)
    moment = AsOf(now, NOW.zone, now, handoffs=kept)
    order = read(reading(odoo), moment, LatePolicy()).orders[STADTWERKE].id
    waits = replace(kept, standing={(ORDER, order): ["handoff-v1"]})
    assert "no-handoff-108" in keys(look(odoo, now=replace(moment, handoffs=waits)))


def test_what_the_template_holds_may_be_there_under_any_case_and_archived() -> None:
    number = next(
        task["id"] for task in firm.build(MONDAY.date())[TASK] if task["project_id"] == STADTWERKE
    )
    named = {(TASK, number): {"name": "final REPORT", "active": False}}
    report = look(changed(corrupt=named))
    assert finding(report, "unlike-template-108").reason == "of its template it lacks: Kickoff"
    assert "unlike-template-108" not in keys(look(changed(), as_template=False))
    assert COPIED not in {row["project_id"] for row in report.rows}


def test_of_many_missing_names_some_are_told() -> None:
    rows = {model: [*of] for model, of in firm.build(MONDAY.date()).items()}
    sample = next(task for task in rows[TASK] if task["project_id"] == COPIED)
    rows[TASK] += [{**sample, "id": 9000 + n, "name": f"Task {n}"} for n in range(9)]
    report = look(Sandbox(MONDAY.date(), rows=rows))
    assert finding(report, "unlike-template-108").reason == (
        "of its template it lacks: Final report, Kickoff, Task 0, Task 1, Task 2, …"
    )


def test_projects_may_be_exempt(sandbox: Sandbox) -> None:
    assert keys(look(sandbox, exempt_projects=[CAFE])) == FOUND - {"no-kickoff-112"}


def steps(report: Report, key: str) -> list[tuple[str, str]]:
    found = finding(report, key).steps or ()
    return [(s.name, s.recipient.name if s.recipient else "delivery") for s in found]


def test_the_manager_is_told_then_delivery(sandbox: Sandbox) -> None:
    """Late since Saturday, 21 November: the first working day after it is this Monday."""
    fresh = changed(corrupt={(MILESTONE, 3): {"deadline": "2026-11-20"}})
    assert steps(look(fresh), "missed-milestone-3") == [("first", "Chiara Conti")]
    week = changed(corrupt={(MILESTONE, 3): {"deadline": "2026-11-12"}})
    assert steps(look(week), "missed-milestone-3") == [("owner", "delivery")]
    old = changed(corrupt={(MILESTONE, 3): {"deadline": "2026-10-01"}})
    assert steps(look(old), "missed-milestone-3") == []


def test_without_a_manager_delivery_is_told_why() -> None:
    nobodys = changed(
        corrupt={
            (PROJECT, KUNSTHAUS): {"user_id": False},
            (MILESTONE, 3): {"deadline": "2026-11-20"},
        }
    )
    found = finding(look(nobodys), "missed-milestone-3")
    (step,) = found.steps or ()
    assert (found.owner, step.recipient) == ("delivery", None)
    assert step.unreachable == "the project has no manager who can be written to"


def test_her_own_manager_may_stand_between(sandbox: Sandbox) -> None:
    fresh = changed(corrupt={(MILESTONE, 3): {"deadline": "2026-11-20"}})
    ladder = [Rung(name="boss", working_days=1, who=Who.MANAGER)]
    assert steps(look(fresh, ladder=ladder), "missed-milestone-3") == [("boss", "Anna Kern")]


@pytest.mark.parametrize("name", ["🍺", "x" * 10_000, "\u202eevil", "شركة", " "])
def test_odd_names_break_nothing(name: str) -> None:
    odd = changed(corrupt={(PROJECT, TWICE): {"name": name}, (MILESTONE, 3): {"name": name}})
    assert keys(look(odd)) == FOUND


@given(st.text(max_size=60))
def test_names_are_compared_by_themselves_without_case_and_blanks(name: str) -> None:
    assert _folded(f"  {name}\t") == _folded(name)
    assert _folded(_folded(name)) == _folded(name)


@pytest.mark.parametrize("model", [TASK, MILESTONE, "account.analytic.line"])
def test_what_may_not_be_read_tells_of_nothing(model: str, sandbox: Sandbox) -> None:
    whole, report = look(sandbox), look(changed(denied_models=[model]))
    assert {f.key for f in report.findings} == {"not-verifiable"}
    assert not [f for f in whole.findings if report.covers(f)]
    assert (report.rows, report.measures) == ((), ())


def test_a_day_that_is_over_is_not_told_of(sandbox: Sandbox) -> None:
    then = AsOf(MONDAY - timedelta(days=3), NOW.zone, MONDAY)
    report = look(sandbox, now=then)
    assert (report.rows, report.findings) == ((), ())


@pytest.mark.parametrize("days", range(7))
def test_on_any_day_of_the_week_the_firm_looks_the_same(days: int) -> None:
    instant = MONDAY + timedelta(days=days)
    moment = AsOf(instant, NOW.zone, instant, handoffs=NOBODY_ASKED)
    kinds = {f.kind for f in look(Sandbox(instant.date()), now=moment).findings}
    assert kinds == {"missed-milestone", "unlike-template", "no-kickoff", "no-hours"}


def test_calls_do_not_grow_with_the_number_of_projects() -> None:
    def calls(times: int) -> int:
        rows = {model: [*of] for model, of in firm.build(MONDAY.date()).items()}
        for turn in range(1, times):
            rows[PROJECT] += [
                {**row, "id": row["id"] + turn * 10_000}
                for row in firm.build(MONDAY.date())[PROJECT]
            ]
        overlay = Overlay(Sandbox(MONDAY.date(), rows=rows), {})
        look(overlay)
        return len(overlay.seen)

    assert calls(5) == calls(1)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("kickoff", {"kind": "field", "name": "create_date"}, "begins with x_"),
        ("kickoff", {"kind": "mail", "name": "x"}, "'field', 'task' or 'milestone'"),
        ("handoff", {"kind": "task", "name": ""}, "at least 1 character"),
        ("handoff", "signed", "'accepted' or 'not_asked'"),
        ("kickoff_within", 0, "greater than or equal to 1"),
        ("look_back_days", 1000, "less than or equal to 730"),
        (
            "ladder",
            [{"name": "a", "working_days": 1}, {"name": "a", "working_days": 2}],
            "a name of its own",
        ),
    ],
)
def test_a_policy_that_is_not_meant_is_refused(key: str, value: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        LatePolicy.model_validate({key: value})
