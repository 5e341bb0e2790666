"""The pipeline of a company: its opportunities, their quotations, and what is usual of both."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.commercial.quote_check.policy import QuotePolicy
from tasks.commercial.quote_check.records import (
    DRAFT,
    SENT,
    ListedProduct,
    PassedOpportunity,
    PlannedActivity,
    Quotation,
    QuotationNote,
    QuotedLine,
)
from tasks.domain import money
from tasks.domain.findings import NotVerifiable
from tasks.domain.ladder import instant
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import NameOrText, Text
from tasks.domain.withheld import REMEDY
from tasks.reads.names import read_partners
from tasks.reads.opportunities import OPEN, OPPORTUNITIES, read_teams, unseen_activities
from tasks.reads.orders import read_currencies
from tasks.reads.own_fields import with_fields
from tasks.reads.owners import People, read_people
from tasks.records.crm import Opportunity, SalesTeam, Stage
from tasks.records.sales import Currency

QUOTATIONS: Final[Domain] = [("state", "in", [DRAFT, SENT])]
WEEKS_BACK: Final = 52
WEEKS_AHEAD: Final = 5


@dataclass(frozen=True)
class Snapshot:
    """Open opportunities and quotations, with the lines, notes and activities of each."""

    #: Of the pipeline, by id; those that quotations are of beside, whatever became of them.
    opportunities: Mapping[int, Opportunity]
    #: Ids of those that are neither won nor lost.
    open_ones: frozenset[int]
    #: None where this Odoo has no pipeline, or nobody may read it.
    stages: Mapping[int, Stage] | None
    #: Those of before that tell what is usual, and what became of them.
    passed: Sequence[PassedOpportunity]
    #: Whether these tell how long they stood in each stage.
    tells_stages: bool
    #: Open ones, all of open opportunities, and those made or answered since the last month began.
    quotations: Sequence[Quotation]
    #: Those of open opportunities that another company made.
    elsewhere: Sequence[Quotation]
    #: Of open quotations, by the id of each.
    lines: Mapping[int, Sequence[QuotedLine]]
    products: Mapping[int, ListedProduct]
    #: What was written on open quotations beside, by the id of each.
    messages: Mapping[int, Sequence[str]]
    #: Ids of opportunities with something planned; None where nobody can say.
    planned: frozenset[int] | None
    #: Whether there are any to be read, and these tell what they are of, and their margin.
    tells_orders: bool
    tells_opportunities: bool
    tells_margin: bool
    #: Fields of opportunities that the policy asks for and this Odoo does not show.
    hidden: frozenset[str]
    currencies: Mapping[int, money.Currency]
    #: That of the company, and those of all companies that are seen.
    currency_id: int
    company_currencies: Mapping[int, int]
    customers: Mapping[int, NameOrText]
    teams: Mapping[int, SalesTeam]
    people: People
    links: Mapping[Subject, str]
    not_verifiable: tuple[NotVerifiable, ...] = ()

    def currency_of(self, opportunity: Opportunity) -> int | None:
        """What its expected revenue is in: the currency of its company; None of a hidden one."""
        if opportunity.company_id is None:
            return self.currency_id
        return self.company_currencies.get(opportunity.company_id)


def read(odoo: Reader, as_of: AsOf, policy: QuotePolicy) -> Snapshot:
    """The company's pipeline and quotations; in a constant number of calls but for pages."""
    has_pipeline = odoo.session.may_read(Opportunity.MODEL)
    has_orders = odoo.session.may_read(Quotation.MODEL)
    own = sorted({name for unit in policy.everywhere() for name in unit.own_fields})
    record = with_fields(Opportunity, frozenset(own))
    tells = has_pipeline and has_orders and not odoo.lacks(Quotation, "opportunity_id")
    named = _named(odoo, as_of) if tells else frozenset()
    open_ones = _open(odoo, as_of, record, named) if has_pipeline else ()
    ids = frozenset(each.id for each in open_ones)
    quotations = _quotations(odoo, as_of, ids, tells=tells) if has_orders else ()
    closed = _closed(odoo, quotations, record, ids) if tells else {}
    known = {**closed, **{each.id: each for each in open_ones}}
    stages = {s.id: s for s in odoo.search(Stage, [])} if has_pipeline else None
    currencies = _currencies(odoo, quotations)
    quotations = [each for each in quotations if each.currency_id in currencies]
    elsewhere = _elsewhere(odoo, ids) if tells else ()
    asked = [each for each in quotations if each.is_open]
    lines = _lines(odoo, asked)
    passed = _passed(odoo, as_of, policy) if has_pipeline else ()
    teams = read_teams(odoo, (*known.values(), *quotations, *passed))
    users = {
        *(each.user_id for each in known.values()),
        *(each.user_id for each in asked),
        *(team.user_id for team in teams.values()),
    }
    planned, gaps = _planned(odoo, ids, policy) if has_pipeline else (None, ())
    return Snapshot(
        opportunities=known,
        open_ones=ids,
        stages=stages,
        passed=passed,
        tells_stages=has_pipeline and not odoo.lacks(PassedOpportunity, "duration_tracking"),
        quotations=quotations,
        elsewhere=[each for each in elsewhere if each.currency_id in currencies],
        lines=lines,
        products=_products(odoo, lines.values()),
        messages=_messages(odoo, asked, known),
        planned=planned,
        tells_orders=has_orders,
        tells_opportunities=tells,
        tells_margin=has_orders and not odoo.lacks(Quotation, "margin_percent"),
        hidden=frozenset(name for name in own if has_pipeline and odoo.lacks(record, name)),
        currencies=currencies,
        currency_id=odoo.company.currency_id,
        company_currencies={each.id: each.currency_id for each in odoo.session.companies},
        customers=_customers(odoo, known.values(), quotations),
        teams=teams,
        people=read_people(odoo, users, _view(as_of)),
        links={
            (each.MODEL, each.id): odoo.session.link(each.MODEL, each.id)
            for each in (*known.values(), *quotations)
        },
        not_verifiable=(*_gaps(has_pipeline, has_orders, tells), *gaps),
    )


def _named(odoo: Reader, as_of: AsOf) -> frozenset[int]:
    """Of a look at some records, the opportunities that its quotations are of."""
    only = as_of.only_ids(Quotation.MODEL)
    found = odoo.search(Quotation, only) if only else ()
    return frozenset(each.opportunity_id for each in found if each.opportunity_id)


def _open(
    odoo: Reader, as_of: AsOf, record: type[Opportunity], named: Iterable[int]
) -> Sequence[Opportunity]:
    only = as_of.only_ids(Opportunity.MODEL)
    wanted = sorted({*named, *(number for *_, ids in only for number in ids)})
    return odoo.search(record, [*OPEN, *([("id", "in", wanted)] if only else [])])


def _quotations(
    odoo: Reader, as_of: AsOf, opportunities: Collection[int], *, tells: bool
) -> Sequence[Quotation]:
    """Those of these opportunities; and of a look at everything all open and recent ones."""
    if as_of.only is None:
        since = f"{instant(as_of.month.start, datetime.min.time(), as_of.zone):%Y-%m-%d %H:%M:%S}"
        others: Domain = [
            *("|", *QUOTATIONS, "|", ("create_date", ">=", since)),
            ("date_order", ">=", since),
        ]
    else:
        others = as_of.only_ids(Quotation.MODEL)
    of_these: Domain = ["|", ("opportunity_id", "in", sorted(opportunities))] if tells else []
    return odoo.search(Quotation, [*of_these, *others])


def _elsewhere(odoo: Reader, opportunities: Collection[int]) -> Sequence[Quotation]:
    """An opportunity of no company is one of all, and any of them may have quoted it."""
    of_these: Domain = [("opportunity_id", "in", sorted(opportunities))]
    of_others: Domain = [("company_id", "!=", odoo.company_id)]
    return odoo.search(Quotation, [*of_these, *of_others], all_companies=True)


def _closed(
    odoo: Reader,
    quotations: Iterable[Quotation],
    record: type[Opportunity],
    known: Collection[int],
) -> Mapping[int, Opportunity]:
    """The opportunities that quotations are of, and that are no longer open."""
    by: dict[int, list[Subject]] = defaultdict(list)
    for each in quotations:
        if each.opportunity_id and each.opportunity_id not in known:
            by[each.opportunity_id].append((Quotation.MODEL, each.id))
    return odoo.referred(record, by)


def _passed(odoo: Reader, as_of: AsOf, policy: QuotePolicy) -> Sequence[PassedOpportunity]:
    days = max(unit.history_days for unit in policy.everywhere())
    first = as_of.day - timedelta(days=days)
    wanted: Domain = [
        *OPPORTUNITIES,
        *("|", ("create_date", ">=", f"{first} 00:00:00")),
        ("date_closed", ">=", f"{as_of.month.start - timedelta(days=1)} 00:00:00"),
    ]
    return odoo.search(PassedOpportunity, wanted, archived=True)


def _lines(odoo: Reader, quotations: Iterable[Quotation]) -> Mapping[int, Sequence[QuotedLine]]:
    found: dict[int, list[QuotedLine]] = {each.id: [] for each in quotations}
    if found:
        for line in odoo.search(QuotedLine, [("order_id", "in", sorted(found))]):
            found[line.order_id].append(line)
    return found


def _products(odoo: Reader, lines: Iterable[Sequence[QuotedLine]]) -> Mapping[int, ListedProduct]:
    """Of lines whose price the price list is not known to have given, those that they sell."""
    by: dict[int, list[Subject]] = defaultdict(list)
    for line in (line for of_one in lines for line in of_one):
        if line.product_id and line.sells and not line.technical_price_unit:
            by[line.product_id].append((QuotedLine.MODEL, line.id))
            by[line.product_id].append((Quotation.MODEL, line.order_id))
    return odoo.referred(ListedProduct, by)


def _messages(
    odoo: Reader, quotations: Iterable[Quotation], opportunities: Mapping[int, Opportunity]
) -> Mapping[int, Sequence[str]]:
    """Of quotations whose opportunity has notes."""
    asked = [
        each.id
        for each in quotations
        if (of := opportunities.get(each.opportunity_id or 0)) and of.description
    ]
    found: dict[int, list[str]] = defaultdict(list)
    if asked and odoo.session.may_read(QuotationNote.MODEL):
        about: Domain = [("model", "=", Quotation.MODEL), ("res_id", "in", asked)]
        for message in odoo.search(QuotationNote, about):
            found[message.res_id or 0].append(message.body or "")
    return found


def _planned(
    odoo: Reader, opportunities: Collection[int], policy: QuotePolicy
) -> tuple[frozenset[int] | None, tuple[NotVerifiable, ...]]:
    if not any(unit.activity_required for unit in policy.everywhere()):
        return None, ()
    why = unseen_activities(odoo)
    if why:
        return None, (NotVerifiable(Text("planned activities"), why, REMEDY),)
    about: Domain = [
        ("res_model", "=", Opportunity.MODEL),
        ("res_id", "in", sorted(opportunities)),
    ]
    found = odoo.search(PlannedActivity, about) if opportunities else ()
    return frozenset(each.res_id for each in found if each.res_id), ()


def _currencies(odoo: Reader, quotations: Iterable[Quotation]) -> Mapping[int, money.Currency]:
    found = read_currencies(odoo)
    by: dict[int, list[Subject]] = defaultdict(list)
    for quotation in quotations:
        by[quotation.currency_id].append((Quotation.MODEL, quotation.id))
    odoo.miss(Currency.MODEL, by, found)
    return found


def _customers(
    odoo: Reader, opportunities: Iterable[Opportunity], quotations: Iterable[Quotation]
) -> Mapping[int, NameOrText]:
    by: dict[int, list[Subject]] = defaultdict(list)
    records: Iterable[Opportunity | Quotation] = (*opportunities, *quotations)
    for each in records:
        if each.partner_id:
            by[each.partner_id].append((each.MODEL, each.id))
    return {number: partner.display_name for number, partner in read_partners(odoo, by).items()}


def _view(as_of: AsOf) -> Period:
    """Whole weeks since the fleet has known the oldest of it, a year at most, to some ahead."""
    today = Period(as_of.day, as_of.day).whole_weeks()
    oldest = min(as_of.standing.values(), default=as_of.day) - timedelta(weeks=1)
    first = max(min(oldest, today.start), today.shifted(-WEEKS_BACK).start)
    return Period(first, today.shifted(WEEKS_AHEAD).end).whole_weeks()


def _gaps(has_pipeline: bool, has_orders: bool, tells: bool) -> Iterator[NotVerifiable]:
    for check, model, may in (
        (Text("opportunities"), Opportunity.MODEL, has_pipeline),
        (Text("quotations"), Quotation.MODEL, has_orders),
    ):
        if not may:
            why = Text("{model} is not there, or not readable for the fleet's user", model=model)
            yield NotVerifiable(check, why, REMEDY)
    if has_pipeline and has_orders and not tells:
        yield NotVerifiable(
            Text("quotations of opportunities"),
            Text(
                "{model} shows no {field} to the fleet's user: a module is missing, or a group",
                model=Quotation.MODEL,
                field="opportunity_id",
            ),
            REMEDY,
        )
