"""What a firm changed, or was asked to change, after its customers had ordered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from odoo_gateway.reader import Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf, Period
from tasks.execution.change_requests import families
from tasks.execution.change_requests.kept import ChangeRequest, InOdoo
from tasks.execution.change_requests.kept_tasks import read_tasks
from tasks.execution.change_requests.messages import Raised, read_raised
from tasks.execution.change_requests.people import People, read_people
from tasks.execution.change_requests.policy import ChangePolicy, KeptAs
from tasks.execution.change_requests.records import (
    AllocatedTask,
    BudgetedProject,
    ChangeLine,
    ChangeOrder,
)
from tasks.reads.orders import company_currency, read_currencies
from tasks.reads.signatures import Signable, Signatures, read_signatures
from tasks.reads.units import hours_per_unit

TIMED = "timesheet"


@dataclass(frozen=True)
class Snapshot:
    """The change requests of a company, the orders that they change, and who is concerned."""

    requests: Sequence[ChangeRequest]
    #: By id, all that are read.
    orders: Mapping[int, ChangeOrder]
    #: By id, of the orders.
    currencies: Mapping[int, Currency]
    #: Of confirmed orders, by order, as they were added.
    lines: Mapping[int, Sequence[ChangeLine]]
    #: Hours that tasks are allocated, by line.
    allocated: Mapping[int, float]
    #: Hours that a line sells, by line; only of those that are delivered by timesheets.
    sold_hours: Mapping[int, float]
    projects: Mapping[int, BudgetedProject]
    #: Of quotations and orders.
    signatures: Signatures
    #: Quantities that were raised, by order.
    raised: Mapping[int, Sequence[Raised]]
    people: People
    links: Mapping[tuple[str, int], str]
    #: The first moment that is looked at (UTC).
    since: datetime
    not_verifiable: tuple[NotVerifiable, ...] = field(default=())


def read(odoo: Reader, as_of: AsOf, policy: ChangePolicy) -> Snapshot:
    """Orders, quotations and tasks of late, or the few that are looked at with their families."""
    first = _first_day(as_of, policy)
    since = datetime.combine(first, datetime.min.time(), as_of.now.tzinfo)
    currencies = read_currencies(odoo)
    currency = company_currency(odoo, currencies)
    seen, gaps = read_tasks(odoo, as_of, policy, first, currency, set())
    projects = {each.project_id for each in seen if each.project_id}
    orders = families.read_orders(odoo, as_of, first, projects)
    if as_of.only is not None:
        projects |= {order.project_id for order in orders.values() if order.project_id}
        seen, gaps = read_tasks(odoo, as_of, policy, first, currency, projects)
    in_currency = {order.currency_id: [(ChangeOrder.MODEL, order.id)] for order in orders.values()}
    odoo.miss("res.currency", in_currency, currencies)
    lines = families.read_lines(odoo, orders)
    requests = [
        *_quotations(orders, currencies, policy),
        *(_of_order(each, orders) for each in seen),
    ]
    known = _projects(odoo, orders.values(), requests)
    about = {order.id for order in orders.values() if order.create_date >= since}
    about |= {order.id for order in orders.values() if families.is_confirmed(order)}
    signable = (
        Signable(order.id, order.partner_id, order.signed_on)
        for order in orders.values()
        if order.id in about and order.signed_on
    )
    return Snapshot(
        requests=[each for each in requests if each.raised_at >= since],
        orders=orders,
        currencies=currencies,
        lines=_by_order(lines),
        allocated=_allocated(odoo, lines),
        sold_hours=_sold_hours(odoo, lines),
        projects=known,
        signatures=read_signatures(odoo, signable),
        raised=read_raised(odoo, about),
        people=read_people(odoo, as_of, requests, orders.values(), known.values(), _view(as_of)),
        links={
            (model, number): odoo.session.link(model, number)
            for model, number in (
                *((ChangeOrder.MODEL, number) for number in orders),
                *((each.model, each.record_id) for each in requests),
            )
        },
        since=since,
        not_verifiable=gaps,
    )


def _first_day(as_of: AsOf, policy: ChangePolicy) -> date:
    return as_of.day - timedelta(days=max(unit.look_back_days for unit in policy.everywhere()))


def _view(as_of: AsOf) -> Period:
    """The whole weeks within which people decided what is measured."""
    asked = [each.asked_at.date() for each in as_of.proposed]
    return Period(min([as_of.day, *asked]), as_of.day).whole_weeks()


def _quotations(
    orders: Mapping[int, ChangeOrder], currencies: Mapping[int, Currency], policy: ChangePolicy
) -> Iterable[ChangeRequest]:
    if policy.kept_as is not KeptAs.QUOTATIONS:
        return
    for order in orders.values():
        original = families.original_of(order, orders.values())
        if original is not None and order.currency_id in currencies:
            yield _quotation(order, original, currencies[order.currency_id])


def _quotation(order: ChangeOrder, original: ChangeOrder, currency: Currency) -> ChangeRequest:
    confirmed = families.is_confirmed(order)
    state = InOdoo.RAISED
    if confirmed or order.state == "cancel":
        state = InOdoo.APPLIED if confirmed else InOdoo.REFUSED
    return ChangeRequest(
        model=order.MODEL,
        record_id=order.id,
        name=order.name,
        in_odoo=state,
        raised_at=order.create_date,
        # Odoo sets it when the order is confirmed.
        since=order.date_order if confirmed else order.create_date,
        raised_by=order.create_uid,
        order_id=original.id,
        project_id=order.project_id or original.project_id,
        amount=currency.round(order.amount_untaxed),
        currency=currency,
        hours=None,
    )


def _of_order(request: ChangeRequest, orders: Mapping[int, ChangeOrder]) -> ChangeRequest:
    """A task, with the first confirmed order of its project."""
    of_project = (
        order.id
        for order in orders.values()
        if families.is_confirmed(order) and order.project_id == request.project_id
    )
    found = min(of_project, default=None) if request.project_id else None
    return replace(request, order_id=found)


def _by_order(lines: Iterable[ChangeLine]) -> Mapping[int, Sequence[ChangeLine]]:
    found: dict[int, list[ChangeLine]] = {}
    for line in sorted(lines, key=lambda line: (line.create_date, line.id)):
        found.setdefault(line.order_id, []).append(line)
    return found


def _sold_hours(odoo: Reader, lines: Iterable[ChangeLine]) -> Mapping[int, float]:
    """What lines sell of time; a unit that is none of time counts as hours."""
    timed = [line for line in lines if line.qty_delivered_method == TIMED]
    factors = hours_per_unit(odoo, {line.product_uom_id for line in timed} - {None})
    return {
        line.id: float(line.product_uom_qty) * factors.get(line.product_uom_id, 1.0)
        for line in timed
    }


def _allocated(odoo: Reader, lines: Iterable[ChangeLine]) -> Mapping[int, float]:
    """Hours of the tasks of each line; those of their subtasks are part of them."""
    timed = sorted(line.id for line in lines if line.qty_delivered_method == TIMED)
    readable = bool(timed) and odoo.session.may_read(AllocatedTask.MODEL)
    found: dict[int, float] = {}
    asked = [("sale_line_id", "in", timed), ("parent_id", "=", False)]
    for task in odoo.search(AllocatedTask, asked, all_companies=True) if readable else ():
        number = task.sale_line_id or 0
        found[number] = found.get(number, 0.0) + task.allocated_hours
    return found


def _projects(
    odoo: Reader, orders: Iterable[ChangeOrder], requests: Iterable[ChangeRequest]
) -> Mapping[int, BudgetedProject]:
    ids = {order.project_id for order in orders} | {each.project_id for each in requests}
    wanted = sorted(number for number in ids if number)
    if not wanted or not odoo.session.may_read(BudgetedProject.MODEL):
        return {}
    return {project.id: project for project in odoo.read(BudgetedProject, wanted)}
