"""Tasks with allocated hours, people and dates: leaves and parents, cancelled ones, templates."""

from typing import Any

from tests.live.inside.firm.setting import Firm

EACH = 150
MOMENTS = "UPDATE project_task SET date_assign = %s, create_date = %s WHERE id = %s"


def make(firm: Firm) -> None:
    """Tasks of both companies around the last complete month."""
    for company in firm.companies:
        users = [p.user_id for p in firm.people if p.user_id and p.company_id == company]
        projects = [project for project, _ in firm.posts[company.id]]
        tasks = firm.env["project.task"].create(
            [_task(firm, n, users, projects, company) for n in range(EACH)]
        )
        children = firm.env["project.task"].create(
            [_child(firm, task, users) for task in tasks[: EACH // 6] for _ in range(2)]
        )
        tasks[5:EACH:9].write({"state": "1_canceled"})
        tasks[6:EACH:9].write({"state": "1_done"})
        children[::7].write({"state": "1_canceled"})
        tasks[7:EACH:29].write({"is_template": True})
        tasks[8:EACH:31].write({"active": False})
        firm.env.flush_all()
        for number, task in enumerate(tasks + children):
            start = firm.today - firm.last_month
            begun = firm.noon(start.days + firm.chance.randrange(-25, 20))
            assigned = None if number % 8 == 3 or not task.user_ids else begun
            firm.env.cr.execute(MOMENTS, [assigned, begun, task.id])
        firm.env.invalidate_all()
    firm.done("plan")


def _task(firm: Firm, number: int, users: Any, projects: Any, company: Any) -> dict[str, Any]:
    start = (firm.today - firm.last_month).days
    days = start - firm.chance.randrange(5, 70)
    if number % 37 == 9:
        days = start + 5
    people = firm.chance.sample(users, firm.chance.choice([0, 1, 1, 1, 2, 3]))
    project = firm.chance.choice(projects)
    return {
        "name": f"Task {number} of {company.name}",
        "project_id": False if number % 40 == 33 and people else project,
        "user_ids": [(6, 0, [user.id for user in people])],
        "allocated_hours": firm.chance.choice([0, 4, 10, 37.5, 80, 160]),
        "date_deadline": False if number % 11 == 4 else firm.noon(days),
    }


def _child(firm: Firm, parent: Any, users: Any) -> dict[str, Any]:
    people = firm.chance.sample(users, firm.chance.choice([1, 2]))
    return {
        "name": f"Part of {parent.name}",
        "project_id": parent.project_id.id,
        "parent_id": parent.id,
        "user_ids": [(6, 0, [user.id for user in people])],
        "allocated_hours": firm.chance.choice([2, 7.5, 16]),
        "date_deadline": parent.date_deadline or firm.noon(3),
    }
