"""Reads the facts that an order's readiness checks need, one call per model."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks.domain.ageing import still_open
from tasks.domain.billing import Billing
from tasks.domain.readiness import Drafted, DueMilestone, Facts, ReadinessPolicy
from tasks.domain.sending import Sending
from tasks.records import unbilled
from tasks.records.approvals import read_approvals
from tasks.records.evidence import read_evidence
from tasks.records.menders import read_menders
from tasks.records.orders import SoldOrder
from tasks.records.sales import (
    Expense,
    Invoice,
    InvoiceLine,
    Milestone,
    Order,
    Partner,
    Project,
    read_partners,
)
from tasks.records.submitted import ExpenseReport
from tasks.records.tickets import HelpdeskTicket, read_open_tickets
from tasks.records.timesheets import TimesheetLine
from tasks.records.units import group_hours

OPEN_EXPENSE_STATES = ["draft", "reported", "submitted", "approved"]


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


def _sending(partners: Mapping[int, Partner], order: SoldOrder) -> Sending:
    """Odoo's `account.move.send._get_default_sending_methods` asks the commercial partner."""
    address = partners[order.order.partner_invoice_id]
    firm = partners[address.commercial_partner_id or address.id]
    parts = {
        "street": address.street,
        "zip": address.zip,
        "city": address.city,
        "country": address.country_code,
    }
    return Sending(
        email=address.email,
        method=firm.invoice_sending_method,
        missing=[name for name, value in parts.items() if not value],
        peppol=bool(firm.peppol_eas and firm.peppol_endpoint),
        peppol_state=firm.peppol_verification_state,
    )


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


def _drafted(order: SoldOrder) -> Drafted:
    """A draft bills what is due of a line where it has more than it gives back.

    A final invoice takes back what a down payment billed; it bills the work all the same.
    """
    waiting = [line for line in order.lines if line.sold.draft.stands]
    work = [line.sold for line in waiting if not line.line.is_downpayment]
    due = [line.sold.amount for line in order.lines if not line.line.is_downpayment]
    value = sum((sold.draft.value for sold in work if sold.draft.adds), Decimal(0))
    return Drafted(
        bills=any(sold.draft.adds for sold in work),
        bills_all=value >= sum((amount for amount in due if amount > 0), Decimal(0)),
        down_payment=any(line.line.is_downpayment for line in waiting),
        credit_note=any(not sold.draft.adds for sold in work),
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
            sending=_sending(partners, order),
            purchase_order=order.order.client_order_ref,
            milestones=[_due(milestone) for milestone in milestones.get(order.order.id, ())],
            evidence=None if evidence is None else evidence[order.order.id],
            signed=order.order.signed_on is not None,
            open_expenses=None if expenses is None else len(expenses[order.order.id]),
            unapproved_hours=None if unapproved is None else _sum(unapproved[order.order.id]),
            draft=_drafted(order),
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


def _doubts(odoo: Reader, *, told_of_tickets: bool) -> Mapping[str, str]:
    """Why a check cannot be made, by its name, where the user may read what it needs in part."""
    expenses = [Expense.MODEL] if Expense.MODULE in odoo.session.modules else []
    if _tells_of_expenses(odoo) and not odoo.lacks(Expense, "sheet_id"):
        expenses.append(ExpenseReport.MODEL)
    needs = {
        "expenses": expenses,
        "project_status": [Project.MODEL],
        "acceptance_evidence": [Project.MODEL],
        "milestones": [Milestone.MODEL],
        "approved_time": [TimesheetLine.MODEL, Invoice.MODEL],
        "draft_invoice": [InvoiceLine.MODEL],
        "open_tickets": [HelpdeskTicket.MODEL] if told_of_tickets else [],
    }
    return {
        check: doubt
        for check, models in needs.items()
        if (doubt := next(filter(None, map(odoo.doubt, models)), ""))
    }


def _projects(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Project]:
    ids = sorted({project for order in orders for project in order.project_ids})
    found = odoo.search(Project, [("id", "in", ids)], archived=True)
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


def waiting_since(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    milestones: Mapping[int, Sequence[Milestone]],
) -> Mapping[int, date]:
    """The oldest day known since which something of the order waits to be billed."""
    since: dict[int, list[date]] = defaultdict(list)
    time = unbilled.time(odoo, orders)
    reached = unbilled.reached(orders, milestones)
    for order in orders:
        for sold in order.lines:
            left = sold.sold.delivered - sold.sold.posted
            waiting = (
                *unbilled.waiting(sold, time.get(sold.line.id, unbilled.Delivered())),
                *still_open(reached.get(sold.line.id, ()), left),
            )
            since[order.order.id] += [entry.day for entry in waiting if entry.day]
            if sold.sold.billing is Billing.FIXED and sold.sold.amount > 0:
                since[order.order.id].append(order.order.date_order.date())
    return {order_id: min(days) for order_id, days in since.items() if days}
