"""Reads the orders with something to bill or on a draft, in one call per model."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from odoo_gateway.reader import Domain, Reader
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tasks.financial.milestone_billing.policy import DraftingPolicy
from tasks.financial.milestone_billing.records import DraftLine, NamedTax
from tasks.reads import unbilled
from tasks.reads.drafts import with_invoices
from tasks.reads.invoicing.facts import Facts, read_customers, read_facts
from tasks.reads.orders import SoldLine, SoldOrder, read_orders
from tasks.reads.units import group_hours
from tasks.records.people import Employee
from tasks.records.sales import Milestone, Order, OrderLine, Partner

INVOICE = "out_invoice"


@dataclass(frozen=True)
class Snapshot:
    """What the drafts of a company follow from; all mappings by id of the order."""

    orders: Sequence[SoldOrder]
    facts: Mapping[int, Facts]
    #: Those of its projects, and those that bill its lines.
    milestones: Mapping[int, Sequence[Milestone]]
    #: Its drafts of invoices, and their addresses in Odoo.
    drafts: Mapping[int, Mapping[int, str]]
    #: Hours on no invoice, and of these the ones dated ahead.
    hours: Mapping[int, float]
    ahead: Mapping[int, float]
    #: Names of customers, by id.
    customers: Mapping[int, str]
    #: Where an invoice goes.
    addresses: Mapping[int, Partner]
    #: Names of taxes, by id.
    taxes: Mapping[int, str]
    #: Who sold it, by address.
    sellers: Mapping[int, str] = field(default_factory=dict)
    unreadable: frozenset[int] = frozenset()
    not_verifiable: tuple[NotVerifiable, ...] = ()


def is_due(line: SoldLine) -> bool:
    """Whether Odoo would put it on an invoice now; a down payment only because of others."""
    return bool(line.line.qty_to_invoice) and not line.line.is_downpayment


def read(odoo: Reader, as_of: AsOf, policy: DraftingPolicy) -> Snapshot:
    """Confirmed orders with something to bill, or on a draft, and what their checks need."""
    confirmed = with_invoices(odoo, read_orders(odoo))
    orders = [order for order in confirmed if any(map(_matters, order.lines))]
    partners = read_customers(odoo, orders)
    billing = unbilled.milestones(odoo, orders)
    milestones = _with_those_of_projects(odoo, orders, billing)
    hours, ahead = _hours(odoo, orders, as_of)
    return Snapshot(
        orders=orders,
        facts=read_facts(odoo, orders, partners, billing, policy, milestones),
        milestones=milestones,
        drafts=_drafts(odoo, orders),
        hours=hours,
        ahead=ahead,
        customers={partner.id: partner.display_name for partner in partners.values()},
        addresses={o.order.id: partners[o.order.partner_invoice_id] for o in orders},
        taxes=_taxes(odoo, orders),
        sellers=_sellers(odoo, orders),
        unreadable=odoo.unreadable(Order.MODEL),
        not_verifiable=unbilled.unknown_hours(odoo),
    )


def _matters(line: SoldLine) -> bool:
    return is_due(line) or (line.sold.draft.stands and not line.line.is_downpayment)


def _with_those_of_projects(
    odoo: Reader, orders: Sequence[SoldOrder], billing: Mapping[int, Sequence[Milestone]]
) -> Mapping[int, Sequence[Milestone]]:
    """A kickoff need not bill anything."""
    of_project: dict[int, set[int]] = defaultdict(set)
    for order in orders:
        for project in order.project_ids:
            of_project[project].add(order.order.id)
    found = {number: {m.id: m for m in of} for number, of in billing.items()}
    within: Domain = [("project_id", "in", sorted(of_project))]
    if of_project and odoo.session.may_read(Milestone.MODEL):
        for milestone in odoo.search(Milestone, within):
            for number in of_project[milestone.project_id]:
                found.setdefault(number, {})[milestone.id] = milestone
    return {number: [*of.values()] for number, of in found.items()}


def _drafts(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Mapping[int, str]]:
    of_line = {sold.line.id: order.order.id for order in orders for sold in order.lines}
    found: dict[int, dict[int, str]] = defaultdict(dict)
    billing: Domain = [
        ("parent_state", "=", "draft"),
        ("move_type", "=", INVOICE),
        ("sale_line_ids", "in", sorted(of_line)),
    ]
    for entry in odoo.search(DraftLine, billing, all_companies=True) if of_line else ():
        for line in of_line.keys() & {*entry.sale_line_ids}:
            url = odoo.session.link("account.move", entry.move_id)
            found[of_line[line]][entry.move_id] = url
    return found


def _hours(
    odoo: Reader, orders: Sequence[SoldOrder], as_of: AsOf
) -> tuple[Mapping[int, float], Mapping[int, float]]:
    lines = unbilled.line_ids(orders, Billing.TIME_AND_MATERIALS)
    if not lines or not unbilled.knows_hours(odoo):
        return {}, {}
    open_ones = unbilled.hours(odoo, lines)
    ahead: Domain = [*open_ones, ("date", ">", str(as_of.day))]

    def summed(domain: Domain) -> Mapping[int, float]:
        hours: dict[int, float] = defaultdict(float)
        for group in group_hours(odoo, domain, ["so_line"]):
            hours[lines[group.id_at(0)]] += group.sums[0]
        return hours

    return summed(open_ones), summed(ahead)


def _taxes(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, str]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for order in orders:
        for sold in filter(is_due, order.lines):
            for tax in sold.line.tax_ids:
                by[tax] |= {(OrderLine.MODEL, sold.line.id), (Order.MODEL, order.order.id)}
    return {tax.id: tax.name for tax in odoo.referred(NamedTax, by).values()} if by else {}


def _sellers(odoo: Reader, orders: Iterable[SoldOrder]) -> Mapping[int, str]:
    users = {order.order.id: order.order.user_id for order in orders if order.order.user_id}
    if not users or not odoo.session.may_read(Employee.MODEL):
        return {}
    own: Domain = [("user_id", "in", sorted(set(users.values())))]
    people = odoo.search(Employee, own, all_companies=True)
    found = {person.user_id: person.work_email for person in people if person.work_email}
    return {n: found[user].strip().lower() for n, user in users.items() if user in found}
