"""The project that is proposed for an order: by template, unit and policy, so that it bills."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from odoo_gateway.procedures import calling
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.firm.timesheets import DAY as DAYS
from odoo_gateway.sandbox.firm.timesheets import HOUR as HOURS
from odoo_gateway.session import Session
from tasks.domain.acts import Act, ActKind
from tasks.domain.deciding import State
from tasks.domain.findings import Report
from tasks.domain.handoffs import Handoffs
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal, Proposed
from tasks.mobilization.project_setup.job import JOB
from tasks.mobilization.project_setup.planning import _shares, _weekdays_later, _workday
from tasks.mobilization.project_setup.policy import SetupPolicy
from tests.fakes.setups import (
    FIXED,
    LINES,
    SOLD,
    STAGED,
    WORK,
    Row,
    line,
    order,
    project,
    rows,
)
from tests.tasks.conftest import MONDAY, reading
from workers.effects.kinds.create_project import KIND, NewProject

NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
ANNA, BRUNO, CHIARA = 101, 102, 103
TEMPLATE: Final = WORK + 50
# The order is of Friday, 20 November: ten weekdays later.
KICKOFF: Final = "2026-12-04"


def template(**values: Any) -> Row:
    """One that begins on 1 January and takes sixty days."""
    dates = {"date_start": "2026-01-01", "date": "2026-03-02"}
    return project(
        TEMPLATE, name="Standard", is_template=True, partner_id=False, **{**dates, **values}
    )


def milestone(number: int, name: str, deadline: Any, share: float = 0.0) -> Row:
    return {
        "id": number,
        "name": name,
        "project_id": TEMPLATE,
        "deadline": deadline,
        "is_reached": False,
        "reached_date": False,
        "sale_line_id": False,
        "quantity_percentage": share,
        "sequence": 10,
    }


def task(number: int, name: str, deadline: Any) -> Row:
    known = rows()["project.task"][0]
    about = {"id": number, "name": name, "project_id": TEMPLATE, "date_deadline": deadline}
    return {**known, **about, "allocated_hours": 6.0, "user_ids": []}


def sandbox_of(
    *lines: Row, product: Mapping[str, Any] | None = None, version: int = 19, **more: Any
) -> Sandbox:
    """With the order, and a product that is set up otherwise."""
    found = rows(sale_order=[order()], sale_order_line=lines or [line()], **more)
    return Sandbox(
        MONDAY.date(),
        version=version,
        rows=found,
        installed=True,
        corrupt={("product.product", number): product or {} for number in range(1, 6)},
    )


def look(odoo: Any, now: AsOf = NOW, **policy: Any) -> Report:
    reader = reading(odoo)
    report = JOB.run(reader, now, SetupPolicy.model_validate(policy))
    assert reader.drift == []
    return report


def proposal(odoo: Any, now: AsOf = NOW, **policy: Any) -> Proposal:
    (found,) = look(odoo, now, **policy).proposals
    # What the effect takes.
    KIND.values.model_validate(found.values)
    return found


def test_an_order_without_a_project_has_one_proposed() -> None:
    found = proposal(sandbox_of(), kickoff_checklist=[])
    assert (found.kind, found.model, found.record_id) == ("create_project", "sale.order", SOLD)
    assert found.identity == "project"
    assert found.why == "S09100 was confirmed on 2026-11-20 and has no project"
    assert found.values == {
        "template_id": None,
        "name": "S09100 Hafenwerk GmbH",
        "manager_id": None,
        "first_day": KICKOFF,
        "last_day": "2027-03-04",
        "line_id": LINES,
        "hours": 150.0,
        "milestones": [],
        "tasks": [
            {"name": "Advice", "line_id": LINES, "hours": 150.0, "deadline": None, "user_id": None}
        ],
        "activities": [],
    }
    assert found.request is not None
    assert (str(found.request.amount), found.request.currency) == ("18000.0", "EUR")
    assert found.request.requester == "bruno.claes@nordwind.example"
    assert found.request.held == {"sale.order.user_id": (found.request.requester,)}


def test_what_has_a_project_or_needs_none_is_not_proposed() -> None:
    assert look(sandbox_of(line(project_id=101))).proposals == ()
    assert look(sandbox_of(), exempt_orders=[SOLD]).proposals == ()


@pytest.mark.parametrize("version", [16, 17, 18])
def test_older_odoos_have_the_same_proposed(version: int) -> None:
    older = sandbox_of(version=version, product={"project_template_id": WORK}, **copied(WORK))
    newest = sandbox_of(product={"project_template_id": WORK}, **copied(WORK))
    assert proposal(older).values == proposal(newest).values


def copied(number: int = TEMPLATE) -> dict[str, Any]:
    """A template with milestones and tasks; before Odoo 19 it is a project like others."""
    whole = {**template(), "id": number, "is_template": number == TEMPLATE, "partner_id": False}
    within = {"project_id": number}
    return {
        "project_project": [whole],
        "project_milestone": [
            {**milestone(901_1, "Design", "2026-01-15"), **within},
            {**milestone(901_2, "Build", "2026-02-14"), **within},
            {**milestone(901_3, "Open", False), **within},
        ],
        "project_task": [
            {**task(902_1, "Workshop", "2026-01-05 12:00:00"), **within},
            {**task(902_2, "Whenever", False), **within},
        ],
    }


def test_a_template_keeps_its_distances_from_the_kickoff() -> None:
    staged = line(product_id=STAGED, qty_delivered_method="milestones", product_uom_qty=1.0)
    found = proposal(
        sandbox_of(staged, product={"project_template_id": TEMPLATE}, **copied()),
        kickoff_checklist=[],
    ).values
    assert found["template_id"] == TEMPLATE
    assert found["manager_id"] == CHIARA
    assert (found["first_day"], found["last_day"]) == (KICKOFF, "2027-02-02")
    assert found["hours"] == 0
    assert found["line_id"] == LINES
    # A Sunday, 17 January 2027, becomes the Monday after it.
    assert found["milestones"] == [
        {"name": "Design", "line_id": LINES, "percent": 33.33, "deadline": "2026-12-18"},
        {"name": "Build", "line_id": LINES, "percent": 33.33, "deadline": "2027-01-18"},
        {"name": "Open", "line_id": LINES, "percent": 33.34, "deadline": None},
    ]
    assert [(t["name"], t["deadline"]) for t in found["tasks"]] == [("Workshop", "2026-12-08")]


def test_a_template_without_a_start_gives_no_deadlines() -> None:
    more = copied()
    more["project_project"] = [template(date_start=False, date=False)]
    staged = line(product_id=STAGED, qty_delivered_method="milestones", product_uom_qty=1.0)
    found = proposal(
        sandbox_of(staged, product={"project_template_id": TEMPLATE}, **more), kickoff_checklist=[]
    ).values
    assert [each["deadline"] for each in found["milestones"]] == [None, None, None]
    assert (found["tasks"], found["last_day"]) == ([], "2027-03-04")


def test_the_policy_names_template_manager_and_shares_of_a_service_line() -> None:
    staged = line(product_id=STAGED, qty_delivered_method="milestones", product_uom_qty=1.0)
    care = {
        "name": "care",
        "categories": [2],
        "template": TEMPLATE,
        "manager": ANNA,
        "milestones": [
            {"name": "Design", "percent": 40, "days": 0},
            {"name": "Handover", "percent": 60, "days": 30},
        ],
    }
    found = proposal(
        sandbox_of(staged, **copied()), service_lines=[care], manager=BRUNO, kickoff_checklist=[]
    ).values
    assert (found["template_id"], found["manager_id"]) == (TEMPLATE, ANNA)
    assert found["milestones"] == [
        {"name": "Design", "line_id": LINES, "percent": 40.0, "deadline": KICKOFF},
        {"name": "Handover", "line_id": LINES, "percent": 60.0, "deadline": "2027-01-04"},
        {"name": "Build", "line_id": None, "percent": 0.0, "deadline": "2027-01-18"},
        {"name": "Open", "line_id": None, "percent": 0.0, "deadline": None},
    ]


def test_a_template_that_is_gone_or_hidden_is_not_copied() -> None:
    found = proposal(sandbox_of(product={"project_template_id": 999_999}), manager=BRUNO).values
    assert (found["template_id"], found["manager_id"]) == (None, BRUNO)


def test_milestones_of_a_template_that_bill_nothing_keep_their_deadlines() -> None:
    found = proposal(
        sandbox_of(product={"project_template_id": TEMPLATE}, **copied()), kickoff_checklist=[]
    ).values
    assert {(each["line_id"], each["percent"]) for each in found["milestones"]} == {(None, 0.0)}
    assert found["milestones"][0]["deadline"] == "2026-12-18"
    # Its own tasks are billed to the one line.
    assert [each["name"] for each in found["tasks"]] == ["Workshop"]


def test_several_lines_are_billed_each_by_its_own() -> None:
    staged = {"product_id": STAGED, "qty_delivered_method": "milestones", "product_uom_qty": 1.0}
    found = proposal(
        sandbox_of(
            line(LINES, name="Shop\nwith all", sequence=1, **staged),
            line(LINES + 1, name="Portal", sequence=2, **staged),
            line(LINES + 2, name="Advice", sequence=3, product_uom_qty=40.0),
            line(LINES + 3, name="Training", sequence=4, product_uom_qty=16.0),
            product={"project_template_id": TEMPLATE},
            **copied(),
        ),
        kickoff_checklist=[],
    ).values
    # Hours without a word are billed to the first line that hours bill.
    assert (found["line_id"], found["hours"]) == (LINES + 2, 56.0)
    billed = [(each["name"], each["line_id"], each["percent"]) for each in found["milestones"]]
    assert billed[:3] == [
        ("Design", LINES, 33.33),
        ("Build", LINES, 33.33),
        ("Open", LINES, 33.34),
    ]
    assert billed[3:] == [("Portal", LINES + 1, 100.0)]
    tasks = {each["name"]: (each["line_id"], each["hours"]) for each in found["tasks"]}
    assert tasks["Advice"] == (LINES + 2, 40.0)
    assert tasks["Training"] == (LINES + 3, 16.0)


def test_two_lines_with_shares_of_the_policy_have_milestones_of_their_own_names() -> None:
    staged = {"product_id": STAGED, "qty_delivered_method": "milestones", "product_uom_qty": 1.0}
    half = [{"name": "Half", "percent": 50, "days": 5}, {"name": "Rest", "percent": 50, "days": 9}]
    found = proposal(
        sandbox_of(
            line(LINES, name="Shop", sequence=1, **staged),
            line(LINES + 1, name="Portal", sequence=2, **staged),
        ),
        service_lines=[{"name": "care", "categories": [2], "milestones": half}],
    ).values
    names = [each["name"] for each in found["milestones"]]
    assert names == ["Shop: Half", "Shop: Rest", "Portal: Half", "Portal: Rest"]


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_days_are_hours(version: int) -> None:
    days = line(LINES, product_uom_id=DAYS, product_uom_qty=10.0)
    sold = line(LINES + 1, product_uom_id=DAYS, product_uom_qty=2.0, qty_delivered_method="manual")
    hours = line(LINES + 2, product_uom_id=HOURS, product_uom_qty=7.0)
    found = proposal(sandbox_of(days, sold, hours, version=version)).values
    assert found["hours"] == 10 * 8 + 2 * 8 + 7


def test_what_is_no_time_counts_only_where_hours_bill_it() -> None:
    units = {"id": 9, "active": True, "name": "Units", "sequence": 1, "factor": 1.0}
    known = {**units, "relative_uom_id": False, "parent_path": "9/"}
    found = proposal(
        sandbox_of(
            line(LINES, product_uom_id=9, product_uom_qty=5.0),
            line(LINES + 1, product_uom_id=9, product_id=FIXED, qty_delivered_method="manual"),
            line(LINES + 2, product_uom_id=HOURS, qty_delivered_method="milestones"),
            uom_uom=[known],
        )
    ).values
    assert found["hours"] == 5


def test_the_checklist_becomes_todos_for_those_who_are_known_and_tasks_for_others() -> None:
    led = proposal(sandbox_of(), manager=CHIARA, delivery_lead=ANNA).values
    assert [(a["summary"], a["user_id"], a["deadline"]) for a in led["activities"]] == [
        ("Hand over scope and promises", BRUNO, "2026-11-30"),
        ("Confirm the team", CHIARA, "2026-12-01"),
        ("Confirm billing contact and milestones", BRUNO, "2026-12-01"),
        ("Hold the kickoff", CHIARA, KICKOFF),
        ("Send minutes and plan to the customer", CHIARA, "2026-12-07"),
    ]
    assert [each["name"] for each in led["tasks"]] == ["Advice"]
    nobodys = proposal(sandbox_of()).values
    assert [each["summary"] for each in nobodys["activities"]] == [
        "Hand over scope and promises",
        "Confirm billing contact and milestones",
    ]
    assert "Hold the kickoff" in [each["name"] for each in nobodys["tasks"]]
    tasks = proposal(sandbox_of(), manager=CHIARA, kickoff_as="tasks").values
    assert tasks["activities"] == []
    assert ("Hold the kickoff", CHIARA, KICKOFF) in [
        (each["name"], each["user_id"], each["deadline"]) for each in tasks["tasks"]
    ]


def test_a_kickoff_that_is_past_is_planned_for_the_monday_after_next() -> None:
    late: Any = {"kickoff_after": 0}
    values = proposal(sandbox_of(), manager=CHIARA, **late).values
    assert values["first_day"] == "2026-12-07"
    # What is due before today is due today.
    sooner = [{"name": "Now", "days": -30}]
    values = proposal(sandbox_of(), manager=CHIARA, kickoff_checklist=sooner, **late).values
    assert [each["deadline"] for each in values["activities"]] == ["2026-11-23"]


def test_what_is_asked_of_an_order_that_has_its_project_is_withdrawn() -> None:
    def asked(state: State, number: int = SOLD, kind: str = "create_project") -> Proposed:
        return Proposed(kind, "sale.order", number, "project", MONDAY, state)

    others = (
        asked(State.APPROVED),
        asked(State.WAITING, 999_999),
        asked(State.WAITING, kind="follow_up"),
    )
    waiting = (asked(State.WAITING), asked(State.STUCK))
    then = replace(NOW, proposed=(*waiting, *others))
    assert look(sandbox_of(line(project_id=101)), then).withdrawn == waiting
    assert look(sandbox_of(), then).withdrawn == ()


def test_the_procedure_makes_of_it_what_was_planned() -> None:
    staged = line(product_id=STAGED, qty_delivered_method="milestones", product_uom_qty=1.0)
    odoo = sandbox_of(staged, product={"project_template_id": TEMPLATE}, **copied())
    found = proposal(odoo, manager=ANNA)
    values = NewProject.model_validate(found.values)
    session = Session(odoo, "https://odoo.example")
    made = calling.create_project(
        session,
        1,
        SOLD,
        template_id=values.template_id or 0,
        name=values.name,
        manager_id=values.manager_id or 0,
        first_day=values.first_day,
        last_day=values.last_day,
        plan=values.plan,
    )
    shares = session.call(
        "project.milestone", "search_read", [("project_id", "=", made.project_id)], [], load=""
    )
    assert sum(each["quantity_percentage"] for each in shares) == pytest.approx(1)
    assert {each["sale_line_id"] for each in shares} == {LINES}
    # The next look finds nothing to do.
    after = look(odoo)
    assert after.proposals == ()
    assert not [each for each in after.findings if each.record_id == SOLD]


def test_what_is_proposed_is_told_in_words() -> None:
    staged = line(product_id=STAGED, qty_delivered_method="milestones", product_uom_qty=1.0)
    hours = line(LINES + 1, sequence=20)
    found = proposal(
        sandbox_of(staged, hours, product={"project_template_id": TEMPLATE}, **copied()),
        manager=ANNA,
    )
    said = KIND.preview(KIND.values.model_validate(found.values))
    assert said == (
        "a project of the order, from the template 9250; from 2026-12-04 to 2027-02-02; "
        "150 hours; 3 milestones: Design (33.33 %), Build (33.33 %), Open (33.34 %); 1 task; "
        "5 to-dos"
    )
    bare = KIND.preview(KIND.values.model_validate({"milestones": [{"name": "Review"}]}))
    assert bare == "a project of the order, without a template; 1 milestone: Review"


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("percent", 101, "less than or equal to 100"),
        ("percent", 0, "greater than 0"),
        ("days", -1, "greater than or equal to 0"),
        ("percent", 99, "do not add up to 100 percent"),
    ],
)
def test_shares_that_are_not_all_of_it_are_refused(key: str, value: float, why: str) -> None:
    one = {"name": "All", "percent": 100, "days": 0, key: value}
    line_of = {"name": "care", "categories": [2], "milestones": [one]}
    with pytest.raises(ValidationError, match=why):
        SetupPolicy.model_validate({"service_lines": [line_of]})


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_shares_always_bill_all_of_a_line(kept: list[float]) -> None:
    shares = _shares(kept)
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert len(shares) == len(kept)


def test_shares_of_a_template_are_kept_where_they_are_all_of_it() -> None:
    assert _shares([0.25, 0.75]) == [25, 75]
    assert _shares([0.25, 0.25]) == [50, 50]
    assert _shares([1.5, -0.5]) == [50, 50]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60))
def test_a_kickoff_is_on_a_weekday(day: date, count: int) -> None:
    kickoff = _weekdays_later(day, count)
    assert kickoff.weekday() < 5
    between = (day + timedelta(days=n + 1) for n in range((kickoff - day).days))
    weekdays = sum(each.weekday() < 5 for each in between)
    assert weekdays - count in (0, 1)
    assert _workday(day).weekday() < 5


def test_moments_of_confirmation_are_days_of_the_company() -> None:
    late = rows(sale_order=[order(date_order="2026-11-20 23:30:00")], sale_order_line=[line()])
    found = proposal(Sandbox(MONDAY.date(), rows=late))
    assert found.request is not None
    assert found.request.on == datetime(2026, 11, 21).date()


KEY: Final = f"handoff-order-{SOLD}-v1"
SUBJECT: Final = ("sale.order", SOLD)
LOOKED: Final = Handoffs(
    kept_since=MONDAY - timedelta(days=90), looked_at=MONDAY - timedelta(hours=1)
)
WAITS: Final = replace(LOOKED, standing={SUBJECT: [KEY]})
ACCEPTANCE: Final = Act(
    ActKind.ACCEPTED, "lee@nordwind.example", "handoff_gate", "firm", 1, KEY, MONDAY
)
ACCEPTED: Final = replace(WAITS, said={SUBJECT: [ACCEPTANCE]})


def status_of(report: Report) -> str:
    (row,) = (each for each in report.rows if each["record_id"] == SOLD)
    return str(row["status"])


@pytest.mark.parametrize("handoffs", [WAITS, replace(LOOKED, looked_at=None), None])
def test_a_project_waits_for_the_accepted_handoff_where_the_policy_says_so(
    handoffs: Handoffs | None,
) -> None:
    now = replace(NOW, handoffs=handoffs)
    assert look(sandbox_of(), now).proposals
    report = look(sandbox_of(), now, waits_for_handoff=True)
    assert report.proposals == ()
    assert status_of(report) == "waits_for_handoff"
    (found,) = (each for each in report.findings if each.key == f"order-without-project-{SOLD}")
    # It is told all the same, by the same ladder.
    (at_once,) = (each for each in look(sandbox_of(), now).findings if each.key == found.key)
    assert (found.title, found.steps) == (at_once.title, at_once.steps)
    assert str(found.reason).startswith("it waits for the acceptance of the handoff")
    gaps = [gap for gap in report.not_verifiable if gap.check == "accepted handoffs"]
    assert len(gaps) == (handoffs is not WAITS)
    counted = {each.name: each.value for each in report.measures}
    assert counted["orders_without_project"] == 1


def test_once_it_is_accepted_or_nobody_is_asked_to_the_project_is_proposed() -> None:
    for handoffs in (ACCEPTED, LOOKED):
        report = look(sandbox_of(), replace(NOW, handoffs=handoffs), waits_for_handoff=True)
        assert len(report.proposals) == 1
        assert status_of(report) == "without_project"
        assert not [gap for gap in report.not_verifiable if gap.check == "accepted handoffs"]


def test_that_who_sold_it_accepts_it_lets_nothing_go_on() -> None:
    own = replace(ACCEPTANCE, person="bruno.claes@nordwind.example")
    said = replace(ACCEPTED, said={SUBJECT: [own]})
    assert not look(sandbox_of(), replace(NOW, handoffs=said), waits_for_handoff=True).proposals


def test_what_was_proposed_is_withdrawn_when_the_handoff_changes_after_it_was_accepted() -> None:
    (asked,) = look(sandbox_of()).proposals
    before = Proposed(
        asked.kind, asked.model, asked.record_id, asked.identity, MONDAY, State.WAITING
    )
    changed = replace(ACCEPTED, standing={SUBJECT: [f"handoff-order-{SOLD}-v2"]})
    now = replace(NOW, handoffs=changed, proposed=(before,))
    assert look(sandbox_of(), now, waits_for_handoff=True).withdrawn == (before,)
    now = replace(now, handoffs=ACCEPTED)
    assert look(sandbox_of(), now, waits_for_handoff=True).withdrawn == ()


def test_of_many_orders_that_wait_some_are_named() -> None:
    many = [order(SOLD + number) for number in range(12)]
    lines = [line(LINES + number, order_id=SOLD + number) for number in range(12)]
    odoo = Sandbox(MONDAY.date(), rows=rows(sale_order=many, sale_order_line=lines), installed=True)
    report = look(odoo, waits_for_handoff=True)
    (gap,) = (gap for gap in report.not_verifiable if gap.check == "accepted handoffs")
    assert gap.reason.endswith(", …")
