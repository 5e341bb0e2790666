"""A record that others refer to, and that a rule hides or that is gone, is drift of those alone."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tests.tasks.conftest import changed, reading


def look(name: str, now: AsOf, **switches: Any) -> tuple[Report, Mapping[tuple[str, int], Any]]:
    """The report, and what of it rests on a row with drift."""
    job, reader = catalogue.jobs()[name], reading(changed(**switches))
    report = job.run(reader, now, job.policy())
    return report, {(drift.model, drift.record_id): drift for drift in reader.drift}


def but(*ids: int) -> Sequence[Any]:
    return [("id", "not in", list(ids))]


def order_row(report: Report, order_id: int) -> Mapping[str, Any]:
    return next(row for row in report.rows if row["sale_order_id"] == order_id)


def test_a_hidden_customer_or_address_sets_its_own_orders_aside(now: AsOf) -> None:
    whole, _ = look("invoice_readiness", now)
    hidden = whole.rows[0]["partner_id"]
    report, drift = look("invoice_readiness", now, rules={"res.partner": but(hidden)})
    assert len(report.rows) == len(whole.rows)
    touched = {number for _, number in drift["res.partner", hidden].related}
    for before in whole.rows:
        after = order_row(report, before["sale_order_id"])
        if before["sale_order_id"] in touched:
            assert (after["status"], after["checks"]) == ("excluded", [])
        else:
            assert after == before
    assert whole.rows[0]["sale_order_id"] in touched


def test_the_company_of_a_contact_is_looked_up_beside_it(now: AsOf) -> None:
    whole, _ = look("invoice_readiness", now)
    contact = whole.rows[0]["partner_id"]
    customers = {row["partner_id"] for row in whole.rows}
    other = next(n for n in sorted(changed()._database.tables["res.partner"]) if n not in customers)
    moved = {("res.partner", contact): {"commercial_partner_id": other}}
    report, drift = look("invoice_readiness", now, corrupt=moved)
    assert len(report.rows) == len(whole.rows)
    assert not drift


def test_a_hidden_customer_leaves_the_numbers_of_wip_alone(now: AsOf) -> None:
    whole, _ = look("wip_aging", now)
    hidden = whole.rows[0]["partner_id"]
    report, drift = look("wip_aging", now, rules={"res.partner": but(hidden)})
    assert ("res.partner", hidden) in drift
    assert report.totals == whole.totals
    named = {row["partner_id"]: row["partner"] for row in report.rows}
    assert named[hidden] == f"customer {hidden}"


def test_what_a_price_follows_from_is_drift_of_its_lines(now: AsOf) -> None:
    """Without the product nobody knows how it is billed; the same goes for taxes."""
    whole, _ = look("wip_aging", now)
    report, drift = look("wip_aging", now, rules={"product.product": [("id", "=", 0)]})
    touched = {
        number for each in drift.values() for of, number in each.related if of == "sale.order.line"
    }
    left = {row["sale_order_line_id"]: row for row in report.rows}
    assert touched
    assert left == {n: r for r in whole.rows if (n := r["sale_order_line_id"]) not in touched}


def test_lines_of_an_order_that_is_hidden_are_counted(now: AsOf) -> None:
    whole, _ = look("invoice_readiness", now)
    hidden = whole.rows[0]["sale_order_id"]
    report, drift = look("invoice_readiness", now, rules={"sale.order": but(hidden)})
    assert len(report.rows) == len(whole.rows) - 1
    assert {model for model, _ in drift["sale.order", hidden].related} == {"sale.order.line"}


def test_a_hidden_user_is_called_by_the_id_and_not_nobody(now: AsOf) -> None:
    report, _ = look("wip_aging", now, rules={"res.users": [("id", "=", 0)]})
    owners = {f.owner for f in report.findings if f.model == "sale.order.line"}
    assert owners
    assert all(owner.startswith("user ") for owner in owners)


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("model", ["hr.employee", "res.partner", "res.users", "hr.department"])
def test_hidden_records_fail_no_company(model: str, half: int, now: AsOf) -> None:
    """Managers, approvers, customers, salespeople, departments: each half of them in turn."""
    numbers = sorted(changed()._database.tables[model])
    sandbox = changed(rules={model: but(*numbers[half::2])})
    for job in catalogue.jobs().values():
        assert job.run(reading(sandbox), now, job.policy())
