"""An opportunity with its quotation, of which nothing is wrong, and who sells it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from tasks.commercial.quote_check.job import judge
from tasks.commercial.quote_check.policy import QuotePolicy
from tasks.commercial.quote_check.records import PassedOpportunity, Quotation, QuotedLine
from tasks.commercial.quote_check.snapshot import Snapshot
from tasks.domain.findings import Finding, Report
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.records.crm import Opportunity, SalesTeam, Stage
from tests.fakes.approvals import at
from tests.fakes.handoffs import LEE, SAL, people

# A Wednesday.
NOW: Final = at("2026-11-25 09:30")
EUR, USD = Currency("EUR"), Currency("USD")
IN_EUR, IN_USD = 1, 2
NEW, PROPOSED, WON = 1, 2, 3
HOUR: Final = 5


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


LEAD: Final = Opportunity(
    id=3,
    name="Dock planning",
    active=True,
    stage_id=PROPOSED,
    user_id=SAL.user_id,
    team_id=1,
    company_id=1,
    partner_id=20,
    expected_revenue=Decimal(11800),
    create_date=day("2026-11-12 07:00"),
    date_conversion=None,
    date_deadline=date(2026, 12, 18),
    date_last_stage_update=day("2026-11-20 07:00"),
    description=None,
    email_from="ute@werft.example",
    phone=None,
    tag_ids=(),
)
QUOTE: Final = Quotation(
    id=7,
    name="S00007",
    state="sent",
    partner_id=20,
    user_id=SAL.user_id,
    company_id=1,
    currency_id=IN_EUR,
    create_date=day("2026-11-16 09:00"),
    date_order=day("2026-11-16 09:00"),
    amount_untaxed=Decimal(11800),
    validity_date=date(2026, 12, 16),
    note=None,
    team_id=1,
    opportunity_id=3,
)
LINE: Final = QuotedLine(
    id=70,
    order_id=7,
    name="Consulting\nby the hour",
    display_type=None,
    product_id=HOUR,
    product_uom_qty=Decimal(100),
    product_uom_id=1,
    price_unit=Decimal(118),
    discount=Decimal(0),
    is_downpayment=False,
    is_expense=False,
    technical_price_unit=Decimal(118),
)
STAGES: Final = {
    NEW: Stage(NEW, "New", 1, is_won=False),
    PROPOSED: Stage(PROPOSED, "Proposition", 2, is_won=False),
    WON: Stage(WON, "Won", 3, is_won=True),
}


def lead(**values: Any) -> Opportunity:
    return replace(LEAD, **values)


def quote(**values: Any) -> Quotation:
    return replace(QUOTE, **values)


def line(**values: Any) -> QuotedLine:
    return replace(LINE, **values)


def passed(number: int, stages: Mapping[int, float], **values: Any) -> PassedOpportunity:
    """One that stood so many days in each stage."""
    known: dict[str, Any] = {
        "active": True,
        "stage_id": WON,
        "team_id": 1,
        "date_closed": None,
        "create_date": day("2026-01-05 09:00"),
        "duration_tracking": {str(stage): days * 86400 for stage, days in stages.items()},
    }
    return PassedOpportunity(id=number, **{**known, **values})


def snapshot(
    leads: Sequence[Opportunity] = (LEAD,),
    quotes: Sequence[Quotation] = (QUOTE,),
    lines: Sequence[QuotedLine] = (LINE,),
    **values: Any,
) -> Snapshot:
    """These, with something planned of each opportunity; whose stage is not won are open."""
    known: dict[str, Any] = {
        "opportunities": {each.id: each for each in leads},
        "open_ones": frozenset(each.id for each in leads if each.stage_id != WON),
        "stages": STAGES,
        "passed": (),
        "tells_stages": True,
        "elsewhere": (),
        "quotations": quotes,
        "lines": {
            each.id: [of for of in lines if of.order_id == each.id]
            for each in quotes
            if each.is_open
        },
        "products": {},
        "messages": {},
        "planned": frozenset(each.id for each in leads),
        "tells_orders": True,
        "tells_opportunities": True,
        "tells_margin": False,
        "hidden": frozenset(),
        "currencies": {IN_EUR: EUR, IN_USD: USD},
        "currency_id": IN_EUR,
        "company_currencies": {1: IN_EUR, 2: IN_USD},
        "customers": {20: "Werft"},
        "teams": {1: SalesTeam(1, "Sales", LEE.user_id)},
        "people": people(),
        "links": {
            (each.MODEL, each.id): f"https://odoo.example/odoo/{each.MODEL}/{each.id}"
            for each in (*leads, *quotes)
        },
    }
    return Snapshot(**{**known, **values})


def judged(found: Snapshot | None = None, as_of: AsOf = NOW, **policy: Any) -> Report:
    return judge(found or snapshot(), as_of, QuotePolicy.model_validate(policy))


def keys(report: Report) -> set[str]:
    return {finding.key for finding in report.findings}


def only(report: Report) -> Finding:
    (found,) = report.findings
    return found


def result(report: Report, model: str, check: str) -> str:
    """What came of one check of the first record of a model."""
    row = next(row for row in report.rows if row["model"] == model)
    (found,) = (each for each in row["checks"] if each["check"] == check)
    return str(found["result"])
