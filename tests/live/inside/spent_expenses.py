"""Expenses in a real Odoo that are in order, and out of order in each way, as Odoo makes them."""

import base64
from datetime import date, timedelta
from typing import Any


def build(env: Any, today: str) -> dict[str, dict[str, int]]:
    """Makes them; returns their ids by what they show, and those of what limits go by."""
    made = Spent(env, date.fromisoformat(today))
    made.open_ones()
    made.alike()
    made.on_projects()
    made.booked()
    env.cr.commit()
    return {"expenses": made.ids, "limited": made.limited}


class Spent:
    """What Sue and Tom spend, and their boss approves, in the first company."""

    def __init__(self, env: Any, today: date) -> None:
        self.env, self.today = env, today
        self.company = env["res.company"].search([], order="id", limit=1)
        self.boss = self.person("Boss of spenders")
        self.sue = self.person("Sue who spends", parent_id=self.boss.id)
        self.tom = self.person("Tom who spends", parent_id=self.boss.id)
        above = env["product.category"].create({"name": "Spent"})
        below = env["product.category"].create({"name": "Spent on meals", "parent_id": above.id})
        self.meal = self.product("Meal", below, "no")
        self.travel = self.product("Travel", above, "cost")
        self.other = self.product("Other", self.meal.categ_id.search([], limit=1), "no")
        self.ids: dict[str, int] = {}
        self.limited = {"meals": below.id, "travel": self.travel.id}

    def person(self, name: str, **values: Any) -> Any:
        login = name.lower().replace(" ", ".")
        group = self.env.ref("hr_expense.group_hr_expense_user")
        known = {"name": name, "login": login, "email": f"{login}@example.com"}
        companies = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
        user = (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create({**known, **companies, "group_ids": [(4, group.id)]})
        )
        employed = {"name": name, "user_id": user.id, "work_email": user.email}
        return self.env["hr.employee"].create({**employed, "company_id": self.company.id, **values})

    def product(self, name: str, category: Any, policy: str) -> Any:
        known = {"name": name, "can_be_expensed": True, "standard_price": 0.0, "type": "service"}
        return self.env["product.product"].create(
            {**known, "categ_id": category.id, "expense_policy": policy}
        )

    def spend(self, name: str, amount: float, file: str = "", **values: Any) -> Any:
        """A draft of yesterday with a file of its own, if not said otherwise."""
        known = {"name": name, "employee_id": self.sue.id, "product_id": self.meal.id}
        expense = self.env["hr.expense"].create(
            {
                **known,
                "total_amount_currency": amount,
                "date": self.ago(1),
                "company_id": self.company.id,
                "payment_mode": "own_account",
                "tax_ids": [(5,)],
                **values,
            }
        )
        self.ids[name] = expense.id
        if file != "none":
            self.attach(expense, file or name)
        return expense

    def attach(self, expense: Any, content: str) -> None:
        data = base64.b64encode(content.encode())
        on = {"res_model": "hr.expense", "res_id": expense.id}
        self.env["ir.attachment"].create({"name": "receipt.txt", "datas": data, **on})

    def ago(self, days: int) -> str:
        return str(self.today - timedelta(days=days))

    def submit(self, expense: Any) -> Any:
        expense.action_submit()
        assert expense.state == "submitted", expense.state
        return expense

    def approve(self, expense: Any, days: int = 1) -> Any:
        self.submit(expense)._do_approve(check=False)
        assert expense.state == "approved", expense.state
        expense.approval_date = f"{self.ago(days)} 10:00:00"
        return expense

    def post(self, expense: Any, days: int) -> Any:
        """Posted by an entry of so many days ago."""
        wizard = self.env["hr.expense.post.wizard"].with_context(
            active_ids=expense.ids, company_paid_move_ids=[]
        )
        wizard.create({"accounting_date": self.ago(days)}).action_post_entry()
        assert expense.state == "posted", expense.state
        return expense

    def open_ones(self) -> None:
        """Drafts, submitted and approved ones: amounts, receipts, ages."""
        euros = {"currency_id": self.env.ref("base.EUR").id}
        yen = {"currency_id": self.env.ref("base.JPY").id}
        self.env["res.currency"].browse([euros["currency_id"], yen["currency_id"]]).active = True
        self.spend("in order", 50.0)
        self.submit(self.spend("meal above", 61.0))
        self.submit(self.spend("meal at the limit", 60.0))
        self.submit(self.spend("travel in company money", 500.0, product_id=self.travel.id))
        self.submit(self.spend("travel in euros", 101.0, product_id=self.travel.id, **euros))
        self.submit(self.spend("meal in yen", 30_000.0, **yen))
        self.submit(self.spend("small in yen", 300.0, **yen))
        self.submit(self.spend("other above", 151.0, product_id=self.other.id))
        taxes = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("type_tax_use", "=", "purchase")], limit=1
        )
        self.submit(self.spend("taxed", 62.0, tax_ids=[(6, 0, taxes.ids)]))
        edited = self.spend("edited", 59.0)
        edited.total_amount_currency = 63.5
        self.submit(edited)
        self.spend("bare", 12.0, "none")
        self.submit(self.spend("small and bare", 3.0, "none"))
        self.spend("old draft", 13.0, date=self.ago(45))
        self.submit(self.spend("old submitted", 14.0, date=self.ago(31)))
        self.submit(self.spend("nearly old", 15.0, date=self.ago(30)))
        self.approve(self.spend("old approved", 16.0, date=self.ago(50)))
        self.approve(self.spend("late", 17.0), days=8)
        self.approve(self.spend("nearly late", 18.0), days=7)
        self.submit(self.spend("refused", 999.0, "none"))._do_refuse("no receipt")
        order = self.env["sale.order"].search(
            [("company_id", "=", self.company.id), ("state", "=", "sale")], limit=1
        )
        self.submit(
            self.spend("on its order", 19.0, product_id=self.travel.id, sale_order_id=order.id)
        )
        ugo = self.person("Ugo who leaves", parent_id=self.boss.id)
        self.spend("of who left", 64.0, employee_id=ugo.id)
        ugo.active = False

    def alike(self) -> None:
        """Duplicates, files that are the same, and parts of a split."""
        for name in ("first", "second", "third"):
            self.spend(f"twice, {name}", 21.0)
        self.spend("twice, by another", 21.0, employee_id=self.tom.id)
        self.spend("twice, of another day", 21.0, date=self.ago(2))
        self.spend("same file, first", 22.0, "the same file")
        self.spend("same file, second", 23.0, "the same file", employee_id=self.tom.id)
        parts = [self.spend(f"part {n}", 24.0, "one bill") for n in (1, 2)]
        for part in parts:
            part.split_expense_origin_id = parts[0]

    def on_projects(self) -> None:
        """On projects that are closed, not billable, and in order."""
        plan = self.env["account.analytic.plan"].search([], limit=1)

        def booked(name: str, amount: float, **values: Any) -> None:
            account = self.env["account.analytic.account"].create(
                {"name": name, "plan_id": plan.id, "company_id": self.company.id}
            )
            known = {"name": name, "account_id": account.id, "company_id": self.company.id}
            project = self.env["project.project"].create({**known, "allow_billable": True})
            project.write(values)
            self.spend(name, amount, analytic_distribution={str(account.id): 100.0})

        booked("on an archived project", 31.0, active=False)
        booked("on a project that is done", 32.0, last_update_status="done")
        booked("on an internal project", 33.0, allow_billable=False)
        booked("on a billable project", 34.0)

    def booked(self) -> None:
        """Posted and paid ones: reconciled, open, without entry, cancelled."""
        old = {"date": self.ago(60)}
        self.post(self.approve(self.spend("posted", 41.0, **old)), 40)
        paid = self.post(self.approve(self.spend("paid", 42.0, **old)), 40)
        pay = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=paid.account_move_id.ids
        )
        pay.create({})._create_payments()
        assert paid.state == "paid", paid.state
        by_company = {**old, "payment_mode": "company_account"}
        card = self.approve(self.spend("by the company", 43.0, **by_company))
        card.action_post()
        assert card.state == "paid", card.state
        young = self.approve(
            self.spend("by the company of late", 44.0, payment_mode="company_account")
        )
        young.action_post()
        said = self.approve(self.spend("said to be paid", 45.0, **old))
        said.state = "paid"
        cancelled = self.post(self.approve(self.spend("cancelled", 46.0, **old)), 40)
        cancelled.account_move_id.button_draft()
        cancelled.account_move_id.button_cancel()
        assert cancelled.state == "approved", cancelled.state
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE hr_expense SET create_date = %s WHERE id = %s",
            [f"{self.ago(45)} 09:00:00", said.id],
        )
        self.env.invalidate_all()
        draft = self.post(self.approve(self.spend("entry is a draft", 47.0, **old), days=20), 40)
        draft.account_move_id.button_draft()
        assert draft.state == "posted", draft.state
