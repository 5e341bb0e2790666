"""Odoo is asked as little as will do: once for all companies, for each record once, and at once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Barrier
from typing import Any, ClassVar

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.reader import Group, Grouping, Reader
from odoo_gateway.records import Record
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import SHARED_SECONDS, Call, Session
from tasks.records.people import Employee, WorkingCalendar
from tests.fakes.overlay import Overlay

TODAY = date(2026, 11, 23)
LINE, HOURS = "account.analytic.line", "unit_amount"


def overlay(**switches: Any) -> Overlay:
    return Overlay(Sandbox(TODAY, **switches), {})


def asked(seen: Overlay) -> Counter[tuple[str, str]]:
    return Counter((model, method) for model, method, *_ in seen.seen)


def test_each_record_is_asked_for_once() -> None:
    seen = overlay()
    odoo = Reader(Session(seen), 1)
    first = odoo.read(Employee, [3, 1, 999])
    assert [each.id for each in first] == [1, 3]
    assert odoo.read(Employee, [1, 999, 3]) == first
    assert [each.id for each in odoo.read(Employee, [2, 3])] == [2, 3]
    domains = [args[0] for model, method, args, _ in seen.seen if method == "search_read"]
    ids = [domain for domain in domains if domain and domain[0][0] == "id"]
    assert ids == [[("id", "in", [1, 3, 999])], [("id", "in", [2])]]


def test_what_is_the_same_for_all_companies_is_asked_once_a_minute() -> None:
    seen, now = overlay(), [0.0]
    session = Session(seen, clock=lambda: now[0])
    counts = []
    for company, moment in ((1, 0.0), (2, 1.0), (1, SHARED_SECONDS), (2, SHARED_SECONDS + 1)):
        now[0] = moment
        assert Reader(session, company).shared(WorkingCalendar, [], archived=True)
        counts.append(asked(seen)["resource.calendar", "search_read"])
    assert counts == [1, 1, 1, 2]


def test_what_could_not_be_read_of_it_is_told_to_every_company() -> None:
    bad = {("resource.calendar", 1): {"hours_per_day": "eight"}}
    session = Session(overlay(corrupt=bad))
    for company in (1, 2):
        odoo = Reader(session, company)
        odoo.shared(WorkingCalendar, [])
        assert [drift.record_id for drift in odoo.drift] == [1]


@pytest.mark.parametrize("denied", [(), ("sale.order",)])
def test_which_models_may_be_read_is_told_at_once(denied: Sequence[str]) -> None:
    seen = overlay(denied_models=denied)
    session = Session(seen)
    assert session.may_read("hr.employee")
    assert session.may_read("sale.order") is not bool(denied)
    # Asked for itself only where it is not among those that may be.
    assert asked(seen)["sale.order", "check_access_rights"] == len(denied)
    assert asked(seen)["hr.employee", "check_access_rights"] == 0


@pytest.mark.parametrize("refusal", [None, OdooRejected("no such method")])
def test_who_is_told_none_asks_of_each_model(refusal: OdooRejected | None) -> None:
    def told(args: Any, kwargs: Any) -> Any:
        if refusal:
            raise refusal
        return []

    seen = Overlay(Sandbox(TODAY), {("ir.model", "get_available_models"): told})
    assert Session(seen).may_read("hr.employee")
    assert asked(seen)["hr.employee", "check_access_rights"] == 1


@pytest.mark.parametrize(
    ("domain", "is_none"),
    [
        ([("id", "in", [])], True),
        (["|", ("name", "=", "x"), ("id", ">", 0), ("id", "in", [])], True),
        (["|", ("id", "in", []), ("id", ">", 0)], False),
        (["!", ("id", "in", [])], False),
        (["|", "&", ("id", "in", []), ("id", ">", 0), ("id", ">", 0)], False),
    ],
)
def test_only_conditions_that_all_are_to_hold_tell_that_there_is_nothing(
    domain: list[Any], is_none: bool
) -> None:
    seen = overlay()
    assert bool(Reader(Session(seen), 1).search(Employee, domain)) is not is_none
    assert asked(seen)["hr.employee", "search_read"] == (not is_none)


@pytest.mark.parametrize("version", [16, 18, 19])
@pytest.mark.parametrize("page_size", [8, 2000])
@pytest.mark.parametrize("more", [[], ["project_id"], ["so_line", "product_uom_id"]])
def test_groups_of_records_are_those_of_a_grouping(
    version: int, page_size: int, more: list[str]
) -> None:
    odoo = Reader(Session(Sandbox(TODAY, version=version)), 1, page_size)
    by, ids = ["employee_id", "date:day", *more], range(1, 40)
    whole = odoo.group(LINE, [("employee_id", "in", list(ids))], by, [HOURS])
    found = list(odoo.group_of(LINE, ids, [], by, HOURS))

    def by_keys(groups: Sequence[Group]) -> dict[Any, Any]:
        return {group.keys: (round(group.sums[0], 9), group.count) for group in groups}

    assert len(found) == len(whole) > 50
    assert by_keys(found) == by_keys(whole)


def test_an_odd_sum_is_drift_of_whom_it_is_of() -> None:
    bad = {(LINE, 1): {HOURS: 1e14}}
    odoo = Reader(Session(Sandbox(TODAY, corrupt=bad)), 1)
    (line,) = Sandbox(TODAY).call(LINE, "search_read", [[("id", "=", 1)], ["employee_id"]], {})
    owner = line["employee_id"][0]
    groups = list(odoo.group_of(LINE, [owner], [], ["employee_id", "date:day"], HOURS))
    assert all(group.sums[0] < 1e13 for group in groups)
    assert odoo.drift[0].related == (("hr.employee", owner),)


@pytest.mark.parametrize("values", [[8.0], [8.0, "many"], "8"])
def test_values_of_other_rows_than_were_counted_are_no_answer(values: Any) -> None:
    row = {"employee_id": [1, "A"], "__count": 2, "date:array_agg": ["2026-11-16"] * 2}
    answers = {(LINE, "formatted_read_group"): lambda *_: [{**row, f"{HOURS}:array_agg": values}]}
    odoo = Reader(Session(Overlay(Sandbox(TODAY), answers)), 1)
    with pytest.raises(OdooUnavailable):
        list(odoo.group_of(LINE, [1], [], ["employee_id", "date:day"], HOURS))


@pytest.mark.parametrize("version", [18, 19])
def test_a_sum_hangs_on_no_order_of_adding_up(version: int) -> None:
    method, name = {18: ("read_group", HOURS), 19: ("formatted_read_group", f"{HOURS}:sum")}[
        version
    ]
    found: list[Group] = []
    for total in (0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1):
        row = {"employee_id": [1, "A"], "__count": 3, name: total}
        told = Overlay(Sandbox(TODAY, version=version), {(LINE, method): lambda *_, r=row: [r]})
        found += Reader(Session(told), 1).group(LINE, [], ["employee_id"], [HOURS])
    assert found[0] == found[1]
    assert found[0].sums == (0.6,)


class Meeting:
    """Answers no call before another one came."""

    def __init__(self) -> None:
        self.barrier = Barrier(2)

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Any) -> Any:
        """Its model; "bad" fails."""
        self.barrier.wait(timeout=20)
        if model.startswith("bad"):
            raise OdooRejected(model)
        return model


def test_calls_are_made_at_the_same_time_and_answered_in_order() -> None:
    models = ["a", "b", "c", "d"]
    assert Session(Meeting(), at_once=2).call_all([Call(m, "search") for m in models]) == models


def test_the_first_failure_in_order_is_told() -> None:
    calls = [Call(model, "search") for model in ("a", "bad b", "bad c", "d")]
    with pytest.raises(OdooRejected, match="bad b"):
        Session(Meeting(), at_once=2).call_all(calls)


def test_groupings_at_the_same_time_are_those_one_after_the_other() -> None:
    questions = [
        Grouping(LINE, [("date", ">=", f"2026-11-{day:02}")], ["employee_id"], [HOURS])
        for day in (1, 9, 16)
    ]
    questions.insert(1, Grouping(LINE, [("id", "in", [])], ["employee_id"]))
    alone = [
        Reader(Session(Sandbox(TODAY)), 1).group(LINE, each.domain, each.by, each.sums)
        for each in questions
    ]
    assert Reader(Session(Sandbox(TODAY), at_once=3), 1).groups(questions) == alone
    assert alone[1] == () != alone[2]


def test_a_record_that_is_declared_later_has_its_fields_all_the_same() -> None:
    session = Session(overlay())
    session.layout(Employee)

    @dataclass(frozen=True)
    class Badge(Record):
        MODEL: ClassVar[str] = Employee.MODEL
        MODULE: ClassVar[str] = Employee.MODULE

        id: int
        display_name: str

    assert session.layout(Badge).names["display_name"] == "display_name"


def test_hours_of_nobody_are_refused_too_where_hours_may_not_be_read() -> None:
    odoo = Reader(Session(overlay(denied_models=[LINE])), 1)
    with pytest.raises(OdooRejected):
        list(odoo.group_of(LINE, [], [], ["employee_id", "date:day"], HOURS))
