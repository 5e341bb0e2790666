"""Projects and tasks: one per order with work in it, and each company's internal one."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from odoo_gateway.sandbox.firm import codes
from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.kinds import Deal, Hours, Line, Stages, Units
from odoo_gateway.sandbox.firm.people import PEOPLE
from odoo_gateway.sandbox.firm.when import When, utc

INTERNAL = {1: 1, 2: 2}
TEMPLATE = 3
# Somebody made a second project for the first customer.
TWICE = 150
# What the fixed price is copied from: before Odoo 19 templates are projects like others.
COPIED = 160
COPIED_TASKS = {1601: "Kickoff", 1602: "Final report"}
TEMPLATE_TASKS = {301: "Kickoff workshop", 302: "Specification", 303: "Acceptance test"}
MEETINGS, TIME_OFF, TRAINING = 1, 2, 3
# What managers last said to be done of their projects, in percent.
UPDATED = {101: 50}
# The one stage of all tasks.
UNDER_WAY = 1
TASK_NAMES = {MEETINGS: "Meetings", TIME_OFF: "Time Off", TRAINING: "Training"}


@dataclass(frozen=True)
class Work:
    """A line of an order that people log hours on: where, and how the hours are billed."""

    order_id: int
    line_id: int
    project_id: int
    task_id: int
    company_id: int
    line: Hours | Stages | Units

    @property
    def invoice_type(self) -> str:
        """Odoo's `timesheet_invoice_type`."""
        if isinstance(self.line, Stages):
            return "billable_milestones"
        if isinstance(self.line, Units):
            return "billable_fixed" if self.line.on_order else "billable_manual"
        return "billable_fixed" if self.line.prepaid else "billable_time"


def order_id(number: int) -> int:
    """The id of the deal with that number."""
    return number + 1


def line_id(number: int, position: int) -> int:
    """The id of a deal's line."""
    return 10 * (number + 1) + position


def project_of(number: int, deal: Deal) -> int | None:
    """The project of a deal; confirmed orders with services have one."""
    services = (Hours, Stages, Units)
    serves = any(isinstance(line, services) and not _is_goods(line) for line in deal.lines)
    return 100 + order_id(number) if deal.state == "sale" and serves else None


def _is_goods(line: Line) -> bool:
    return isinstance(line, Units) and line.goods


@cache
def works() -> tuple[Work, ...]:
    """Every line with a team."""
    return tuple(
        Work(
            order_id(number),
            line_id(number, position),
            project_id,
            1000 + line_id(number, position),
            deal.company_id,
            line,
        )
        for number, deal in enumerate(DEALS)
        if (project_id := project_of(number, deal))
        for position, line in enumerate(deal.lines)
        if isinstance(line, Hours | Stages | Units) and line.team
    )


def internal_task(company_id: int, task: int) -> int:
    """The id of a task of the internal project."""
    return 10 * company_id + task


def rows(when: When) -> dict[str, list[dict[str, Any]]]:
    """All projects and tasks."""
    internal = [
        _project(project_id, "Internal", company_id, 101 if company_id == 1 else 128)
        for company_id, project_id in INTERNAL.items()
    ]
    template = {**_project(TEMPLATE, "Standard delivery", 1, 103), "is_template": True}
    sold = [
        {
            **_project(project_id, deal.customer, deal.company_id, 100 + deal.seller),
            "allow_billable": True,
            "partner_id": 20 + number,
            # Nobody planned one of them.
            "date_start": deal.customer != codes.NO_ACCOUNT
            and when.ago(deal.days_ago - 5).isoformat(),
            "account_id": codes.account_of(project_id, deal),
            "tag_ids": codes.project_tags(deal),
            "last_update_id": project_id if project_id in UPDATED else False,
        }
        for number, deal in enumerate(DEALS)
        if (project_id := project_of(number, deal))
    ]
    twice = {**sold[0], "id": TWICE, "sequence": TWICE, "name": "HAFENWERK", "account_id": TWICE}
    twice["date_start"] = when.ago(20).isoformat()
    found = [*internal, template, *sold, twice, _project(COPIED, "Fixed price", 1, 103)]
    return {
        "project.project": found,
        "project.task": _tasks(when),
        "project.task.type": [{"id": UNDER_WAY, "name": "Under way"}],
        **codes.rows(found),
    }


def _project(number: int, name: str, company_id: int, user_id: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "active": True,
        "company_id": company_id,
        "user_id": user_id,
        "is_template": False,
        "allow_billable": False,
        "partner_id": False,
        "date_start": False,
        "account_id": False,
        "tag_ids": [],
        "last_update_status": "on_track",
        "last_update_id": False,
        "sequence": number,
    }


def _tasks(when: When) -> list[dict[str, Any]]:
    internal = [
        _task(internal_task(company_id, task), name, project_id, company_id, when)
        for company_id, project_id in INTERNAL.items()
        for task, name in TASK_NAMES.items()
    ]
    copied = [_task(number, name, COPIED, 1, when) for number, name in COPIED_TASKS.items()]
    planned = [_task(number, name, TEMPLATE, 1, when) for number, name in TEMPLATE_TASKS.items()]
    return [*internal, *(_sold_task(work, when) for work in works()), *copied, *planned]


def _sold_task(work: Work, when: When) -> dict[str, Any]:
    users = [user for member in work.line.team if (user := PEOPLE[member].user_id)]
    hours = work.line.ordered if isinstance(work.line, Hours) else 8.0 * len(work.line.team)
    return {
        **_task(work.task_id, work.line.name, work.project_id, work.company_id, when),
        "user_ids": users,
        "sale_line_id": work.line_id,
        "allocated_hours": float(hours),
        "date_assign": utc(when.ago(60), 9, "UTC"),
        "date_deadline": utc(when.ago(-30), 17, "UTC"),
    }


def _task(number: int, name: str, project_id: int, company_id: int, when: When) -> dict[str, Any]:
    return {
        "id": number,
        "name": name,
        "project_id": project_id,
        "company_id": company_id,
        "active": True,
        "user_ids": [],
        "child_ids": [],
        "allocated_hours": 0.0,
        "remaining_hours": 0.0,
        "parent_id": False,
        "sale_line_id": False,
        "create_date": utc(when.ago(80), 9, "UTC"),
        "date_assign": False,
        "date_deadline": False,
        "stage_id": UNDER_WAY,
        "state": "01_in_progress",
        "is_template": False,
    }
