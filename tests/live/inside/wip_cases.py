"""Orders whose work and invoices lie around a month's end, and hours that were corrected."""

from datetime import date, timedelta
from typing import Any

from tests.live.inside.billing_cases import Cases


def build(env: Any, month_end: str) -> dict[str, int]:
    """Make the orders in the first company; returns their ids by what they show."""
    cases = Across(env, date.fromisoformat(month_end))
    for make in (_across, _stages, _by_hand, _undone, _corrected, _cancelled, _confirmed_again):
        make(cases)
    env.cr.commit()
    return {name: order.id for name, order in cases.orders.items()}


def accruals(env: Any, month_end: str) -> dict[str, list[float]]:
    """What Odoo's accrual says that confirmed lines had delivered and invoiced by that day."""
    companies = env["res.company"].search([]).ids
    env = env(context={**env.context, "allowed_company_ids": companies})
    lines = env["sale.order.line"].search([("state", "=", "sale"), ("display_type", "=", False)])
    then = lines.with_context(accrual_entry_date=month_end)
    return {str(line.id): [line.qty_delivered_at_date, line.qty_invoiced_at_date] for line in then}


class Across(Cases):
    """Cases whose days are counted from a month's end: negative ones lie before it."""

    def __init__(self, env: Any, month_end: date) -> None:
        super().__init__(env, env["res.company"].search([], order="id", limit=1))
        self.month_end = month_end
        day = self.env.ref("uom.product_uom_day").id
        self.days = self.product(
            "Day", "delivered_timesheet", 900.0, service_tracking="task_in_project", uom_id=day
        )
        self.hour = {"product_id": self.time.id, "product_uom_qty": 40, "price_unit": 100.0}

    def on(self, days: int) -> date:
        """So many days after the month's end."""
        return self.month_end + timedelta(days=days)

    def sold(self, name: str, *lines: dict[str, Any], confirmed: int = -60) -> Any:
        made = self.order(name, *lines)
        made.date_order = self.on(confirmed)
        return made

    def work(self, order: Any, hours: float, days: int, number: int = 0) -> None:
        task = order.order_line[number].task_id
        self.env["account.analytic.line"].create(
            {
                "name": "work",
                "employee_id": self.employee.id,
                "project_id": task.project_id.id,
                "task_id": task.id,
                "date": self.on(days),
                "unit_amount": hours,
            }
        )

    def bill(self, order: Any, days: int) -> Any:
        invoice = order._create_invoices()
        invoice.invoice_date = self.on(days)
        invoice.action_post()
        return invoice

    def credit(self, invoice: Any, days: int, *, lines: Any = None) -> Any:
        note = invoice._reverse_moves([{"invoice_date": self.on(days)}])
        for line in note.invoice_line_ids if lines is not None else ():
            line.quantity = line.quantity if line.sale_line_ids in lines else 0
        note.action_post()
        return note


def _across(cases: Across) -> None:
    since = cases.sold("billed since", cases.hour)
    cases.work(since, 20, -10)
    cases.bill(since, 1)
    later = cases.sold("worked on since", cases.hour)
    cases.work(later, 5, -3)
    cases.work(later, 7, 1)
    both = cases.sold("billed before and since", {**cases.hour, "discount": 12.5})
    cases.work(both, 8.25, -35)
    cases.bill(both, -5)
    cases.work(both, 3.1, -2)
    cases.bill(both, 1)
    credited = cases.sold("credited since", cases.hour)
    cases.work(credited, 10, -20)
    cases.credit(cases.bill(credited, -10), 1)
    confirmed = cases.sold("confirmed since", cases.hour, confirmed=1)
    cases.work(confirmed, 4, 1)
    drafted = cases.sold("drafted", cases.hour)
    cases.work(drafted, 6, -33)
    cases.draft(drafted)
    days = cases.sold("days", {"product_id": cases.days.id, "product_uom_qty": 5})
    cases.work(days, 12, -95)
    cases.work(days, 2, 1)
    discounted = cases.sold("discounted", cases.hour)
    cases.env["sale.order.discount"].create(
        {
            "sale_order_id": discounted.id,
            "discount_type": "so_discount",
            "discount_percentage": 0.1,
        }
    ).action_apply_discount()
    cases.work(discounted, 10, -8)
    cases.work(discounted, 10, 1)
    prepaid = cases.sold("prepaid", {"product_id": cases.prepaid.id, "product_uom_qty": 10})
    cases.work(prepaid, 3, -4)
    cases.work(prepaid, 9, 1)
    cases.bill(prepaid, 1)


def _stages(cases: Across) -> None:
    order = cases.sold("stages", {"product_id": cases.milestone.id, "product_uom_qty": 1})
    for share, days in ((0.25, -4), (0.5, 1)):
        cases.reach(order, share, True, 30).reached_date = cases.on(days)


def _by_hand(cases: Across) -> None:
    line = {"product_id": cases.manual.id, "product_uom_qty": 4}
    for name in ("typed since", "typed before"):
        cases.sold(name, line).order_line.qty_delivered = 3


def _undone(cases: Across) -> None:
    order = cases.sold("invoice cancelled since", cases.hour)
    cases.work(order, 9, -12)
    invoice = cases.bill(order, -6)
    invoice.button_draft()
    invoice.button_cancel()


def _corrected(cases: Across) -> None:
    workshop = {"product_id": cases.manual.id, "product_uom_qty": 1}
    credited = cases.sold("only the workshop credited", cases.hour, workshop)
    cases.work(credited, 20, -150)
    credited.order_line[1].qty_delivered = 1
    cases.credit(cases.bill(credited, -140), -130, lines=credited.order_line[1])
    cases.work(credited, 1, 0)
    lowered = cases.sold("invoice of fewer hours", cases.hour)
    cases.work(lowered, 12, -80)
    cases.work(lowered, 8, -20)
    invoice = lowered._create_invoices()
    invoice.invoice_line_ids.quantity = 15
    invoice.invoice_date = cases.on(-10)
    invoice.action_post()
    below = cases.sold("corrected", cases.hour)
    cases.work(below, 8, -40)
    cases.work(below, -3, -5)


def _cancelled(cases: Across) -> None:
    order = cases.sold("cancelled", cases.hour)
    cases.work(order, 7, -35)
    order._action_cancel()


def _confirmed_again(cases: Across) -> None:
    order = cases.sold("confirmed again since", cases.hour)
    cases.work(order, 4, -15)
    order._action_cancel()
    order.action_draft()
    order.action_confirm()
