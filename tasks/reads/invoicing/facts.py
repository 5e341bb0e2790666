"""The facts that the checks of an order's readiness need, read in one call per model."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks.domain.billing import Billing, Sold
from tasks.domain.checklists import Owner
from tasks.domain.holds import Hold
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text
from tasks.doubts import lost, unseen
from tasks.reads import unbilled
from tasks.reads.approvals import approval_field
from tasks.reads.invoicing.approval import Approval, Review, read_approvals
from tasks.reads.invoicing.drafts import NO_DRAFT, Drafted, drafted
from tasks.reads.invoicing.evidence import (
    EVIDENCE,
    Evidence,
    SoldTask,
    read_evidence,
    read_tasks,
)
from tasks.reads.invoicing.menders import Unapproved, read_menders
from tasks.reads.invoicing.owned import NO_MANAGER, Held
from tasks.reads.invoicing.policy import AcceptanceKind, InvoicingPolicy
from tasks.reads.invoicing.purchases import (
    Purchase,
    PurchaseLine,
    buys_for_orders,
    read_purchases,
)
from tasks.reads.invoicing.sending import Sending, sending_of
from tasks.reads.invoicing.tickets import HelpdeskTicket, Ticket, read_open_tickets
from tasks.reads.names import read_partners
from tasks.reads.orders import SoldOrder
from tasks.reads.signatures import Signable, Signature, Signatures, read_signatures
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

# The kinds of evidence of which tasks may be the place.
OF_TASKS = frozenset({AcceptanceKind.NAMED_FILE, AcceptanceKind.SIGNED_ELSEWHERE})
UNSIGNED = Signatures({})
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
    #: Of its project.
    manager: Owner = NO_MANAGER


@dataclass(frozen=True)
class OnHold:
    """A project on hold, by its name."""

    project: str
    manager: Owner = NO_MANAGER


@dataclass(frozen=True)
class Facts:
    """What the database says about one order; None stands for what it cannot say."""

    order: str
    lines: Sequence[Sold]
    url: str
    customer: str
    salesperson: Owner
    sending: Sending
    purchase_order: str | None
    milestones: Sequence[DueMilestone]
    evidence: Evidence | None
    #: open_expenses, unapproved_hours, open_purchases: by who is to approve or order them.
    open_expenses: Sequence[Held] | None
    unapproved_hours: Sequence[Held] | None
    open_purchases: Sequence[Held] | None = ()
    #: Whether this Odoo buys for lines of orders.
    buys: bool = False
    draft: Drafted = NO_DRAFT
    #: Lines to bill that carry no tax.
    untaxed_lines: int = 0
    vat_number: str | None = None
    #: Its projects on hold.
    on_hold: Sequence[OnHold] = ()
    approval: Approval | None = None
    tickets: Sequence[Ticket] | None = None
    #: Those that people, and policies of other jobs, put on it.
    holds: Sequence[Hold] = ()
    #: By the customer, on the portal, where that was asked for.
    signature: Signature | None = None
    #: Whether it may be signed there all the same, by somebody who is hidden.
    may_be_signed: bool = False
    #: What a source that signs may tell to be signed: the order, its tasks and milestones.
    signable: frozenset[Subject] = frozenset()
    #: When it told so first (UTC).
    signed_elsewhere: datetime | None = None
    #: Ids of customer and invoice address, and of the firms that they are of.
    customers: frozenset[int] = frozenset()
    #: Of its projects, each once.
    managers: Sequence[Owner] = ()
    #: Why a check cannot be made, by its name, though the database says something.
    doubts: Mapping[str, Text] = field(default_factory=dict)

    def has(self, billing: Billing) -> bool:
        """Whether any line is billed that way."""
        return any(line.billing is billing for line in self.lines)

    @property
    def owners(self) -> Iterator[Owner]:
        """Everybody who may have to do something."""
        held = (self.open_expenses, self.unapproved_hours, self.open_purchases)
        yield self.salesperson
        yield from self.managers
        yield from (each.owner for found in held for each in found or ())
        yield from self.approval.owners if self.approval else ()
        yield from (ticket.owner for ticket in self.tickets or ())

    @property
    def days(self) -> Iterator[date]:
        """Since when something of it may wait for somebody."""
        yield from (held.since for held in self.unapproved_hours or () if held.since)
        yield from (milestone.deadline for milestone in self.milestones if milestone.deadline)


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


def _due(milestone: Milestone, managers: Mapping[int, Owner]) -> DueMilestone:
    return DueMilestone(
        milestone.name,
        milestone.deadline,
        milestone.is_reached,
        milestone.sale_line_id or 0,
        Decimal(repr(milestone.quantity_percentage)),
        managers.get(milestone.project_id, NO_MANAGER),
    )


def read_facts(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    partners: Mapping[int, Partner],
    milestones: Mapping[int, Sequence[Milestone]],
    policy: InvoicingPolicy,
    of_projects: Mapping[int, Sequence[Milestone]] | None = None,
) -> Mapping[int, Facts]:
    """What each order's checks need, by order id; None for what this database cannot say.

    milestones: those that bill something. of_projects: on which files may show acceptance, too.
    """
    kinds = {kind for unit in policy.everywhere() for kind in unit.acceptance_kinds}
    tasks = read_tasks(odoo, orders) if kinds & OF_TASKS else {}
    by_name = tasks if AcceptanceKind.NAMED_FILE in kinds else {}
    evidence = read_evidence(odoo, orders, of_projects or milestones, by_name)
    signatures = _signatures(odoo, orders) if AcceptanceKind.PORTAL_SIGNATURE in kinds else UNSIGNED
    expenses = _open_expenses(odoo, orders)
    unapproved = _unapproved_hours(odoo, orders)
    purchases = read_purchases(odoo, orders)
    projects = _projects(odoo, orders)
    menders = read_menders(odoo, orders, projects, expenses or {}, unapproved or {})
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
            managers=tuple(dict.fromkeys(menders[order.order.id].managers.values())),
            sending=sending_of(partners, order.order),
            purchase_order=order.order.client_order_ref,
            milestones=[
                _due(milestone, menders[order.order.id].managers)
                for milestone in milestones.get(order.order.id, ())
            ],
            evidence=None if evidence is None else evidence[order.order.id],
            signature=signatures.shown.get(order.order.id),
            may_be_signed=order.order.id in signatures.doubtful,
            signable=_signable(order, tasks, milestones),
            open_expenses=None if expenses is None else menders[order.order.id].expenses,
            unapproved_hours=None if unapproved is None else menders[order.order.id].time,
            open_purchases=None if purchases is None else purchases.get(order.order.id, ()),
            buys=buys_for_orders(odoo),
            draft=drafted(order),
            customers=_customers(partners, order),
            untaxed_lines=sum(
                sold.sold.amount > 0 and not sold.line.tax_ids for sold in order.lines
            ),
            vat_number=partners[order.order.partner_invoice_id].vat,
            on_hold=[
                OnHold(projects[number].name, menders[order.order.id].managers[number])
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
        "purchases": [Purchase.MODEL, PurchaseLine.MODEL] if buys_for_orders(odoo) else [],
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


def _signatures(odoo: Reader, orders: Sequence[SoldOrder]) -> Signatures:
    signed = [each.order for each in orders]
    return read_signatures(
        odoo, [Signable(o.id, o.partner_id, o.signed_on) for o in signed if o.signed_on]
    )


def _signable(
    order: SoldOrder,
    tasks: Mapping[int, Sequence[int]],
    milestones: Mapping[int, Sequence[Milestone]],
) -> frozenset[Subject]:
    number = order.order.id
    return frozenset(
        {
            (Order.MODEL, number),
            *((SoldTask.MODEL, task) for task in tasks.get(number, ())),
            *((Milestone.MODEL, milestone.id) for milestone in milestones.get(number, ())),
        }
    )


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
) -> Mapping[int, Sequence[Unapproved]] | None:
    """By order, for each employee who worked them and each sheet that they are on."""
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
    found: dict[int, list[Unapproved]] = defaultdict(list)
    on_sheets = approval_field(odoo) == ("sheet_id",)
    by = ["so_line", "employee_id", *(["sheet_id"] if on_sheets else [])]
    waiting: Domain = [*unbilled.hours(odoo, lines), *pending]
    for group in group_hours(odoo, waiting, by, earliest=["date"]):
        # A line of nobody counts too, and so does one on no sheet.
        worker, sheet = (key if isinstance(key, int) else 0 for key in (*group.keys, 0)[1:3])
        if group.sums[0]:
            hours = Unapproved(worker, group.sums[0], group.earliest[0], sheet)
            found[lines[group.id_at(0)]].append(hours)
    return found


def known(facts: Facts, order_id: int, as_of: AsOf) -> Facts:
    """With what people and other sources say of the order: holds, and when it was signed for."""
    told = as_of.signed or {}
    first = min((told[each] for each in facts.signable if each in told), default=None)
    return replace(
        facts,
        holds=as_of.holds_on(Order.MODEL, order_id, facts.order),
        signed_elsewhere=first and first.astimezone(as_of.zone),
    )
