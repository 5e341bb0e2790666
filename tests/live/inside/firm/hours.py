"""Timesheet lines: thin over fourteen months, and dense from the last complete month on."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from tests.live.inside.firm.selling import Sale
from tests.live.inside.firm.setting import Firm

BATCH, MONTHS = 1000, 425
SEASON = 100


def posts(firm: Firm, sales: list[Sale]) -> None:
    """Where people of each company log: order tasks, projects without an order, and internal."""
    for sale in sales:
        for line in sale.order.order_line:
            by_time = line.product_id.service_type == "timesheet"
            if line.task_id and (by_time or sale.number % 2):
                _post(firm, sale.order.company_id, line.task_id.project_id, line.task_id)
        if sale.shape == "two rates" and sale.number % 4:
            _rates(firm, sale)
    for company in firm.companies:
        customer = firm.env["res.partner"].search([("email", "=like", "billing%")], limit=1)
        for number in range(6):
            billable = number < 3
            project = firm.env["project.project"].create(
                {
                    "name": f"{'Billable' if billable else 'Internal'} {number} of {company.name}",
                    "company_id": company.id,
                    "allow_timesheets": True,
                    "allow_billable": billable,
                    "billing_type": "manually" if number == 2 else "not_billable",
                    "partner_id": customer.id if billable else False,
                }
            )
            for _ in range(1 if billable else 8):
                _post(firm, company, project, None)
    firm.done("posts")


def _rates(firm: Firm, sale: Sale) -> None:
    """On some projects people have a rate of their own, which is another line of the order."""
    line = sale.order.order_line.filtered(lambda line: not line.display_type)[1]
    mine = [person for person in firm.people if person.company_id == sale.order.company_id]
    rates = [(0, 0, {"employee_id": p.id, "sale_line_id": line.id}) for p in mine[::3]]
    line.project_id.sale_line_employee_ids = rates


def _post(firm: Firm, company: Any, project: Any, task: Any) -> None:
    firm.posts.setdefault(company.id, []).append((project.id, task.id if task else False))


def log_old(firm: Firm) -> None:
    """One day in a week per person, until the last season."""
    rows = []
    for person in firm.people:
        for week in range(SEASON // 7 + 1, MONTHS // 7):
            day = firm.ago(7 * week + firm.chance.randrange(7))
            if firm.chance.random() < 0.97:
                rows.append(_row(firm, person, day, firm.chance.choice([1.5, 4.0, 7.25, 8.0])))
    _create(firm, rows)
    firm.done("old hours")


def log_recent(firm: Firm) -> None:
    """The last season, denser and denser, and some hours of days to come."""
    rows = []
    for number, person in enumerate(firm.people):
        for week in range(6, SEASON // 7):
            for day in (1, 3):
                rows.append(_row(firm, person, firm.ago(7 * week + day), 6.0))
        rows += _month(firm, person, number)
        rows += _week(firm, person, number)
        if number % 6 == 0:
            rows.append(_row(firm, person, firm.ago(-firm.chance.randrange(1, 12)), 3.5))
        if number % 5 == 0:
            rows.append(_row(firm, person, firm.today, 2.0))
    _create(firm, rows)
    firm.done("recent hours")


def _month(firm: Firm, person: Any, number: int) -> list[dict[str, Any]]:
    """Every weekday from the last complete month up to the last complete week, mostly."""
    rows, day = [], firm.last_month
    present = (1.0, 0.97, 0.8, 0.5)[number % 4]
    while day < firm.last_week:
        if day.weekday() < 5 and firm.chance.random() < present:
            rows.append(_row(firm, person, day, firm.chance.choice([3.0, 7.5, 8.0, 8.25, 9.0])))
        day += timedelta(days=1)
    return rows


def _week(firm: Firm, person: Any, number: int) -> list[dict[str, Any]]:
    """Complete, exactly at or just below the threshold, short, none, and hours of a Sunday."""
    week = [firm.last_week + timedelta(days=n) for n in range(7)]
    plans: list[list[tuple[date, float]]] = [
        [(day, 8.5) for day in week[:5]],
        [(day, 7.6) for day in week[:5]],
        [(week[0], 8.0), (week[1], 8.0), (week[3], 8.0), (week[4], 6.4)],
        [(week[0], 8.0), (week[1], 8.0), (week[3], 8.0), (week[4], 6.39)],
        [(day, 3.75) for day in week[1:4]],
        [],
        [(day, 10.0) for day in week[:2]] + [(week[6], 6.5)],
        [(day, hours) for day in week[:5] for hours in (4.25, 3.75)],
    ]
    return [_row(firm, person, day, hours) for day, hours in plans[number % len(plans)]]


def _row(firm: Firm, person: Any, day: date, hours: float) -> dict[str, Any]:
    company = person.company_id.id
    if firm.chance.random() < 0.04:
        company = firm.chance.choice(firm.companies.ids)
    project, task = firm.chance.choice(firm.posts[company])
    return {
        "name": "work",
        "employee_id": person.id,
        "project_id": project,
        "task_id": task,
        "date": day,
        "unit_amount": hours,
    }


def _create(firm: Firm, rows: list[dict[str, Any]]) -> None:
    lines = firm.env["account.analytic.line"]
    by_company: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_company[row["employee_id"] % 2].append(row)
    for mine in by_company.values():
        for start in range(0, len(mine), BATCH):
            lines.create(mine[start : start + BATCH])
            firm.env.flush_all()
            firm.env.invalidate_all()
