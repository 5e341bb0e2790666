"""The sandbox's firm is read, and hours that are billable are told apart."""

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.execution.utilization_variance.job import JOB
from tasks.execution.utilization_variance.policy import UtilizationPolicy
from tests.fakes.utilization import (
    NOW,
    bases,
)
from tests.tasks.conftest import changed, reading


def test_the_firms_last_month_is_read(sandbox: Sandbox) -> None:
    for company_id in (1, 2):
        odoo = reading(sandbox, company_id)
        report = JOB.run(odoo, NOW, UtilizationPolicy(target_percent=75))
        assert {r["period_start"] for r in report.rows} == {"2026-10-01"}
        assert any(r["billable_hours"] for r in report.rows)
        assert {r["status"] for r in report.rows} >= {"below_band"}


def test_billable_hours_are_those_of_the_invoice_types(sandbox: Sandbox) -> None:
    odoo = reading(sandbox)
    report = JOB.run(odoo, NOW, UtilizationPolicy(credited_projects=(1,)))
    domain = [
        ["project_id", "!=", False],
        ["holiday_id", "=", False],
        ["global_leave_id", "=", False],
        ["date", ">=", "2026-10-01"],
        ["date", "<=", "2026-10-31"],
        ["employee_id.company_id", "=", 1],
        ["employee_id.active", "=", True],
    ]
    names = ["unit_amount", "timesheet_invoice_type"]
    lines = sandbox.call("account.analytic.line", "search_read", [domain, names], {})
    billable = sum(
        line["unit_amount"]
        for line in lines
        if str(line["timesheet_invoice_type"]).startswith("billable_")
    )
    assert sum(r["worked_hours"] for r in report.rows) == pytest.approx(
        sum(line["unit_amount"] for line in lines)
    )
    assert sum(r["billable_hours"] for r in report.rows) == pytest.approx(billable)
    ratios = bases(report)
    assert 0 < ratios["billable"] < ratios["productive"] <= ratios["total"]


def test_without_the_holidays_module_hours_are_read_all_the_same() -> None:
    bare = changed(lacks_modules=["project_timesheet_holidays"])
    assert JOB.run(reading(bare), NOW, UtilizationPolicy()).rows
