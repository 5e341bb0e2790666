"""Reads hours on billable projects that are linked to no order line."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from odoo_gateway.reader import Domain, Reader
from tasks.reads import unbilled
from tasks.reads.units import group_hours
from tasks.records.sales import Project
from tasks.records.timesheets import no_leave


@dataclass(frozen=True)
class Unlinked:
    """The hours of a project that are on no order line; they cost in the company's currency."""

    project: Project
    hours: float
    cost: Decimal
    oldest: date | None


def read_unlinked(odoo: Reader, exempt_tasks: Collection[int] = ()) -> Sequence[Unlinked]:
    """By billable project of the company, archived ones too: their hours are on no order either.

    Hours on exempt tasks, by id of project.task, are left out; hours on no task never are.
    """
    if not unbilled.knows_hours(odoo):
        return ()
    billable = odoo.search(Project, [("allow_billable", "=", True)], archived=True)
    projects = {project.id: project for project in billable if not project.is_template}
    exempt: Domain = [("task_id", "not in", sorted(exempt_tasks))] if exempt_tasks else []
    groups = group_hours(
        odoo,
        [
            ("project_id", "in", sorted(projects)),
            ("so_line", "=", False),
            ("company_id", "=", odoo.company_id),
            *exempt,
            *no_leave(odoo),
        ],
        ["project_id"],
        ["date"],
        ["amount"],
    )
    return [
        Unlinked(
            project=projects[group.id_at(0)],
            hours=group.sums[0],
            # Odoo writes costs as negative amounts, and adds up binary fractions.
            cost=-Decimal(repr(round(group.sums[1], 8))),
            oldest=group.earliest[0],
        )
        for group in groups
        if group.sums[0] > 0
    ]
