"""The work and costs of a company that may leak, with the people who can mend it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from tasks import doubts
from tasks.domain import money
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.domain.withheld import REMEDY
from tasks.doubts import unseen
from tasks.financial.leakage.costs import Costs, read_costs
from tasks.financial.leakage.kinds import BY_HOURS, Kind
from tasks.financial.leakage.policy import LeakagePolicy
from tasks.financial.leakage.records import (
    BillLine,
    CostProduct,
    CostProject,
    MeasuredLine,
    PurchaseLine,
    SpentForCustomer,
    SpentReportState,
)
from tasks.reads import unbilled
from tasks.reads.orders import SoldLine, SoldOrder, company_currency, read_currencies, read_orders
from tasks.reads.owners import People, read_people, recent_view
from tasks.reads.unbilled import Delivered
from tasks.reads.units import HOUR, Unit
from tasks.reads.unlinked import Unlinked, read_unlinked
from tasks.reads.unsold import Unsold, read_unsold
from tasks.records.sales import Invoice, Order, OrderLine, Project
from tasks.records.timesheets import TimesheetLine

EXPENSES: Final = Text("expenses")
PURCHASES: Final = Text("vendors' bills of projects")
COSTS: Final = Text("costs in the accounts")
ORDERED: Final = Text("what is bought for orders")
PROJECTS: Final = Text("projects")
BY_PROJECT: Final = (Kind.NO_LINE, Kind.PURCHASE)
BY_COST: Final = (Kind.EXPENSE, Kind.PURCHASE, Kind.BOUGHT)
# Longer than any ladder; what came up before is quiet.


@dataclass(frozen=True)
class Gap:
    """What is not verifiable, and which kinds of leaks are not told for it."""

    told: NotVerifiable
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class Snapshot:
    """All that leaks of a company are found in."""

    #: Whose turn it may be.
    people: People
    #: The company's; None where it is hidden.
    currency: money.Currency | None = None
    #: All, by id.
    currencies: Mapping[int, money.Currency] = field(default_factory=dict)
    #: Those that are confirmed.
    orders: Sequence[SoldOrder] = ()
    unsold: Sequence[Unsold] = ()
    unlinked: Sequence[Unlinked] = ()
    #: What of lines billed by time is on no posted invoice, by line.
    delivered: Mapping[int, Delivered] = field(default_factory=dict)
    #: Lines of prepaid time with the last day of their hours; None for none.
    prepaid: Mapping[int, date | None] = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)
    #: Addresses of orders and projects, by model and id.
    links: Mapping[tuple[str, int], str] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()

    @property
    def unknown(self) -> frozenset[Kind]:
        """The kinds that this Odoo does not tell."""
        return frozenset(kind for gap in self.gaps for kind in gap.kinds)


def read(odoo: Reader, as_of: AsOf, policy: LeakagePolicy) -> Snapshot:
    """Orders with their hours and costs, and what is on no order."""
    if odoo.session.exists(Project.MODEL) is False:
        # The lines of orders and their hours are read by it.
        gap = Gap(_NO_PROJECTS, tuple(Kind))
        return Snapshot(read_people(odoo, (), recent_view(as_of)), gaps=(gap,))
    needed = (Order, OrderLine, TimesheetLine, Invoice, BillLine, Project)
    if not all(odoo.session.may_read(record.MODEL) for record in needed):
        # What is withheld for it, `rests_on` tells; of projects, that they are.
        told = _unseen(odoo, PROJECTS, Project.MODEL)
        hidden = (Gap(told, tuple(Kind)),) if told else ()
        return Snapshot(read_people(odoo, (), recent_view(as_of)), gaps=hidden)
    gaps = tuple(_gaps(odoo))
    unknown = {kind for gap in gaps for kind in gap.kinds}
    currencies = read_currencies(odoo)
    orders = read_orders(odoo, currencies)
    unsold = read_unsold(odoo, currencies)
    unlinked = () if Kind.NO_LINE in unknown else read_unlinked(odoo, policy.exempt_tasks)
    costs = read_costs(odoo, orders, currencies, as_of, policy, unknown)
    edges = {unit.hours_within_days for unit in policy.everywhere()}
    named = (*orders, *(each.order for each in unsold), *costs.unconfirmed)
    ids = {(Order.MODEL, order.order.id) for order in named}
    ids |= {(Project.MODEL, each.project.id) for each in unlinked}
    users = (
        *(order.order.user_id for order in named),
        *(each.project.user_id for each in unlinked),
        *(each.manager_id for each in costs.bills),
        *(user for each in costs.claims for user in (each.spender_id, each.approver_id)),
    )
    return Snapshot(
        people=read_people(odoo, users, recent_view(as_of)),
        currency=company_currency(odoo, currencies),
        currencies=currencies,
        orders=orders,
        unsold=unsold,
        unlinked=unlinked,
        delivered=unbilled.time(odoo, orders, as_of.day, edges=edges),
        prepaid={} if Kind.UNUSED in unknown else _prepaid(odoo, orders),
        costs=costs,
        links={(model, number): odoo.session.link(model, number) for model, number in ids},
        gaps=gaps,
    )


def _prepaid(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, date | None]:
    """Lines that go by hours, are billed as ordered, and are sold in a unit of time."""
    timed = [sold.line.id for order in orders for sold in order.lines if _is_prepaid(sold)]
    units = {
        line.id: line.product_uom_id
        for line in odoo.read(MeasuredLine, timed)
        if line.product_uom_id
    }
    hour = odoo.session.reference(*HOUR)
    by: dict[int, set[Subject]] = defaultdict(set, {hour: set()})
    for number, unit in units.items():
        by[unit].add((OrderLine.MODEL, number))
    kinds = {unit.id: unit.kind for unit in odoo.referred(Unit, by).values()}
    of_time = [n for n, unit in units.items() if unit in kinds and kinds[unit] == kinds.get(hour)]
    logged: Domain = [("so_line", "in", sorted(of_time)), ("project_id", "!=", False)]
    groups = odoo.group(
        TimesheetLine.MODEL, logged, ["so_line"], latest=["date"], all_companies=True
    )
    last = {group.id_at(0): group.latest[0] for group in groups}
    return {number: last.get(number) for number in of_time}


def _is_prepaid(sold: SoldLine) -> bool:
    by_hours = sold.line.qty_delivered_method == "timesheet"
    return by_hours and sold.sold.billing is Billing.FIXED and sold.sold.ordered > 0


def _gaps(odoo: Reader) -> Iterator[Gap]:
    """What this Odoo does not tell, and why."""
    billable = (CostProject, "account_id"), (CostProject, "allow_billable")
    re_invoiced = (CostProduct, "expense_policy")
    found = (
        *((told, BY_HOURS) for told in unbilled.unknown_hours(odoo)),
        (_unseen(odoo, PROJECTS, Project.MODEL), BY_PROJECT),
        (_hidden_expenses(odoo), (Kind.EXPENSE,)),
        (_hidden_costs(odoo), BY_COST),
        (_hidden(odoo, PURCHASES, re_invoiced, *billable), (Kind.PURCHASE,)),
        (_hidden_purchases(odoo), (Kind.BOUGHT,)),
    )
    return (Gap(told, kinds) for told, kinds in found if told)


def _hidden_costs(odoo: Reader) -> NotVerifiable | None:
    """That the user may see no more of these models than hours and invoices of customers."""
    booked = odoo.doubt_of_booked()
    bills = unseen(odoo, Invoice.MODEL, BillLine.MODEL, every=True)
    doubt = doubts.told(booked) if booked else bills
    figures = tuple(f"findings: {kind.value}" for kind in BY_COST)
    return NotVerifiable(COSTS, doubt, REMEDY, figures) if doubt else None


def _hidden_expenses(odoo: Reader) -> NotVerifiable | None:
    if SpentForCustomer.MODULE not in odoo.session.modules:
        reason = Text("expenses are not installed")
        remedy = Text("install hr_expense to have them looked at")
        return NotVerifiable(EXPENSES, reason, remedy)
    if hidden := _hidden(
        odoo, EXPENSES, (SpentForCustomer, "sale_order_id"), (CostProduct, "expense_policy")
    ):
        return hidden
    sheets = () if odoo.lacks(SpentForCustomer, "sheet_id") else (SpentReportState.MODEL,)
    return _unseen(odoo, EXPENSES, SpentForCustomer.MODEL, *sheets)


def _hidden_purchases(odoo: Reader) -> NotVerifiable | None:
    if odoo.session.exists(PurchaseLine.MODEL) is False:
        reason = Text("purchases are not installed")
        remedy = Text("install sale_purchase to have them looked at")
        return NotVerifiable(ORDERED, reason, remedy)
    named = (PurchaseLine, "sale_line_id"), (BillLine, "purchase_line_id")
    return _unseen(odoo, ORDERED, PurchaseLine.MODEL) or _hidden(odoo, ORDERED, *named)


def _unseen(odoo: Reader, check: Text, *models: str) -> NotVerifiable | None:
    """That rows of one of the models may be hidden; None where all are seen."""
    doubt = unseen(odoo, *models)
    return NotVerifiable(check, doubt, REMEDY) if doubt else None


def _hidden(odoo: Reader, check: Text, *fields: tuple[type[Record], str]) -> NotVerifiable | None:
    """That this Odoo shows one of the fields nowhere; None where it shows all."""
    for record, name in fields:
        if odoo.lacks(record, name):
            reason = Text(
                "{model} shows no {field} to the fleet's user: a module is missing, or a group",
                model=record.MODEL,
                field=name,
            )
            return NotVerifiable(check, reason, REMEDY)
    return None


_NO_PROJECTS: Final = NotVerifiable(
    check=PROJECTS,
    reason=Text("projects are not installed"),
    remedy=Text("install sale_timesheet to have what leaks of them looked at"),
)
