"""Orders, lines, milestones and invoice lines, with quantities and amounts as Odoo has them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from odoo_gateway.sandbox.firm import codes, timesheets
from odoo_gateway.sandbox.firm.billing import Books
from odoo_gateway.sandbox.firm.deals import DEALS
from odoo_gateway.sandbox.firm.kinds import (
    Deal,
    DownPayment,
    Heading,
    Hours,
    Line,
    Reinvoiced,
    Stages,
    Units,
)
from odoo_gateway.sandbox.firm.money import CURRENCIES, FIRST_CONTACT, FIRST_CUSTOMER
from odoo_gateway.sandbox.firm.papers import numbered
from odoo_gateway.sandbox.firm.projects import COPIED, line_id, order_id, project_of
from odoo_gateway.sandbox.firm.when import When, utc

Row = dict[str, Any]
HOUR, PREPAID_HOUR, PROJECT, DAY, FIXED, GOODS, EXPENSE = range(1, 8)
PRODUCTS = {
    HOUR: ("Consulting hour", "delivery"),
    PREPAID_HOUR: ("Prepaid hour", "order"),
    PROJECT: ("Milestone project", "delivery"),
    DAY: ("Service by the day", "delivery"),
    FIXED: ("Fixed price", "order"),
    GOODS: ("Goods", "order"),
    EXPENSE: ("Expense", "delivery"),
}
TAX = 1


@dataclass(frozen=True)
class Sold:
    """What a line of a deal comes to: quantities in its unit; posted leaves drafts out."""

    price: float = 0.0
    ordered: float = 0.0
    delivered: float = 0.0
    invoiced: float = 0.0
    posted: float = 0.0
    discount: float = 0.0
    product: int | None = None
    method: str = "manual"

    @property
    def net_price(self) -> float:
        """The price less the discount."""
        return self.price * (1 - self.discount / 100)

    @property
    def amounts(self) -> dict[str, float]:
        """By the formulas of `sale.order.line`, for a confirmed order."""
        on_delivery = self.product is not None and PRODUCTS[self.product][1] == "delivery"
        due = self.delivered if on_delivery else self.ordered
        invoiced = round(self.posted * self.net_price, 2)
        return {
            "qty_to_invoice": round(due - self.invoiced, 2),
            "price_subtotal": round(self.ordered * self.net_price, 2),
            "untaxed_amount_invoiced": invoiced,
            "untaxed_amount_to_invoice": round(due * self.net_price - invoiced, 2),
        }


def rows(when: When, books: Books) -> dict[str, list[Row]]:
    """Everything that follows from the deals."""
    lines = [
        _line(number, deal, position, line, books, when)
        for number, deal in enumerate(DEALS)
        for position, line in enumerate(deal.lines)
    ]
    untaxed: dict[int, float] = defaultdict(float)
    for line in lines:
        untaxed[line["order_id"]] += line["price_subtotal"]
    orders = [_order(number, deal, when) for number, deal in enumerate(DEALS)]
    return {
        "account.move": [_invoice(move, books) for move in books.moves],
        "account.move.line": numbered(_invoice_lines(books)),
        "account.tax": [
            {
                "id": TAX,
                "name": "21%",
                "company_id": 1,
                "amount": 21.0,
                "amount_type": "percent",
                "price_include": False,
                "include_base_amount": False,
                "is_base_affected": True,
                "sequence": 1,
                "children_tax_ids": [],
            }
        ],
        "product.product": [
            {
                "id": number,
                "name": name,
                "invoice_policy": policy,
                "project_template_id": COPIED if number == FIXED else False,
                "type": "consu" if number == GOODS else "service",
                "categ_id": 1 if number == GOODS else 2,
                "uom_id": timesheets.HOUR,
            }
            for number, (name, policy) in PRODUCTS.items()
        ],
        # The firm sells no bundles.
        "product.combo.item": [],
        "project.milestone": _milestones(when),
        "sale.order": [
            {**order, **_amounts(deal, untaxed[order["id"]])}
            for order, deal in zip(orders, DEALS, strict=True)
        ],
        "sale.order.line": lines,
    }


def _amounts(deal: Deal, untaxed: float) -> Row:
    total = untaxed * (1.21 if deal.taxed else 1)
    return {"amount_untaxed": round(untaxed, 2), "amount_total": round(total, 2)}


def _sold(line: Line, key: int, books: Books) -> Sold:
    if isinstance(line, Hours):
        return _sold_hours(line, key, books)
    if isinstance(line, Stages):
        reached = sum(stage.percent for stage in line.stages if stage.reached is not None) / 100
        billed = sum(stage.percent for stage in line.stages if stage.billed) / 100
        return Sold(line.price, 1.0, reached, billed, billed, product=PROJECT, method="milestones")
    if isinstance(line, Units):
        product = GOODS if line.goods else FIXED if line.on_order else DAY
        invoiced = line.invoiced + line.drafted
        return Sold(
            line.price,
            line.ordered,
            line.delivered,
            invoiced,
            line.invoiced,
            line.discount,
            product,
        )
    if isinstance(line, Reinvoiced):
        billed = float(line.invoiced)
        return Sold(line.amount, 0.0, 1.0, billed, billed, product=EXPENSE, method="analytic")
    if isinstance(line, DownPayment):
        return Sold(line.amount, invoiced=1.0, posted=1.0)
    return Sold()


def _sold_hours(line: Hours, key: int, books: Books) -> Sold:
    posted = books.posted[key]
    if line.prepaid and line.posted is not None:
        posted = line.ordered
    return Sold(
        price=line.price,
        ordered=float(line.ordered),
        delivered=round(books.delivered[key], 2),
        invoiced=round(posted + books.drafted[key], 2),
        posted=round(posted, 2),
        discount=line.discount,
        product=PREPAID_HOUR if line.prepaid else HOUR,
        method="timesheet",
    )


def _line(number: int, deal: Deal, position: int, line: Line, books: Books, when: When) -> Row:
    key = line_id(number, position)
    sold = _sold(line, key, books)
    amounts = sold.amounts
    if deal.state != "sale":
        amounts |= {"untaxed_amount_to_invoice": 0.0, "qty_to_invoice": 0.0}
    name = "Down payment" if isinstance(line, DownPayment) else line.name
    is_goods = isinstance(line, Units) and line.goods
    in_project = isinstance(line, Hours | Stages | Units) and not is_goods
    return {
        "id": key,
        "order_id": order_id(number),
        "sequence": 10 + position,
        "name": name,
        "display_name": f"{_name(number)} - {name}",
        "product_id": sold.product or False,
        "currency_id": CURRENCIES[deal.currency_name],
        "company_id": deal.company_id,
        "state": deal.state,
        "display_type": line.kind if isinstance(line, Heading) else False,
        "price_unit": float(sold.price),
        "technical_price_unit": float(sold.price),
        "discount": float(sold.discount),
        "product_uom_qty": float(sold.ordered),
        "product_uom_id": _unit(line),
        "qty_delivered": float(sold.delivered),
        "qty_invoiced": float(sold.invoiced),
        "qty_delivered_method": sold.method,
        "is_downpayment": isinstance(line, DownPayment),
        "is_expense": isinstance(line, Reinvoiced),
        "is_service": in_project or isinstance(line, Reinvoiced),
        "tax_ids": [TAX] if deal.taxed else [],
        "project_id": (project_of(number, deal) or False) if in_project else False,
        "analytic_distribution": (
            codes.distribution(project_of(number, deal), deal) if in_project else False
        ),
        "combo_item_id": False,
        "tax_calculation_rounding_method": "round_per_line",
        "create_date": utc(when.ago(_added(line, deal)), 9, "UTC"),
        "write_date": utc(when.ago(1), 18, "UTC"),
        **amounts,
    }


def _unit(line: Line) -> int | bool:
    """Hours and days; what is sold by the piece has no unit of time."""
    if isinstance(line, Hours):
        return timesheets.HOUR
    by_day = isinstance(line, Units) and not (line.goods or line.on_order)
    return timesheets.DAY if by_day else False


def _added(line: Line, deal: Deal) -> int:
    """How many days ago a line was put on its order."""
    late = line.added if isinstance(line, Units) else None
    return deal.days_ago if late is None else late


def _invoice_lines(books: Books) -> Iterator[Row]:
    """What is on invoices of each order line, posted and draft; reversed ones bill nothing."""
    # The invoice of a deal comes before its credit note.
    moves = {(books.deals[move["id"]], move["state"]): move["id"] for move in reversed(books.moves)}
    for number, deal in enumerate(DEALS):
        for position, line in enumerate(deal.lines):
            key = line_id(number, position)
            sold = _sold(line, key, books)
            parts = {"posted": sold.posted, "draft": sold.invoiced - sold.posted}
            for state, quantity in parts.items():
                if deal.state == "sale" and quantity:
                    yield {
                        "move_id": moves[number, state],
                        "sale_line_ids": [key],
                        "company_id": deal.company_id,
                        "currency_id": CURRENCIES[deal.currency_name],
                        "move_type": "out_invoice",
                        "parent_state": state,
                        "quantity": round(float(quantity), 2),
                        "price_unit": float(sold.price),
                        "discount": float(sold.discount),
                        "price_subtotal": round(float(quantity) * sold.net_price, 2),
                    }


def _invoice(move: Row, books: Books) -> Row:
    """The invoice with what it comes to; every fourth customer has not paid yet."""
    number = books.deals[move["id"]]
    deal = DEALS[number]
    untaxed = 0.0
    for position, line in enumerate(deal.lines):
        key = line_id(number, position)
        sold = _sold(line, key, books)
        quantity = sold.invoiced - sold.posted if move["state"] == "draft" else sold.posted
        if isinstance(line, Hours) and not line.prepaid and move["state"] != "draft":
            quantity = books.linked[key]
        untaxed += round(quantity * sold.net_price, 2)
    total = round(untaxed * (1.21 if deal.taxed else 1), 2)
    paid = move["payment_state"]
    if paid == "paid" and number % 4 == 1:
        paid = "not_paid"
    owed = move["state"] == "posted" and move["move_type"] == "out_invoice" and paid == "not_paid"
    return {
        **move,
        "currency_id": CURRENCIES[deal.currency_name],
        "payment_state": paid,
        "amount_untaxed": round(untaxed, 2),
        "amount_total": total,
        "amount_residual": total if owed else 0.0,
    }


def _name(number: int) -> str:
    return f"S{order_id(number):05}"


def _order(number: int, deal: Deal, when: When) -> Row:
    project_id = project_of(number, deal)
    contact = FIRST_CONTACT if deal.billing_contact else FIRST_CUSTOMER
    signed = utc(when.ago(deal.days_ago - 1), 15, "UTC") if number % 3 == 0 else False
    return {
        "id": order_id(number),
        "name": _name(number),
        "partner_id": FIRST_CUSTOMER + number,
        "partner_invoice_id": contact + number,
        "user_id": 100 + deal.seller,
        "currency_id": CURRENCIES[deal.currency_name],
        "company_id": deal.company_id,
        "state": deal.state,
        "create_date": utc(when.ago(deal.days_ago), 9, "UTC"),
        "create_uid": 100 + deal.seller,
        "date_order": utc(when.ago(deal.days_ago), 9.5, "UTC"),
        "origin": False,
        "client_order_ref": deal.reference or False,
        "signed_by": deal.customer if signed and deal.state == "sale" else False,
        "signed_on": signed if deal.state == "sale" else False,
        "project_id": project_id or False,
        "project_ids": [project_id] if project_id else [],
        "tag_ids": codes.order_tags(deal),
        "team_id": deal.company_id,
    }


def _milestones(when: When) -> list[Row]:
    ids = count(1)
    return [
        {
            "id": next(ids),
            "name": stage.name,
            "project_id": project_of(number, deal),
            "sale_line_id": line_id(number, position),
            "quantity_percentage": stage.percent / 100,
            "deadline": when.ago(stage.deadline).isoformat(),
            "is_reached": stage.reached is not None,
            "reached_date": (
                False if stage.reached is None else when.ago(stage.reached).isoformat()
            ),
            "sequence": 10,
        }
        for number, deal in enumerate(DEALS)
        for position, line in enumerate(deal.lines)
        if isinstance(line, Stages)
        for stage in line.stages
    ]
