"""What was sold of late, the projects of it, projects of nothing that was sold, and won leads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from odoo_gateway.reader import Domain, Key, Reader
from tasks.domain import money
from tasks.domain.findings import NotVerifiable
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import Text
from tasks.mobilization.project_setup.policy import SetupPolicy
from tasks.mobilization.project_setup.records import (
    SetupLine,
    SetupOrder,
    SetupProduct,
    SetupProject,
    TemplateTask,
    WonLead,
)
from tasks.reads.categories import category_paths
from tasks.reads.names import read_partners
from tasks.reads.order_projects import projects_of
from tasks.reads.orders import CONFIRMED, read_currencies
from tasks.reads.owners import People, read_people
from tasks.reads.units import HOUR, hours_per_unit
from tasks.records.sales import Currency, Milestone
from tasks.records.timesheets import TimesheetLine

WEEKS_BACK: Final = 52
WEEKS_AHEAD: Final = 5
HEADING: Final = "line_section"
# Whose warranty is watched: days from its order to its end.
LONGEST_PROJECT: Final = 730
# What may still come to be, or is: not a cancelled one.
STANDS: Final[Domain] = [("state", "!=", "cancel")]


class Kind(StrEnum):
    """What is not there that should be."""

    NO_PROJECT = "order-without-project"
    NO_ORDER = "project-without-order"
    NOT_SOLD = "won-without-order"
    STAFFING = "staffing-request"
    ACTIVE = "project-active"
    NO_SUPPORT = "no-support-project"
    WARRANTY = "warranty-ends"
    SUPPORT_ENDS = "support-ends"


@dataclass(frozen=True)
class Gap:
    """What this Odoo cannot tell, and why."""

    kinds: Sequence[Kind]
    told: NotVerifiable


@dataclass(frozen=True)
class Sale:
    """One confirmed order that sells services, and its projects."""

    order: SetupOrder
    currency: money.Currency
    #: Its services, in order.
    services: Sequence[SetupLine]
    #: Archived ones too.
    projects: Sequence[SetupProject]
    #: Those that its lines name; of one in a project of several orders that project is not the
    #: order's.
    tasks: frozenset[int]
    #: Hours that its lines sell, by line; none of one that sells no time.
    hours: Mapping[int, float]
    #: By line, the heading that it stands under.
    phases: Mapping[int, str]


@dataclass(frozen=True)
class Template:
    """What projects are copied from."""

    project: SetupProject
    tasks: Sequence[TemplateTask]
    milestones: Sequence[Milestone]


@dataclass(frozen=True)
class Snapshot:
    """What was sold and won of late, and billable projects that no order names."""

    sales: Sequence[Sale]
    products: Mapping[int, SetupProduct]
    #: By product, the ids of its category and of those above it.
    categories: Mapping[int, frozenset[int]]
    #: Of products and of the policy, by id.
    templates: Mapping[int, Template]
    #: The projects of sales on which somebody has a task, and the tasks of sales that somebody has.
    staffed: frozenset[int]
    given: frozenset[int]
    #: The day of the first hour on each of them that has any.
    first_hours: Mapping[int, date]
    #: Of these projects, where the policy watches warranties.
    milestones: Mapping[int, Sequence[Milestone]]
    #: Of customers, without an order.
    unsold: Sequence[SetupProject]
    leads: Sequence[WonLead]
    #: By lead, its orders that are not cancelled.
    orders_of_lead: Mapping[int, Sequence[SetupOrder]]
    #: Names of customers.
    customers: Mapping[int, str]
    people: People
    links: Mapping[Subject, str]
    gaps: Sequence[Gap] = ()


def read(odoo: Reader, as_of: AsOf, policy: SetupPolicy) -> Snapshot:
    """Orders confirmed and leads won of late, and projects; in one call per model but for pages."""
    widened = _with_orders_of_projects(odoo, as_of)
    sales, products = _sales(odoo, widened, policy)
    projects = {project.id: project for sale in sales for project in sale.projects}
    unsold = _unsold(odoo, as_of)
    leads, of_lead = _leads(odoo, as_of, policy)
    by: dict[int, set[Subject]] = defaultdict(set)
    looked_at: Sequence[SetupOrder | SetupProject | WonLead] = [
        *(sale.order for sale in sales),
        *unsold,
        *leads,
    ]
    for record in looked_at:
        if record.partner_id:
            by[record.partner_id].add((record.MODEL, record.id))
    users = {
        *(sale.order.user_id for sale in sales),
        *(project.user_id for project in (*unsold, *projects.values())),
        *(lead.user_id for lead in leads),
        *_named(policy),
    }
    return Snapshot(
        sales=sales,
        products=products,
        categories=_categories(odoo, products, policy),
        templates=_templates(odoo, products.values(), policy),
        staffed=_staffed(odoo, projects),
        given=_given(odoo, {task for sale in sales for task in sale.tasks}),
        first_hours=_first_hours(odoo, projects),
        milestones=_milestones(odoo, projects if _watches_warranties(policy) else ()),
        unsold=unsold,
        leads=leads,
        orders_of_lead=of_lead,
        customers={n: each.display_name for n, each in read_partners(odoo, by).items()},
        people=read_people(odoo, users if looked_at else (), _view(as_of, policy)),
        links={
            (record.MODEL, record.id): odoo.session.link(record.MODEL, record.id)
            for record in (*looked_at, *projects.values())
        },
        gaps=tuple(_gaps(odoo)),
    )


def _with_orders_of_projects(odoo: Reader, as_of: AsOf) -> AsOf:
    """The moment, looking at the orders too whose projects it looks at."""
    ids = sorted(number for model, number in as_of.only or () if model == SetupProject.MODEL)
    may_read = odoo.session.may_read(SetupProject.MODEL)
    if as_of.only is None or not ids or not may_read or odoo.lacks(SetupProject, "sale_line_id"):
        return as_of
    found = odoo.read(SetupProject, ids)
    of_lines = sorted({each.sale_line_id for each in found if each.sale_line_id})
    named: Domain = ["|", ("project_id", "in", ids), ("id", "in", of_lines)]
    orders = {line.order_id for line in odoo.search(SetupLine, named)}
    orders |= {order.id for order in odoo.search(SetupOrder, [("project_id", "in", ids)])}
    orders |= {each.reinvoiced_sale_order_id for each in found if each.reinvoiced_sale_order_id}
    return replace(as_of, only=as_of.only | {(SetupOrder.MODEL, number) for number in orders})


def _staffed(odoo: Reader, projects: Iterable[int]) -> frozenset[int]:
    if not odoo.session.may_read(TemplateTask.MODEL):
        return frozenset()
    given: Domain = [("project_id", "in", sorted(projects)), ("user_ids", "!=", False)]
    groups = odoo.group(TemplateTask.MODEL, given, ["project_id"], all_companies=True)
    return frozenset(group.id_at(0) for group in groups)


def _given(odoo: Reader, tasks: Iterable[int]) -> frozenset[int]:
    if not odoo.session.may_read(TemplateTask.MODEL):
        return frozenset()
    asked: Domain = [("id", "in", sorted(tasks)), ("user_ids", "!=", False)]
    return frozenset(task.id for task in odoo.search(TemplateTask, asked, all_companies=True))


def _first_hours(odoo: Reader, projects: Iterable[int]) -> Mapping[int, date]:
    if not odoo.session.may_read(TimesheetLine.MODEL):
        return {}
    groups = odoo.group(
        TimesheetLine.MODEL,
        [("project_id", "in", sorted(projects))],
        ["project_id"],
        earliest=["date"],
        all_companies=True,
    )
    return {group.id_at(0): day for group in groups if (day := group.earliest[0])}


def _milestones(odoo: Reader, projects: Iterable[int]) -> Mapping[int, Sequence[Milestone]]:
    found: dict[int, list[Milestone]] = defaultdict(list)
    within: Domain = [("project_id", "in", sorted(projects))]
    if odoo.session.may_read(Milestone.MODEL):
        for milestone in odoo.search(Milestone, within, all_companies=True):
            found[milestone.project_id].append(milestone)
    return found


def _watches_warranties(policy: SetupPolicy) -> bool:
    return any(_warranties(unit) for unit in policy.everywhere())


def _warranties(policy: SetupPolicy) -> Sequence[int]:
    """Days of warranty and of support."""
    supports = (line.support for line in policy.service_lines)
    return [days for each in supports if each for days in (each.warranty_days, each.days) if days]


def _gaps(odoo: Reader) -> Iterator[Gap]:
    """What is not linked in this Odoo; what may not be read is withheld by what it rests on."""
    of_projects = (Kind.NO_PROJECT, Kind.NO_ORDER)
    if odoo.session.exists(SetupProject.MODEL) is False:
        yield Gap(
            of_projects,
            NotVerifiable(
                check=Text("projects of orders"),
                reason=Text("this Odoo has no projects"),
                remedy=Text("install the module project in Odoo, or pause project_setup"),
            ),
        )
    elif odoo.session.may_read(SetupProject.MODEL) and odoo.lacks(SetupProject, "sale_line_id"):
        yield Gap(
            of_projects,
            NotVerifiable(
                check=Text("projects of orders"),
                reason=Text("projects and orders are not linked in this Odoo"),
                remedy=Text("install the module sale_project in Odoo, or pause project_setup"),
            ),
        )
    if odoo.session.may_read(WonLead.MODEL) and odoo.lacks(SetupOrder, "opportunity_id"):
        yield Gap(
            (Kind.NOT_SOLD,),
            NotVerifiable(
                check=Text("orders of won leads"),
                reason=Text("leads and orders are not linked in this Odoo"),
                remedy=Text("install the module sale_crm in Odoo"),
            ),
        )


def _named(policy: SetupPolicy) -> Iterable[int | None]:
    """Users whom the policy names."""
    for unit in policy.everywhere():
        yield from (unit.delivery_lead, unit.manager, unit.planner, *unit.finance)
        for line in unit.service_lines:
            yield from (line.delivery_lead, line.manager)
            yield from (line.support.manager, *line.support.team) if line.support else ()


def _view(as_of: AsOf, policy: SetupPolicy) -> Period:
    """Whole weeks from the oldest that is looked at, of a year at most, to some ahead."""
    today = Period(as_of.day, as_of.day).whole_weeks()
    weeks = min(_days(policy) // 7 + 2, WEEKS_BACK)
    return Period(today.shifted(-weeks).start, today.shifted(WEEKS_AHEAD).end)


def _days(policy: SetupPolicy) -> int:
    """How far back orders are read: warranties end long after them."""
    days = [unit.look_back_days for unit in policy.everywhere()]
    warranties = [each for unit in policy.everywhere() for each in _warranties(unit)]
    return max(*days, *(each + LONGEST_PROJECT for each in warranties), 0)


def _since(field: str, as_of: AsOf, policy: SetupPolicy) -> Domain:
    day = as_of.day - timedelta(days=_days(policy))
    first = datetime.combine(day, time(), as_of.zone).astimezone(UTC)
    return [(field, ">=", f"{first:%Y-%m-%d %H:%M:%S}")]


def _sales(
    odoo: Reader, as_of: AsOf, policy: SetupPolicy
) -> tuple[Sequence[Sale], Mapping[int, SetupProduct]]:
    since = _since("date_order", as_of, policy)
    asked: Domain = [*CONFIRMED, *since, *as_of.only_ids(SetupOrder.MODEL)]
    orders = {order.id: order for order in odoo.search(SetupOrder, asked)}
    lines: dict[int, list[SetupLine]] = defaultdict(list)
    phases: dict[int, str] = {}
    heading: dict[int, str] = {}
    every = odoo.search(SetupLine, [("order_id", "in", sorted(orders))])
    for line in sorted(every, key=lambda each: (each.sequence, each.id)):
        if line.display_type == HEADING:
            heading[line.order_id] = line.name
        elif line.sells_service:
            lines[line.order_id].append(line)
            phases[line.id] = heading.get(line.order_id, "")
    sold = {number: order for number, order in orders.items() if lines[number]}
    products = _products(odoo, {number: lines[number] for number in sold})
    projects = _projects(odoo, sold, lines, products)
    hours = _hours(odoo, [line for number in sold for line in lines[number]])
    currencies = read_currencies(odoo)
    in_currency: dict[int, list[Subject]] = defaultdict(list)
    for order in sold.values():
        in_currency[order.currency_id].append((SetupOrder.MODEL, order.id))
    odoo.miss(Currency.MODEL, in_currency, currencies)
    return [
        Sale(
            order=order,
            currency=currencies[order.currency_id],
            services=lines[number],
            projects=projects[number],
            tasks=frozenset(line.task_id for line in lines[number] if line.task_id),
            hours={line.id: hours[line.id] for line in lines[number] if line.id in hours},
            phases={line.id: phases[line.id] for line in lines[number]},
        )
        for number, order in sold.items()
        if order.currency_id in currencies
    ], products


def _hours(odoo: Reader, lines: Sequence[SetupLine]) -> Mapping[int, float]:
    """By line, the hours that it sells, as Odoo counts them for tasks and budgets.

    What is billed by hours counts by its quantity where its unit is none of time; anything else
    counts where its unit is one, and milestones never
    (`sale.order.line._convert_qty_company_hours`).
    """
    units = {line.product_uom_id for line in lines if line.product_uom_id}
    if not units:
        return {line.id: line.product_uom_qty for line in lines if line.is_billed_by_hours}
    hour: Mapping[Key, float] = {odoo.session.reference(*HOUR): 1.0}
    each = {**hour, **hours_per_unit(odoo, units)}
    found: dict[int, float] = {}
    for line in lines:
        is_time = line.product_uom_id in each and not line.is_billed_by_milestones
        if line.is_billed_by_hours or is_time:
            found[line.id] = line.product_uom_qty * each.get(line.product_uom_id, 1.0)
    return found


def _templates(
    odoo: Reader, products: Iterable[SetupProduct], policy: SetupPolicy
) -> Mapping[int, Template]:
    """With their tasks and milestones; none that is gone or hidden, which Odoo says when asked."""
    if not odoo.session.may_read(SetupProject.MODEL):
        return {}
    named = {product.project_template_id for product in products}
    for line in (line for unit in policy.everywhere() for line in unit.service_lines):
        named |= {line.template, line.support.template if line.support else None}
    found = odoo.read(SetupProject, [number for number in named if number])
    within: Domain = [("project_id", "in", [project.id for project in found])]
    tasks: dict[int, list[TemplateTask]] = defaultdict(list)
    if odoo.session.may_read(TemplateTask.MODEL):
        for task in odoo.search(TemplateTask, within, all_companies=True):
            tasks[task.project_id or 0].append(task)
    milestones = _milestones(odoo, [project.id for project in found])
    return {
        project.id: Template(project, tasks[project.id], milestones.get(project.id, ()))
        for project in found
    }


def _products(odoo: Reader, sold: Mapping[int, Sequence[SetupLine]]) -> Mapping[int, SetupProduct]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for order_id, lines in sold.items():
        for line in lines:
            if line.product_id:
                by[line.product_id] |= {(SetupLine.MODEL, line.id), (SetupOrder.MODEL, order_id)}
    return odoo.referred(SetupProduct, by)


def _categories(
    odoo: Reader, products: Mapping[int, SetupProduct], policy: SetupPolicy
) -> Mapping[int, frozenset[int]]:
    """By product; nothing where no policy goes by them."""
    if not any(line.categories for unit in policy.everywhere() for line in unit.service_lines):
        return {}
    by: dict[int, set[Subject]] = defaultdict(set)
    for product in products.values():
        if product.categ_id:
            by[product.categ_id].add((SetupProduct.MODEL, product.id))
    paths = category_paths(odoo, by)
    return {n: frozenset(paths.get(each.categ_id or 0, ())) for n, each in products.items()}


def _projects(
    odoo: Reader,
    orders: Mapping[int, SetupOrder],
    lines: Mapping[int, Sequence[SetupLine]],
    products: Mapping[int, SetupProduct],
) -> Mapping[int, Sequence[SetupProject]]:
    named: dict[int, set[int]] = defaultdict(set)
    of_line: dict[int, int] = {}
    for order in orders.values():
        numbers = {order.project_id}
        for line in lines[order.id]:
            of_line[line.id] = order.id
            product = products.get(line.product_id or 0)
            numbers |= {line.project_id, product.project_id if product else None}
        for number in numbers:
            if number:
                named[number].add(order.id)
    found = projects_of(odoo, SetupProject, orders, of_line, named, archived=True)
    return dict.fromkeys(orders, ()) if found is None else found


def _unsold(odoo: Reader, as_of: AsOf) -> Sequence[SetupProject]:
    """Billable projects of customers that no order names, and no product as its template."""
    if not odoo.session.may_read(SetupProject.MODEL) or odoo.lacks(SetupProject, "sale_line_id"):
        return ()
    billable: Domain = [
        ("allow_billable", "=", True),
        ("partner_id", "!=", False),
        ("sale_line_id", "=", False),
        *as_of.only_ids(SetupProject.MODEL),
    ]
    found = [
        project
        for project in odoo.search(SetupProject, billable)
        if not project.reinvoiced_sale_order_id
        and not project.is_template
        and not project.is_internal_project
    ]
    ids = [project.id for project in found]
    # A project of no company is one of all, and an order of any of them may name it.
    within: Domain = [("project_id", "in", ids)]
    lines = odoo.search(SetupLine, [*STANDS, *within], all_companies=True)
    orders = odoo.search(SetupOrder, [*STANDS, *within], all_companies=True)
    sold = {*(line.project_id for line in lines), *(order.project_id for order in orders)}
    templates: Domain = ["|", ("project_template_id", "in", ids), *within]
    for product in odoo.search(SetupProduct, templates, archived=True, all_companies=True):
        sold |= {product.project_template_id, product.project_id}
    return [project for project in found if project.id not in sold]


def _leads(
    odoo: Reader, as_of: AsOf, policy: SetupPolicy
) -> tuple[Sequence[WonLead], Mapping[int, Sequence[SetupOrder]]]:
    if not odoo.session.may_read(WonLead.MODEL) or odoo.lacks(SetupOrder, "opportunity_id"):
        return (), {}
    # Odoo sets 100 % in all its versions when a lead comes to a stage that is won.
    won: Domain = [("type", "=", "opportunity"), ("probability", ">=", 100)]
    since = _since("date_closed", as_of, policy)
    leads = odoo.search(WonLead, [*won, *since, *as_of.only_ids(WonLead.MODEL)])
    named: Domain = [("opportunity_id", "in", [lead.id for lead in leads])]
    of_lead: dict[int, list[SetupOrder]] = defaultdict(list)
    for order in odoo.search(SetupOrder, [*STANDS, *named], all_companies=True):
        of_lead[order.opportunity_id or 0].append(order)
    return leads, of_lead
