"""The firm hangs together: nothing points nowhere, hours and money add up, on any day."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from odoo_gateway.sandbox import firm, schema

MONDAY = date(2026, 11, 23)
DAYS = [
    *(MONDAY + timedelta(days=number) for number in range(7)),
    date(2024, 2, 29),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 3, 30),
    date(2027, 11, 1),
]
Firm = Mapping[str, list[dict[str, Any]]]


@pytest.fixture(params=DAYS, ids=str)
def as_of(request: pytest.FixtureRequest) -> date:
    day: date = request.param
    return day


@pytest.fixture
def rows(as_of: date) -> Firm:
    return firm.build(as_of)


def by_id(rows: Firm, model: str) -> dict[int, dict[str, Any]]:
    """A model of which the firm has no row is pointed to by none."""
    return {row["id"]: row for row in rows.get(model, ())}


def test_every_model_of_the_schema_has_rows_with_ids_of_their_own(rows: Firm) -> None:
    for model in schema.load().keys() - {"ir.module.module"}:
        ids = [row["id"] for row in rows[model]]
        assert ids, model
        assert len(ids) == len(set(ids)), model


def test_nothing_points_nowhere(rows: Firm) -> None:
    for model, fields in schema.load().items():
        for row in rows.get(model, ()):
            for name, shape in fields.items():
                value = row.get(name)
                targets = value if isinstance(value, list) else [value] if value else []
                if shape.relation:
                    assert set(targets) <= set(by_id(rows, shape.relation)), (model, row, name)


def test_required_fields_are_filled(rows: Firm) -> None:
    for model, fields in schema.load().items():
        for row in rows.get(model, ()):
            for name, shape in fields.items():
                if shape.required and shape.type != "boolean":
                    assert row.get(name) is not None, (model, row, name)
                    assert row[name] is not False, (model, row, name)


def test_selections_have_known_values(rows: Firm) -> None:
    for model, fields in schema.load().items():
        for name, shape in fields.items():
            if shape.selection:
                known = {key for key, _ in shape.selection} | {False, None}
                assert {row.get(name) for row in rows.get(model, ())} <= known, (model, name)


def test_forty_people_work_in_four_zones_and_two_companies(rows: Firm) -> None:
    assert len(rows["hr.employee"]) == 40
    assert {row["company_id"] for row in rows["hr.employee"]} == {1, 2}
    assert {row["tz"] for row in rows["resource.resource"]} == {
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Sydney",
        "Europe/Brussels",
    }


def test_some_people_are_special(rows: Firm) -> None:
    people = rows["hr.employee"]
    calendars = by_id(rows, "resource.calendar")
    assert sum(not person["active"] for person in people) == 1
    assert sum(not person["user_id"] for person in people) == 1
    assert sum(not person["resource_calendar_id"] for person in people) == 1
    kinds = [calendars[p["resource_calendar_id"]] for p in people if p["resource_calendar_id"]]
    assert any(kind["flexible_hours"] for kind in kinds)
    assert any(kind["two_weeks_calendar"] for kind in kinds)
    assert any(0 < kind["full_time_required_hours"] < 30 for kind in kinds)


def test_a_joiner_a_leaver_and_a_changed_calendar_stand_in_the_versions(
    rows: Firm, as_of: date
) -> None:
    versions = rows["hr.version"]
    twice = Counter(version["employee_id"] for version in versions).most_common(1)[0]
    assert twice[1] == 2
    ended = [version for version in versions if version["contract_date_end"]]
    assert [version["contract_date_end"] < str(as_of) for version in ended] == [True]
    last_week = str(as_of - timedelta(days=14))
    begun = [v for v in versions if (v["contract_date_start"] or "") > last_week]
    assert len({version["employee_id"] for version in begun}) == 1


def test_one_leave_is_written_twice_and_one_entry_is_work(rows: Firm) -> None:
    leaves = rows["resource.calendar.leaves"]
    spans = Counter(
        (leave["resource_id"], leave["date_from"], leave["date_to"])
        for leave in leaves
        if leave["resource_id"]
    )
    assert sorted(spans.values())[-1] == 2
    assert sum(leave["time_type"] == "other" for leave in leaves) == 1
    assert sum(not leave["resource_id"] for leave in leaves) == 2


def test_leave_and_holidays_stand_among_the_timesheets(rows: Firm) -> None:
    lines = rows["account.analytic.line"]
    assert any(line.get("holiday_id") for line in lines)
    assert any(line.get("global_leave_id") for line in lines)
    for line in lines:
        if line.get("holiday_id") or line.get("global_leave_id"):
            assert line["unit_amount"] > 0
            assert not line["so_line"]


def test_nobody_logs_more_than_a_day_holds_nor_nothing(rows: Firm) -> None:
    logged: dict[tuple[int, str], float] = defaultdict(float)
    for line in rows["account.analytic.line"]:
        assert line["unit_amount"] > 0
        if line["employee_id"]:
            logged[line["employee_id"], line["date"]] += line["unit_amount"]
    assert max(logged.values()) <= 10


def test_hours_reach_back_ten_weeks_and_hardly_ahead(rows: Firm, as_of: date) -> None:
    days = sorted(line["date"] for line in rows["account.analytic.line"])
    assert days[0] <= str(as_of - timedelta(days=63))
    assert sum(day >= str(as_of) for day in days) == 1


def test_two_people_log_nothing_in_the_last_complete_week_though_they_should(
    rows: Firm, as_of: date
) -> None:
    monday = as_of - timedelta(days=as_of.weekday() + 7)
    week = {str(monday + timedelta(days=number)) for number in range(7)}
    worked = {
        line["employee_id"]
        for line in rows["account.analytic.line"]
        if line["date"] in week and not line.get("holiday_id") and not line.get("global_leave_id")
    }
    silent = {p["id"]: p["name"] for p in rows["hr.employee"] if p["active"]}.keys() - worked
    assert {by_id(rows, "hr.employee")[number]["name"] for number in silent} == {
        "Hanna Lindqvist",
        "Ivo Novak",
        "Oskar Lund",
        "Stijn De Smet",
    }


def test_every_way_of_billing_occurs_in_orders(rows: Firm) -> None:
    lines = [line for line in rows["sale.order.line"] if line["state"] == "sale"]
    assert {line["qty_delivered_method"] for line in lines} == {
        "analytic",
        "manual",
        "milestones",
        "timesheet",
    }
    for name in ("is_downpayment", "is_expense", "discount", "tax_ids", "display_type"):
        assert any(line[name] for line in lines), name
    assert any(not line["price_unit"] and line["qty_delivered"] for line in lines)
    assert any(not line["is_service"] and line["product_id"] for line in lines)
    assert {order["state"] for order in rows["sale.order"]} == {"cancel", "draft", "sale", "sent"}
    assert len(rows["sale.order"]) >= 30


def test_currencies_cross_companies(rows: Firm) -> None:
    sold_in = {(order["company_id"], order["currency_id"]) for order in rows["sale.order"]}
    assert sold_in == {(1, 1), (2, 2), (2, 1)}


def test_lines_agree_with_their_order(rows: Firm) -> None:
    orders = by_id(rows, "sale.order")
    for line in rows["sale.order.line"]:
        order = orders[line["order_id"]]
        for name in ("state", "company_id", "currency_id"):
            assert line[name] == order[name]


def test_amounts_follow_odoos_formulas(rows: Firm) -> None:
    policies = {row["id"]: row["invoice_policy"] for row in rows["product.product"]}
    for line in rows["sale.order.line"]:
        net = line["price_unit"] * (1 - line["discount"] / 100)
        on_delivery = policies.get(line["product_id"]) == "delivery"
        due = line["qty_delivered"] if on_delivery else line["product_uom_qty"]
        left = due * net - line["untaxed_amount_invoiced"] if line["state"] == "sale" else 0.0
        assert line["price_subtotal"] == pytest.approx(net * line["product_uom_qty"], abs=0.005)
        assert line["untaxed_amount_to_invoice"] == pytest.approx(left, abs=0.005)
        assert line["untaxed_amount_invoiced"] <= line["qty_invoiced"] * net + 0.005


def test_hours_on_live_invoices_are_the_hours_invoiced(rows: Firm) -> None:
    moves = by_id(rows, "account.move")
    billed: dict[int, float] = defaultdict(float)
    for line in rows["account.analytic.line"]:
        move = moves.get(line.get("timesheet_invoice_id") or 0)
        dead = move is None or move["state"] == "cancel" or move["payment_state"] == "reversed"
        billed[line["so_line"]] += 0.0 if dead else line["unit_amount"]
    checked = 0
    for line in rows["sale.order.line"]:
        by_hour = line["qty_delivered_method"] == "timesheet" and line["product_id"] == 1
        if by_hour and line["state"] == "sale":
            assert line["qty_invoiced"] == pytest.approx(billed[line["id"]]), line["name"]
            checked += 1
    assert checked > 10


def test_reached_milestones_are_what_is_delivered(rows: Firm) -> None:
    reached: dict[int, float] = defaultdict(float)
    for milestone in rows["project.milestone"]:
        assert milestone["is_reached"] is bool(milestone["reached_date"])
        reached[milestone["sale_line_id"]] += (
            milestone["quantity_percentage"] if milestone["is_reached"] else 0.0
        )
    for line in rows["sale.order.line"]:
        if line["qty_delivered_method"] == "milestones":
            assert line["qty_delivered"] == pytest.approx(reached[line["id"]])


def test_some_milestones_are_late_and_some_not_due(rows: Firm, as_of: date) -> None:
    open_ones = [m for m in rows["project.milestone"] if not m["is_reached"]]
    assert {m["deadline"] < str(as_of) for m in open_ones} == {True, False}


def test_expenses_stand_in_every_state_of_interest(rows: Firm) -> None:
    states = {expense["state"] for expense in rows["hr.expense"]}
    assert states == {"approved", "draft", "posted", "refused", "submitted"}


def test_one_customer_has_no_mail_and_one_has_another_address(rows: Firm) -> None:
    partners = by_id(rows, "res.partner")
    sales = [order for order in rows["sale.order"] if order["state"] == "sale"]
    assert sum(not partners[order["partner_invoice_id"]]["email"] for order in sales) == 1
    assert sum(order["partner_id"] != order["partner_invoice_id"] for order in sales) == 1


def test_mail_addresses_are_examples(rows: Firm) -> None:
    addresses = [row["email"] for row in rows["res.partner"]]
    addresses += [row["work_email"] for row in rows["hr.employee"]]
    assert all(address.endswith(".example") for address in addresses if address)
