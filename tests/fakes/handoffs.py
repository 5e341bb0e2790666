"""Orders that are handed over from sales to delivery, and the people who do it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from tasks.commercial.handoff_gate.job import judge
from tasks.commercial.handoff_gate.policy import PDF, HandoffPolicy
from tasks.commercial.handoff_gate.records import (
    Customer,
    Document,
    SoldLine,
    SoldOrder,
    SoldProduct,
    StartedProject,
)
from tasks.commercial.handoff_gate.snapshot import Sale, Snapshot
from tasks.domain.acts import Act, ActKind
from tasks.domain.findings import Finding, Report
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf, Period
from tasks.reads.owners import People
from tasks.reads.schedules import Schedules
from tasks.reads.signatures import Signature
from tasks.records.people import Employee, Resource
from tests.fakes.approvals import BRUSSELS, FULL_TIME, at, person

# Sells, leads the project, accepts, and manages them.
SAL, PIA, LEE, MAX = (
    person(1, "Sal", 4),
    person(2, "Pia", 4),
    person(3, "Lee", 4),
    person(4, "Max"),
)
STAFF: Final = (SAL, PIA, LEE, MAX)
# A Wednesday; the order was confirmed on the Monday before.
NOW: Final = at("2026-11-25 09:30")
CONFIRMED: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
EUR: Final = Currency("EUR", 2)
# Who accepts is LEE.
LED: Final[Mapping[str, Any]] = {"delivery_leads": {1: LEE.user_id}}

ORDER: Final = SoldOrder(
    id=7,
    name="S00007",
    state="sale",
    partner_id=20,
    partner_invoice_id=20,
    user_id=SAL.user_id,
    currency_id=1,
    date_order=CONFIRMED,
    amount_untaxed=Decimal(18000),
    amount_total=Decimal(21420),
    client_order_ref="PO-1",
    payment_term_id=1,
    tag_ids=(),
    signed_on=CONFIRMED,
    team_id=1,
)
LINE: Final = SoldLine(
    id=70,
    order_id=7,
    name="Consulting",
    display_type=None,
    product_id=5,
    is_downpayment=False,
    qty_delivered_method="timesheet",
    project_id=9,
)
PROJECT: Final = StartedProject(
    id=9,
    name="Dock planning",
    user_id=PIA.user_id,
    date_start=date(2026, 12, 7),
    description="",
    allocated_hours=160.0,
)
FIRM: Final = Customer(
    id=20,
    display_name="Werft",
    is_company=True,
    email="accounts@werft.example",
    street="Hafenstr. 1",
    zip="18439",
    city="Stralsund",
    country_code="DE",
    vat="DE812345678",
    commercial_partner_id=20,
)


def document(name: str = "SOW Werft.pdf", number: int = 1, **values: Any) -> Document:
    known = {"res_model": "sale.order", "res_id": 7, "mimetype": PDF, "checksum": f"sum{number}"}
    return Document(id=number, name=name, **{**known, **values})


# Of which nothing is missing.
SALE: Final = Sale(
    order=ORDER,
    currency=EUR,
    lines=[LINE],
    notes=["In scope: dock planning and its interface. Not: hardware."],
    products=[SoldProduct(id=5, categ_id=2)],
    categories=frozenset({1, 2}),
    projects=[PROJECT],
    planned_hours=0.0,
    shares={},
    customer=FIRM,
    invoiced=FIRM,
    firm=FIRM,
    documents=[document()],
    signature=Signature("Ute Werft", CONFIRMED),
    may_be_signed=False,
    team="Sales",
    url="https://odoo.example/odoo/sale.order/7",
)


def sale(order: Mapping[str, Any] | None = None, **values: Any) -> Sale:
    """The complete one with other values, of its order too."""
    return replace(SALE, order=replace(ORDER, **(order or {})), **values)


def people(*staff: Employee, others: Mapping[int, str] | None = None) -> People:
    """These employees, and users who are none."""
    known = staff or STAFF
    return People(
        users={**{p.user_id or 0: p.name for p in known}, **(others or {})},
        by_user={p.user_id: p for p in known if p.user_id},
        employees={p.id: p for p in known},
        schedules=Schedules(
            resources={p.resource_id: Resource(p.resource_id, BRUSSELS, 1) for p in known},
            schedules={1: FULL_TIME},
            terms={},
            leaves={},
        ),
        languages={},
        view=Period(date(2026, 8, 3), date(2027, 1, 3)),
    )


def judged(
    *sales: Sale,
    as_of: AsOf = NOW,
    acts: Iterable[Act] = (),
    who: People | None = None,
    **policy: Any,
) -> Report:
    """What is said of these orders after these acts."""
    moment = replace(as_of, acts=tuple(acts))
    found = Snapshot(sales or (SALE,), who or people())
    return judge(found, moment, HandoffPolicy.model_validate({**LED, **policy}))


def row(report: Report) -> Mapping[str, Any]:
    (found,) = report.rows
    return found


def of_kind(report: Report, kind: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.kind == kind]


def check(report: Report, item: str) -> Mapping[str, Any]:
    """One item of the one order."""
    found: Mapping[str, Any]
    (found,) = (each for each in row(report)["checks"] if each["check"] == item)
    return found


def said(
    kind: ActKind,
    report: Report,
    when: str = "2026-11-25 10:00",
    who: Employee = LEE,
    why: str = "",
) -> Act:
    """What somebody says on the page of the handoff that a report tells of."""
    (found,) = (each for each in report.findings if each.contents)
    return Act(
        kind=kind,
        person=(who.work_email or "").lower(),
        job="handoff_gate",
        tenant="firm",
        company_id=1,
        key=found.key,
        at=at(when).instant,
        reason=why,
        model=found.model,
        record_id=found.record_id,
        contents=found.contents,
    )
