"""Groups are the rows put together: every key, count and sum equals what the rows say."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.contracts.asking import ARCHIVED_TOO, Asker, label, shapes
from tests.contracts.grouped import (
    KEYS,
    LINE,
    NOTHING,
    ORDER,
    SOLD,
    SUMMED,
    grouped,
    plain,
    put_together,
)


@pytest.mark.parametrize("case", KEYS, ids=label)
def test_every_row_is_in_its_group(odoo: Asker, case: tuple[str, tuple[str, ...]]) -> None:
    model, keys = case
    expected = {key: len(rows) for key, rows in put_together(odoo, model, keys).items()}
    found = grouped(odoo, model, keys)
    assert {plain(group, keys): group["__count"] for group in found} == expected
    assert len(found) == len(expected)


@pytest.mark.parametrize("case", [case for case in KEYS if case[0] in SUMMED], ids=label)
def test_a_sum_is_that_of_the_rows(odoo: Asker, case: tuple[str, tuple[str, ...]]) -> None:
    model, keys = case
    name = SUMMED[model]
    aggregates = [f"{name}:{function}" for function in ("sum", "min", "max", "avg")]
    rows = put_together(odoo, model, keys)
    for group in grouped(odoo, model, keys, aggregates):
        values = [row[name] for row in rows[plain(group, keys)]]
        assert (group[f"{name}:sum"] or 0.0) == pytest.approx(sum(values), abs=0.005)
        if all(values):
            assert group[f"{name}:min"] == pytest.approx(min(values))
            assert group[f"{name}:max"] == pytest.approx(max(values))
            assert group[f"{name}:avg"] == pytest.approx(sum(values) / len(values), abs=0.005)


@pytest.mark.parametrize("case", KEYS, ids=label)
def test_the_domain_of_a_group_finds_its_rows(
    odoo: Asker, case: tuple[str, tuple[str, ...]]
) -> None:
    model, keys = case
    for group in grouped(odoo, model, keys)[:3]:
        rows = put_together(odoo, model, keys)[plain(group, keys)]
        assert odoo.ids(model, group["__extra_domain"]) == sorted(row["id"] for row in rows)


@pytest.mark.parametrize("case", KEYS, ids=label)
def test_a_relation_comes_with_its_name(odoo: Asker, case: tuple[str, tuple[str, ...]]) -> None:
    model, keys = case
    related = [spec for spec in keys if ":" not in spec and shapes(model)[spec].relation]
    for group in grouped(odoo, model, keys)[:20]:
        for spec in related:
            assert group[spec] is False or (
                isinstance(group[spec], list) and isinstance(group[spec][1], str)
            )


@pytest.mark.parametrize(
    "spec",
    ["date:day", "date:week", "date:month", "date:quarter", "date:year"],
)
def test_spans_of_time_have_english_labels_and_come_in_order(odoo: Asker, spec: str) -> None:
    groups = grouped(odoo, LINE, [spec])
    starts = [date.fromisoformat(group[spec][0]) for group in groups]
    assert starts == sorted(starts)
    for start, group in zip(starts, groups, strict=True):
        wanted = {
            "day": f"{start:%d %b %Y}",
            "month": f"{start:%B %Y}",
            "quarter": f"Q{(start.month + 2) // 3} {start.year}",
            "year": str(start.year),
        }.get(spec.removeprefix("date:"))
        found = group[spec][1]
        assert found == wanted or (wanted is None and found.startswith("W"))


def test_weeks_are_numbered_from_the_one_with_new_years_day(odoo: Asker) -> None:
    for group in grouped(odoo, LINE, ["date:week"]):
        sunday = date.fromisoformat(group["date:week"][0])
        year = (sunday + timedelta(days=6)).year
        new_year = date(year, 1, 1)
        first = new_year - timedelta(days=new_year.isoweekday() % 7)
        assert sunday.isoweekday() == 7
        assert group["date:week"][1] == f"W{(sunday - first).days // 7 + 1} {year}"


@pytest.mark.parametrize(
    ("model", "name"),
    [(LINE, "timesheet_invoice_type"), (ORDER, "client_order_ref"), ("resource.resource", "tz")],
)
def test_texts_come_in_order_and_the_empty_last(odoo: Asker, model: str, name: str) -> None:
    values = [group[name] for group in grouped(odoo, model, [name])]
    assert values == sorted(values, key=lambda value: (value is False, str(value)))


def test_groups_of_people_come_in_the_order_of_people(odoo: Asker) -> None:
    people = odoo.ask("hr.employee", "search_read", [], ["name"], context=dict(ARCHIVED_TOO))
    place = {row["id"]: number for number, row in enumerate(people)}
    places = [
        place[group["employee_id"][0]]
        for group in grouped(odoo, LINE, ["employee_id"])
        if group["employee_id"]
    ]
    assert places == sorted(places)


def test_the_latest_order_comes_first_and_no_order_before_it(odoo: Asker) -> None:
    groups = [group["so_line"] for group in grouped(odoo, LINE, ["so_line"])]
    assert groups[0] is False
    orders = {row["id"]: row["order_id"] for row in odoo.table(SOLD)}
    dates = {row["id"]: row["date_order"] for row in odoo.table(ORDER)}
    found = [dates[orders[key[0]]] for key in groups[1:]]
    assert found == sorted(found, reverse=True)


def test_a_sum_can_order_the_groups_and_a_piece_be_cut_out(odoo: Asker) -> None:
    keys, sums = ["project_id"], ["unit_amount:sum"]
    order = "unit_amount:sum desc, project_id"
    everything = grouped(odoo, LINE, keys, sums, order=order)
    totals = [group["unit_amount:sum"] for group in everything]
    assert totals == sorted(totals, reverse=True)
    piece = grouped(odoo, LINE, keys, sums, order=order, offset=1, limit=2)
    assert piece == everything[1:3]


def test_without_keys_everything_is_one_group(odoo: Asker) -> None:
    rows = odoo.table(LINE)
    (group,) = grouped(odoo, LINE, [], ["__count", "unit_amount:sum", "date:min", "date:max"])
    assert group["__count"] == len(rows)
    assert group["unit_amount:sum"] == pytest.approx(sum(row["unit_amount"] for row in rows))
    assert group["date:min"] == min(row["date"] for row in rows)
    assert group["date:max"] == max(row["date"] for row in rows)
    assert group["__extra_domain"] == [[1, "=", 1]]


@pytest.mark.parametrize("domain", [NOTHING, [("id", "in", [])], [(0, "=", 1)]], ids=str)
def test_sums_over_no_rows_are_false_and_counts_zero(odoo: Asker, domain: list[Any]) -> None:
    aggregates = ["__count", "unit_amount:sum", "date:min", "date:max", "unit_amount:count"]
    (group,) = grouped(odoo, LINE, [], aggregates, domain)
    assert group == {
        "__count": 0,
        "__extra_domain": [[1, "=", 1]],
        "date:max": False,
        "date:min": False,
        "unit_amount:count": 0,
        "unit_amount:sum": False,
    }


@pytest.mark.parametrize("domain", [NOTHING, [("id", "in", [])], [(0, "=", 1)]], ids=str)
def test_no_rows_make_no_groups(odoo: Asker, domain: list[Any]) -> None:
    assert grouped(odoo, LINE, ["employee_id"], ["__count", "unit_amount:sum"], domain) == []
    assert odoo.ask(LINE, "read_group", domain, ["unit_amount"], ["employee_id"]) == []


def test_counts_are_of_filled_values(odoo: Asker) -> None:
    (group,) = grouped(odoo, LINE, [], ["so_line:count", "so_line:count_distinct", "__count"])
    filled = [row["so_line"] for row in odoo.table(LINE) if row["so_line"]]
    assert group["so_line:count"] == len(filled) < group["__count"]
    assert group["so_line:count_distinct"] == len(set(filled))


def test_values_are_listed_in_the_order_of_the_rows_and_none_is_left_out(odoo: Asker) -> None:
    names = ("date", "unit_amount", "task_id", "so_line", "id")
    rows = sorted(odoo.table(LINE), key=lambda row: row["id"])
    for group in grouped(odoo, LINE, ["employee_id"], [f"{name}:array_agg" for name in names]):
        key = group["employee_id"] and group["employee_id"][0]
        own = [row for row in rows if row["employee_id"] == key]
        for name in names:
            wanted = [None if row[name] is False else row[name] for row in own]
            assert group[f"{name}:array_agg"] == wanted


def test_values_can_be_collected(odoo: Asker) -> None:
    for group in grouped(odoo, ORDER, ["state"], ["id:array_agg"]):
        ids = [row["id"] for row in odoo.table(ORDER) if row["state"] == group["state"]]
        assert group["id:array_agg"] == ids


def test_truths_can_be_joined(odoo: Asker) -> None:
    for group in grouped(odoo, SOLD, ["order_id"], ["is_service:bool_or"]):
        lines = [row for row in odoo.table(SOLD) if row["order_id"] == group["order_id"][0]]
        assert group["is_service:bool_or"] is any(row["is_service"] for row in lines)
