"""Reads delivered work that is not on a posted invoice: entries, drafts, and hours on no order."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from odoo_gateway.reader import Reader
from tasks.domain import money
from tasks.domain.ageing import Entry
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, joined
from tasks.financial.wip_aging.lock_up import Billed, read_billed
from tasks.financial.wip_aging.past import stood_then
from tasks.reads import unbilled
from tasks.reads.drafts import with_invoices
from tasks.reads.names import read_partners, user_names
from tasks.reads.orders import SoldLine, SoldOrder, company_currency, read_currencies, read_orders
from tasks.reads.unbilled import Delivered
from tasks.reads.unlinked import read_unlinked
from tasks.reads.unsold import Unsold, read_unsold
from tasks.records.sales import Order, Project
from tasks.records.timesheets import TimesheetLine


@dataclass(frozen=True)
class Leak:
    """Hours on a billable project that are linked to no order line."""

    project_id: int
    project: str
    manager: str
    hours: float
    oldest: date | None
    url: str
    archived: bool = False


@dataclass(frozen=True)
class Work:
    """Everything that WIP of a company follows from."""

    orders: Sequence[SoldOrder]
    delivered: Mapping[int, Delivered]
    leaks: Sequence[Leak]
    unsold: Sequence[Unsold]
    partners: Mapping[int, str]
    owners: Mapping[int, str]
    #: Names of the managers of an order's projects, by id of the order; "" for none.
    managers: Mapping[int, str]
    links: Mapping[int, str]
    #: None where it is hidden.
    company_currency: money.Currency | None
    #: By code of the currency; None where invoices are not readable.
    billed: Mapping[str, Billed] | None = None
    not_verifiable: tuple[NotVerifiable, ...] = ()
    #: As it stood at the end of a day that is over.
    is_over: bool = False
    #: Why nothing can be said of a line then, by its id.
    unknown: Mapping[int, Text] = field(default_factory=dict)

    def lines(self) -> Iterator[tuple[SoldOrder, SoldLine]]:
        """The service and expense lines; down payments and goods are not work."""
        for order in self.orders:
            for sold in order.lines:
                if is_work(sold):
                    yield order, sold


def is_work(sold: SoldLine) -> bool:
    """Whether a line sells a service or re-invoices an expense, or is a discount of them."""
    work = sold.line.is_service or sold.line.is_expense or sold.sold.price_unit < 0
    return work and not sold.line.is_downpayment


def read_work(odoo: Reader, as_of: AsOf) -> Work:
    """All confirmed service and expense lines of the company, and what WIP needs of them.

    Of a day that is over: as far as Odoo's records tell how they stood then.
    """
    currencies = read_currencies(odoo)
    confirmed = read_orders(odoo, currencies)
    working = [order for order in confirmed if any(is_work(sold) for sold in order.lines)]
    if as_of.is_over:
        return _work_then(odoo, working, currencies, as_of)
    orders = with_invoices(odoo, working)
    unsold = read_unsold(odoo, currencies)
    named = [*orders, *(each.order for each in unsold)]
    billed = read_billed(odoo, as_of.day)
    return Work(
        orders=orders,
        delivered={
            **unbilled.time(odoo, orders, as_of.day),
            **_milestones(odoo, orders),
            **_expenses(odoo, orders),
        },
        leaks=_leaks(odoo),
        unsold=unsold,
        partners=_partners(odoo, named),
        owners=user_names(odoo, {order.order.user_id for order in named}),
        managers=_managers(odoo, orders),
        links={order.order.id: odoo.session.link(Order.MODEL, order.order.id) for order in named},
        company_currency=company_currency(odoo, currencies),
        billed=None
        if billed is None
        else {
            currencies[number].code: found
            for number, found in billed.items()
            if number in currencies
        },
        not_verifiable=(
            *unbilled.unknown_hours(odoo),
            *(() if billed is not None else (_NO_LOCK_UP,)),
        ),
    )


def _work_then(
    odoo: Reader,
    confirmed: Sequence[SoldOrder],
    currencies: Mapping[int, money.Currency],
    as_of: AsOf,
) -> Work:
    then, day = stood_then(odoo, confirmed, as_of), as_of.day
    return Work(
        orders=then.orders,
        delivered={
            **unbilled.time(odoo, then.orders, day, is_over=True),
            **_milestones(odoo, then.orders, until=day),
            **_expenses(odoo, then.orders),
        },
        leaks=(),
        unsold=(),
        partners=_partners(odoo, then.orders),
        owners=user_names(odoo, {order.order.user_id for order in then.orders}),
        managers=_managers(odoo, then.orders),
        links={o.order.id: odoo.session.link(Order.MODEL, o.order.id) for o in then.orders},
        company_currency=company_currency(odoo, currencies),
        unknown=then.unknown,
        not_verifiable=(*then.not_verifiable, *unbilled.unknown_hours(odoo), *_NOT_THEN),
        is_over=True,
    )


def _milestones(
    odoo: Reader, orders: Sequence[SoldOrder], until: date = date.max
) -> Mapping[int, Delivered]:
    reached = unbilled.reached(orders, unbilled.milestones(odoo, orders))
    return {
        line_id: Delivered(tuple(e for e in entries if (e.day or until) <= until))
        for line_id, entries in reached.items()
    }


def _expenses(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Delivered]:
    if not unbilled.knows_hours(odoo):
        return {}
    lines = unbilled.line_ids(orders, Billing.EXPENSE)
    quantities = {sold.line.id: sold.sold.delivered for order in orders for sold in order.lines}
    groups = odoo.group(
        TimesheetLine.MODEL,
        [("so_line", "in", sorted(lines)), ("project_id", "=", False)],
        by=["so_line"],
        earliest=["date"],
        all_companies=True,
    )
    return {
        group.id_at(0): Delivered((Entry(group.earliest[0], quantities[group.id_at(0)]),))
        for group in groups
    }


def _leaks(odoo: Reader) -> Sequence[Leak]:
    found = read_unlinked(odoo)
    managers = user_names(odoo, {each.project.user_id for each in found})
    return [
        Leak(
            project_id=each.project.id,
            project=each.project.name,
            manager=managers.get(each.project.user_id or 0, Text("nobody: set a project manager")),
            hours=each.hours,
            oldest=each.oldest,
            url=odoo.session.link(Project.MODEL, each.project.id),
            archived=not each.project.active,
        )
        for each in found
    ]


def _managers(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, str]:
    ids = sorted({number for order in orders for number in order.project_ids})
    found = odoo.read(Project, ids)
    projects = {project.id: project.user_id for project in found}
    names = user_names(odoo, projects.values())
    return {
        order.order.id: joined(
            sorted({names[user] for n in order.project_ids if (user := projects.get(n))}), ", "
        )
        for order in orders
    }


def _partners(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, str]:
    by: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for order in orders:
        by[order.order.partner_id].add((Order.MODEL, order.order.id))
    return {number: partner.display_name for number, partner in read_partners(odoo, by).items()}


_NO_LOCK_UP = NotVerifiable(
    check=Text("lock-up"),
    reason=Text(
        "invoices are not readable for this user, so revenue and receivables are not known"
    ),
    remedy=Text("give the fleet's user read access to account.move"),
)
_NOT_THEN = (
    NotVerifiable(
        check=Text("drafts of that day"),
        reason=Text("Odoo does not say what stood on draft invoices on a day that is over"),
        remedy=Text("look at today's drafts, without --as-of"),
    ),
    NotVerifiable(
        check=Text("Odoo's own total of that day"),
        reason=Text(
            "Odoo's amounts to invoice are those of today, so there is nothing to compare with"
        ),
        remedy=Text(
            "compare with an accrual entry of that day (Accounting, on the orders: Accrued "
            "Revenue Entry)"
        ),
    ),
    NotVerifiable(
        check=Text("lock-up"),
        reason=Text(
            "what customers owed on a day that is over follows from payments, not from invoices"
        ),
        remedy=Text("take the aged receivables of that day from Odoo's accounting"),
    ),
    NotVerifiable(
        check=Text("hours on no order line, on cancelled orders and on quotations"),
        reason=Text(
            "Odoo does not say since when hours are linked to an order line, nor what its order "
            "was then"
        ),
        remedy=Text("look at today's, without --as-of"),
    ),
)
