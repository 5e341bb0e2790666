"""Invoices in every state, down payments and re-invoiced expenses."""

from collections.abc import Callable
from typing import Any

from tests.live.inside.firm.catalogue import Catalogue
from tests.live.inside.firm.selling import Sale
from tests.live.inside.firm.setting import Firm

EARLY = ("none", "post", "post", "cancel", "reverse", "credit half", "draft credit", "post")
LATE = ("none", "none", "draft", "none", "post", "draft", "discount", "none", "lines dropped")


def early(firm: Firm, sales: list[Sale]) -> None:
    """Bills what is older than a season: posted, cancelled, reversed, credited in part."""
    for sale in sales:
        if sale.shape == "down payment":
            _down_payment(firm, sale)
    others = [sale for sale in sales if sale.shape != "down payment"]
    _bill_all(firm, others, lambda sale: EARLY[sale.number // 3 % len(EARLY)], 100)
    firm.done("invoices")


def late(firm: Firm, sales: list[Sale]) -> None:
    """Bills some of the rest: most of it stays open or in drafts."""
    _bill_all(firm, sales, lambda sale: LATE[sale.number // 2 % len(LATE)], 2)
    firm.done("more invoices")


def _bill_all(firm: Firm, sales: list[Sale], what_of: Callable[[Sale], str], days_ago: int) -> None:
    """Together what is billed alike: one invoice per order, but ten times faster."""
    for company in firm.companies:
        for what in sorted(set(EARLY + LATE) - {"none"}):
            orders = firm.env["sale.order"].with_company(company)
            for sale in sales:
                if sale.order.company_id == company and what_of(sale) == what:
                    orders += sale.order
            lines = orders.order_line.filtered(lambda line: line.qty_to_invoice > 0)
            if lines:
                _bill(firm, lines.order_id, what, days_ago)


def _bill(firm: Firm, orders: Any, what: str, days_ago: int) -> None:
    made = orders._create_invoices(grouped=True, final=what == "post")
    invoices = made.filtered(lambda move: move.move_type == "out_invoice")
    if what == "cancel":
        invoices.button_cancel()
    if what in ("draft", "cancel") or not invoices:
        return
    if what == "discount":
        invoices.invoice_line_ids.filtered(lambda line: line.price_unit > 0).discount = 40
    if what == "lines dropped":
        for invoice in invoices:
            invoice.invoice_line_ids[1:].unlink()
    invoices.invoice_date = firm.ago(days_ago)
    invoices.action_post()
    if what == "reverse" or "credit" in what:
        dates = [{"invoice_date": firm.ago(days_ago - 1)} for _ in invoices]
        credits = invoices._reverse_moves(dates, cancel=what == "reverse")
        for line in credits.invoice_line_ids if "credit" in what else ():
            line.quantity = line.quantity / 2
        if what == "credit half":
            credits.action_post()


def _down_payment(firm: Firm, sale: Sale) -> None:
    share = {"advance_payment_method": "percentage", "amount": 30.0}
    wizard = {**share, "sale_order_ids": [(6, 0, sale.order.ids)]}
    firm.env["sale.advance.payment.inv"].create(wizard).create_invoices()
    if sale.number % 4:
        sale.order.invoice_ids.invoice_date = firm.ago(30)
        sale.order.invoice_ids.action_post()


def expenses(firm: Firm, catalogue: Catalogue, sales: list[Sale]) -> None:
    """Expenses that are drafts, submitted, approved or posted to the order."""
    wanted = [sale for sale in sales if sale.shape.startswith("expenses")]
    for number, sale in enumerate(wanted * 2):
        employee = next(p for p in firm.people if p.company_id == sale.order.company_id)
        product = catalogue.products["sales_price" if number % 4 == 3 else "cost"]
        company = sale.order.company_id
        # What Odoo proposes depends on the company that it is asked in.
        made = (
            firm.env["hr.expense"]
            .with_company(company)
            .create(
                {
                    "name": f"Train for {sale.order.name}",
                    "employee_id": employee.id,
                    "product_id": product.id,
                    "total_amount_currency": round(firm.chance.uniform(20, 900), 2),
                    "payment_mode": "own_account",
                    "sale_order_id": sale.order.id,
                    "company_id": company.id,
                    "date": firm.ago(firm.chance.randrange(3, 130)),
                }
            )
        )
        _forward(firm, made, number % 7)
    firm.done("expenses")


def _forward(firm: Firm, expense: Any, how_far: int) -> None:
    if how_far == 0:
        return
    expense.action_submit()
    if how_far == 1:
        return
    expense.action_approve()
    if how_far > 2:
        wizard = expense.action_post()
        posting = expense.env[wizard["res_model"]].with_context(**wizard["context"])
        made = posting.with_company(expense.company_id).create({})
        made.accounting_date = firm.ago(firm.chance.randrange(0, 110))
        made.action_post_entry()
