"""A row that cannot be read takes the totals and measures with it, and no other row."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.sandbox.firm.timesheets import DAY, HOUR
from tasks import catalogue
from tasks.declaration import Audience
from tasks.domain.findings import NOT_SEEN, Finding, Report, Severity
from tasks.domain.periods import AsOf
from tasks.domain.texts import named
from tests.fakes.comparing import compare
from tests.fakes.modules import TIMESHEET_GRID
from tests.tasks.conftest import MONDAY, changed, reading
from tests.tasks.execution.test_units import in_days
from tests.tasks.test_rights import documents, figures
from workers.looking import Look

WHOLES: Final = {"rows", "totals", "measures"}
# Numbers that come over the wire and that no firm has.
ODD: Final = (1e300, -1e13, float("nan"))


def look(sandbox: Sandbox, job: str, now: AsOf) -> tuple[Report, Look]:
    declared, reader = catalogue.jobs()[job], reading(sandbox)
    report = declared.run(reader, now, declared.policy())
    return report, Look(report, tuple(reader.drift), now)


def by_key(report: Report, key: str) -> dict[Any, Mapping[str, Any]]:
    return {row[key]: row for row in report.rows}


def assert_no_figure_of_the_whole(report: Report) -> None:
    assert figures(report) >= WHOLES
    assert report.measures == ()
    kept = {"currency", "basis", "planned_basis"}
    assert all(v is None for t in report.totals for name, v in t.items() if name not in kept)


@pytest.mark.parametrize("price", ODD, ids=repr)
@pytest.mark.parametrize(
    ("job", "key"),
    [("invoice_readiness", "sale_order_id"), ("wip_aging", "sale_order_line_id")],
)
def test_a_number_that_no_firm_has_is_drift_of_its_row_alone(
    job: str, key: str, price: float, now: AsOf
) -> None:
    whole, _ = look(changed(), job, now)
    corrupt = {("sale.order.line", 10): {"price_unit": price}}
    report, seen = look(changed(corrupt=corrupt), job, now)
    (drift,) = seen.drift
    assert (drift.model, drift.record_id, drift.field) == ("sale.order.line", 10, "price_unit")
    assert_no_figure_of_the_whole(report)
    before, after = by_key(whole, key), by_key(report, key)
    touched = {number for _, number in drift.records}
    assert {n: row for n, row in before.items() if n not in touched} == {
        n: row for n, row in after.items() if n not in touched
    }
    gone = [f for f in whole.findings if f.key not in {g.key for g in report.findings}]
    assert all(seen.left_alone(finding) for finding in gone)


def test_an_order_of_which_a_line_is_unread_has_no_amount(now: AsOf) -> None:
    """The amount of the lines that are left is not that of the order."""
    whole, _ = look(changed(), "invoice_readiness", now)
    row = next(row for row in whole.rows if len(row["lines"]) > 1)
    line = row["lines"][0]["sale_order_line_id"]
    corrupt = {("sale.order.line", line): {"discount": 1e300}}
    report, _ = look(changed(corrupt=corrupt), "invoice_readiness", now)
    told = by_key(report, "sale_order_id")[row["sale_order_id"]]
    assert told["status"] == told["verdict"] == "not_verifiable"
    assert (told["amount"], told["lines"], told["cost_of_delay_per_day"]) == (None, None, None)
    (aside,) = (each for each in report.set_aside if each.record_id == row["sale_order_id"])
    assert (aside.group, aside.amount) == ("not verifiable", None)
    assert "see drift" in aside.reason


@pytest.mark.parametrize("job", ["timesheet_reminders", "utilization_variance"])
def test_hours_in_all_that_nobody_works_are_drift_of_who_logged_them(job: str, now: AsOf) -> None:
    rows = firm.build(MONDAY.date())
    days = [
        {**row, "unit_amount": 1e300} if row["employee_id"] == 4 else row
        for row in rows["account.analytic.line"]
    ]
    odd = Sandbox(MONDAY.date(), rows={**rows, "account.analytic.line": days})
    whole, _ = look(changed(), job, now)
    report, seen = look(odd, job, now)
    assert {("hr.employee", 4)} <= {record for drift in seen.drift for record in drift.related}
    before, after = by_key(whole, "employee_id"), by_key(report, "employee_id")
    assert after.pop(4)["status"] == "not_measurable"
    before.pop(4)
    assert after == before
    assert_no_figure_of_the_whole(report)


@pytest.mark.parametrize("job", list(catalogue.jobs()))
def test_a_calendar_without_a_zone_is_read_as_before(job: str, now: AsOf) -> None:
    """Hours are in the zone of the person's resource, not in that of the calendar."""
    whole, _ = look(changed(), job, now)
    for zone in (False, "Mars/Phobos"):
        report, seen = look(changed(corrupt={("resource.calendar", 1): {"tz": zone}}), job, now)
        assert report == whole
        assert not seen.drift


@pytest.mark.parametrize("job", ["timesheet_reminders", "utilization_variance"])
def test_a_calendar_that_cannot_be_read_leaves_no_part_as_the_whole(job: str, now: AsOf) -> None:
    whole, _ = look(changed(), job, now)
    corrupt = {("resource.calendar", 1): {"hours_per_day": "eight"}}
    report, seen = look(changed(corrupt=corrupt), job, now)
    assert len(report.rows) == len(whole.rows)
    assert_no_figure_of_the_whole(report)
    gone = [f for f in whole.findings if f.key not in {g.key for g in report.findings}]
    assert all(seen.left_alone(finding) for finding in gone)
    assert bool(gone) == (job == "timesheet_reminders")
    told = [finding for finding in report.findings if finding.kind == NOT_SEEN]
    to_persons = catalogue.jobs()[job].audience is Audience.PERSON
    assert len(told) == to_persons, "the owner, where nobody else would read it"
    if to_persons:
        assert "resource.calendar 1 hours_per_day: 'eight'" in told[0].reason
        assert "correct the rows in Odoo" in told[0].remedy


def test_of_many_rows_some_are_named_and_the_rest_is_counted(now: AsOf) -> None:
    corrupt = {("sale.order.line", n): {"price_unit": "dear"} for n in range(1, 200)}
    report, seen = look(changed(corrupt=corrupt), "wip_aging", now)
    (gap,) = (gap for gap in report.not_verifiable if gap.figures)
    assert gap.reason.endswith(f" / and {len(seen.drift) - 3} more")
    assert gap.reason.count("'dear' is not a number") == 3


def test_hidden_projects_withhold_hours_on_no_order_line_by_name(now: AsOf) -> None:
    hidden = changed(rules={"project.project": [("id", "=", 0)]})
    report, _ = look(hidden, "wip_aging", now)
    assert figures(report) == {"findings: no-order"}


def test_a_case_whose_record_the_unread_row_names_no_model_of_is_left_alone(now: AsOf) -> None:
    def finding(model: str, record_id: int, part_of: tuple[str, int] | None = None) -> Finding:
        told = (named("old"), named("unbilled"), named("bill it"), "finance")
        return Finding("key", Severity.WARNING, *told, model, record_id, "", part_of=part_of)

    corrupt = {("sale.order.line", 10): {"price_unit": 1e300}}
    report, seen = look(changed(corrupt=corrupt), "wip_aging", now)
    (order,) = (number for of, number in seen.drift[0].related if of == "sale.order")
    assert seen.left_alone(finding("sale.order.line", 10))
    assert seen.left_alone(finding("sale.order.line", 11, ("sale.order", order)))
    assert seen.left_alone(finding("hr.employee", 3)), "nobody knows whether it rests on the row"
    assert not seen.left_alone(finding("sale.order.line", 11, ("sale.order", order + 1)))
    assert not Look(report, (), now).left_alone(finding("hr.employee", 3))


@pytest.mark.parametrize("unit", [DAY, HOUR])
@pytest.mark.parametrize("job", ["timesheet_reminders", "utilization_variance", "wip_aging"])
def test_hours_in_a_unit_that_is_hidden_are_not_told(job: str, unit: int, now: AsOf) -> None:
    """The hour itself may be hidden too, by which all others are measured."""
    day, rows = MONDAY.date(), in_days()
    hidden = {"uom.uom": [("id", "!=", unit)]}
    whole = documents(Sandbox(day, rows=rows), job, now)
    poor = documents(Sandbox(day, rows=rows, rules=hidden), job, now)
    assert compare(job, whole, poor).wrong == []
    (gap,) = (gap for gap in poor["not_verifiable"] if gap["figures"])
    assert gap["check"] == "units of hours"


def test_hours_in_a_unit_that_is_hidden_are_not_told_to_be_approved(now: AsOf) -> None:
    rows = in_days()
    waiting = [{**row, "validated": False} for row in rows["account.analytic.line"]]
    odoo = Sandbox(
        MONDAY.date(),
        rows={**rows, "account.analytic.line": waiting},
        declares=TIMESHEET_GRID,
        rules={"uom.uom": [("id", "!=", DAY)]},
    )
    report, _ = look(odoo, "invoice_readiness", now)
    results = {
        check["result"]
        for row in report.rows
        for check in row["checks"]
        if check["check"] == "approved_time"
    }
    assert "pass" not in results
