"""Reads delivered work that is not on a posted invoice: entries, drafts, and hours on no order."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo_gateway.reader import Domain, Group, Reader
from tasks.domain.ageing import Entry
from tasks.domain.billing import Billing
from tasks.domain.findings import NotVerifiable
from tasks.records import unbilled
from tasks.records.drafts import Draft, read_drafts
from tasks.records.orders import SoldLine, SoldOrder, read_orders
from tasks.records.sales import Invoice, Order, Partner, Project, user_names
from tasks.records.timesheets import TimesheetLine, no_leave

ZERO = Decimal(0)


@dataclass(frozen=True)
class Delivered:
    """The dated entries of a line that no posted invoice covers, and its oldest unlinked hour."""

    entries: tuple[Entry, ...] = ()
    oldest_unlinked: date | None = None


@dataclass(frozen=True)
class Leak:
    """Hours on a billable project that are linked to no order line."""

    project_id: int
    project: str
    manager: str
    hours: float
    oldest: date | None
    url: str


@dataclass(frozen=True)
class Work:
    """Everything that WIP of a company follows from."""

    orders: Sequence[SoldOrder]
    drafts: Mapping[int, Draft]
    delivered: Mapping[int, Delivered]
    leaks: Sequence[Leak]
    partners: Mapping[int, str]
    owners: Mapping[int, str]
    links: Mapping[int, str]
    not_verifiable: tuple[NotVerifiable, ...] = ()

    def lines(self) -> Iterator[tuple[SoldOrder, SoldLine]]:
        """The service and expense lines; down payments and goods are no work."""
        for order in self.orders:
            for sold in order.lines:
                if is_work(sold):
                    yield order, sold


def is_work(sold: SoldLine) -> bool:
    """Whether a line sells a service or re-invoices an expense."""
    return not sold.line.is_downpayment and (sold.line.is_service or sold.line.is_expense)


def read_work(odoo: Reader) -> Work:
    """All confirmed service and expense lines of the company, and what WIP needs of them."""
    orders = [order for order in read_orders(odoo) if any(is_work(sold) for sold in order.lines)]
    drafts, not_verifiable = read_drafts(odoo, orders)
    return Work(
        orders=orders,
        drafts=drafts,
        delivered={**_hours(odoo, orders), **_milestones(odoo, orders), **_expenses(odoo, orders)},
        leaks=_leaks(odoo),
        partners=_partners(odoo, orders),
        owners=user_names(odoo, {order.order.user_id for order in orders}),
        links={order.order.id: odoo.session.link(Order.MODEL, order.order.id) for order in orders},
        not_verifiable=(*not_verifiable, *unbilled.unknown_hours(odoo)),
    )


def _hours(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Delivered]:
    """Hours by day, those on draft invoices too; in the line's unit by its own delivered hours."""
    if not unbilled.knows_hours(odoo):
        return {}
    lines = unbilled.line_ids(orders, Billing.TIME_AND_MATERIALS)
    quantities = {sold.line.id: sold.sold.delivered for order in orders for sold in order.lines}
    unlinked = unbilled.hours(odoo, lines)
    groups = [*_by_day(odoo, unlinked), *_by_day(odoo, _on_drafts(odoo, lines))]
    total = {
        _line_id(group): group.sums[0]
        for group in odoo.group(
            TimesheetLine.MODEL,
            [("so_line", "in", sorted(lines)), ("project_id", "!=", False)],
            by=["so_line"],
            sums=["unit_amount"],
        )
    }
    oldest = {
        _line_id(group): group.earliest[0]
        for group in odoo.group(TimesheetLine.MODEL, unlinked, by=["so_line"], earliest=["date"])
    }
    entries: dict[int, list[Entry]] = defaultdict(list)
    for group in groups:
        line_id = _line_id(group)
        hours = Decimal(repr(group.sums[0]))
        all_hours = Decimal(repr(total.get(line_id) or 0.0))
        per_hour = quantities[line_id] / all_hours if all_hours else Decimal(1)
        entries[line_id].append(Entry(_day(group), hours * per_hour, hours))
    return {
        line_id: Delivered(tuple(found), oldest.get(line_id)) for line_id, found in entries.items()
    }


def _by_day(odoo: Reader, domain: Domain) -> Sequence[Group]:
    return odoo.group(TimesheetLine.MODEL, domain, by=["so_line", "date:day"], sums=["unit_amount"])


def _on_drafts(odoo: Reader, lines: Mapping[int, int]) -> Domain:
    if not odoo.session.may_read(Invoice.MODEL):
        return [("id", "=", 0)]
    return [
        ("so_line", "in", sorted(lines)),
        ("project_id", "!=", False),
        ("timesheet_invoice_type", "=", "billable_time"),
        ("timesheet_invoice_id.state", "=", "draft"),
    ]


def _milestones(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, Delivered]:
    reached = unbilled.reached(orders, unbilled.milestones(odoo, orders))
    return {line_id: Delivered(tuple(entries)) for line_id, entries in reached.items()}


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
    )
    return {
        _line_id(group): Delivered((Entry(group.earliest[0], quantities[_line_id(group)]),))
        for group in groups
    }


def _leaks(odoo: Reader) -> Sequence[Leak]:
    if not unbilled.knows_hours(odoo):
        return ()
    projects = {
        project.id: project
        for project in odoo.search(
            Project,
            [("allow_billable", "=", True), ("company_id", "in", [odoo.company_id, False])],
        )
        if not project.is_template
    }
    managers = user_names(odoo, {project.user_id for project in projects.values()})
    groups = odoo.group(
        TimesheetLine.MODEL,
        [
            ("project_id", "in", sorted(projects)),
            ("so_line", "=", False),
            ("company_id", "=", odoo.company_id),
            *no_leave(odoo),
        ],
        by=["project_id"],
        sums=["unit_amount"],
        earliest=["date"],
    )
    return [
        Leak(
            project_id=project.id,
            project=project.name,
            manager=managers.get(project.user_id or 0, "nobody: set a project manager"),
            hours=group.sums[0],
            oldest=group.earliest[0],
            url=odoo.session.link(Project.MODEL, project.id),
        )
        for group in groups
        if group.sums[0] > 0 and (project := projects[int(str(group.keys[0]))])
    ]


def _partners(odoo: Reader, orders: Sequence[SoldOrder]) -> Mapping[int, str]:
    ids = sorted({order.order.partner_id for order in orders})
    found = odoo.search(Partner, [("id", "in", ids)], archived=True)
    return {partner.id: partner.display_name for partner in found}


def _line_id(group: Group) -> int:
    return int(str(group.keys[0]))


def _day(group: Group) -> date | None:
    day = group.keys[1]
    return day if isinstance(day, date) else None
