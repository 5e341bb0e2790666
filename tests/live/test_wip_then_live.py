"""`fleet run wip_aging` of a past month's end, and of hours that were corrected, on a real Odoo.

The judges: SQL over documents of that day and before, and what Odoo's own accrual entry of that day
would count (`qty_delivered_at_date`, `qty_invoiced_at_date`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from . import wip_then_by_sql
from .fleet_command import Fleet
from .inside import wip_cases
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer

pytestmark = pytest.mark.live

Sql = psycopg.Connection[TupleRow]
Row = Mapping[str, Any]
TODAY = date.today()
MONTH_END = TODAY.replace(day=1) - timedelta(days=1)


@pytest.fixture(scope="module")
def orders(odoo_server: OdooServer, demo_db: str, sql: Sql) -> Mapping[str, int]:
    made: Mapping[str, int] = run_inside(
        odoo_server, demo_db, wip_cases.build, month_end=str(MONTH_END)
    )
    sql.execute(
        "UPDATE sale_order_line SET write_date = %s WHERE order_id = %s",
        (MONTH_END - timedelta(days=9), made["typed before"]),
    )
    return made


@pytest.fixture(scope="module")
def fleet(
    odoo_server: OdooServer,
    demo_db: str,
    orders: Mapping[str, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Fleet:
    folder = tmp_path_factory.mktemp("wip")
    return Fleet(folder, odoo_server.url, demo_db, LOGIN, PASSWORD)


def document(fleet: Fleet, day: date, job: str = "wip_aging") -> Any:
    told = fleet.run(job, "--as-of", str(day))
    assert told.code == 0, told.out + told.err
    return json.loads(told.out)


@pytest.fixture(scope="module")
def then(fleet: Fleet) -> Any:
    return document(fleet, MONTH_END)


@pytest.fixture(scope="module")
def now(fleet: Fleet) -> Any:
    return document(fleet, TODAY)


def rows_of(found: Any, order: int | None = None) -> list[Row]:
    rows = [row for scope in found["scopes"] for row in scope["rows"]]
    return [row for row in rows if order in (None, row["sale_order_id"])]


def worth(found: Any, order: int) -> str | None:
    """The WIP of the one line of an order; no row is none."""
    rows = rows_of(found, order)
    assert len(rows) <= 1
    return str(rows[0]["wip"]) if rows else None


@pytest.mark.parametrize(
    ("order", "value", "bucket"),
    [
        ("billed since", "2000.00", "0-30"),
        ("worked on since", "500.00", "0-30"),
        ("billed before and since", "271.25", "0-30"),
        ("credited since", None, None),
        ("confirmed since", None, None),
        ("drafted", "600.00", "31-60"),
        ("days", "1350.00", "91+"),
        ("prepaid", "299.97", "undated"),
        ("stages", "1080.28", "0-30"),
        ("typed before", "2550.00", "undated"),
        ("only the workshop credited", "100.00", "0-30"),
        ("invoice of fewer hours", "500.00", "0-30"),
        ("corrected", "500.00", "31-60"),
        ("cancelled", None, None),
    ],
)
def test_a_month_end_is_told_as_it_was(
    then: Any, orders: Mapping[str, int], order: str, value: str | None, bucket: str | None
) -> None:
    found = [row for row in rows_of(then, orders[order]) if not row["not_verifiable"]]
    assert [row["wip"] for row in found] == ([value] if value else [])
    for row in found:
        assert [part["bucket"] for part in row["aged"]] == [bucket]
        assert row["in_draft"] is None


def test_a_discount_is_earned_as_what_it_is_taken_off(then: Any, orders: Mapping[str, int]) -> None:
    found = {row["billing"]: row["wip"] for row in rows_of(then, orders["discounted"])}
    assert found == {"time_and_materials": "1000.00", "fixed": "-100.00"}


def test_every_line_billed_by_time_is_what_the_documents_of_that_day_say(
    then: Any, sql: Sql, orders: Mapping[str, int]
) -> None:
    expected = wip_then_by_sql.balances(sql, MONTH_END)
    unknown = {row["sale_order_line_id"] for row in rows_of(then) if row["not_verifiable"]}
    found = {
        row["sale_order_line_id"]: (
            row["delivered"],
            row["invoiced"],
            Decimal(row["wip"]) + Decimal(row["advance_billing"]),
        )
        for row in rows_of(then)
        if row["billing"] == "time_and_materials" and not row["not_verifiable"]
    }
    wanted = {i: row for i, row in expected.items() if row[2] and i not in unknown}
    print(f"{len(found)} lines billed by time on {MONTH_END}; SQL says {len(wanted)}")
    assert found == wanted
    assert len(found) >= 8


def test_quantities_are_those_of_odoos_own_accrual(
    odoo_server: OdooServer, demo_db: str, then: Any, orders: Mapping[str, int]
) -> None:
    accruals = run_inside(odoo_server, demo_db, wip_cases.accruals, month_end=str(MONTH_END))
    by_time = [
        row
        for row in rows_of(then)
        if row["billing"] == "time_and_materials" and not row["not_verifiable"]
    ]
    drafted = orders["drafted"]
    for row in by_time:
        delivered, invoiced = accruals[str(row["sale_order_line_id"])]
        assert row["delivered"] == pytest.approx(delivered, abs=0.011), row
        # Odoo counts a draft that has a date as invoiced.
        if row["sale_order_id"] != drafted:
            assert row["invoiced"] == pytest.approx(invoiced, abs=0.011), row
    print(f"{len(by_time)} lines equal Odoo's accrual of {MONTH_END}")


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("typed since", "typed by hand, and the line was written since"),
        ("invoice cancelled since", "was cancelled, or made a draft again, since"),
        ("confirmed again since", "was confirmed since: for the first time, or again"),
    ],
)
def test_what_has_no_history_is_not_verifiable(
    then: Any, orders: Mapping[str, int], order: str, reason: str
) -> None:
    (row,) = rows_of(then, orders[order])
    assert reason in row["not_verifiable"]
    assert (row["wip"], row["advance_billing"], row["age_days"], row["aged"]) == (None,) * 3 + ([],)
    (scope,) = [scope for scope in then["scopes"] if scope["company_id"] == 1]
    (total,) = [total for total in scope["totals"] if total["currency"] == row["currency"]]
    assert (total["wip"], total["odoo_to_invoice"], total["residual"]) == (None, None, None)
    assert row["sale_order_line_id"] in total["not_verifiable_lines"]
    told = [gap for gap in scope["not_verifiable"] if gap["check"] == "WIP of that day"]
    assert any(reason in gap["reason"] for gap in told)


def test_the_sum_of_what_is_known_is_told_apart(then: Any) -> None:
    for scope in then["scopes"]:
        for total in scope["totals"]:
            known = [
                Decimal(row["wip"])
                for row in scope["rows"]
                if row["currency"] == total["currency"] and not row["not_verifiable"]
            ]
            assert Decimal(total["verifiable"]["wip"]) == sum(known)
            assert sum(map(Decimal, total["verifiable"]["buckets"].values())) == sum(known)


def test_an_order_cancelled_since_is_told_of(then: Any) -> None:
    (scope,) = [scope for scope in then["scopes"] if scope["company_id"] == 1]
    (told,) = [gap for gap in scope["not_verifiable"] if gap["check"] == "orders cancelled since"]
    assert "cancelled now" in told["reason"]


def test_only_what_is_not_billed_is_old(now: Any, orders: Mapping[str, int]) -> None:
    """The hours of 150 days ago lost their link when the workshop alone was credited."""
    rows = rows_of(now, orders["only the workshop credited"])
    (hours,) = [row for row in rows if row["billing"] == "time_and_materials"]
    assert (hours["wip"], hours["oldest_date"]) == ("100.00", str(MONTH_END))
    assert hours["age_days"] == (TODAY - MONTH_END).days


def test_hours_linked_to_an_invoice_that_bills_fewer_have_an_age(
    now: Any, orders: Mapping[str, int]
) -> None:
    (row,) = rows_of(now, orders["invoice of fewer hours"])
    assert (row["wip"], row["oldest_date"]) == ("500.00", str(MONTH_END - timedelta(days=20)))


def test_a_correction_is_in_the_bucket_of_what_it_corrects(
    now: Any, orders: Mapping[str, int]
) -> None:
    (row,) = rows_of(now, orders["corrected"])
    assert [(part["hours"], part["value"]) for part in row["aged"]] == [(5.0, "500.00")]
    assert row["oldest_date"] == str(MONTH_END - timedelta(days=40))


def test_an_order_waits_since_what_is_not_billed(fleet: Fleet, orders: Mapping[str, int]) -> None:
    found = document(fleet, TODAY, "invoice_readiness")
    (row,) = rows_of(found, orders["only the workshop credited"])
    assert row["waiting_days"] == (TODAY - MONTH_END).days


def test_work_on_a_cancelled_order_is_told(now: Any, orders: Mapping[str, int]) -> None:
    findings = [finding for scope in now["scopes"] for finding in scope["findings"]]
    (found,) = [f for f in findings if f["key"] == f"unsold-order-{orders['cancelled']}"]
    assert "work on a cancelled order" in found["title"]
    assert found["reason"].startswith("7 h are logged")
    assert (found["amount"], found["since"]) == ("700.00", str(MONTH_END - timedelta(days=35)))
