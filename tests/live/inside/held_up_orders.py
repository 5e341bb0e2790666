"""An order that six people hold up: who sells, who leads, who approves and who buys for it."""

from typing import Any

from .billing_cases import Cases, ago

NAMES = ("Sal", "Pia", "Pol", "Eva", "Tim", "Bo", "Max")


def build(env: Any) -> dict[str, Any]:
    """Make the order, and one that only two of them hold up; returns ids by what they are."""
    made = Firm(env, env["res.company"].search([], order="id", limit=1))
    whole = made.order("held up by six", 7)
    made.expense_of(whole, 80.0, "Eva")
    made.expense_of(whole, 35.0, "Tim")
    made.expense_of(whole, 12.0, "Tim")
    made.led(whole, "Pia", "Pol")
    made.bought(whole, "Bo")
    made.late(whole)
    made.on_hold(whole)
    small = made.order("held up by two", 1)
    made.expense_of(small, 5.0, "Eva")
    made.led(small, "Pia", "Pia")
    made.bought(small, "Bo").button_cancel()
    env.cr.commit()
    return {
        "whole": whole.id,
        "small": small.id,
        "users": {name: user.id for name, user in made.users.items()},
        "expenses": made.expenses,
    }


class Firm(Cases):
    """Six people and their manager, and what they sell."""

    def __init__(self, env: Any, company: Any) -> None:
        super().__init__(env, company)
        self.expenses: dict[str, int] = {}
        self.users = {name: self.user(name) for name in NAMES}
        self.people: dict[str, Any] = {}
        for name in reversed(NAMES):
            above = self.people["Max"].id if name != "Max" else False
            self.people[name] = self.env["hr.employee"].create(
                {
                    "name": name,
                    "user_id": self.users[name].id,
                    "work_email": self.users[name].email,
                    "company_id": company.id,
                    "parent_id": above,
                    "tz": "UTC",
                }
            )
        vendor = self.partner("Vendor of the cases", "vendor@customer.example")
        self.bought_for = self.product(
            "Subcontractor",
            "delivered_manual",
            0.0,
            service_to_purchase=True,
            seller_ids=[(0, 0, {"partner_id": vendor.id, "price": 400.0})],
        )
        self.other = self.product(
            "Rollout", "delivered_milestones", 10.0, service_tracking="task_in_project"
        )

    def user(self, name: str) -> Any:
        """One who may approve expenses and buy."""
        groups = [
            self.env.ref(each).id
            for each in (
                *("hr_expense.group_hr_expense_user", "purchase.group_purchase_user"),
                *("project.group_project_user", "sales_team.group_sale_salesman"),
            )
        ]
        made = self.env["res.users"].with_context(no_reset_password=True)
        return made.create(
            {
                "name": name,
                "login": f"{name.lower()}@six.example",
                "email": f"{name.lower()}@six.example",
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
                "group_ids": [(4, group) for group in groups],
            }
        )

    def order(self, name: str, quantity: int) -> Any:  # type: ignore[override]
        """Milestones in two projects, and what a subcontractor does at no price."""
        product = self.product("Harbor project", "delivered_milestones", 100.0)
        product.product_tmpl_id.service_tracking = "task_in_project"
        made = super().order(
            name,
            {"product_id": product.id, "product_uom_qty": quantity},
            {"product_id": self.bought_for.id, "product_uom_qty": 1, "price_unit": 0.0},
            user_id=self.users["Sal"].id,
            client_order_ref=False,
        )
        made.date_order = ago(1)
        made.order_line[1].qty_delivered = 1
        return made

    def led(self, order: Any, first: str, second: str) -> None:
        """Its project's manager, and a second project of another one."""
        (project,) = order.project_ids
        project.user_id = self.users[first]
        line = order.order_line[0]
        more = self.env["project.project"].create(
            {
                "name": f"{order.name} rollout",
                "company_id": self.company.id,
                "partner_id": order.partner_id.id,
                "allow_billable": True,
                "user_id": self.users[second].id,
                "sale_line_id": line.id,
            }
        )
        order.invalidate_recordset(["project_ids"])
        assert more in order.project_ids

    def bought(self, order: Any, buyer: str) -> Any:
        """The request that Odoo made at the confirmation."""
        lines = self.env["purchase.order.line"].search(
            [("sale_line_id", "in", order.order_line.ids)]
        )
        assert lines.order_id.state == "draft", lines
        lines.order_id.user_id = self.users[buyer]
        return lines.order_id

    def late(self, order: Any) -> None:
        """A milestone that was reached with proof, and one that was to be reached yesterday."""
        self.reach(order, 0.5, True, 1)
        self.reach(order, 0.5, False, 1)
        file = {"name": "Acceptance.pdf", "raw": b"accepted", "res_model": "sale.order"}
        self.env["ir.attachment"].create({**file, "res_id": order.id})

    def on_hold(self, order: Any) -> None:
        """The second project, by its last update."""
        project = order.project_ids.filtered(lambda each: each.name.endswith("rollout"))
        update = {"name": "Waits", "status": "on_hold", "project_id": project.id}
        self.env["project.update"].create(update)

    def expense_of(self, order: Any, amount: float, approver: str) -> None:
        """Submitted, for somebody to approve."""
        self.employee.expense_manager_id = self.users[approver]
        made = self.env["hr.expense"].create(
            {
                "name": f"Train for {order.name}",
                "employee_id": self.employee.id,
                "product_id": self.cost.id,
                "total_amount_currency": amount,
                "payment_mode": "own_account",
                "sale_order_id": order.id,
                "company_id": self.company.id,
                "date": ago(1),
            }
        )
        made.action_submit()
        assert (made.state, made.manager_id) == ("submitted", self.users[approver]), made.state
        self.expenses[f"{order.id} {amount:g}"] = made.id
