"""Projects in a real Odoo whose margins differ in what they sell, cost, plan and lack."""

from typing import Any

from tests.live.inside.billing_cases import (
    TODAY,
    Cases,
    abroad,
    ago,
    by_hand,
    by_milestone,
    by_time,
    in_advance,
    with_expenses,
)

COST = 55.5


def build(env: Any) -> dict[str, dict[str, int]]:
    """Makes them in two companies; returns the projects of each by what they show."""
    made = {}
    for company in env["res.company"].search([], order="id", limit=2):
        cases = Margins(env, company)
        for make in (by_time, by_milestone, by_hand, in_advance, with_expenses, abroad):
            make(cases)
        cases.sold()
        cases.booked()
        cases.missing()
        made[str(company.id)] = cases.projects
    env.cr.commit()
    return made


class Margins(Cases):
    """Orders with their projects, hours, tasks, bills and expenses."""

    def __init__(self, env: Any, company: Any) -> None:
        super().__init__(env, company)
        self.employee.hourly_cost = COST
        hour = {"uom_id": self.env.ref("uom.product_uom_hour").id}
        tracked = {"service_tracking": "task_in_project"}
        self.by_hour = self.product("Advice", "delivered_timesheet", 110.0, **hour, **tracked)
        self.retainer = self.product("Hours ahead", "ordered_prepaid", 95.0, **hour, **tracked)
        self.fee = self.product("Study", "ordered_prepaid", 9999.0, **tracked)
        self.workshops = self.product("Workshops", "delivered_manual", 800.0, **tracked)
        self.alone = self.product(
            "Audit", "delivered_manual", 700.0, service_tracking="project_only"
        )
        self.less = self.product("Discount", "ordered_prepaid", 0.0)
        self.vendor = self.partner("Vendor of the cases", "sales@vendor.example")
        category = self.env["product.category"].create({"name": f"Advisory {company.id}"})
        self.by_hour.categ_id = category
        self.projects: dict[str, int] = {}

    def project(self, name: str, *lines: dict[str, Any], **values: Any) -> Any:
        """The order, whose only project is known by that name."""
        order = self.order(f"margin: {name}", *lines, **values)
        self.projects[name] = order.order_line[0].project_id.id
        return order

    def line(self, product: Any, quantity: float, **values: Any) -> dict[str, Any]:
        return {"product_id": product.id, "product_uom_qty": quantity, **values}

    def plan(self, order: Any, hours: float, done: float = 0.0) -> None:
        """Two more tasks of the first line, of which one is done."""
        line = order.order_line[0]
        for amount, state in ((hours - done, "01_in_progress"), (done, "1_done")):
            task = {"name": f"{amount} h", "project_id": line.project_id.id, "state": state}
            self.env["project.task"].create(
                {**task, "sale_line_id": line.id, "allocated_hours": amount}
            )

    def sold(self) -> None:
        """What is sold by the hour, by milestones, in advance, at a fixed price, and mixed."""
        over = self.project("over", self.line(self.by_hour, 20))
        self.log(over, 25.5, 12)
        half = self.project("half", self.line(self.by_hour, 40))
        self.log(half, 20.0, 12)
        self.post(half)
        stages = self.project("stages", self.line(self.milestone, 1))
        self.reach(stages, 0.25, True, 10)
        self.reach(stages, 0.75, False, -20)
        self.log(stages, 12.0, 9)
        self.plan(stages, 60.0)
        typed = self.project("typed in", self.line(self.workshops, 6))
        typed.order_line.qty_delivered = 2.5
        self.log(typed, 9.0, 9)
        ahead = self.project("ahead", self.line(self.retainer, 30))
        self.log(ahead, 27.0, 8)
        self.post(ahead)
        said = self.project("as its manager says", self.line(self.fee, 1))
        self.log(said, 30.0, 8)
        self.update(said, 35, 3)
        tasks = self.project("by tasks", self.line(self.fee, 1))
        self.log(tasks, 30.0, 8)
        self.update(tasks, 80, 100)
        self.plan(tasks, 100.0, 40.0)
        unsaid = self.project("nobody says", self.line(self.fee, 1))
        self.log(unsaid, 5.0, 8)
        unsaid.order_line.task_id.allocated_hours = 0
        self.project("not begun", self.line(self.fee, 1))
        mixed = self.project("mixed", self.line(self.by_hour, 10), self.line(self.milestone, 1))
        self.log(mixed, 4.0, 7)
        self.log(mixed, 6.0, 7, number=1)
        less = self.project(
            "discount", self.line(self.by_hour, 10), self.line(self.less, 1, price_unit=-150.0)
        )
        self.log(less, 5.0, 7)

    def update(self, order: Any, percent: int, days_ago: int) -> None:
        about = {"name": "Status", "status": "on_track", "progress": percent}
        project = order.order_line[0].project_id
        self.env["project.update"].create(
            {**about, "project_id": project.id, "date": ago(days_ago)}
        )
        assert project.last_update_id.progress == percent

    def account(self, name: str) -> Any:
        return self.env["project.project"].browse(self.projects[name]).account_id

    def bill(self, amount: float, shares: dict[str, float], kind: str = "in_invoice") -> Any:
        """A posted bill of one line on these accounts, in percent."""
        purchase = {"name": "Subcontractor", "quantity": 1, "price_unit": amount, "tax_ids": [(5,)]}
        made = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "invoice_date": TODAY,
                "date": TODAY,
                "invoice_line_ids": [(0, 0, {**purchase, "analytic_distribution": shares})],
            }
        )
        made.action_post()
        return made

    def booked(self) -> None:
        """Bills, credit notes, expenses, entries and analytic lines on accounts of projects."""
        one = self.project("billed to us", self.line(self.by_hour, 30))
        self.log(one, 10.0, 6)
        other = self.project("billed in part", self.line(self.by_hour, 30))
        self.log(other, 10.0, 6)
        accounts = [str(self.account(name).id) for name in ("billed to us", "billed in part")]
        self.bill(1000.0, {accounts[0]: 100})
        self.bill(333.33, {accounts[0]: 40, accounts[1]: 60})
        self.bill(50.0, {accounts[0]: 100}, "in_refund")
        spent = self.project("spent", self.line(self.by_hour, 30))
        self.log(spent, 10.0, 6)
        for amount, posted in ((120.4, True), (77.7, False)):
            expense = self.spend(amount, str(self.account("spent").id))
            if posted:
                self.post_expense(expense)
        entered = self.project("entered", self.line(self.by_hour, 30))
        self.log(entered, 10.0, 6)
        known = {"name": "Licence", "company_id": self.company.id, "date": TODAY}
        booked = {**known, "account_id": self.account("entered").id, "amount": -64.2}
        self.env["account.analytic.line"].create(booked)
        self.deferred()

    def spend(self, amount: float, account: str) -> Any:
        made = self.env["hr.expense"].create(
            {
                "name": "Train",
                "employee_id": self.employee.id,
                "product_id": self.cost.id,
                "total_amount_currency": amount,
                "payment_mode": "own_account",
                "company_id": self.company.id,
                "date": ago(9),
                "tax_ids": [(5,)],
                "analytic_distribution": {account: 100},
            }
        )
        made.action_submit()
        made.action_approve()
        return made

    def deferred(self) -> None:
        """Of what is invoiced, a part is moved out of this year's revenue."""
        order = self.project("deferred", self.line(self.by_hour, 30))
        self.log(order, 10.0, 6)
        account = str(self.account("deferred").id)
        order.order_line.analytic_distribution = {account: 100}
        invoice = self.post(order)
        income = invoice.invoice_line_ids.account_id[:1]
        other = self.env["account.account"].search(
            [
                ("account_type", "=", "liability_current"),
                ("company_ids", "in", self.company.ids),
            ],
            limit=1,
        )
        lines = [
            {"account_id": income.id, "debit": 400.0, "analytic_distribution": {account: 100}},
            {"account_id": other.id, "credit": 400.0},
        ]
        entry = {"move_type": "entry", "company_id": self.company.id, "date": TODAY}
        self.env["account.move"].create(
            {**entry, "line_ids": [(0, 0, {"name": "Deferral", **line}) for line in lines]}
        ).action_post()

    def missing(self) -> None:
        """What margins cannot be told without."""
        free = self.env["hr.employee"].create(
            {"name": f"Free worker of {self.company.name}", "company_id": self.company.id}
        )
        unpaid = self.project("hours without cost", self.line(self.by_hour, 10))
        self.log(unpaid, 4.0, 5)
        cost, self.employee = self.employee, free
        self.log(unpaid, 1.0, 5)
        self.employee = cost
        bare = self.project("no account", self.line(self.by_hour, 10))
        self.log(bare, 4.0, 5)
        bare.order_line.project_id.account_id = False
        for name in ("shares", "shares too"):
            self.log(self.project(name, self.line(self.by_hour, 10)), 4.0, 5)
        shared = self.env["project.project"].browse(self.projects["shares too"])
        shared.account_id = self.account("shares")
        self.project(
            "with a line of no project",
            self.line(self.alone, 1),
            self.line(self.manual, 1, price_unit=20.0),
        )
        gone = self.project("archived", self.line(self.by_hour, 10))
        self.log(gone, 4.0, 5)
        gone.order_line.project_id.active = False
