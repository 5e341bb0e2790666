"""WIP by billing kind: earned less posted, aged by entry, advance billing apart."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.ageing import BUCKETS
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.wip_aging import JOB, WipPolicy
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import changed, reading


def wip(transport: Any, now: AsOf, company_id: int = 1, **policy: Any) -> Report:
    return JOB.run(reading(transport, company_id), now, WipPolicy(**policy))


def rows(report: Report, billing: str) -> list[Mapping[str, Any]]:
    return [row for row in report.rows if row["billing"] == billing]


@pytest.fixture
def both(sandbox: Sandbox, now: AsOf) -> list[Report]:
    return [wip(sandbox, now, company_id) for company_id in (1, 2)]


def test_a_row_follows_the_contract(both: list[Report]) -> None:
    assert list(both[0].rows[0]) == [
        "sale_order_line_id",
        "sale_order_id",
        "sale_order",
        "project_id",
        "partner_id",
        "partner",
        "currency",
        "billing",
        "delivered",
        "invoiced",
        "in_draft",
        "wip",
        "advance_billing",
        "oldest_date",
        "age_days",
        "bucket",
        "aged",
    ]


def test_every_kind_of_billing_has_a_row(both: list[Report]) -> None:
    found = {row["billing"] for report in both for row in report.rows}
    assert found == {"time_and_materials", "milestone", "manual", "fixed", "expense"}


def test_wip_is_never_below_zero_and_advance_billing_never_above(both: list[Report]) -> None:
    for report in both:
        for row in report.rows:
            assert Decimal(row["wip"]) >= 0 >= Decimal(row["advance_billing"])
            assert not (Decimal(row["wip"]) and Decimal(row["advance_billing"]))


def test_the_parts_of_a_row_add_up_to_its_wip(both: list[Report]) -> None:
    for report in both:
        for row in report.rows:
            assert sum(Decimal(part["value"]) for part in row["aged"]) == Decimal(row["wip"])


def test_totals_are_the_sums_of_the_rows_per_currency(both: list[Report]) -> None:
    for report in both:
        for total in report.totals:
            found = [row for row in report.rows if row["currency"] == total["currency"]]
            for key in ("wip", "advance_billing", "in_draft"):
                assert Decimal(total[key]) == sum(Decimal(row[key]) for row in found)
            assert list(total["buckets"]) == list(BUCKETS)
            assert sum(map(Decimal, total["buckets"].values())) == Decimal(total["wip"])


def test_the_residual_to_odoo_is_explained_by_fixed_prices_alone(both: list[Report]) -> None:
    for report in both:
        for total in report.totals:
            explained = sum(map(Decimal, total["residual_by_billing"].values()))
            assert explained == Decimal(total["residual"])
            assert set(total["residual_by_billing"]) <= {"fixed"}


def test_time_is_aged_by_hour_and_future_hours_stand_apart(both: list[Report]) -> None:
    buckets = {
        part["bucket"] for row in rows(both[0], "time_and_materials") for part in row["aged"]
    }
    assert {"0-30", "31-60", "61-90", "future"} <= buckets


def test_a_draft_is_shown_and_still_work_in_progress(both: list[Report]) -> None:
    drafted = [row for row in both[0].rows if Decimal(row["in_draft"])]
    assert drafted
    assert all(Decimal(row["wip"]) >= Decimal(row["in_draft"]) for row in drafted)


def test_fixed_and_manual_lines_are_undated(both: list[Report]) -> None:
    for report in both:
        for row in (*rows(report, "fixed"), *rows(report, "manual")):
            assert (row["oldest_date"], row["age_days"], row["bucket"]) == (None, None, "undated")


def test_an_expense_has_the_day_of_its_entry(both: list[Report], now: AsOf) -> None:
    for row in rows(both[0], "expense"):
        assert row["age_days"] == (now.day - date.fromisoformat(row["oldest_date"])).days == 18


def test_a_week_later_every_age_is_seven_days_more(sandbox: Sandbox, now: AsOf) -> None:
    week = timedelta(days=7)
    later = AsOf(now.instant + week, now.zone, now.now + week)
    ages = [
        [row["age_days"] for row in wip(sandbox, moment).rows if row["age_days"] is not None]
        for moment in (now, later)
    ]
    assert ages[1] == [age + 7 for age in ages[0]]


def test_old_work_asks_for_a_decision(sandbox: Sandbox, now: AsOf) -> None:
    titles = [finding.title for finding in wip(sandbox, now, decide_after_days=60).findings]
    assert any("unbilled for 70 days" in title for title in titles)


def test_work_without_a_price_is_found(sandbox: Sandbox, now: AsOf) -> None:
    assert "delivered without a price" in " ".join(f.title for f in wip(sandbox, now).findings)


def test_hours_on_a_billable_project_without_an_order_line_are_found(
    sandbox: Sandbox, now: AsOf
) -> None:
    domain = [["project_id", "!=", False], ["so_line", "!=", False], ["company_id", "=", 1]]
    line = sandbox.call("account.analytic.line", "search_read", [domain, ["unit_amount"]], {})[0]
    leaking = changed(corrupt={("account.analytic.line", line["id"]): {"so_line": False}})
    (finding,) = (f for f in wip(leaking, now).findings if f.key.startswith("no-order"))
    assert f"{line['unit_amount']:g} h on no order line" in finding.title


def test_without_invoice_lines_drafts_are_told_from_quantities(now: AsOf) -> None:
    blind = changed(denied_models=["account.move.line", "account.move"])
    report = wip(blind, now)
    assert [gap.check for gap in report.not_verifiable] == ["draft invoices"]
    assert any(Decimal(row["in_draft"]) for row in report.rows)


def test_a_draft_credit_note_counts_against_the_draft(sandbox: Sandbox, now: AsOf) -> None:
    def with_refund(args: Any, kwargs: Any) -> Any:
        found = sandbox.call("account.move.line", "search_read", args, kwargs)
        return [*found, {**found[-1], "id": 10_000, "move_type": "out_refund"}]

    overlay = Overlay(sandbox, {("account.move.line", "search_read"): with_refund})
    drafts = [
        sum(Decimal(row["in_draft"]) for row in wip(transport, now).rows)
        for transport in (sandbox, overlay)
    ]
    assert drafts[1] < drafts[0]


def test_without_the_holidays_module_leaks_are_read_all_the_same(now: AsOf) -> None:
    bare = changed(lacks_modules=["project_timesheet_holidays"])
    assert wip(bare, now).rows
