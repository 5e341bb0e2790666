"""A record is field list, parser and type at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

import pytest

from odoo_gateway.records import BadValue, Properties, Record, declared, fields_of, parse


@dataclass(frozen=True)
class Sample(Record):
    MODEL: ClassVar[str] = "sample"
    MODULE: ClassVar[str] = "sample"
    id: int
    name: str
    note: str | None
    amount: Decimal
    hours: float
    flag: bool
    day: date
    at: datetime | None
    partner_id: int | None
    tag_ids: tuple[int, ...]
    kind: Literal["a", "b"]
    rare: int | None = None
    shares: Mapping[str, float] | None = None


@dataclass(frozen=True)
class OfNoModel(Record):
    id: int


@dataclass(frozen=True)
class BuiltOnIt(OfNoModel):
    MODEL: ClassVar[str] = "built"
    MODULE: ClassVar[str] = "sample"


def test_what_only_others_build_on_is_of_no_model() -> None:
    assert declared("built") == (BuiltOnIt,)


ROW: dict[str, Any] = {
    "id": 7,
    "name": "seven",
    "note": False,
    "amount": 10.1,
    "hours": 3,
    "flag": True,
    "day": "2026-11-23",
    "at": "2026-11-23 08:00:00",
    "partner_id": False,
    "tag_ids": [1, 2],
    "kind": "a",
}
NAMES = {name: name for name in ROW}


def test_a_row_becomes_a_typed_record() -> None:
    record = parse(Sample, ROW, NAMES)
    assert record == Sample(
        id=7,
        name="seven",
        note=None,
        amount=Decimal("10.1"),
        hours=3.0,
        flag=True,
        day=date(2026, 11, 23),
        at=datetime(2026, 11, 23, 8, tzinfo=UTC),
        partner_id=None,
        tag_ids=(1, 2),
        kind="a",
        rare=None,
    )


def test_a_many2one_with_its_name_is_its_id() -> None:
    assert parse(Sample, {**ROW, "partner_id": [4, "Nordwind"]}, NAMES).partner_id == 4


def test_a_field_may_carry_an_older_name() -> None:
    row = {**ROW, "title": "seven"}
    assert parse(Sample, row, {**NAMES, "name": "title"}).name == "seven"


def test_a_field_of_json_that_distributes_is_numbers_by_key() -> None:
    names = {**NAMES, "shares": "shares"}
    assert parse(Sample, {**ROW, "shares": {"1,2": 60, "3": 40.0}}, names).shares == {
        "1,2": 60.0,
        "3": 40.0,
    }
    assert parse(Sample, {**ROW, "shares": False}, names).shares is None
    odds: tuple[Any, ...] = ([], "1", {"1": "all"}, {"1": True})
    for odd in odds:
        with pytest.raises(BadValue, match=r"^shares: "):
            parse(Sample, {**ROW, "shares": odd}, names)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", False),
        ("name", False),
        ("amount", "10"),
        ("hours", True),
        ("flag", 1),
        ("day", False),
        ("day", "yesterday"),
        ("at", "soon"),
        ("partner_id", True),
        ("tag_ids", False),
        ("kind", "c"),
    ],
)
def test_a_value_that_does_not_fit_names_its_field(field: str, value: object) -> None:
    with pytest.raises(BadValue, match=f"^{field}: ") as caught:
        parse(Sample, {**ROW, field: value}, NAMES)
    assert caught.value.field == field


def test_a_field_missing_from_the_answer_is_named() -> None:
    row = {key: value for key, value in ROW.items() if key != "day"}
    with pytest.raises(BadValue, match="day: missing from the answer"):
        parse(Sample, row, NAMES)


def test_only_fields_with_a_default_may_be_absent() -> None:
    assert [field.name for field in fields_of(Sample) if field.optional] == ["rare", "shares"]


@pytest.mark.parametrize("blank", ["", "   ", "\u00a0", "\t\n", "\u200b \ufeff"])
def test_a_text_of_blanks_is_an_empty_one(blank: str) -> None:
    assert parse(Sample, {**ROW, "note": blank}, NAMES).note is None
    assert parse(Sample, {**ROW, "note": " PO 7 "}, NAMES).note == " PO 7 "


@pytest.mark.parametrize("sign", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_what_turns_the_direction_of_a_text_is_no_part_of_it(sign: str) -> None:
    assert parse(Sample, {**ROW, "note": f"Nord{sign}wind"}, NAMES).note == "Nord\ufffdwind"


@dataclass(frozen=True)
class WithProperties(Record):
    MODEL: ClassVar[str] = "with.properties"
    MODULE: ClassVar[str] = "sample"
    id: int
    task_properties: Properties | None = None


def properties(value: Any) -> Properties | None:
    names = {"id": "id", "task_properties": "task_properties"}
    return parse(WithProperties, {"id": 1, "task_properties": value}, names).task_properties


def test_properties_are_found_by_their_name_and_by_their_label() -> None:
    found = properties(
        [
            {"name": "a1b2", "type": "float", "string": "Amount", "value": 10.1},
            {"name": "c3d4", "type": "boolean", "string": "Urgent", "value": True},
            # Odoo leaves the value out where there is none.
            {"name": "e5f6", "type": "float", "string": "Hours"},
            {"name": "g7h8", "type": "float", "string": "Odd", "value": 1e20},
        ]
    )
    assert found is not None
    assert found.number("Amount") == found.number("a1b2") == Decimal("10.1")
    assert [found.number(name) for name in ("Urgent", "Hours", "Odd", "none")] == [None] * 4
    assert properties(False) is None


@pytest.mark.parametrize("value", [7, ["a"], "text"])
def test_what_is_no_list_of_properties_names_its_field(value: Any) -> None:
    with pytest.raises(BadValue, match=r"task_properties: .* is not a list of properties"):
        properties(value)
