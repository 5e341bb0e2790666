"""What became of the projects of orders, and projects that nobody sold."""

from datetime import timedelta
from typing import Any

from tests.live.inside.sales_firm.setting import SalesFirm

DESCRIPTIONS = (
    False,
    "<p>Small.</p>",
    "<p>All <i>ledgers</i> of both sites are moved within the quarter.</p>",
)
STATUSES = ("on_track", "at_risk", "on_hold", "done")


def make(firm: SalesFirm) -> None:
    """Starts, managers, budgets, milestones, hours; links that are lost; projects without order."""
    for order in firm.known["orders"]:
        for project in order.order_line.project_id - firm.known["desk"]:
            _started(firm, order, project)
        _stages(firm, order)
    firm.base.done("starts")
    _unlink(firm)
    _linked(firm)
    _unsold(firm)
    _hours(firm)
    firm.base.done("projects")


def _started(firm: SalesFirm, order: Any, project: Any) -> None:
    managers = [False, *(firm.known[f"pm{n}"].id for n in range(4))]
    start = firm.pick([None, order.date_order.date(), firm.ago(40), firm.ago(8), firm.ago(-15)])
    values = {
        "user_id": firm.pick(managers),
        "description": firm.pick(DESCRIPTIONS),
        "date_start": start or False,
        "date": start + timedelta(days=firm.pick([20, 60, 400])) if start else False,
        "allocated_hours": firm.pick([0.0, 0.0, 40.0]),
        "tag_ids": [(6, 0, [tag.id for tag in firm.known["project_tags"] if firm.one_in(3)])],
    }
    project.write(values)
    firm.was(project, "create_date", order.date_order)
    for task in project.task_ids:
        if firm.one_in(8):
            task.unlink()
            continue
        task.write(
            {
                "allocated_hours": firm.pick([0.0, 0.0, 16.0]),
                "state": firm.pick(["01_in_progress", "1_done", "1_canceled"]),
                "user_ids": [(6, 0, firm.pick([[], [], [firm.known["pm0"].id]]))],
            }
        )
    if firm.one_in(4):
        status = {"project_id": project.id, "name": "News", "status": firm.pick(STATUSES)}
        firm.env["project.update"].create(status)
    if firm.one_in(25):
        project.active = False


def _stages(firm: SalesFirm, order: Any) -> None:
    """Shares of lines that milestones bill, their deadlines, and what was reached."""
    for line in order.order_line:
        project = line.project_id
        if line.qty_delivered_method == "milestones" and project:
            own = firm.env["project.milestone"].search([("sale_line_id", "=", line.id)])
            shares = firm.pick([(1.0,), (0.4, 0.6), (0.4, 0.4), ()])
            own[len(shares) :].unlink()
            for number, share in enumerate(shares):
                values = {"quantity_percentage": share, "sale_line_id": line.id}
                if number < len(own):
                    own[number].write(values)
                else:
                    values |= {"name": f"Stage {number}", "project_id": project.id}
                    firm.env["project.milestone"].create(values)
    for milestone in order.order_line.project_id.milestone_ids:
        milestone.deadline = firm.pick(
            [False, firm.ago(120), firm.ago(21), firm.ago(0), firm.ago(-9)]
        )
        if firm.one_in(2):
            milestone.is_reached = True
            firm.was(milestone, "reached_date", firm.moment(firm.pick([2, 15, 70])))


def _unlink(firm: SalesFirm) -> None:
    """Links between orders and projects that somebody took away; some keep a task."""
    for order in firm.known["orders"][4::11]:
        for project in order.order_line.project_id - firm.known["desk"]:
            project.write({"sale_line_id": False})
            if order.id % 2:
                project.task_ids.write({"sale_line_id": False})
                order.order_line.write({"task_id": False})
            order.order_line.write({"project_id": False})
            order.project_id = False


def _linked(firm: SalesFirm) -> None:
    """Orders without a project of their own that are linked by hand, in each way that Odoo has."""
    lines = [
        line
        for order in firm.known["orders"]
        for line in order.order_line
        if line.is_service and not line.project_id and line.product_uom_qty > 0
    ]
    for number, line in enumerate(lines[::3]):
        order = line.order_id
        project = firm.env["project.project"].create(
            {
                "name": f"Linked {number}",
                "partner_id": order.partner_id.id,
                "company_id": order.company_id.id,
                "allow_billable": True,
                "user_id": firm.pick([False, firm.known["pm1"].id]),
                "date_start": firm.ago(9) if number % 2 else False,
                "date": firm.ago(-90) if number % 2 else False,
            }
        )
        how = number % 4
        if how == 0:
            project.sale_line_id = line
        elif how == 1:
            project.reinvoiced_sale_order_id = order
        elif how == 2:
            order.project_id = project
        else:
            line.project_id = project


def _unsold(firm: SalesFirm) -> None:
    """Billable or not, of a customer or not, archived, named by quotations; some stand twice."""
    rows = []
    for number in range(36):
        customer = firm.known["customers"][number % 6]
        rows.append(
            {
                "name": firm.pick(
                    ["Warehouse move", "Ware house Move", "Audit 2", "Audit 3", f"Unsold {number}"]
                ),
                "partner_id": customer.id if number % 9 else False,
                "company_id": firm.pick([False, *firm.companies.ids]),
                "allow_billable": bool(number % 5),
                "user_id": firm.pick([False, *(firm.known[f"pm{n}"].id for n in range(4))]),
                "tag_ids": [
                    (6, 0, [tag.id for tag in firm.known["project_tags"] if firm.one_in(3)])
                ],
            }
        )
    made = firm.env["project.project"].create(rows)
    for number, project in enumerate(made):
        firm.was(project, "create_date", firm.moment(firm.base.chance.randrange(1, 300)))
        if number % 12 == 5:
            project.active = False
        elif number % 12 == 7:
            firm.known["quotations"][number].project_id = project
    _accounts(firm, made)


def _accounts(firm: SalesFirm, projects: Any) -> None:
    """Analytic accounts of another company, archived, of another plan, or none."""
    plans = firm.env["account.analytic.plan"].search([("parent_id", "=", False)], order="id")
    for number, project in enumerate(projects):
        if number % 6 == 0:
            continue
        account = firm.env["account.analytic.account"].create(
            {
                "name": f"Account {number}",
                "plan_id": plans[0].id,
                "company_id": firm.pick([False, project.company_id.id]),
            }
        )
        project.account_id = account
        if number % 6 == 2:
            account.active = False


def _hours(firm: SalesFirm) -> None:
    """First hours on some projects, and later ones."""
    people = firm.env["hr.employee"].search([("user_id.login", "=like", "pm%")])
    rows = []
    for order in firm.known["orders"]:
        for project in order.order_line.project_id:
            if not project.active or not firm.one_in(2):
                continue
            age = firm.base.chance.randrange(1, 80)
            for days in (age, age // 2):
                person = firm.pick(list(people))
                rows.append(
                    {
                        "name": "work",
                        "project_id": project.id,
                        "employee_id": person.id,
                        "company_id": order.company_id.id,
                        "date": firm.ago(days),
                        "unit_amount": firm.pick([1.0, 2.5]),
                    }
                )
    firm.env["account.analytic.line"].create(rows)
