"""WIP of a day that is over: what is dated is answered, what is a present state is not."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.wip_aging.job import JOB
from tasks.financial.wip_aging.policy import WipPolicy
from tests.tasks.conftest import MONDAY, changed, reading

MONTH_END = date(2026, 10, 31)
LINE, MOVE, POSTING = "sale.order.line", "account.move", "account.move.line"
BY_TIME, EXPENSE, MILESTONE, MANUAL = 10, 92, 40, 60


@pytest.fixture
def then(now: AsOf) -> AsOf:
    return AsOf(datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), now.zone, MONDAY)


def wip(transport: Any, moment: AsOf, company_id: int = 1) -> Report:
    return JOB.run(reading(transport, company_id), moment, WipPolicy())


def row_of(report: Report, line_id: int) -> Mapping[str, Any]:
    (found,) = (row for row in report.rows if row["sale_order_line_id"] == line_id)
    return found


def written(sandbox: Sandbox, model: str, **domain: Any) -> list[Mapping[str, Any]]:
    """The sandbox's own rows."""
    asked = [[name, "=", value] for name, value in domain.items()]
    found: list[Mapping[str, Any]] = sandbox.call(model, "search_read", [asked], {})
    return found


def hours_by_line(sandbox: Sandbox) -> Mapping[int, float]:
    found: dict[int, float] = defaultdict(float)
    for entry in written(sandbox, "account.analytic.line"):
        if entry["so_line"] and entry["project_id"] and entry["date"] <= str(MONTH_END):
            found[entry["so_line"][0]] += entry["unit_amount"]
    return found


def test_hours_are_those_of_that_day_and_before(sandbox: Sandbox, then: AsOf) -> None:
    hours = hours_by_line(sandbox)
    by_time = [row for row in wip(sandbox, then).rows if row["billing"] == "time_and_materials"]
    assert len(by_time) > 5
    for row in by_time:
        assert row["delivered"] == pytest.approx(hours[row["sale_order_line_id"]])
        assert row["oldest_date"] <= str(MONTH_END)
        assert row["age_days"] >= 0
        assert {part["bucket"] for part in row["aged"]}.isdisjoint({"future", "undated"})


def test_invoices_of_later_days_have_billed_nothing_yet(sandbox: Sandbox, then: AsOf) -> None:
    moves = {move["id"]: move for move in written(sandbox, MOVE)}
    billed: dict[int, float] = defaultdict(float)
    for posting in written(sandbox, POSTING, parent_state="posted"):
        if moves[posting["move_id"][0]]["invoice_date"] <= str(MONTH_END):
            billed[posting["sale_line_ids"][0]] += posting["quantity"]
    rows = [row for row in wip(sandbox, then).rows if not row["not_verifiable"]]
    assert any(row["invoiced"] for row in rows)
    assert {row["sale_order_line_id"]: row["invoiced"] for row in rows} == {
        row["sale_order_line_id"]: billed[row["sale_order_line_id"]] for row in rows
    }


CONFIRMED_SINCE = {"date_order": "2026-11-20 09:00:00"}


def order_of(sandbox: Sandbox, line: int) -> int:
    (found,) = (each for each in written(sandbox, LINE) if each["id"] == line)
    order: int = found["order_id"][0]
    return order


def without_entries(sandbox: Sandbox, order: int) -> dict[Any, Any]:
    """Everything that is logged on the order is of November."""
    lines = {each["id"] for each in written(sandbox, LINE) if each["order_id"][0] == order}
    return {
        ("account.analytic.line", entry["id"]): {"date": "2026-11-10"}
        for entry in written(sandbox, "account.analytic.line")
        if entry["so_line"] and entry["so_line"][0] in lines
    }


@pytest.mark.parametrize("line", [BY_TIME, MILESTONE])
def test_an_order_confirmed_since_with_work_of_that_time_is_not_verifiable(
    line: int, sandbox: Sandbox, then: AsOf
) -> None:
    order = order_of(sandbox, line)
    report = wip(changed(corrupt={("sale.order", order): CONFIRMED_SINCE}), then)
    rows = [row for row in report.rows if row["sale_order_id"] == order]
    assert line in {row["sale_order_line_id"] for row in rows}
    for row in rows:
        assert "was confirmed since" in row["not_verifiable"]
        assert (row["delivered"], row["wip"], row["aged"]) == (None, None, [])
    (total,) = report.totals
    assert total["wip"] is None
    assert {row["sale_order_line_id"] for row in rows} <= set(total["not_verifiable_lines"])
    assert any("was confirmed since" in gap.reason for gap in report.not_verifiable)


@pytest.mark.parametrize(("billed_on", "rows"), [("2026-10-31", 1), ("2026-11-01", 0)])
def test_an_order_confirmed_since_with_an_invoice_of_that_time_is_not_verifiable(
    billed_on: str, rows: int, sandbox: Sandbox, then: AsOf
) -> None:
    order = order_of(sandbox, BY_TIME)
    moves = {
        posting["move_id"][0]
        for posting in written(sandbox, POSTING)
        if BY_TIME in posting["sale_line_ids"]
    }
    firm = changed(
        corrupt={
            **without_entries(sandbox, order),
            **{(MOVE, move): {"invoice_date": billed_on} for move in moves},
            ("sale.order", order): CONFIRMED_SINCE,
        }
    )
    found = [r for r in wip(firm, then).rows if r["sale_order_line_id"] == BY_TIME]
    assert len(found) == rows


def test_what_may_have_been_billed_before_an_order_was_confirmed_again_counts_as_billed(
    sandbox: Sandbox, then: AsOf
) -> None:
    """Without hours and without a sight of all invoices, what is billed by now may have been."""
    order = order_of(sandbox, BY_TIME)
    switches: dict[str, Any] = {
        "corrupt": {("sale.order", order): CONFIRMED_SINCE},
        "lacks_modules": ["sale_timesheet"],
        "rules": {MOVE: [("id", ">", 3)]},
    }
    report = wip(changed(**switches), then)
    assert any("was confirmed since" in gap.reason for gap in report.not_verifiable)


def test_an_order_of_that_day_is_confirmed_by_its_end_in_the_companys_zone(
    sandbox: Sandbox, then: AsOf
) -> None:
    order = order_of(sandbox, BY_TIME)
    # Midnight of 1 November in Brussels, and a second before it.
    for moment, known in (("2026-10-31 23:00:00", False), ("2026-10-31 22:59:59", True)):
        firm = changed(corrupt={("sale.order", order): {"date_order": moment}})
        assert (row_of(wip(firm, then), BY_TIME)["not_verifiable"] is None) is known


def test_no_draft_and_no_figure_of_today_stands_under_that_day(
    sandbox: Sandbox, then: AsOf
) -> None:
    report = wip(sandbox, then)
    assert {row["in_draft"] for row in report.rows} == {None}
    for total in report.totals:
        for figure in ("in_draft", "odoo_to_invoice", "residual", "lock_up"):
            assert total[figure] is None
    assert {gap.check for gap in report.not_verifiable} == {
        "prices of that day",
        "drafts of that day",
        "Odoo's own total of that day",
        "lock-up",
        "hours on no order line, on cancelled orders and on quotations",
        "WIP of that day",
    }


def test_a_quantity_typed_by_hand_is_not_verifiable_and_neither_is_its_total(
    sandbox: Sandbox, then: AsOf
) -> None:
    report = wip(sandbox, then)
    row = row_of(report, MANUAL)
    assert "typed by hand" in row["not_verifiable"]
    assert (row["delivered"], row["wip"], row["aged"], row["bucket"]) == (None, None, [], None)
    (total,) = report.totals
    assert (total["wip"], total["buckets"]) == (None, None)
    known = [Decimal(row["wip"]) for row in report.rows if row["wip"]]
    assert Decimal(total["verifiable"]["wip"]) == sum(known)
    assert MANUAL in total["not_verifiable_lines"]
    assert [m for m in report.measures if m.name == "wip_amount"] == []


def test_a_line_that_nobody_wrote_since_stands_as_it_stood(sandbox: Sandbox, then: AsOf) -> None:
    manual = [row["sale_order_line_id"] for row in wip(sandbox, then).rows if row["not_verifiable"]]
    long_ago = changed(corrupt={(LINE, i): {"write_date": "2026-10-20 08:00:00"} for i in manual})
    report = wip(long_ago, then)
    assert {row["not_verifiable"] for row in report.rows} == {None}
    assert row_of(report, MANUAL)["wip"] == "6600.00"
    (total,) = report.totals
    assert Decimal(total["wip"]) == sum(Decimal(row["wip"]) for row in report.rows)
    assert sum(map(Decimal, total["buckets"].values())) == Decimal(total["wip"])
    assert "wip_amount" in {measure.name for measure in report.measures}


@pytest.mark.parametrize(
    ("line", "values", "reason"),
    [
        (BY_TIME, {"untaxed_amount_invoiced": 1.0}, "its invoices add up to another amount"),
        (BY_TIME, {"qty_invoiced": 1.0}, "its invoices add up to another amount"),
        (BY_TIME, {"qty_delivered": 1.0}, "its hours add up to another quantity"),
        (MILESTONE, {"qty_delivered": 0.9}, "its milestones add up to another quantity"),
    ],
)
def test_what_does_not_add_up_today_says_nothing_of_that_day(
    line: int, values: Mapping[str, float], reason: str, then: AsOf
) -> None:
    report = wip(changed(corrupt={(LINE, line): values}), then)
    assert reason in row_of(report, line)["not_verifiable"]


def test_an_invoice_that_was_cancelled_since_leaves_its_line_unknown(
    sandbox: Sandbox, then: AsOf
) -> None:
    posting = next(
        found
        for found in written(sandbox, POSTING, parent_state="posted")
        if found["sale_line_ids"] == [BY_TIME]
    )
    move = posting["move_id"][0]
    undone: dict[Any, Any] = {
        (MOVE, move): {"state": "cancel", "invoice_date": "2026-10-02"},
        (POSTING, posting["id"]): {"parent_state": "cancel"},
        (LINE, BY_TIME): {"qty_invoiced": 0.0, "untaxed_amount_invoiced": 0.0},
    }
    row = row_of(wip(changed(corrupt=undone), then), BY_TIME)
    assert "was cancelled, or made a draft again, since" in row["not_verifiable"]
    undone[MOVE, move]["write_date"] = "2026-10-05 10:00:00"
    row = row_of(wip(changed(corrupt=undone), then), BY_TIME)
    assert (row["not_verifiable"], row["invoiced"]) == (None, 0.0)


def test_an_expense_counts_from_its_day(sandbox: Sandbox, then: AsOf) -> None:
    entries = written(sandbox, "account.analytic.line", project_id=False)
    entries = [found for found in entries if found["so_line"]]
    (entry,) = (found for found in entries if found["so_line"][0] == EXPENSE)
    key = ("account.analytic.line", entry["id"])
    early = changed(corrupt={key: {"date": "2026-10-01"}})
    assert row_of(wip(sandbox, then), EXPENSE)["delivered"] == 0
    assert EXPENSE not in {row["sale_order_line_id"] for row in wip(early, then).rows}
    other = min(found["id"] for found in entries if found["id"] != entry["id"])
    both = changed(
        corrupt={
            key: {"date": "2026-10-01"},
            ("account.analytic.line", other): {"so_line": EXPENSE},
        }
    )
    assert "both sides" in row_of(wip(both, then), EXPENSE)["not_verifiable"]


def test_orders_cancelled_since_are_told_of(then: AsOf) -> None:
    gone = changed(corrupt={(LINE, BY_TIME): {"state": "cancel"}})
    (told,) = (g for g in wip(gone, then).not_verifiable if g.check == "orders cancelled since")
    assert told.reason.startswith("1 order ")


def test_without_invoices_nothing_that_was_billed_is_known(then: AsOf) -> None:
    blind = wip(changed(denied_models=[MOVE, POSTING]), then)
    assert "invoices are not readable" in row_of(blind, BY_TIME)["not_verifiable"]
    assert row_of(blind, 20)["not_verifiable"] is None


def test_without_links_between_hours_and_orders_no_hours_are_known(then: AsOf) -> None:
    bare = wip(changed(lacks_modules=["sale_timesheet"]), then)
    assert "its hours add up to another quantity" in row_of(bare, BY_TIME)["not_verifiable"]


def test_hours_linked_to_an_invoice_that_bills_fewer_are_the_newest(
    sandbox: Sandbox, now: AsOf
) -> None:
    usual = row_of(wip(sandbox, now), BY_TIME)
    line = next(found for found in written(sandbox, LINE) if found["id"] == BY_TIME)
    less: dict[Any, Any] = {
        (LINE, BY_TIME): {
            "qty_invoiced": line["qty_invoiced"] - 20,
            "untaxed_amount_invoiced": line["untaxed_amount_invoiced"] - 2200,
        }
    }
    row = row_of(wip(changed(corrupt=less), now), BY_TIME)
    assert row["oldest_date"] < usual["oldest_date"]
    assert sum(part["hours"] for part in row["aged"]) == 20 + sum(
        part["hours"] for part in usual["aged"]
    )
