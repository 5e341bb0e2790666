"""Answers that are JSON and yet nothing that an Odoo says: a named error, never a traceback."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import pytest

from odoo_gateway.errors import OdooError, OdooRejected, OdooUnavailable
from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from odoo_gateway.session import Session


@dataclass(frozen=True)
class Line(Record):
    MODEL: ClassVar[str] = "account.analytic.line"
    MODULE: ClassVar[str] = "hr_timesheet"
    id: int
    name: str


class Odoo:
    """Answers well but for the methods that it is told to answer otherwise."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.calls = 0

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        key = {"ir.module.module": "modules", "res.company": "companies"}.get(model, method)
        key = "fields" if method == "fields_get" else key
        if key in self.answers:
            answer = self.answers[key]
            return answer(args) if callable(answer) else answer
        return {
            "modules": [{"id": 1, "name": "base", "latest_version": "19.0.1.3"}],
            "companies": [{"id": 1, "name": "Firm", "currency_id": 1, "resource_calendar_id": 1}],
            "fields": {name: {"type": "char"} for name in args[0]}
            if method == "fields_get"
            else {},
            "search_read": [],
        }[key]


def reader(odoo: Odoo, **limits: int) -> Reader:
    return Reader(Session(odoo), 1, **limits)


NO_ROWS: list[Any] = [None, False, 0, "rows", {"id": 1}, [None], [7], ["row"], [[1]], [{}]]
NO_IDS: list[Any] = [[{"id": value, "name": "x"}] for value in (None, False, True, "1", 1.5, [1])]


@pytest.mark.parametrize("answer", [*NO_ROWS, *NO_IDS], ids=repr)
def test_a_search_that_answers_no_rows_is_a_named_error(answer: Any) -> None:
    with pytest.raises(OdooUnavailable, match=r"account\.analytic\.line\.search_read answered"):
        reader(Odoo(search_read=answer)).search(Line, [])


@pytest.mark.parametrize("answer", [None, False, True, "12", 1.5, [], {}], ids=repr)
def test_a_count_that_is_no_number_is_a_named_error(answer: Any) -> None:
    with pytest.raises(OdooUnavailable, match="search_count answered"):
        reader(Odoo(search_count=answer)).count(Line.MODEL, [])


def good(major: int) -> dict[str, Any]:
    if major >= 19:
        return {"__count": 1, "employee_id": [1, "Ann"], "unit_amount:sum": 2.0, "date:min": False}
    return {"__count": 1, "employee_id": [1, "Ann"], "unit_amount": 2.0, "date_min": False}


def grouped(major: int, answer: Any) -> Any:
    modules = [{"id": 1, "name": "base", "latest_version": f"{major}.0.1"}]
    method = "formatted_read_group" if major >= 19 else "read_group"
    odoo = Odoo(modules=modules, **{method: answer})
    return reader(odoo).group(Line.MODEL, [], ["employee_id"], ["unit_amount"], ["date"])


@pytest.mark.parametrize("major", [16, 17, 18, 19])
def test_groups_of_other_shapes_are_named_errors(major: int) -> None:
    assert grouped(major, [good(major)])[0].sums == (2.0,)
    sums, days = ("unit_amount:sum", "date:min") if major >= 19 else ("unit_amount", "date_min")
    worse = [
        {**good(major), "__count": "1"},
        {**good(major), "employee_id": {}},
        {**good(major), sums: "2.0"},
        {**good(major), days: 20261128},
        {**good(major), days: "yesterday"},
        *({k: v for k, v in good(major).items() if k != left_out} for left_out in good(major)),
    ]
    answers: list[Any] = [None, {}, "", [[]], *([row] for row in worse)]
    for answer in answers:
        with pytest.raises(OdooUnavailable):
            grouped(major, answer)


@pytest.mark.parametrize("answer", [*NO_ROWS, [{"id": 1, "name": "base"}]], ids=repr)
def test_modules_that_are_none_are_a_named_error(answer: Any) -> None:
    with pytest.raises(OdooError):
        _ = Session(Odoo(modules=answer)).major_version


@pytest.mark.parametrize("answer", [*NO_ROWS, *NO_IDS, [{"id": 1, "name": None}]], ids=repr)
def test_companies_that_are_none_are_a_named_error(answer: Any) -> None:
    with pytest.raises(OdooError):
        _ = Session(Odoo(companies=answer)).companies


@pytest.mark.parametrize("answer", [None, False, [], "x", {"name": None}, {"name": "char"}])
def test_fields_that_are_none_are_a_named_error(answer: Any) -> None:
    with pytest.raises(OdooError):
        Session(Odoo(fields=answer)).layout(Line)


def page_after(args: Sequence[Any], size: int) -> list[dict[str, Any]]:
    last = args[0][0][2]
    return [{"id": last + step, "name": "x"} for step in range(1, size + 1)]


def test_pages_without_end_end() -> None:
    odoo = Odoo(search_read=lambda args: page_after(args, 10))
    with pytest.raises(OdooRejected, match="more than 100 rows"):
        reader(odoo, page_size=10, most_rows=100).search(Line, [])


@pytest.mark.parametrize("said", ["x" * 100_000, ["x" * 50_000] * 2, {"x": "x" * 100_000}])
def test_pages_of_large_rows_end_at_their_bytes(said: Any) -> None:
    """Whatever the shape that a field's value has, and long before there are many rows."""

    def page(args: Sequence[Any]) -> list[dict[str, Any]]:
        return [{**row, "name": said} for row in page_after(args, 10)]

    odoo = Odoo(search_read=page)
    session = Session(odoo, read_megabytes=10)
    with pytest.raises(OdooRejected, match=r"more than 10 MB.*read_megabytes") as refused:
        Reader(session, 1, page_size=10).search(Line, [])
    assert "(110 of them so far)" in str(refused.value)


def test_rows_that_are_read_by_their_ids_end_at_their_bytes_too() -> None:
    class Note(Line):
        MODEL: ClassVar[str] = "mail.message"

    def page(args: Sequence[Any]) -> list[dict[str, Any]]:
        return [{"id": number, "name": "x" * 100_000} for number in args[0][0][2]]

    odoo = Odoo(search=list(range(1, 501)), search_read=page)
    session = Session(odoo, read_megabytes=10)
    with pytest.raises(OdooRejected, match=r"mail\.message has more than 10 MB"):
        Reader(session, 1, page_size=10).search(Note, [])


@dataclass(frozen=True)
class Made(Record):
    """A line of hours, with when it was made."""

    MODEL: ClassVar[str] = "account.analytic.line"
    MODULE: ClassVar[str] = "hr_timesheet"
    id: int
    employee_id: int | None
    project_id: int | None
    date: date
    unit_amount: float
    create_date: datetime


def test_the_largest_read_of_a_large_firm_passes() -> None:
    """2,026 people who each log ten lines on each day of a week."""
    most = 2_026 * 10 * 5
    line = {"project_id": 7_001, "date": "2026-11-23", "unit_amount": 0.75}

    def page(args: Sequence[Any]) -> list[dict[str, Any]]:
        last = args[0][0][2]
        row = json.dumps({**line, "create_date": "2026-11-28 08:00:00"})
        numbers = range(last + 1, min(last + 2_000, most) + 1)
        return [
            json.loads(row) | {"id": number, "employee_id": 1_000 + number % 2_026}
            for number in numbers
        ]

    session = Session(Odoo(search_read=page))
    assert len(Reader(session, 1).search(Made, [])) == most


def test_a_page_has_no_more_rows_than_were_asked_for() -> None:
    odoo = Odoo(search_read=lambda args: page_after(args, 11))
    with pytest.raises(OdooUnavailable, match="came with 11"):
        reader(odoo, page_size=10).search(Line, [])
