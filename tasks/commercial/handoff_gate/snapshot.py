"""What was sold of late in a company, with the papers, projects and people around each order."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from odoo_gateway import gates
from odoo_gateway.gates import Ruling
from odoo_gateway.reader import Domain, Reader
from tasks.commercial.handoff_gate.policy import HandoffPolicy
from tasks.commercial.handoff_gate.records import (
    Customer,
    Document,
    PlannedTask,
    SalesTeam,
    SoldLine,
    SoldOrder,
    SoldProduct,
    StartedProject,
)
from tasks.domain import money
from tasks.domain.findings import NotVerifiable
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import Text
from tasks.reads.categories import category_paths
from tasks.reads.order_projects import projects_of
from tasks.reads.orders import CONFIRMED, read_currencies
from tasks.reads.owners import People, read_people, view_from
from tasks.reads.signatures import Signable, Signature, read_signatures
from tasks.records.sales import Currency, Milestone

NOTE: Final = "line_note"
#: The gate that keeps quotations from being confirmed, and the states in which they are quotations.
GATE: Final = "order_confirmation"
OFFERED: Final = ("draft", "sent")
OFFERED_OR_CONFIRMED: Final[Domain] = ["|", ("state", "in", [*OFFERED]), *CONFIRMED]
BY_MILESTONES: Final = "milestones"


@dataclass(frozen=True)
class Sale:
    """One confirmed order that sells services, and all that hangs on it."""

    order: SoldOrder
    currency: money.Currency
    #: What it sells, without notes, headings and down payments.
    lines: Sequence[SoldLine]
    #: What people wrote on the order.
    notes: Sequence[str]
    #: Of what it sells, those known.
    products: Sequence[SoldProduct]
    #: Ids of the categories of these, and of those above them.
    categories: frozenset[int]
    #: None where this Odoo has no projects.
    projects: Sequence[StartedProject] | None
    #: Hours planned for tasks of these.
    planned_hours: float
    #: By line that is billed by milestones, the shares of its milestones in percent; None where
    #: this Odoo does not tell.
    shares: Mapping[int, float] | None
    customer: Customer
    invoiced: Customer
    #: The firm that the invoice address is of; the address itself where it is none.
    firm: Customer
    #: Files on the order and its projects; None where nobody may read files.
    documents: Sequence[Document] | None
    signature: Signature | None
    #: Whether it may be signed all the same, by somebody who is hidden.
    may_be_signed: bool
    #: Its sales team, "" for none.
    team: str
    url: str


@dataclass(frozen=True)
class Offer:
    """A quotation, and what was decided about it last."""

    sale: Sale
    decision: Ruling | None


@dataclass(frozen=True)
class Snapshot:
    """The orders that were confirmed of late, and the people around them."""

    sales: Sequence[Sale]
    people: People
    #: All quotations; None where no gate keeps them from being confirmed.
    offers: Sequence[Offer] | None = None
    #: Model and id of the orders that were looked at for the sake of a file; None for everything.
    subjects: frozenset[Subject] | None = None
    #: Why no order can be held against its checklist.
    withheld: NotVerifiable | None = None


def read(odoo: Reader, as_of: AsOf, policy: HandoffPolicy) -> Snapshot:
    """All orders of services that were confirmed of late; in one call per model but for pages.

    Where a gate keeps quotations from being confirmed, these too.
    """
    as_of = _with_orders_of_files(odoo, as_of)
    withheld = _withheld(odoo, policy)
    is_kept = not withheld and gates.stands(odoo.session, GATE)
    found = [] if withheld else _sales(odoo, as_of, policy, with_offers=is_kept)
    sales = [sale for sale in found if sale.order.state not in OFFERED]
    offers = [sale for sale in found if sale.order.state in OFFERED]
    users = {
        *(sale.order.user_id for sale in offers),
        *(sale.order.user_id for sale in sales),
        *(project.user_id for sale in sales for project in sale.projects or ()),
        *(lead for unit in policy.everywhere() for lead in unit.delivery_leads.values()),
        *(line.delivery_lead for unit in policy.everywhere() for line in unit.service_lines),
    }
    people = read_people(odoo, users if found else (), _view(sales, as_of))
    kept = _offers(odoo, offers) if is_kept else None
    return Snapshot(sales, people, kept, as_of.only, withheld)


def _offers(odoo: Reader, sales: Sequence[Sale]) -> Sequence[Offer]:
    keys = {sale.order.id: gates.key_of(SoldOrder.MODEL, sale.order.id) for sale in sales}
    decided = gates.newest(odoo, keys.values())
    return [Offer(sale, decided.get(keys[sale.order.id])) for sale in sales]


def _withheld(odoo: Reader, policy: HandoffPolicy) -> NotVerifiable | None:
    """Which checklist is an order's cannot be told where it goes by tags that are not shown."""
    by_tags = any(line.tags for unit in policy.everywhere() for line in unit.service_lines)
    if by_tags and odoo.lacks(SoldOrder, "tag_ids"):
        return NotVerifiable(
            check=Text("service lines of orders"),
            reason=Text(
                "sale.order shows no tag_ids to the fleet's user, but the policy asks for them"
            ),
            remedy=Text(
                "make the fleet's user a salesperson in Odoo, or tell service lines by category, "
                "sales team or template"
            ),
        )
    return None


def _with_orders_of_files(odoo: Reader, as_of: AsOf) -> AsOf:
    """The moment, looking at the orders too that the files which it looks at may be of."""
    files = sorted(n for model, n in as_of.only or () if model == Document.MODEL)
    if as_of.only is None or not files or not odoo.session.may_read(Document.MODEL):
        return as_of
    placed = {(file.res_model, file.res_id) for file in odoo.read(Document, files)}
    on_projects = sorted(n for model, n in placed if model == StartedProject.MODEL and n)
    orders = {n for model, n in placed if model == SoldOrder.MODEL and n}
    orders |= _orders_of(odoo, on_projects) if on_projects else set()
    return replace(as_of, only=as_of.only | {(SoldOrder.MODEL, number) for number in orders})


def _orders_of(odoo: Reader, projects: Sequence[int]) -> set[int]:
    """The orders of which these projects may be: of all that name them, or that they name."""
    found = odoo.read(StartedProject, projects)
    sold = sorted({each.sale_line_id for each in found if each.sale_line_id})
    named: Domain = [("id", "in", sold)]
    if not odoo.lacks(SoldLine, "project_id"):
        named = ["|", ("project_id", "in", list(projects)), *named]
    lines = odoo.search(SoldLine, named)
    reinvoiced = {each.reinvoiced_sale_order_id for each in found if each.reinvoiced_sale_order_id}
    return {*(line.order_id for line in lines), *reinvoiced}


def _view(sales: Iterable[Sale], as_of: AsOf) -> Period:
    """From the oldest order."""
    confirmed = (sale.order.date_order.date() for sale in sales)
    return view_from(min(confirmed, default=as_of.day), as_of)


def _sales(
    odoo: Reader, as_of: AsOf, policy: HandoffPolicy, *, with_offers: bool
) -> Sequence[Sale]:
    orders = _orders(odoo, as_of, policy, with_offers=with_offers)
    ids = [order.id for order in orders]
    every: dict[int, list[SoldLine]] = defaultdict(list)
    for line in odoo.search(SoldLine, [("order_id", "in", ids)]):
        every[line.order_id].append(line)
    sold = {order.id: [ln for ln in every[order.id] if _sells(ln)] for order in orders}
    orders = [
        order
        for order in orders
        if order.state in OFFERED or any(line.is_service for line in sold[order.id])
    ]
    products = _products(odoo, {order.id: sold[order.id] for order in orders})
    categories = _categories(odoo, products, policy)
    projects = _projects(odoo, orders, sold, products)
    hours = _planned(odoo, projects)
    lines = [line for order in orders for line in sold[order.id]]
    shares = _shares(odoo, lines)
    customers = _customers(odoo, orders)
    documents = _documents(odoo, orders, projects)
    signatures = read_signatures(
        odoo, [Signable(o.id, o.partner_id, o.signed_on) for o in orders if o.signed_on]
    )
    teams = _teams(odoo, orders)
    currencies = read_currencies(odoo)
    in_currency: dict[int, list[Subject]] = defaultdict(list)
    for order in orders:
        in_currency[order.currency_id].append((SoldOrder.MODEL, order.id))
    odoo.miss(Currency.MODEL, in_currency, currencies)
    known = [
        order
        for order in orders
        if order.currency_id in currencies
        and {order.partner_id, order.partner_invoice_id} <= customers.keys()
    ]

    def sale(order: SoldOrder) -> Sale:
        own = sold[order.id]
        of = [products[n] for line in own if (n := line.product_id or 0) in products]
        invoiced = customers[order.partner_invoice_id]
        its = None if projects is None else projects[order.id]
        places = {(SoldOrder.MODEL, order.id), *((StartedProject.MODEL, p.id) for p in its or ())}
        staged = [line for line in own if _staged(line)]
        return Sale(
            order=order,
            currency=currencies[order.currency_id],
            lines=own,
            notes=[line.name for line in every[order.id] if line.display_type == NOTE],
            products=of,
            categories=frozenset(c for p in of for c in categories.get(p.categ_id or 0, ())),
            projects=its,
            planned_hours=sum(hours.get(project.id, 0.0) for project in its or ()),
            shares=None if shares is None else {line.id: shares[line.id] for line in staged},
            customer=customers[order.partner_id],
            invoiced=invoiced,
            firm=customers.get(invoiced.commercial_partner_id or 0, invoiced),
            documents=None
            if documents is None
            else [file for place in sorted(places) for file in documents.get(place, ())],
            signature=signatures.shown.get(order.id),
            may_be_signed=order.id in signatures.doubtful,
            team=teams.get(order.team_id or 0, ""),
            url=odoo.session.link(SoldOrder.MODEL, order.id),
        )

    return [sale(order) for order in known]


def _orders(
    odoo: Reader, as_of: AsOf, policy: HandoffPolicy, *, with_offers: bool
) -> Sequence[SoldOrder]:
    days = max(unit.look_back_days for unit in policy.everywhere())
    first = datetime.combine(as_of.day - timedelta(days=days), time(), as_of.zone).astimezone(UTC)
    since: Domain = [("date_order", ">=", f"{first:%Y-%m-%d %H:%M:%S}")]
    asked: Domain = [*CONFIRMED, *since]
    if with_offers:
        asked = ["|", ("state", "in", [*OFFERED]), "&", *asked]
    return odoo.search(SoldOrder, [*asked, *as_of.only_ids(SoldOrder.MODEL)])


def _sells(line: SoldLine) -> bool:
    return not line.display_type and not line.is_downpayment


def _staged(line: SoldLine) -> bool:
    return line.qty_delivered_method == BY_MILESTONES


def _products(odoo: Reader, sold: Mapping[int, Sequence[SoldLine]]) -> Mapping[int, SoldProduct]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for order_id, lines in sold.items():
        for line in lines:
            if line.product_id:
                by[line.product_id] |= {(SoldLine.MODEL, line.id), (SoldOrder.MODEL, order_id)}
    return odoo.referred(SoldProduct, by)


def _categories(
    odoo: Reader, products: Mapping[int, SoldProduct], policy: HandoffPolicy
) -> Mapping[int, Collection[int]]:
    """By category, it and those above it; nothing where no policy goes by them."""
    units = policy.everywhere()
    if not any(line.categories for unit in units for line in unit.service_lines):
        return {}
    by: dict[int, set[Subject]] = defaultdict(set)
    for product in products.values():
        if product.categ_id:
            by[product.categ_id].add((SoldProduct.MODEL, product.id))
    return category_paths(odoo, by)


def _projects(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    sold: Mapping[int, Sequence[SoldLine]],
    products: Mapping[int, SoldProduct],
) -> Mapping[int, Sequence[StartedProject]] | None:
    """By order: projects that its lines or their products name, or that name it or a line."""
    of_line = {line.id: order.id for order in orders for line in sold[order.id]}
    named: dict[int, set[int]] = defaultdict(set)
    for order in orders:
        for line in sold[order.id]:
            product = products.get(line.product_id or 0)
            for number in (line.project_id, product.project_id if product else None):
                if number:
                    named[number].add(order.id)
    return projects_of(odoo, StartedProject, [order.id for order in orders], of_line, named)


def _planned(
    odoo: Reader, projects: Mapping[int, Sequence[StartedProject]] | None
) -> Mapping[int, float]:
    """Hours planned for the tasks of these projects, by project."""
    ids = sorted({project.id for of_one in (projects or {}).values() for project in of_one})
    if not ids or not odoo.session.may_read(PlannedTask.MODEL):
        return {}
    name = odoo.session.layout(PlannedTask).names.get("allocated_hours")
    if not name:
        return {}
    found = odoo.group(
        PlannedTask.MODEL,
        [("project_id", "in", ids)],
        by=["project_id"],
        sums=[name],
        all_companies=True,
    )
    return {group.id_at(0): group.sums[0] for group in found}


def _shares(odoo: Reader, lines: Iterable[SoldLine]) -> Mapping[int, float] | None:
    """By line that is billed by milestones, what these add up to in percent."""
    asked = sorted(line.id for line in lines if _staged(line))
    may_read = odoo.session.may_read(Milestone.MODEL)
    if not may_read or odoo.lacks(Milestone, "quantity_percentage"):
        return None
    shares = dict.fromkeys(asked, 0.0)
    of_lines: Domain = [("sale_line_id", "in", asked)]
    for milestone in odoo.search(Milestone, of_lines, all_companies=True):
        shares[milestone.sale_line_id or 0] += milestone.quantity_percentage * 100
    return shares


def _customers(odoo: Reader, orders: Iterable[SoldOrder]) -> Mapping[int, Customer]:
    """Customers, invoice addresses and the firms that they are of, by id."""
    by: dict[int, set[Subject]] = defaultdict(set)
    for order in orders:
        for number in (order.partner_id, order.partner_invoice_id):
            by[number].add((SoldOrder.MODEL, order.id))
    found = odoo.referred(Customer, by)
    firms: dict[int, set[Subject]] = defaultdict(set)
    for number, customer in found.items():
        if customer.commercial_partner_id and customer.commercial_partner_id not in found:
            firms[customer.commercial_partner_id] |= by[number]
    return {**found, **odoo.referred(Customer, firms)}


def _documents(
    odoo: Reader,
    orders: Iterable[SoldOrder],
    projects: Mapping[int, Sequence[StartedProject]] | None,
) -> Mapping[Subject, Sequence[Document]] | None:
    """By place, oldest first; files that store a field, like a signature, are none."""
    if not odoo.session.may_read(Document.MODEL):
        return None
    on_projects = sorted({p.id for of_one in (projects or {}).values() for p in of_one})
    asked: Domain = [
        ("res_field", "=", False),
        "|",
        *("&", ("res_model", "=", SoldOrder.MODEL), ("res_id", "in", [o.id for o in orders])),
        *("&", ("res_model", "=", StartedProject.MODEL), ("res_id", "in", on_projects)),
    ]
    found: dict[Subject, list[Document]] = defaultdict(list)
    for file in odoo.search(Document, asked):
        found[file.res_model or "", file.res_id or 0].append(file)
    return found


def _teams(odoo: Reader, orders: Iterable[SoldOrder]) -> Mapping[int, str]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for order in orders:
        if order.team_id:
            by[order.team_id].add((SoldOrder.MODEL, order.id))
    return {number: team.name for number, team in odoo.referred(SalesTeam, by).items()}
