"""The projects of a company: what they deliver, what was done on them, and who leads them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.findings import NotVerifiable
from tasks.domain.periods import AsOf, Period
from tasks.domain.texts import Text
from tasks.mobilization.late_starts.policy import START, LatePolicy, Sign
from tasks.mobilization.late_starts.records import (
    StartedProject,
    StartLine,
    StartOrder,
    StartProduct,
    StartTask,
)
from tasks.reads.orders import CONFIRMED
from tasks.reads.own_fields import with_fields
from tasks.reads.owners import People, read_people
from tasks.records.sales import Milestone
from tasks.records.timesheets import TimesheetLine

WEEKS_AHEAD: Final = 3
# What is not under way.
RESTS: Final = frozenset({"on_hold", "done"})


@dataclass(frozen=True)
class Snapshot:
    """All active projects that are under way, with what they deliver and what they hold."""

    projects: Sequence[StartedProject]
    #: The first order of each project that has one.
    orders: Mapping[int, StartOrder]
    #: The templates of the products that a project delivers.
    templates: Mapping[int, frozenset[int]]
    #: tasks, milestones: by project; those of templates too.
    tasks: Mapping[int, Sequence[StartTask]]
    milestones: Mapping[int, Sequence[Milestone]]
    #: The day of the first hour of each project that has any.
    first_hours: Mapping[int, date]
    #: Who leads and who sold them.
    people: People
    links: Mapping[int, str]
    #: Names of fields that this Odoo does not show.
    hidden: frozenset[str]
    not_verifiable: tuple[NotVerifiable, ...] = ()


def read(odoo: Reader, as_of: AsOf, policy: LatePolicy) -> Snapshot:
    """Projects under way, their orders, tasks, milestones, first hours and managers."""
    record = with_fields(StartedProject, frozenset(_own_fields(policy)), date | None)
    found = [each for each in odoo.search(record, []) if not each.is_template]
    ids = [each.id for each in found]
    lines = odoo.search(StartLine, [*CONFIRMED, ("project_id", "in", ids)])
    templates = _templates(odoo, lines)
    copied = {number for of in templates.values() for number in of}
    projects = [p for p in found if p.id not in copied and p.last_update_status not in RESTS]
    orders = _orders(odoo, lines)
    users = {
        *(project.user_id for project in projects),
        *(orders[project.id].user_id for project in projects if project.id in orders),
    }
    gaps = tuple(_gap(name) for name in _own_fields(policy) if odoo.lacks(record, name))
    return Snapshot(
        projects=projects,
        orders=orders,
        templates=templates,
        tasks=_tasks(odoo, {*ids, *copied}),
        milestones=_milestones(odoo, {*ids, *copied}),
        first_hours=_first_hours(odoo, ids),
        people=read_people(odoo, users, _view(as_of, policy)),
        links={number: odoo.session.link(StartedProject.MODEL, number) for number in ids},
        hidden=frozenset(n for n in _own_fields(policy) if odoo.lacks(record, n)),
        not_verifiable=gaps,
    )


def _own_fields(policy: LatePolicy) -> Sequence[str]:
    signs = (policy.kickoff, policy.handoff)
    names = {sign.name for sign in signs if isinstance(sign, Sign) and sign.kind == "field"}
    return sorted(names - {START})


def _templates(odoo: Reader, lines: Sequence[StartLine]) -> Mapping[int, frozenset[int]]:
    by: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for line in lines:
        by[line.product_id or 0].append((StartLine.MODEL, line.id))
    by.pop(0, None)
    products = odoo.referred(StartProduct, by)
    found: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        product = products.get(line.product_id or 0)
        if product and product.project_template_id and line.project_id:
            found[line.project_id].add(product.project_template_id)
    return {project: frozenset(of) for project, of in found.items()}


def _orders(odoo: Reader, lines: Iterable[StartLine]) -> Mapping[int, StartOrder]:
    by: dict[int, list[tuple[str, int]]] = defaultdict(list)
    of_project: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        by[line.order_id].append((StartLine.MODEL, line.id))
        of_project[line.project_id or 0].add(line.order_id)
    orders = odoo.referred(StartOrder, by)
    known = {p: [orders[n] for n in of if n in orders] for p, of in of_project.items()}
    return {p: min(of, key=lambda order: order.date_order) for p, of in known.items() if of}


def _tasks(odoo: Reader, projects: Iterable[int]) -> Mapping[int, Sequence[StartTask]]:
    found: dict[int, list[StartTask]] = defaultdict(list)
    within: Domain = [("project_id", "in", sorted(projects))]
    if odoo.session.may_read(StartTask.MODEL):
        for task in odoo.search(StartTask, within, archived=True, all_companies=True):
            found[task.project_id or 0].append(task)
    return found


def _milestones(odoo: Reader, projects: Iterable[int]) -> Mapping[int, Sequence[Milestone]]:
    found: dict[int, list[Milestone]] = defaultdict(list)
    within: Domain = [("project_id", "in", sorted(projects))]
    if odoo.session.may_read(Milestone.MODEL):
        for milestone in odoo.search(Milestone, within, all_companies=True):
            found[milestone.project_id].append(milestone)
    return found


def _first_hours(odoo: Reader, projects: Sequence[int]) -> Mapping[int, date]:
    if not odoo.session.may_read(TimesheetLine.MODEL):
        return {}
    within: Domain = [("project_id", "in", list(projects))]
    groups = odoo.group(
        TimesheetLine.MODEL, within, ["project_id"], earliest=["date"], all_companies=True
    )
    return {group.id_at(0): day for group in groups if (day := group.earliest[0])}


def _view(as_of: AsOf, policy: LatePolicy) -> Period:
    first = as_of.day - timedelta(days=policy.look_back_days)
    last = max(as_of.day, as_of.now.date()) + timedelta(weeks=WEEKS_AHEAD)
    return Period(first, last).whole_weeks()


def _gap(name: str) -> NotVerifiable:
    return NotVerifiable(
        check=Text("dates of projects"),
        reason=Text("projects show the fleet's user no field {field}", field=name),
        remedy=Text("set kickoff and handoff of the policy of late_starts to what shows them"),
    )
