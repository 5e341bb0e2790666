"""Orders of every kind of billing, each in one state that an invoicing clerk may meet."""

from datetime import date, timedelta
from typing import Any

TODAY = date.today()


def build(env: Any) -> dict[str, int]:
    """Make the orders; returns their ids by what they show.

    The first company has all that must agree with Odoo's own sums, the second what is disputed.
    """
    first, second = env["res.company"].search([], order="id", limit=2)
    usual, disputed = Cases(env, first), Cases(env, second)
    for make in (by_time, by_milestone, by_hand, in_advance, with_expenses, abroad, odd):
        make(usual)
    in_dispute(disputed)
    env.cr.commit()
    return {name: order.id for name, order in (usual.orders | disputed.orders).items()}


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class Cases:
    """What the orders are made of."""

    def __init__(self, env: Any, company: Any) -> None:
        self.company = company
        others = env["res.company"].search([], order="id") - company
        companies = [company.id, *others.ids]
        context = {**env.context, "allowed_company_ids": companies, "tracking_disable": True}
        self.env = env(context=context)
        worker = {"name": f"Worker of {company.name}", "company_id": company.id}
        self.employee = self.env["hr.employee"].create(worker)
        self.orders: dict[str, Any] = {}
        self.customer = self.partner("Customer of the cases", "billing@customer.example")
        time = {"service_tracking": "task_in_project"}
        self.time = self.product("Hour", "delivered_timesheet", 120.5, **time)
        self.milestone = self.product("Stage", "delivered_milestones", 4321.1, **time)
        self.prepaid = self.product("Retainer", "ordered_prepaid", 99.99, **time)
        self.manual = self.product("Workshop", "delivered_manual", 850.0)
        self.cost = self.product("Travel", None, 1.0, can_be_expensed=True, expense_policy="cost")

    def partner(self, name: str, email: str | bool) -> Any:
        return self.env["res.partner"].create({"name": name, "email": email, "is_company": True})

    def product(self, name: str, policy: str | None, price: float, **values: Any) -> Any:
        values = {"name": name, "type": "service", "list_price": price, "taxes_id": False, **values}
        made = self.env["product.product"].create(values)
        if policy:
            made.product_tmpl_id.service_policy = policy
        return made

    def order(self, name: str, *lines: dict[str, Any], **values: Any) -> Any:
        """Confirmed, with one line per dictionary; each needs product_id and product_uom_qty."""
        made = self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "date_order": ago(40),
                "order_line": [(0, 0, line) for line in lines],
                **values,
            }
        )
        made.action_confirm()
        made.date_order = ago(40)
        assert name not in self.orders
        self.orders[name] = made
        return made

    def log(self, order: Any, hours: float, days_ago: int, number: int = 0) -> None:
        task = order.order_line[number].task_id
        self.env["account.analytic.line"].create(
            {
                "name": "work",
                "employee_id": self.employee.id,
                "project_id": task.project_id.id,
                "task_id": task.id,
                "date": ago(days_ago),
                "unit_amount": hours,
            }
        )

    def reach(self, order: Any, share: float, reached: bool, days_ago: int) -> Any:
        """A milestone of the order's first line that was to be reached so many days ago."""
        line = order.order_line[0]
        made = self.env["project.milestone"].create(
            {
                "name": f"{share:.0%} of {order.name}",
                "project_id": line.project_id.id,
                "sale_line_id": line.id,
                "quantity_percentage": share,
                "deadline": ago(days_ago),
            }
        )
        made.is_reached = reached
        return made

    def draft(self, order: Any) -> Any:
        return order._create_invoices()

    def post(self, order: Any) -> Any:
        invoice = self.draft(order)
        invoice.invoice_date = TODAY
        invoice.action_post()
        return invoice

    def expense(self, order: Any, amount: float, product: Any | None = None) -> Any:
        made = self.env["hr.expense"].create(
            {
                "name": f"Train for {order.name}",
                "employee_id": self.employee.id,
                "product_id": (product or self.cost).id,
                "total_amount_currency": amount,
                "payment_mode": "own_account",
                "sale_order_id": order.id,
                "company_id": self.company.id,
                "date": ago(9),
            }
        )
        made.action_submit()
        made.action_approve()
        return made

    def post_expense(self, expense: Any) -> None:
        wizard = expense.action_post()
        made = self.env[wizard["res_model"]].with_context(**wizard["context"]).create({})
        made.action_post_entry()


def by_time(cases: Cases) -> None:
    hours = {"product_id": cases.time.id, "product_uom_qty": 20}
    unbilled = cases.order("hours unbilled", hours, client_order_ref="PO 4711")
    cases.log(unbilled, 5.25, 31)
    cases.log(unbilled, 2.0, 3)
    partly = cases.order("hours partly posted", {**hours, "discount": 12.5})
    cases.log(partly, 8.0, 60)
    cases.post(partly)
    cases.log(partly, 3.5, 12)
    drafted = cases.order("hours drafted", hours)
    cases.log(drafted, 4.0, 21)
    cases.draft(drafted)
    more = cases.order("hours drafted and more", hours)
    cases.log(more, 4.0, 22)
    cases.draft(more)
    cases.log(more, 1.75, 2)
    cancelled = cases.order("invoice cancelled", hours)
    cases.log(cancelled, 6.0, 45)
    cases.draft(cancelled).button_cancel()
    reversed_ = cases.order("invoice reversed", hours)
    cases.log(reversed_, 7.0, 50)
    credit = cases.post(reversed_)._reverse_moves([{"invoice_date": TODAY}], cancel=True)
    assert credit.state == "posted"
    none = cases.order("everything posted", hours)
    cases.log(none, 7.0, 50)
    cases.post(none)
    cases.order("nothing delivered", hours)


def by_milestone(cases: Cases) -> None:
    stages = {"product_id": cases.milestone.id, "product_uom_qty": 1}
    for name, plan in {
        "milestone reached": [(0.25, True, 14), (0.75, False, -30)],
        "milestone late": [(0.5, True, 20), (0.25, False, 2), (0.25, False, -30)],
        "milestone with a file on the order": [(1.0, True, 8)],
        "milestone with a file on the project": [(0.5, True, 8)],
        "milestone late and nothing to bill": [(1.0, False, 5)],
    }.items():
        order = cases.order(name, stages)
        for share, reached, days_ago in plan:
            cases.reach(order, share, reached, days_ago)
    for name, record in {
        "milestone with a file on the order": cases.orders["milestone with a file on the order"],
        "milestone with a file on the project": cases.orders[
            "milestone with a file on the project"
        ].project_ids,
    }.items():
        file = {"name": f"{name}.txt", "raw": b"accepted", "res_model": record._name}
        cases.env["ir.attachment"].create({**file, "res_id": record.id})


def by_hand(cases: Cases) -> None:
    workshop = {"product_id": cases.manual.id, "product_uom_qty": 5}
    done = cases.order("delivered by hand", {**workshop, "discount": 33.33})
    done.order_line.qty_delivered = 3.5
    over = cases.order("billed too much", workshop)
    over.order_line.qty_delivered = 5
    cases.post(over)
    over.order_line.qty_delivered = 3
    free = cases.order("no price", {**workshop, "price_unit": 0.0})
    free.order_line.qty_delivered = 4
    silent = cases.partner("Customer without e-mail", False)
    nobody = cases.order("no e-mail", workshop, partner_id=silent.id)
    nobody.order_line.qty_delivered = 1


def in_advance(cases: Cases) -> None:
    retainer = {"product_id": cases.prepaid.id, "product_uom_qty": 30}
    cases.order("prepaid", retainer)
    half = cases.order("prepaid and posted", retainer)
    cases.post(half)
    cases.log(half, 40.0, 5)
    hours = {"product_id": cases.time.id, "product_uom_qty": 20}
    paid = cases.order("down payment", hours)
    cases.log(paid, 2.5, 18)
    share = {"advance_payment_method": "percentage", "amount": 30.0}
    wizard = {**share, "sale_order_ids": [(6, 0, paid.ids)]}
    cases.env["sale.advance.payment.inv"].create(wizard).create_invoices()
    paid.invoice_ids.invoice_date = TODAY
    paid.invoice_ids.action_post()


def with_expenses(cases: Cases) -> None:
    workshop = {"product_id": cases.manual.id, "product_uom_qty": 1}
    for name in ("expense posted", "expense approved", "expense posted and billed"):
        order = cases.order(name, workshop)
        order.order_line.qty_delivered = 1 if name == "expense approved" else 0
        expense = cases.expense(order, 123.45)
        if "posted" in name:
            cases.post_expense(expense)
    cases.post(cases.orders["expense posted and billed"])


def abroad(cases: Cases) -> None:
    """Orders in euro and, without decimals, in yen."""
    for code, rate in {"EUR": 0.9, "JPY": 150.0}.items():
        currency = cases.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", code)])
        currency.active = True
        rates = {"name": ago(400), "company_rate": rate, "company_id": cases.company.id}
        currency.rate_ids = [(5, 0, 0), (0, 0, rates)]
        pricelist = cases.env["product.pricelist"].create(
            {"name": code, "currency_id": currency.id, "company_id": cases.company.id}
        )
        price = {"product_id": cases.time.id, "product_uom_qty": 10, "price_unit": 1234.56}
        order = cases.order(f"hours in {code}", price, pricelist_id=pricelist.id)
        cases.log(order, 1.75, 25)
        billed = cases.order(f"hours in {code} partly posted", price, pricelist_id=pricelist.id)
        cases.log(billed, 3.25, 55)
        cases.post(billed)
        cases.log(billed, 0.5, 4)


def odd(cases: Cases) -> None:
    tax = cases.env["account.tax"].create(
        {
            "name": "21% included",
            "amount": 21.0,
            "price_include_override": "tax_included",
            "company_id": cases.company.id,
        }
    )
    workshop = {"product_id": cases.manual.id, "product_uom_qty": 5, "tax_ids": [(6, 0, tax.ids)]}
    order = cases.order("tax included", {**workshop, "price_unit": 1210.0})
    order.order_line.qty_delivered = 2
    quotation = cases.order("only a quotation", workshop)
    quotation._action_cancel()
    quotation.action_draft()
    section = {"display_type": "line_section", "name": "Part one"}
    hours = {"product_id": cases.time.id, "product_uom_qty": 3}
    mixed = cases.order("of every kind", section, hours, {**workshop, "tax_ids": False})
    cases.log(mixed, 1.25, 33, number=1)
    mixed.order_line[2].qty_delivered = 0.5


def in_dispute(cases: Cases) -> None:
    tax = cases.env["account.tax"].create(
        {
            "name": "21% included here",
            "amount": 21.0,
            "price_include_override": "tax_included",
            "company_id": cases.company.id,
        }
    )
    taxed = {"product_id": cases.manual.id, "price_unit": 121.0, "tax_ids": [(6, 0, tax.ids)]}
    for name, ordered in {"tax included, none ordered": 0, "tax included, one ordered": 1}.items():
        order = cases.order(name, {**taxed, "product_uom_qty": ordered, "price_unit": 100.0})
        order.order_line.qty_delivered = 1000
    workshop = {"product_id": cases.manual.id, "product_uom_qty": 10}
    cheaper = cases.order("discount on the invoice alone", workshop)
    cheaper.order_line.qty_delivered = 4
    invoice = cases.draft(cheaper)
    invoice.invoice_line_ids.discount = 50
    invoice.invoice_date = TODAY
    invoice.action_post()
    cheaper.order_line.qty_delivered = 6
    hours = {"product_id": cases.time.id, "product_uom_qty": 9}
    stage = {"product_id": cases.milestone.id, "product_uom_qty": 1}
    billed = cases.order("milestone billed, hours since", stage, hours)
    cases.reach(billed, 1.0, True, 90).reached_date = ago(90)
    cases.post(billed)
    cases.log(billed, 2.0, 3, number=1)
    cases.log(cases.order("hours of a day to come", hours), 2.0, -5)
