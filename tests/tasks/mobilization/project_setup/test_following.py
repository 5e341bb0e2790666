"""Who is told of what follows a sale: planners, finance, and those who support it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.findings import Finding, Report
from tests.fakes.setups import (
    DAY,
    LINES,
    ORDER,
    PROJECT,
    SOLD,
    STAGED,
    WORK,
    Row,
    ago,
    line,
    order,
    project,
    rows,
)
from tests.tasks.conftest import MONDAY
from tests.tasks.mobilization.project_setup.test_findings import NOW, finding, look, measured

STAFFING: Final = f"staffing-request-{SOLD}"
NO_SUPPORT: Final = f"no-support-project-{SOLD}"
# To the role finance, and to somebody whom the policy names.
OF_ROLE: Final = f"project-active-{WORK}"
ACTIVE: Final = f"{OF_ROLE}-101"
WARRANTY: Final = f"warranty-ends-{WORK}"
ANNA, CHIARA = 101, 103
CARE: Final = {"name": "care", "categories": [2]}


def made(*lines: Row, version: int = 19, **more: Any) -> Sandbox:
    """With the order."""
    known = {"sale_order": [order()], "sale_order_line": list(lines) or [line()], **more}
    return Sandbox(MONDAY.date(), version=version, rows=rows(**known))


def delivered(version: int = 19, **values: Any) -> Sandbox:
    """With its project, too."""
    about = {"sale_line_id": LINES, **values}
    return made(project_project=[project(**about)], version=version)


def keys(report: Report) -> set[str]:
    numbers = {(ORDER, SOLD), (PROJECT, WORK)}
    return {each.key for each in report.findings if (each.model, each.record_id) in numbers}


def steps(found: Finding) -> list[tuple[str, str]]:
    return [(s.name, s.recipient.name if s.recipient else "delivery") for s in found.steps or ()]


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_the_planner_is_asked_for_people_by_role_and_phase(version: int) -> None:
    odoo = made(
        line(LINES, sequence=1, product_uom_qty=40.0),
        headed(LINES + 5, "Build", 2),
        line(LINES + 1, sequence=3, product_uom_qty=20.0),
        line(LINES + 2, sequence=4, product_uom_qty=2.0, product_id=DAY, product_uom_id=5),
        line(LINES + 3, sequence=5, product_id=STAGED, qty_delivered_method="milestones"),
        line(LINES + 4, sequence=6, product_uom_qty=5.5),
        version=version,
    )
    report = look(odoo, planner=CHIARA)
    found = finding(report, STAFFING)
    assert found.title == "S09100 Hafenwerk GmbH: 81.5 hours are to be staffed"
    assert found.reason == (
        "40 h of Consulting hour; 25.5 h of Consulting hour in Build; "
        "16 h of Service by the day in Build"
    )
    assert (found.owner, found.hours) == ("Chiara Conti", 81.5)
    assert steps(found)[0][1] == "Chiara Conti"
    assert measured(report)["unstaffed_hours"] == 81.5 + 160


def headed(number: int, name: str, sequence: int) -> Row:
    """As Odoo keeps headings."""
    about = {"name": name, "sequence": sequence, "display_type": "line_section"}
    unset = {"product_id": False, "product_uom_qty": 0.0, "is_service": False}
    return line(number, **about, **unset, qty_delivered_method=False)


def test_a_role_may_be_named_by_the_policy_and_many_are_cut() -> None:
    report = look(made(), service_lines=[{**CARE, "role": "Consultant"}])
    assert finding(report, STAFFING).reason == "150 h of Consultant"
    many = [
        row
        for n in range(9)
        for row in (
            headed(LINES + 20 + n, f"P{n}", 2 * n),
            line(LINES + n, sequence=2 * n + 1, product_uom_qty=1.0),
        )
    ]
    told = str(finding(look(made(*many)), STAFFING).reason)
    assert told.endswith("; 1 h of Consulting hour in P7; …")


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ({}, True),
        ({"project_task": [{"user_ids": [CHIARA]}]}, False),
        ({"project_task": [{"user_ids": []}]}, True),
        ({"account_analytic_line": [{"date": "2026-11-22"}]}, False),
    ],
)
def test_it_is_asked_until_somebody_has_a_task_or_an_hour(
    more: Mapping[str, Any], asked: bool
) -> None:
    known = rows()
    full: Any = {
        name: [{**known[name.replace("_", ".")][0], "id": 97_000, "project_id": WORK, **values}]
        for name, (values,) in more.items()
    }
    odoo = made(project_project=[project(sale_line_id=LINES)], **full)
    assert (STAFFING in keys(look(odoo))) is asked


def test_nobody_is_asked_for_what_is_exempt_needs_no_project_or_sells_no_time() -> None:
    assert STAFFING not in keys(look(made(), exempt_orders=[SOLD]))
    without = [{**CARE, "needs_project": False}]
    assert STAFFING not in keys(look(made(), service_lines=without))
    staged = line(qty_delivered_method="milestones")
    assert STAFFING not in keys(look(made(staged)))


@pytest.mark.parametrize(("people", "asked"), [([], True), ([CHIARA], False)])
def test_a_task_that_odoo_made_of_a_line_is_nobodys_until_somebody_has_it(
    people: list[int], asked: bool
) -> None:
    """It may stand in a project of several orders, which is the order's no more than theirs."""
    task = {**rows()["project.task"][0], "id": 97_000, "user_ids": people}
    odoo = made(line(task_id=97_000), project_task=[task])
    assert (STAFFING in keys(look(odoo))) is asked
    assert STAFFING not in keys(look(made(), look_back_days=2))


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_finance_is_told_when_a_project_becomes_active(version: int) -> None:
    report = look(delivered(version, date_start=ago(1)[:10]), finance=[ANNA, CHIARA])
    assert ACTIVE in keys(report)
    found = finding(report, ACTIVE)
    assert found.title == "Dock planning of S09100 Hafenwerk GmbH is active"
    assert (found.reason, found.owner) == ("its work began on 2026-11-22", "Anna Kern")
    assert steps(found) == [("first", "Anna Kern")]
    assert finding(report, f"project-active-{WORK}-{CHIARA}").owner == "Chiara Conti"
    of_role = finding(report, OF_ROLE)
    assert (of_role.owner, of_role.title, of_role.reason) == ("finance", found.title, found.reason)
    (step,) = of_role.steps or ()
    assert (step.name, step.recipient, step.role, step.unreachable) == (
        "first",
        None,
        "finance",
        "",
    )
    # What is theirs to do, not what others do in their place.
    assert (step.remedy, step.escalates) == ("", False)
    assert keys(look(delivered(version, date_start=ago(1)[:10]))) == {STAFFING, OF_ROLE}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"date_start": False}, False),
        ({"date_start": ago(-1)[:10]}, False),
        ({"date_start": ago(0)[:10]}, True),
        ({"date_start": ago(13)[:10]}, True),
        ({"date_start": ago(14)[:10]}, False),
        ({"date_start": ago(1)[:10], "active": False}, False),
    ],
)
def test_it_is_told_of_late_alone(values: Mapping[str, Any], told: bool) -> None:
    assert (ACTIVE in keys(look(delivered(**values), finance=[ANNA]))) is told
    assert (OF_ROLE in keys(look(delivered(**values)))) is told


def test_the_first_hour_makes_a_project_active_before_its_start() -> None:
    hour = {**rows()["account.analytic.line"][0], "id": 97_000, "project_id": WORK}
    odoo = made(
        project_project=[project(sale_line_id=LINES, date_start=ago(-9)[:10])],
        account_analytic_line=[{**hour, "date": "2026-11-22"}],
    )
    found = finding(look(odoo, finance=[ANNA]), ACTIVE)
    assert found.reason == "its work began on 2026-11-22"


def test_hours_that_may_not_be_read_leave_open_who_works() -> None:
    more = rows(sale_order=[order()], sale_order_line=[line()])
    odoo = Sandbox(MONDAY.date(), rows=more, denied_models=["account.analytic.line"])
    report = look(odoo, finance=[ANNA])
    assert report.unseen >= {"staffing-request", "project-active"}
    assert "unstaffed_hours" not in measured(report)
    assert keys(report) == {f"order-without-project-{SOLD}"}


def test_an_order_with_support_has_a_support_project() -> None:
    care = [{**CARE, "support": {"named": "care desk"}}]
    report = look(delivered(), service_lines=care, delivery_lead=CHIARA)
    found = finding(report, NO_SUPPORT)
    assert found.title == "S09100 Hafenwerk GmbH has no support project"
    assert found.reason == "it sells support, and no project of it is called care desk"
    assert found.owner == "Chiara Conti"
    led = [{**care[0], "delivery_lead": ANNA}]
    assert finding(look(delivered(), service_lines=led), NO_SUPPORT).owner == "Anna Kern"
    named = delivered(name="Dock CARE Desk")
    assert NO_SUPPORT not in keys(look(named, service_lines=care))
    assert NO_SUPPORT not in keys(look(delivered(), service_lines=care, exempt_orders=[SOLD]))
    assert NO_SUPPORT not in keys(look(delivered(), service_lines=[CARE]))


@pytest.mark.parametrize(
    ("ended", "told"),
    [(365, True), (335, True), (334, False), (366, False)],
)
def test_the_end_of_a_warranty_is_told_before_it(ended: int, told: bool) -> None:
    care = [{**CARE, "support": {"warranty_days": 365}}]
    known = rows(
        sale_order=[order(date_order=ago(600))],
        sale_order_line=[line()],
        project_project=[project(sale_line_id=LINES, date=ago(ended)[:10])],
    )
    report = look(Sandbox(MONDAY.date(), rows=known), service_lines=care)
    assert (WARRANTY in keys(report)) is told
    # An order of so long ago is listed nowhere else.
    assert keys(report) <= {WARRANTY}
    if told:
        found = finding(report, WARRANTY)
        assert found.owner == "Bruno Claes"
        assert str(found.title).startswith(
            "Dock planning of Hafenwerk GmbH: the warranty ends on 202"
        )


def test_a_project_ends_with_its_last_milestone_and_its_support_has_no_warranty() -> None:
    care = [{**CARE, "support": {"warranty_days": 365}}]

    def report(reached: bool, name: str = "Dock planning") -> Report:
        stages = [
            {
                **rows()["project.milestone"][0],
                "id": 97_000 + n,
                "project_id": WORK,
                "is_reached": each,
                "reached_date": ago(350 + n)[:10] if each else False,
            }
            for n, each in enumerate((True, reached))
        ]
        work = project(sale_line_id=LINES, name=name, date=ago(500)[:10])
        known = rows(
            sale_order=[order(date_order=ago(600))],
            sale_order_line=[line()],
            project_project=[work],
            project_milestone=stages,
        )
        return look(Sandbox(MONDAY.date(), rows=known), service_lines=care)

    assert finding(report(reached=True), WARRANTY).reason == "the project ended on 2025-12-08"
    assert WARRANTY not in keys(report(reached=False))
    assert WARRANTY not in keys(report(reached=True, name="Support of the dock"))


def test_a_look_at_one_project_finds_of_it_what_a_look_at_all_does() -> None:
    odoo = delivered(date_start=ago(1)[:10])
    whole = look(odoo, finance=[ANNA])
    only = frozenset({(PROJECT, WORK)})
    alone = look(odoo, now=replace(NOW, only=only), finance=[ANNA])
    assert alone.findings == (finding(whole, OF_ROLE), finding(whole, ACTIVE))
    of_order = look(odoo, now=replace(NOW, only=frozenset({(ORDER, SOLD)})), finance=[ANNA])
    assert of_order.findings == (finding(whole, STAFFING),)
    by_order = made(
        sale_order=[order(project_id=WORK)], project_project=[project(date_start=ago(1)[:10])]
    )
    assert keys(look(by_order, now=replace(NOW, only=only), finance=[ANNA])) == {OF_ROLE, ACTIVE}
