"""Our own reader over our own adapter reads every record completely from either server."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

import pytest

from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.reader import Reader
from odoo_gateway.records import Record, fields_of
from odoo_gateway.sandbox import schema
from odoo_gateway.session import Session
from tests.contracts.asking import EVERYWHERE, Asker, label
from tests.contracts.conftest import Target
from tests.contracts.declared import records

RECORDS = [record for record in records() if record.MODEL in schema.load()]
ABSENT = [record for record in records() if record.MODEL not in schema.load()]


@dataclass(frozen=True)
class Salary(Record):
    """A record that no Odoo can fill."""

    MODEL: ClassVar[str] = "hr.employee"
    MODULE: ClassVar[str] = "hr_payroll"
    id: int
    salary_in_gold: float


@pytest.fixture
def session(target: Target) -> Session:
    """What the fleet's user finds."""
    return Session(target.fleet.transport, target.fleet.address.url)


@pytest.fixture
def reader(session: Session) -> Reader:
    """Reads the first company."""
    return Reader(session, session.companies[0].id)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_row_becomes_a_record(reader: Reader, odoo: Asker, record: type[Record]) -> None:
    found = reader.search(record, EVERYWHERE, archived=True, all_companies=True)
    assert reader.drift == []
    assert [one.id for one in found] == [row["id"] for row in odoo.table(record.MODEL)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_small_pages_lose_nothing(session: Session, record: type[Record]) -> None:
    company_id = session.companies[0].id
    some = Reader(session, company_id, page_size=1000).search(record, [])
    step = max(1, len(some) // 5)
    by_pages = Reader(session, company_id, page_size=step).search(record, [])
    assert list(map(still, by_pages)) == list(map(still, some))


def still(record: Record) -> dict[str, Any]:
    """Without the seconds that Odoo counts on from call to call."""
    return {name: value for name, value in vars(record).items() if name != "duration_tracking"}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_the_count_is_that_of_the_active(reader: Reader, odoo: Asker, record: type[Record]) -> None:
    assert reader.count(record.MODEL, EVERYWHERE) == len(reader.search(record, EVERYWHERE))


# Of these a row has a company without being that company's.
WITHOUT = ("ir.attachment", "res.users")


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_question_is_about_the_company_and_what_is_of_none(
    session: Session, odoo: Asker, record: type[Record]
) -> None:
    """`company_id` is asked of the server itself: not all models have one in the schema."""
    model = record.MODEL
    known = odoo.ask(model, "fields_get", ["company_id"], ["type"])
    by_company = "company_id" in known and model not in WITHOUT
    for company in session.companies:
        found = Reader(session, company.id)
        own = [("company_id", "in", [company.id, False])] if by_company else []
        ids = odoo.ids(model, [*EVERYWHERE, *own])
        assert [r.id for r in found.search(record, EVERYWHERE, archived=True)] == ids
        assert found.count(model, EVERYWHERE, archived=True) == len(ids)
        assert {r.id for r in found.read(record, ids)} == {*ids}


@pytest.mark.parametrize("model", ["sale.order", "account.analytic.line"])
@pytest.mark.parametrize("older", [False, True], ids=["formatted", "classic"])
def test_companies_add_up_to_what_all_of_them_have(
    session: Session, model: str, older: bool
) -> None:
    asked = as_older(session) if older else session
    readers = [Reader(asked, company.id) for company in session.companies]
    groups = [reader.group(model, [], ["company_id"]) for reader in readers]
    assert [[group.keys[0] for group in of] for of in groups] == [[r.company_id] for r in readers]
    whole = readers[0].count(model, [], all_companies=True)
    assert sum(group.count for of in groups for group in of) == whole
    assert sum(reader.count(model, []) for reader in readers) == whole


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_only_fields_that_the_schema_lacks_are_lacking(
    reader: Reader, record: type[Record]
) -> None:
    known = schema.load()[record.MODEL]
    for field in fields_of(record):
        assert reader.lacks(record, field.name) is (field.name not in known)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_what_is_there_may_be_read(session: Session, record: type[Record]) -> None:
    assert session.may_read(record.MODEL)


@pytest.mark.parametrize("record", ABSENT, ids=lambda record: record.__name__)
def test_what_is_absent_may_not_be_read(
    session: Session, reader: Reader, record: type[Record]
) -> None:
    assert not session.may_read(record.MODEL)
    with pytest.raises(OdooSchemaDrift):
        reader.search(record, [])


def test_a_field_that_is_absent_is_drift_by_its_name(reader: Reader) -> None:
    with pytest.raises(OdooSchemaDrift, match="salary_in_gold"):
        reader.search(Salary, [])


def test_a_field_that_is_absent_from_a_domain_is_drift(reader: Reader) -> None:
    with pytest.raises(OdooSchemaDrift, match="salary_in_gold"):
        reader.count("hr.employee", [("salary_in_gold", ">", 1)])


def test_a_model_without_the_right_to_it_may_not_be_read(target: Target) -> None:
    session = Session(target.officer.transport)
    assert not session.may_read("sale.order")
    with pytest.raises(OdooRejected, match="not allowed to access"):
        Reader(session, session.companies[0].id).count("sale.order", [])


def test_a_company_that_is_not_the_callers_is_rejected(target: Target, session: Session) -> None:
    limited = Session(target.officer.transport)
    others = {company.id for company in session.companies}
    foreign = others - {company.id for company in limited.companies}
    with pytest.raises(OdooRejected, match="unauthorized or invalid companies"):
        Reader(limited, foreign.pop()).count("hr.employee", [])


def test_it_is_odoo_19_with_more_than_one_company(session: Session) -> None:
    assert session.major_version == 19
    assert len(session.companies) > 1
    assert "sale_timesheet" in session.modules
    assert session.link("sale.order", 7) == f"{session.base_url}/odoo/sale.order/7"


GROUPINGS: list[tuple[str, tuple[str, ...]]] = [
    ("account.analytic.line", ("employee_id",)),
    ("account.analytic.line", ("employee_id", "date:day")),
    ("account.analytic.line", ("so_line",)),
    ("account.analytic.line", ("so_line", "date:month")),
    ("account.analytic.line", ("timesheet_invoice_type",)),
    ("account.analytic.line", ("project_id", "employee_id", "date:week")),
    ("account.analytic.line", ()),
]


def as_older(session: Session) -> Session:
    """The same database, asked as one of Odoo 18."""
    older = Session(session.transport, session.base_url)
    older.__dict__["major_version"] = 18
    return older


@pytest.mark.parametrize("case", GROUPINGS, ids=label)
@pytest.mark.parametrize("older", [False, True], ids=["formatted", "classic"])
def test_groups_equal_the_sums_of_rows(
    session: Session, odoo: Asker, case: tuple[str, tuple[str, ...]], older: bool
) -> None:
    model, by = case
    asked = as_older(session) if older else session
    domain: list[Any] = [("project_id", "!=", False)]
    found = Reader(asked, session.companies[0].id).group(
        model,
        domain,
        by,
        sums=["unit_amount"],
        earliest=["date"],
        latest=["date"],
        all_companies=True,
    )
    rows: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in odoo.table(model):
        if row["project_id"]:
            rows[tuple(_key(row, spec) for spec in by)].append(row)
    assert {group.keys: group.count for group in found} == {
        key: len(members) for key, members in rows.items()
    }
    for group in found:
        members = rows[group.keys]
        assert group.sums[0] == pytest.approx(sum(row["unit_amount"] for row in members))
        assert group.earliest[0] == min(date.fromisoformat(row["date"]) for row in members)
        assert group.latest[0] == max(date.fromisoformat(row["date"]) for row in members)


def _key(row: dict[str, Any], spec: str) -> Any:
    name, _, granularity = spec.partition(":")
    value = row[name]
    if not granularity:
        return value or None
    day = date.fromisoformat(value)
    if granularity == "month":
        return day.replace(day=1)
    back = day.isoweekday() % 7 if granularity == "week" else 0
    return date.fromordinal(day.toordinal() - back)


@pytest.mark.parametrize("older", [False, True], ids=["formatted", "classic"])
def test_a_sum_over_nothing_is_zero_and_its_earliest_day_none(
    session: Session, older: bool
) -> None:
    asked = as_older(session) if older else session
    (group,) = Reader(asked, session.companies[0].id).group(
        "account.analytic.line", [("id", "<", 0)], [], sums=["unit_amount"], earliest=["date"]
    )
    assert (group.sums, group.earliest, group.count) == ((0.0,), (None,), 0)
