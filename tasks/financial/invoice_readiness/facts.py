"""The facts that the checks of an order's readiness need, read in one call per model."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks.domain.billing import Billing, Sold
from tasks.domain.findings import NotVerifiable
from tasks.domain.holds import Hold
from tasks.domain.texts import Text
from tasks.doubts import lost, unseen
from tasks.financial.invoice_readiness.approval import Approval, Review, read_approvals
from tasks.financial.invoice_readiness.drafts import NO_DRAFT, Drafted, drafted
from tasks.financial.invoice_readiness.evidence import EVIDENCE, Evidence, read_evidence
from tasks.financial.invoice_readiness.menders import read_menders
from tasks.financial.invoice_readiness.policy import ReadinessPolicy
from tasks.financial.invoice_readiness.sending import Sending, sending_of
from tasks.financial.invoice_readiness.tickets import HelpdeskTicket, Ticket, read_open_tickets
from tasks.reads import unbilled
from tasks.reads.names import read_partners
from tasks.reads.orders import SoldOrder
from tasks.reads.units import Unit, group_hours
from tasks.records.sales import (
    Expense,
    ExpenseReport,
    Invoice,
    InvoiceLine,
    Milestone,
    Order,
    Partner,
    Project,
    Tax,
)
from tasks.records.timesheets import TimesheetLine

OPEN_EXPENSE_STATES = ["draft", "reported", "submitted", "approved"]


@dataclass(frozen=True)
class DueMilestone:
    """A milestone that bills one of the order's lines."""

    name: str
    deadline: date | None
    reached: bool
    line: int = 0
    #: Which part of what the line ordered.
    share: Decimal = Decimal(0)


@dataclass(frozen=True)
class Facts:
    """What the database says about one order; None stands for what it cannot say."""

    order: str
    lines: Sequence[Sold]
    url: str
    customer: str
    salesperson: str
    sending: Sending
    purchase_order: str | None
    milestones: Sequence[DueMilestone]
    evidence: Evidence | None
    open_expenses: int | None
    unapproved_hours: float | None
    draft: Drafted = NO_DRAFT
    #: Lines to bill that carry no tax.
    untaxed_lines: int = 0
    vat_number: str | None = None
    #: Names of its projects on hold.
    on_hold: Sequence[str] = ()
    approval: Approval | None = None
    tickets: Sequence[Ticket] | None = None
    #: Those that people, and policies of other jobs, put on it.
    holds: Sequence[Hold] = ()
    #: By the customer, on the order.
    signed: bool = False
    #: Ids of customer and invoice address, and of the firms that they are of.
    customers: frozenset[int] = frozenset()
    #: project_manager, time_approver, expense_approver: who can mend what fails, "" where Odoo
    #: names nobody and the salesperson is to see to it.
    project_manager: str = ""
    time_approver: str = ""
    expense_approver: str = ""
    #: Why a check cannot be made, by its name, though the database says something.
    doubts: Mapping[str, Text] = field(default_factory=dict)

    def has(self, billing: Billing) -> bool:
        """Whether any line is billed that way."""
        return any(line.billing is billing for line in self.lines)


@dataclass(frozen=True)
class Snapshot:
    """The orders with something to bill, and the facts that their checks need."""

    orders: Sequence[SoldOrder]
    facts: Mapping[int, Facts]
    waiting_since: Mapping[int, date]
    customers: Mapping[int, str]
    #: Of which only Odoo's own figure has something to bill.
    others: Sequence[SoldOrder]
    #: By id of the order.
    links: Mapping[int, str]
    unreadable: frozenset[int]
    #: Days from the last hour to the invoice that bills it, of lately posted invoices.
    latencies: Sequence[int] | None = None
    not_verifiable: tuple[NotVerifiable, ...] = ()


def read_customers(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Partner]:
    """The customers and invoice addresses of the orders, and the firms that they are of, by id."""
    by: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for order in orders:
        for partner_id in (order.order.partner_id, order.order.partner_invoice_id):
            by[partner_id].add((Order.MODEL, order.order.id))
    found = read_partners(odoo, by)
    firms: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for partner in found.values():
        if partner.commercial_partner_id and partner.commercial_partner_id not in found:
            firms[partner.commercial_partner_id] |= by[partner.id]
    return {**found, **(read_partners(odoo, firms) if firms else {})}


def _customers(partners: Mapping[int, Partner], order: SoldOrder) -> frozenset[int]:
    own = {order.order.partner_id, order.order.partner_invoice_id}
    return frozenset(own | {partners[number].commercial_partner_id or number for number in own})


def _due(milestone: Milestone) -> DueMilestone:
    return DueMilestone(
        milestone.name,
        milestone.deadline,
        milestone.is_reached,
        milestone.sale_line_id or 0,
        Decimal(repr(milestone.quantity_percentage)),
    )


def read_facts(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    partners: Mapping[int, Partner],
    milestones: Mapping[int, Sequence[Milestone]],
    policy: ReadinessPolicy,
) -> Mapping[int, Facts]:
    """What each order's checks need, by order id; None for what this database cannot say."""
    evidence = read_evidence(odoo, orders, milestones)
    expenses = _open_expenses(odoo, orders)
    unapproved = _unapproved_hours(odoo, orders)
    projects = _projects(odoo, orders)
    menders = read_menders(odoo, orders, projects, expenses or {}, _workers(unapproved or {}))
    approvals = read_approvals(odoo, orders)
    asked = [p for unit in policy.everywhere() if (p := unit.blocking_ticket_priority)]
    tickets = read_open_tickets(odoo, orders, partners, min(asked, default=None))
    doubts = _doubts(odoo, told_of_tickets=tickets is not None)
    return {
        order.order.id: Facts(
            order=order.order.name,
            lines=[sold.sold for sold in order.lines],
            url=odoo.session.link(Order.MODEL, order.order.id),
            customer=partners[order.order.partner_id].display_name,
            salesperson=menders[order.order.id].salesperson,
            project_manager=menders[order.order.id].project_manager,
            time_approver=menders[order.order.id].time_approver,
            expense_approver=menders[order.order.id].expense_approver,
            sending=sending_of(partners, order.order),
            purchase_order=order.order.client_order_ref,
            milestones=[_due(milestone) for milestone in milestones.get(order.order.id, ())],
            evidence=None if evidence is None else evidence[order.order.id],
            signed=order.order.signed_on is not None,
            open_expenses=None if expenses is None else len(expenses[order.order.id]),
            unapproved_hours=None if unapproved is None else _sum(unapproved[order.order.id]),
            draft=drafted(order),
            customers=_customers(partners, order),
            untaxed_lines=sum(
                sold.sold.amount > 0 and not sold.line.tax_ids for sold in order.lines
            ),
            vat_number=partners[order.order.partner_invoice_id].vat,
            on_hold=[
                projects[number].name
                for number in order.project_ids
                if number in projects and projects[number].last_update_status == "on_hold"
            ],
            approval=None if approvals is None else approvals[order.order.id],
            tickets=None if tickets is None else tickets[order.order.id],
            doubts=doubts,
        )
        for order in orders
    }


def _doubts(odoo: Reader, *, told_of_tickets: bool) -> Mapping[str, Text]:
    """Why a check cannot be made, by its name, where the user may read what it needs in part."""
    expenses = [Expense.MODEL] if Expense.MODULE in odoo.session.modules else []
    if _tells_of_expenses(odoo) and not odoo.lacks(Expense, "sheet_id"):
        expenses.append(ExpenseReport.MODEL)
    needs = {
        "expenses": expenses,
        "project_status": [Project.MODEL],
        "tax": [Tax.MODEL],
        "acceptance_evidence": [Project.MODEL, *EVIDENCE],
        "milestones": [Milestone.MODEL],
        "approved_time": [TimesheetLine.MODEL, Invoice.MODEL],
        "draft_invoice": [InvoiceLine.MODEL],
        "open_tickets": [HelpdeskTicket.MODEL] if told_of_tickets else [],
        "order_approval": [] if odoo.lacks(Order, "validation_status") else [Review.MODEL],
    }
    doubts = {check: doubt for check, models in needs.items() if (doubt := unseen(odoo, *models))}
    if unit := lost(odoo, Unit.MODEL):
        doubts.setdefault("approved_time", unit)
    return doubts


def _projects(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Project]:
    ids = sorted({project for order in orders for project in order.project_ids})
    found = odoo.read(Project, ids)
    return {project.id: project for project in found}


def _workers(hours: Mapping[int, Mapping[int, float]]) -> Mapping[int, Collection[int]]:
    return {order: [e for e, found in by.items() if found] for order, by in hours.items()}


def _sum(hours: Mapping[int, float]) -> float:
    return sum(hours.values())


def _open_expenses(
    odoo: Reader, orders: Sequence[SoldOrder]
) -> Mapping[int, Sequence[Expense]] | None:
    if not _tells_of_expenses(odoo):
        return None
    expenses = odoo.search(
        Expense,
        [
            ("sale_order_id", "in", [order.order.id for order in orders]),
            ("state", "in", OPEN_EXPENSE_STATES),
            *_not_on_a_posted_sheet(odoo),
        ],
        all_companies=True,
    )
    of_order: dict[int, list[Expense]] = defaultdict(list)
    for expense in expenses:
        of_order[expense.sale_order_id or 0].append(expense)
    return of_order


def _tells_of_expenses(odoo: Reader) -> bool:
    return odoo.session.may_read(Expense.MODEL) and not odoo.lacks(Expense, "sale_order_id")


def _not_on_a_posted_sheet(odoo: Reader) -> Domain:
    if odoo.lacks(Expense, "sheet_id"):
        return []
    return ["|", ("sheet_id", "=", False), ("sheet_id.state", "not in", ["post", "done"])]


def _unapproved_hours(
    odoo: Reader, orders: Sequence[SoldOrder]
) -> Mapping[int, Mapping[int, float]] | None:
    """By order, and by the employee who worked them."""
    pending: Domain
    if not unbilled.knows_hours(odoo):
        return None
    if not odoo.lacks(TimesheetLine, "validated"):
        pending = [("validated", "=", False)]
    elif not odoo.lacks(TimesheetLine, "sheet_state"):
        # A condition on a sheet's state passes over hours that are on no sheet.
        pending = ["|", ("sheet_id", "=", False), ("sheet_state", "!=", "done")]
    else:
        return None
    lines = unbilled.line_ids(orders, Billing.TIME_AND_MATERIALS)
    hours: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    by = ["so_line", "employee_id"]
    for group in group_hours(odoo, [*unbilled.hours(odoo, lines), *pending], by):
        # A line of nobody counts too.
        worker = group.keys[1] if isinstance(group.keys[1], int) else 0
        hours[lines[group.id_at(0)]][worker] += group.sums[0]
    return hours
