"""Domains pick exactly the rows that their conditions describe, whatever the data."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contracts.asking import Asker, Row, every_field, label, shapes

SCALARS = [(model, name) for model, name in every_field() if not shapes(model)[name].is_many]
ORDERED = every_field("date", "datetime", "float", "integer", "monetary")
TEXTS = every_field("char", "text")
# Of messages Odoo drops from a page what the user may not see, so that none has all of them.
MANY = [
    (model, name)
    for model, name in every_field()
    if shapes(model)[name].is_many and model != "mail.message"
]
ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def expected(odoo: Asker, model: str, matches: Callable[[Row], bool]) -> list[int]:
    """Ids of the rows that match in our own eyes."""
    return [row["id"] for row in odoo.table(model) if matches(row)]


def samples(odoo: Asker, model: str, name: str) -> list[Any]:
    """Two values that occur, the first and the middle one; fewer where there are fewer."""
    values = sorted({row[name] for row in odoo.table(model) if row[name]}, key=str)
    return values[:1] + values[len(values) // 2 : len(values) // 2 + 1]


def others(odoo: Asker, model: str, ids: Sequence[int]) -> list[int]:
    """Ids of all the other rows."""
    return [row["id"] for row in odoo.table(model) if row["id"] not in set(ids)]


def is_empty(value: Any) -> bool:
    """What Odoo takes for unset: zero too, and the empty text."""
    return not value


@pytest.mark.parametrize("field", SCALARS, ids=label)
def test_equal_and_unequal_split_the_rows(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    for value in samples(odoo, model, name):
        equal = [row["id"] for row in odoo.table(model) if row[name] == value]
        rest = others(odoo, model, equal)
        assert odoo.found(model, [(name, "=", value)]) == equal
        assert odoo.found(model, [(name, "!=", value)]) == rest
        assert odoo.found(model, ["!", (name, "=", value)]) == rest
        assert odoo.found(model, ["!", (name, "!=", value)]) == equal


@pytest.mark.parametrize("field", SCALARS, ids=label)
def test_comparing_to_false_finds_the_empty(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    empty = [row["id"] for row in odoo.table(model) if is_empty(row[name])]
    assert odoo.found(model, [(name, "=", False)]) == empty
    assert odoo.found(model, [(name, "!=", False)]) == others(odoo, model, empty)
    assert odoo.found(model, [(name, "=", None)]) == empty


@pytest.mark.parametrize("field", SCALARS, ids=label)
def test_membership_splits_the_rows(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    values = samples(odoo, model, name)
    among = [row["id"] for row in odoo.table(model) if row[name] and row[name] in values]
    assert odoo.found(model, [(name, "in", values)]) == among
    assert odoo.found(model, [(name, "not in", values)]) == others(odoo, model, among)


@pytest.mark.parametrize("field", SCALARS, ids=label)
def test_false_among_the_members_means_empty(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    values = samples(odoo, model, name)
    among = [row["id"] for row in odoo.table(model) if is_empty(row[name]) or row[name] in values]
    assert odoo.found(model, [(name, "in", [False, *values])]) == among
    assert odoo.found(model, [(name, "not in", [*values, False])]) == others(odoo, model, among)


@pytest.mark.parametrize("field", ORDERED, ids=label)
@pytest.mark.parametrize("operator", ORDERINGS)
def test_orderings_leave_out_the_empty(odoo: Asker, field: tuple[str, str], operator: str) -> None:
    model, name = field
    compare = ORDERINGS[operator]
    for value in samples(odoo, model, name):
        found = [
            row["id"]
            for row in odoo.table(model)
            if row[name] is not False and compare(row[name], value)
        ]
        assert odoo.found(model, [(name, operator, value)]) == found
        assert odoo.found(model, ["!", (name, operator, value)]) == others(odoo, model, found)


# Odoo looks for the characters of a tax's name one by one, wherever they are; no job asks for one.
@pytest.mark.parametrize("field", [f for f in TEXTS if f != ("account.tax", "name")], ids=label)
def test_like_finds_parts_and_ilike_minds_no_case(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    for value in samples(odoo, model, name):
        part = re.sub(r"[%_\\]", "", value[1:4])
        if not part.isascii() or not part:
            continue
        texts = {row["id"]: row[name] or "" for row in odoo.table(model)}
        exact = [number for number, text in texts.items() if part in text]
        folded = [number for number, text in texts.items() if part.lower() in text.lower()]
        assert odoo.found(model, [(name, "like", part)]) == exact
        assert odoo.found(model, [(name, "ilike", part.swapcase())]) == folded
        assert odoo.found(model, [(name, "not like", part)]) == others(odoo, model, exact)
        assert odoo.found(model, [(name, "not ilike", part)]) == others(odoo, model, folded)


@pytest.mark.parametrize("field", TEXTS, ids=label)
def test_patterns_match_the_whole_text(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    texts = {row["id"]: row[name] or "" for row in odoo.table(model)}
    for value in samples(odoo, model, name):
        if set(value) & set("%_\\") or len(value) < 2 or not value.isascii():
            continue
        begins = [number for number, text in texts.items() if text.startswith(value[:2])]
        same = [number for number, text in texts.items() if text.lower() == value.lower()]
        tail = {number for number, text in texts.items() if text[1:] == value[1:]}
        assert odoo.found(model, [(name, "=like", f"{value[:2]}%")]) == begins
        assert odoo.found(model, [(name, "=ilike", value.swapcase())]) == same
        assert set(odoo.found(model, [(name, "=like", f"_{value[1:]}")])) == tail


@pytest.mark.parametrize("field", MANY, ids=label)
def test_a_list_is_found_by_any_of_its_members(odoo: Asker, field: tuple[str, str]) -> None:
    model, name = field
    members = sorted({member for row in odoo.table(model) for member in row[name]})
    for member in members[:2]:
        having = [row["id"] for row in odoo.table(model) if member in row[name]]
        lacking = others(odoo, model, having)
        assert odoo.found(model, [(name, "in", [member])]) == having
        assert odoo.found(model, [(name, "=", member)]) == having
        assert odoo.found(model, [(name, "not in", [member])]) == lacking
        assert odoo.found(model, [(name, "!=", member)]) == lacking
    empty = expected(odoo, model, lambda row: not row[name])
    assert odoo.found(model, [(name, "=", False)]) == empty
    assert odoo.found(model, [(name, "in", [False, *members])]) == others(odoo, model, [])


LINE = "account.analytic.line"
LOGGED = [("project_id", "!=", False)]
PLAIN: dict[str, tuple[list[Any], Callable[[Row], bool]]] = {
    "sold": ([("so_line", "!=", False)], lambda row: row["so_line"] is not False),
    "long": ([("unit_amount", ">", 2)], lambda row: row["unit_amount"] > 2),
    "leave": ([("holiday_id", "!=", False)], lambda row: row["holiday_id"] is not False),
    "nobody": ([("id", "in", [])], lambda row: False),
    "everybody": ([("id", "not in", [])], lambda row: True),
}
PAIRS = [(left, right) for left in PLAIN for right in PLAIN if left != right]


@pytest.mark.parametrize("pair", PAIRS, ids=label)
def test_prefix_operators_combine_what_follows(odoo: Asker, pair: tuple[str, str]) -> None:
    (a, is_a), (b, is_b) = PLAIN[pair[0]], PLAIN[pair[1]]
    both = expected(odoo, LINE, lambda row: is_a(row) and is_b(row))
    either = expected(odoo, LINE, lambda row: is_a(row) or is_b(row))
    everything = {row["id"] for row in odoo.table(LINE)}
    assert odoo.found(LINE, [*a, *b]) == both
    assert odoo.found(LINE, ["&", *a, *b]) == both
    assert odoo.found(LINE, ["|", *a, *b]) == either
    assert odoo.found(LINE, ["!", "|", *a, *b]) == sorted(everything - set(either))
    assert odoo.found(LINE, ["!", "&", *a, *b]) == sorted(everything - set(both))
    assert odoo.found(LINE, ["!", "!", *a]) == expected(odoo, LINE, is_a)


def test_operators_nest(odoo: Asker) -> None:
    (sold, is_sold), (long, is_long), (leave, is_leave) = (
        PLAIN["sold"],
        PLAIN["long"],
        PLAIN["leave"],
    )
    found = odoo.found(LINE, ["|", "|", *sold, *leave, "&", "!", *long, *LOGGED])
    assert found == expected(
        odoo,
        LINE,
        lambda row: is_sold(row) or is_leave(row) or (not is_long(row) and bool(row["project_id"])),
    )


@pytest.mark.parametrize(
    ("domain", "all_match"),
    [
        ([], True),
        ([(1, "=", 1)], True),
        ([(0, "=", 1)], False),
        (["!", (0, "=", 1)], True),
        ([("id", "in", [])], False),
        ([("id", "not in", [])], True),
        ([("id", "=", False)], False),
        ([("id", "!=", False)], True),
        ([("id", "in", False)], False),
        ([("project_id", "=", 0)], False),
        ([("date", "=?", False)], True),
        ([("date", ">", False)], False),
        ([("date", "<=", False)], False),
    ],
    ids=str,
)
def test_constants(odoo: Asker, domain: Sequence[Any], all_match: bool) -> None:
    everything = [row["id"] for row in odoo.table(LINE)]
    assert odoo.ids(LINE, domain) == (everything if all_match else [])


def test_a_list_after_equal_means_membership(odoo: Asker) -> None:
    some = [row["id"] for row in odoo.table(LINE)][:3]
    assert odoo.ids(LINE, [("id", "=", some)]) == some
    assert odoo.ids(LINE, [("id", "in", some[0])]) == some[:1]


def test_an_empty_like_matches_everything_and_its_negation_nothing(odoo: Asker) -> None:
    everything = [row["id"] for row in odoo.table("sale.order")]
    assert odoo.found("sale.order", [("client_order_ref", "ilike", "")]) == everything
    assert odoo.found("sale.order", [("client_order_ref", "not ilike", "")]) == []


@pytest.mark.parametrize(
    ("text", "truth"), [("1", True), ("yes", True), ("false", False), ("0", False), ("off", False)]
)
def test_booleans_read_texts(odoo: Asker, text: str, truth: bool) -> None:
    found = odoo.found("sale.order.line", [("is_service", "=", text)])
    assert found == expected(odoo, "sale.order.line", lambda row: row["is_service"] is truth)


def test_archived_rows_are_left_out_unless_asked_for(odoo: Asker) -> None:
    model = "hr.employee"
    archived = expected(odoo, model, lambda row: not row["active"])
    active = expected(odoo, model, lambda row: row["active"])
    read = odoo.ask(model, "search_read", [], ["id"], order="id")
    assert archived
    assert [row["id"] for row in read] == active
    assert odoo.ask(model, "search_count", []) == len(active)
    named = odoo.ask(model, "search_read", [["active", "=", False]], ["id"], order="id")
    assert [row["id"] for row in named] == archived
    both = odoo.ask(model, "search_count", [["active", "in", [True, False]]])
    assert both == len(active) + len(archived)


def test_archived_people_count_on_the_way_to_their_records(odoo: Asker) -> None:
    archived = expected(odoo, "hr.employee", lambda row: not row["active"])
    found = odoo.ask("hr.version", "search_count", [["employee_id.active", "=", False]])
    assert found == len(expected(odoo, "hr.version", lambda row: row["employee_id"] in archived))
