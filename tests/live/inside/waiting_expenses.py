"""Expenses that wait in a real Odoo: for an approver, for nobody, for whoever submitted them."""

from datetime import date, timedelta
from typing import Any

SUBMITTED = (
    "UPDATE mail_activity SET create_date = %s WHERE res_model = 'hr.expense' AND res_id = %s"
)


def build(env: Any, today: str) -> dict[str, int]:
    """Submit expenses of different ages as Odoo does it; returns their ids by what they show."""
    made = Claims(env, date.fromisoformat(today))
    made.submit("young", days=1)
    made.submit("a week old", days=8)
    made.submit("old", days=40)
    made.submit("own", days=7, approver=made.sue.user_id)
    made.submit("no approver", days=6, approver=env["res.users"])
    made.submit("approver without an employee", days=6, approver=made.outsider)
    made.submit("approver away", days=3, approver=made.away.user_id)
    made.submit("dollars", days=5, currency=env.ref("base.USD"))
    made.submit("no activity", days=5).activity_ids.unlink()
    made.submit("approved", days=5).action_approve()
    made.submit("refused", days=5)._do_refuse("no receipt")
    made.claim("draft")
    env.cr.commit()
    return {name: expense.id for name, expense in made.expenses.items()}


class Claims:
    """Sue, her manager, and an approver who is on leave, in the first company."""

    def __init__(self, env: Any, today: date) -> None:
        self.env, self.today = env, today
        self.company = env["res.company"].search([], order="id", limit=1)
        self.boss = self.person("Boss of Sue")
        self.sue = self.person("Sue who travels", parent_id=self.boss.id)
        self.away = self.person("Away today", parent_id=self.boss.id)
        self.outsider = self.user("Outsider")
        self.product = env["product.product"].create(
            {"name": "Travel", "can_be_expensed": True, "standard_price": 0.0}
        )
        self.expenses: dict[str, Any] = {}
        env["resource.calendar.leaves"].create(
            {
                "name": "Away",
                "resource_id": self.away.resource_id.id,
                "calendar_id": self.away.resource_calendar_id.id,
                "company_id": self.company.id,
                "time_type": "leave",
                "date_from": f"{today - timedelta(days=2)} 00:00:00",
                "date_to": f"{today + timedelta(days=2)} 22:00:00",
            }
        )

    def user(self, name: str) -> Any:
        login = name.lower().replace(" ", ".")
        group = self.env.ref("hr_expense.group_hr_expense_user")
        return (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": name,
                    "login": login,
                    "email": f"{login}@example.com",
                    "company_id": self.company.id,
                    "company_ids": [(6, 0, self.company.ids)],
                    "group_ids": [(4, group.id)],
                }
            )
        )

    def person(self, name: str, **values: Any) -> Any:
        user = self.user(name)
        return self.env["hr.employee"].create(
            {
                "name": name,
                "user_id": user.id,
                "work_email": user.email,
                "company_id": self.company.id,
                **values,
            }
        )

    def claim(self, name: str, **values: Any) -> Any:
        """A draft of Sue's."""
        self.expenses[name] = self.env["hr.expense"].create(
            {
                "name": name,
                "employee_id": self.sue.id,
                "product_id": self.product.id,
                "total_amount_currency": 100.0 + len(self.expenses),
                "company_id": self.company.id,
                "payment_mode": "own_account",
                **values,
            }
        )
        return self.expenses[name]

    def submit(self, name: str, *, days: int, approver: Any = None, currency: Any = None) -> Any:
        """Submitted so many days ago; Odoo approves at once what asks its own submitter."""
        expense = self.claim(name, **({"currency_id": currency.id} if currency else {}))
        expense.action_submit()
        assert expense.state == "submitted", expense.state
        if approver is not None:
            expense.manager_id = approver
        self.env.flush_all()
        self.env.cr.execute(
            SUBMITTED, [f"{self.today - timedelta(days=days)} 09:00:00", expense.id]
        )
        self.env.invalidate_all()
        return expense
