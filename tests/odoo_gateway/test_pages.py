"""An answer is the same however it is paged: by rows, by bytes, by what Odoo lets go at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Barrier
from typing import Any, ClassVar

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.reader import PAGE_BYTES, Group, Reader
from odoo_gateway.records import Record
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tasks.records.people import Employee
from tasks.records.sales import InvoiceLine
from tasks.records.timesheets import TimesheetLine
from tests.fakes.overlay import Overlay

TODAY = date(2026, 11, 23)
LINE = TimesheetLine.MODEL


@dataclass(frozen=True)
class Note(Record):
    """A row that may be large."""

    MODEL: ClassVar[str] = "project.project"
    MODULE: ClassVar[str] = "project"
    id: int
    name: str


class Notes:
    """Serves rows by ascending id, each with a name of so many bytes; `most` in one answer."""

    def __init__(
        self, count: int, size: Callable[[int], int] = lambda number: 1, most: float = float("inf")
    ) -> None:
        self.rows: dict[int, dict[str, Any]] = {
            number: {"id": number, "name": "x" * size(number)} for number in range(1, count + 1)
        }
        self.most = most
        self.limits: list[int] = []
        self.meeting: Barrier | None = None

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call."""
        if (model, method) != (Note.MODEL, "search_read"):
            return Sandbox(TODAY).call(model, method, args, kwargs)
        self.limits.append(kwargs["limit"])
        if self.meeting:
            self.meeting.wait(timeout=20)
        (_, operator, value), *_ = args[0]
        wanted = [n for n in self.rows if (n > value if operator == ">" else n in value)]
        page = [self.rows[number] for number in wanted[: kwargs["limit"]]]
        if sum(len(row["name"]) for row in page) > self.most:
            error = OdooRejected("its answer has more than 64 MB")
            error.for_size = True
            raise error
        return page


def read(odoo: Notes, page_size: int = 100, at_once: int = 1) -> list[int]:
    found = Reader(Session(odoo, at_once=at_once), 1, page_size).search(
        Note, [], all_companies=True
    )
    assert all(each.name == odoo.rows[each.id]["name"] for each in found)
    return [each.id for each in found]


def test_pages_have_fewer_rows_where_rows_are_large_and_more_again_where_they_are_not() -> None:
    large = PAGE_BYTES // 50
    odoo = Notes(400, lambda number: large if number <= 150 else 1)
    assert read(odoo) == list(range(1, 401))
    first, second, *others = odoo.limits
    assert first == 100
    assert 40 <= second <= 50
    assert others[-1] == 100


def test_a_row_that_is_larger_than_a_page_comes_alone() -> None:
    odoo = Notes(120, lambda number: PAGE_BYTES * 2 if number == 100 else 1)
    assert read(odoo) == list(range(1, 121))


@pytest.mark.parametrize("by_ids", [False, True])
def test_what_is_more_than_an_answer_may_be_is_asked_for_in_parts(by_ids: bool) -> None:
    odoo = Notes(200, lambda number: 10, most=50)
    if by_ids:
        reader = Reader(Session(odoo, at_once=2), 1, 100)
        assert [each.id for each in reader.read(Note, odoo.rows)] == list(range(1, 201))
    else:
        assert read(odoo) == list(range(1, 201))
    assert {100, 12, 1} <= {*odoo.limits}


def test_a_row_that_is_more_than_an_answer_may_be_is_refused() -> None:
    odoo = Notes(200, lambda number: 100, most=50)
    with pytest.raises(OdooRejected, match="more than 64 MB"):
        read(odoo)
    assert odoo.limits == [100, 12, 1]
    with pytest.raises(OdooRejected, match="more than 64 MB"):
        Reader(Session(odoo), 1, 100).read(Note, odoo.rows)


def test_pages_of_known_ids_are_asked_for_at_the_same_time() -> None:
    odoo = Notes(200)
    odoo.meeting = Barrier(2)
    reader = Reader(Session(odoo, at_once=2), 1, 50)
    assert len(reader.read(Note, odoo.rows)) == 200
    assert odoo.limits == [50] * 4


def test_a_row_that_went_meanwhile_is_missing_and_no_more() -> None:
    odoo = Notes(10)
    wanted = [*odoo.rows]
    del odoo.rows[4]
    found = Reader(Session(odoo), 1, 3).read(Note, wanted)
    assert [each.id for each in found] == [1, 2, 3, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("wrong", [[{"id": 1, "name": "x"}] * 2, [{"id": 9, "name": "x"}]])
def test_rows_twice_or_not_asked_for_are_no_answer(wrong: Any) -> None:
    odoo = Overlay(Notes(9), {(Note.MODEL, "search_read"): lambda args, kwargs: wrong})
    with pytest.raises(OdooUnavailable, match="twice, or that were not asked for"):
        Reader(Session(odoo), 1, 3).read(Note, [1, 2, 3])


def in_order(groups: Iterable[Group]) -> list[Group]:
    """Odoo's own order is by name, and of each page."""
    return sorted(groups, key=lambda group: str(group.keys))


@pytest.mark.parametrize("at_once", [1, 2, 3])
@pytest.mark.parametrize("page_size", [1, 5, 2000])
def test_groups_of_records_are_the_same_however_many_at_once(page_size: int, at_once: int) -> None:
    by = ["employee_id", "date:day"]

    def found(page_size: int, at_once: int) -> list[Any]:
        reader = Reader(Session(Sandbox(TODAY), at_once=at_once), 1, page_size)
        return in_order(reader.group_of(LINE, range(1, 40), [], by, "unit_amount"))

    assert found(page_size, at_once) == found(2000, 1) != []


def test_groups_that_are_more_than_an_answer_may_be_come_in_parts() -> None:
    inner, asked = Sandbox(TODAY), list[int]()

    def told(args: Any, kwargs: Any) -> Any:
        asked.extend(len(value) for field, _, value in args[0] if field == "employee_id")
        if asked[-1] > 10:
            error = OdooRejected("more than 64 MB")
            error.for_size = True
            raise error
        return inner.call(LINE, "formatted_read_group", args, kwargs)

    odoo = Reader(Session(Overlay(inner, {(LINE, "formatted_read_group"): told})), 1)
    by = ["employee_id", "date:day"]
    found = in_order(odoo.group_of(LINE, range(1, 100), [], by, "unit_amount"))
    plain = Reader(Session(inner), 1)
    assert found == in_order(plain.group_of(LINE, range(1, 100), [], by, "unit_amount"))
    assert asked[0] == 99
    assert max(asked[2:]) <= 10


def reads(seen: Overlay, model: str) -> int:
    return sum(asked == model and method == "search_read" for asked, method, *_ in seen.seen)


def test_what_was_found_is_not_asked_for_again_by_its_id() -> None:
    seen = Overlay(Sandbox(TODAY), {})
    odoo = Reader(Session(seen), 1)
    found = odoo.search(Employee, [])
    assert odoo.read(Employee, [each.id for each in found]) == found
    assert reads(seen, Employee.MODEL) == 1
    odoo.read(Employee, [found[0].id, 10_000])
    assert reads(seen, Employee.MODEL) == 2


@pytest.mark.parametrize(("record", "page_size"), [(InvoiceLine, 2000), (Employee, 5)])
def test_what_lists_others_or_is_much_is_asked_for_again(
    record: type[Record], page_size: int
) -> None:
    """A list may leave out archived records in a search, and none in a reading by id."""
    seen = Overlay(Sandbox(TODAY), {})
    odoo = Reader(Session(seen), 1, page_size)
    (first, *_) = odoo.search(record, [])
    before = reads(seen, record.MODEL)
    assert odoo.read(record, [first.id]) == (first,)
    assert reads(seen, record.MODEL) == before + 1
