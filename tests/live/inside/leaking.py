"""Work and costs in a real Odoo that leak in each way, and what is near to it and does not."""

from typing import Any

from tests.live.inside.billing_cases import Cases, ago


def build(env: Any, times: int = 1) -> dict[str, list[Any]]:
    """Makes them in the first company, so many times; returns model and id by what they show."""
    company = env["res.company"].search([], order="id", limit=1)
    for _ in range(times):
        made = Leaking(env, company)
        made.on_orders_that_fell_through()
        made.on_no_line()
        made.by_time()
        made.prepaid_hours()
        made.expenses()
        made.vendors_bills()
        made.bought_for_orders()
    env.cr.commit()
    return made.subjects


class Leaking(Cases):
    """What the firm works on and spends."""

    def __init__(self, env: Any, company: Any) -> None:
        super().__init__(env, company)
        self.subjects: dict[str, list[Any]] = {}
        self.employee.hourly_cost = 41.37
        self.free = self.env["hr.employee"].create(
            {"name": "Worker without a cost", "company_id": company.id, "hourly_cost": 0}
        )
        hour = self.env.ref("uom.product_uom_hour").id
        self.prepaid = self.product(
            "Prepaid hour",
            "ordered_prepaid",
            99.99,
            service_tracking="task_in_project",
            uom_id=hour,
        )
        self.vendor = self.partner("Vendor of the cases", "vendor@example.com")
        self.euro = self.env.ref("base.EUR")
        self.euro.active = True
        self.bought = self.product(
            "Bought", None, 500.0, expense_policy="cost", supplier_taxes_id=False
        )
        self.inside = self.product(
            "Bought for ourselves", None, 1.0, expense_policy="no", supplier_taxes_id=False
        )
        self.outsourced = self.product(
            "Outsourced",
            "delivered_manual",
            700.0,
            service_to_purchase=True,
            supplier_taxes_id=False,
            seller_ids=[(0, 0, {"partner_id": self.vendor.id, "price": 433.21})],
        )

    def shows(self, name: str, record: Any) -> Any:
        assert name not in self.subjects
        self.subjects[name] = [record._name, record.id]
        return record

    def sold(self, name: str, product: Any, quantity: float = 20, **values: Any) -> Any:
        """A confirmed order of one line, which it shows."""
        line = {"product_id": product.id, "product_uom_qty": quantity}
        order = self.order(name, {**line, **values})
        self.shows(name, order.order_line)
        return order

    def work(self, order: Any, hours: float, days: int, employee: Any = None) -> Any:
        self.log(order, hours, days)
        task = order.order_line[0].task_id
        line = task.timesheet_ids.sorted("id")[-1]
        if employee:
            line.employee_id = employee
        return line

    def on_orders_that_fell_through(self) -> None:
        cancelled = self.order(
            "cancelled", {"product_id": self.time.id, "product_uom_qty": 20, "discount": 5}
        )
        self.work(cancelled, 3.75, 12)
        cancelled._action_cancel()
        self.shows("cancelled", cancelled)
        again = self.order("again", {"product_id": self.time.id, "product_uom_qty": 20})
        self.work(again, 1.5, 12)
        again._action_cancel()
        again.action_draft()
        self.shows("quoted again", again)
        unworked = self.order("unworked", {"product_id": self.time.id, "product_uom_qty": 2})
        unworked._action_cancel()
        self.shows("cancelled and never worked on", unworked)

    def on_no_line(self) -> None:
        for name, values, employee in (
            ("billable project", {}, self.employee),
            ("archived project", {"active": False}, self.employee),
            ("project of who costs nothing", {}, self.free),
            ("internal project", {"allow_billable": False}, self.employee),
        ):
            known = {"name": name, "company_id": self.company.id, "allow_billable": True}
            project = self.env["project.project"].create({**known, "user_id": self.env.uid})
            tasks = [
                self.env["project.task"].create({"name": task, "project_id": project.id})
                for task in ("work", "meetings")
            ]
            for task, hours in zip(tasks, (2.25, 1.0), strict=True):
                self.env["account.analytic.line"].create(
                    {
                        "name": name,
                        "employee_id": employee.id,
                        "unit_amount": hours,
                        "project_id": project.id,
                        "task_id": task.id,
                        "date": ago(5),
                    }
                )
            project.write({k: v for k, v in values.items() if k != "name"})
            assert not project.timesheet_ids.so_line, name
            self.shows(name, project)
            if name == "billable project":
                self.shows("meetings", tasks[1])

    def by_time(self) -> None:
        old = self.sold("old hours", self.time, discount=12.5)
        self.work(old, 2.75, 70)
        self.work(old, 1.25, 61)
        self.work(old, 8.0, 60)
        young = self.sold("young hours", self.time)
        self.work(young, 4.0, 60)
        billed = self.sold("old hours that are billed", self.time)
        self.work(billed, 4.0, 80)
        self.post(billed)
        self.work(billed, 2.0, 3)
        drafted = self.sold("old hours on a draft", self.time)
        self.work(drafted, 4.0, 80)
        self.draft(drafted)
        undone = self.sold("old hours whose invoice was cancelled", self.time)
        self.work(undone, 4.5, 80)
        invoice = self.draft(undone)
        invoice.button_cancel()
        credited = self.sold("old hours that were credited", self.time)
        self.work(credited, 6.5, 90)
        self.post(credited)._reverse_moves(cancel=True)
        part = self.sold("old hours of which a part is billed", self.time)
        self.work(part, 3.0, 90)
        self.work(part, 5.0, 75)
        invoice = self.draft(part)
        invoice.invoice_line_ids.quantity = 4.0
        invoice.action_post()
        unpriced = self.sold("hours without a rate", self.time, price_unit=0.0)
        self.work(unpriced, 2.5, 1)
        self.work(unpriced, 1.0, 90)
        unvalued = self.sold("hours without a rate or cost", self.time, price_unit=0.0)
        self.work(unvalued, 2.5, 1, self.free)
        euros = self.env["product.pricelist"].create(
            {"name": "Euros", "currency_id": self.euro.id, "company_id": self.company.id}
        )
        line = {"product_id": self.time.id, "product_uom_qty": 20, "price_unit": 99.99}
        abroad = self.order("abroad", line, pricelist_id=euros.id)
        self.shows("old hours in euros", abroad.order_line)
        self.work(abroad, 3.33, 77)
        day = self.env.ref("uom.product_uom_day").id
        by_day = self.product(
            "Day", "delivered_timesheet", 964.0, service_tracking="task_in_project", uom_id=day
        )
        days = self.sold("old hours sold by the day", by_day, 5)
        self.work(days, 10.0, 88)

    def prepaid_hours(self) -> None:
        over = self.sold("prepaid and overrun", self.prepaid, 10)
        self.work(over, 12.75, 4)
        full = self.sold("prepaid and used up", self.prepaid, 10)
        self.work(full, 10.0, 4)
        idle = self.sold("prepaid and idle", self.prepaid, 10)
        self.work(idle, 2.5, 91)
        self.post(idle)
        idle.date_order = ago(200)
        busy = self.sold("prepaid and in use", self.prepaid, 10)
        self.work(busy, 2.5, 90)
        self.post(busy)
        busy.date_order = ago(200)
        unbilled = self.sold("prepaid and not billed", self.prepaid, 10)
        unbilled.date_order = ago(200)
        fresh = self.sold("prepaid of late", self.prepaid, 10)
        self.post(fresh)
        pieces = self.product(
            "Pieces", "ordered_prepaid", 50.0, uom_id=self.env.ref("uom.product_uom_unit").id
        )
        piece = self.sold("a fixed price by the piece", pieces, 10)
        self.post(piece)
        piece.date_order = ago(200)

    def spend(self, name: str, days: int, amount: float = 77.35, **values: Any) -> Any:
        made = self.env["hr.expense"].create(
            {
                "name": name,
                "employee_id": self.employee.id,
                "product_id": self.cost.id,
                "total_amount_currency": amount,
                "payment_mode": "own_account",
                "company_id": self.company.id,
                "tax_ids": [(5,)],
                "date": ago(days),
                **values,
            }
        )
        self.shows(name, made)
        return made

    def approved(self, expense: Any) -> Any:
        expense.action_submit()
        expense._do_approve(check=False)
        assert expense.state == "approved", expense.state
        return expense

    def posted(self, expense: Any, days: int) -> Any:
        wizard = self.approved(expense).action_post()
        made = self.env[wizard["res_model"]].with_context(**wizard["context"])
        made.create({"accounting_date": ago(days)}).action_post_entry()
        assert expense.state == "posted", expense.state
        return expense

    def expenses(self) -> None:
        order = self.order("of expenses", {"product_id": self.manual.id, "product_uom_qty": 1})
        on_it = {"sale_order_id": order.id}
        self.spend("draft and old", 61)
        self.spend("draft and young", 60)
        self.spend("submitted and old", 70, 81.11, **on_it).action_submit()
        self.approved(self.spend("approved and old, in euros", 70, currency_id=self.euro.id))
        known = self.env["account.tax"].search_count([])
        taxes = self.env["account.tax"].create(
            {
                "name": f"Included in the cases {known}",
                "amount": 21,
                "type_tax_use": "purchase",
                "price_include_override": "tax_included",
                "company_id": self.company.id,
            }
        )
        self.approved(self.spend("approved and old, taxed", 70, tax_ids=[(6, 0, taxes.ids)]))
        self.spend("for ourselves", 70, product_id=self.inside.id)
        self.approved(self.spend("refused", 70))._do_refuse("no")
        self.posted(self.spend("posted and on no order", 70), 65)
        old = self.posted(self.spend("posted on its order, old", 70, 64.2, **on_it), 65)
        self.shows("line of an old expense", old.sale_order_line_id)
        young = self.posted(self.spend("posted on its order, young", 70, **on_it), 60)
        self.shows("line of a young expense", young.sale_order_line_id)
        bills = self.order("of billed ones", {"product_id": self.manual.id, "product_uom_qty": 1})
        billed = self.posted(self.spend("billed", 70, sale_order_id=bills.id), 65)
        self.shows("line of a billed expense", billed.sale_order_line_id)
        self.post(bills)

    def bill(self, name: str, days: int, *lines: dict[str, Any], kind: str = "in_invoice") -> Any:
        made = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "invoice_date": ago(days),
                "date": ago(days),
                "invoice_line_ids": [(0, 0, {"tax_ids": False, **line}) for line in lines],
            }
        )
        made.action_post()
        return self.shows(name, made)

    def vendors_bills(self) -> None:
        account = self.env["account.analytic.account"].create(
            {
                "name": "Of the cases",
                "plan_id": self.env["account.analytic.plan"].search([], limit=1).id,
                "company_id": self.company.id,
            }
        )
        booked = {"analytic_distribution": {str(account.id): 100}}
        known = {"allow_billable": True, "company_id": self.company.id, "user_id": self.env.uid}
        self.env["project.project"].create({"name": "Buying", "account_id": account.id, **known})
        one = {"product_id": self.bought.id, "quantity": 3, "price_unit": 123.45, **booked}
        self.bill("old bill", 61, one, {**one, "quantity": 1, "price_unit": 10.0})
        self.bill("young bill", 60, one)
        self.bill("bill of what is not re-invoiced", 61, {**one, "product_id": self.inside.id})
        taken_back = self.bill("bill that is taken back", 70, one)
        taken_back._reverse_moves([{"invoice_date": ago(50)}]).action_post()
        part = self.bill("bill of which a part is taken back", 70, one)
        refund = part._reverse_moves([{"invoice_date": ago(50)}])
        refund.invoice_line_ids.quantity = 1
        refund.action_post()
        self.bill("refund of no bill", 70, {**one, "quantity": 1}, kind="in_refund")
        order = self.order("re-invoiced", {"product_id": self.manual.id, "product_uom_qty": 1})
        other = account.copy({"name": "Of an order"})
        project = self.env["project.project"].create(
            {"name": "With an order", "account_id": other.id, **known}
        )
        order.project_id = project
        of_order = {**one, "analytic_distribution": {str(other.id): 100}}
        self.bill("bill that is re-invoiced", 62, of_order)
        line = order.order_line.filtered("is_expense")
        assert len(line) == 1, order.order_line
        self.shows("line of an old bill", line)

    def bought_for_orders(self) -> None:
        def ordered(name: str, quantity: float, days: int, **values: Any) -> Any:
            order = self.sold(name, self.outsourced, quantity)
            purchase = self.env["purchase.order.line"].search(
                [("sale_line_id", "=", order.order_line.id)]
            )
            assert len(purchase) == 1, name
            purchase.order_id.write(values)
            purchase.order_id.button_confirm()
            purchase.qty_received = quantity
            if days:
                purchase.order_id.action_create_invoice()
                bill = purchase.order_id.invoice_ids
                bill.write({"invoice_date": ago(days), "date": ago(days)})
                bill.action_post()
            return order

        ordered("bought and never billed", 3, 61)
        ordered("bought in euros", 2, 61, currency_id=self.euro.id)
        ordered("bought of late", 3, 60)
        ordered("bought and not billed by the vendor", 3, 0)
        billed = ordered("bought and billed", 3, 61)
        billed.order_line.qty_delivered = 1
        self.post(billed)
        fell_through = ordered("bought for an order that fell through", 3, 61)
        fell_through._action_cancel()
