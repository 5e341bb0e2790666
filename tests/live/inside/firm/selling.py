"""Confirmed orders of every kind of billing, and of kinds mixed on one order."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.live.inside.firm.catalogue import Catalogue
from tests.live.inside.firm.setting import Firm

# The lines of an order: product, ordered quantity, and what is special about the line.
SHAPES: dict[str, list[tuple[str, float, str]]] = {
    "time": [("time", 60, "")],
    "days": [("days", 20, "")],
    "units": [("units", 40, "")],
    "two rates": [("time", 40, ""), ("time", 40, "discount")],
    "milestones": [("milestone", 1, "")],
    "stages of ten": [("milestone", 10, "discount")],
    "manual": [("manual", 5, "")],
    "prepaid": [("prepaid", 80, "")],
    "prepaid overrun": [("prepaid", 2, "")],
    "flat": [("typed", 2, "")],
    "mixed": [
        *[("time", 30, ""), ("milestone", 1, ""), ("prepaid", 50, "")],
        *[("manual", 5, ""), ("typed", 1, "discount"), ("goods", 3, "")],
    ],
    "expenses": [("manual", 4, "")],
    "expenses and time": [("time", 30, "")],
    "free": [("time", 20, "free")],
    "free and paid": [("time", 20, "free"), ("time", 20, "")],
    "discounted": [("time", 50, "discount"), ("manual", 3, "discount")],
    "tax included": [("time", 50, "tax_included"), ("prepaid", 70, "tax_included")],
    "tax excluded": [("time", 50, "tax_excluded"), ("manual", 7, "tax_excluded")],
    "none ordered": [("time", 0, ""), ("manual", 0, "tax_included")],
    "down payment": [("time", 60, "")],
    "goods": [("goods", 2, ""), ("delivered goods", 30, ""), ("time", 10, "")],
    "stage and time": [("milestone", 1, ""), ("time", 20, "")],
}


@dataclass
class Sale:
    """An order with the shape it was made in."""

    order: Any
    shape: str
    number: int


def make(firm: Firm, catalogue: Catalogue) -> list[Sale]:
    """All orders; most confirmed, some quotations or cancelled, some locked."""
    shapes = [list(SHAPES)[number % len(SHAPES)] for number in range(firm.orders_wanted)]
    rows = [_order(firm, catalogue, number, shape) for number, shape in enumerate(shapes)]
    made = firm.env["sale.order"].create(rows)
    sales = [
        Sale(order, shape, n) for n, (order, shape) in enumerate(zip(made, shapes, strict=True))
    ]
    for company in firm.companies:
        mine = made.filtered(lambda order, company=company: order.company_id == company)
        mine.filtered(lambda order: "quotation" not in order.origin).action_confirm()
    for sale in sales:
        sale.order.date_order = firm.noon(firm.chance.randrange(30, 420))
        if sale.number % 31 == 17:
            sale.order._action_cancel()
    made.filtered(lambda order: order.id % 23 == 4 and order.state == "sale").action_lock()
    firm.done("orders")
    return [sale for sale in sales if sale.order.state == "sale"]


def _order(firm: Firm, catalogue: Catalogue, number: int, shape: str) -> dict[str, Any]:
    company = firm.companies[0 if number % 5 < 3 else 1]
    code = {2: "EUR", 6: "EUR", 9: "JPY"}.get((number // len(SHAPES)) % 11)
    if number % 11 == 5:
        code = "EUR"
    values = {
        "partner_id": firm.chance.choice(catalogue.customers).id,
        "company_id": company.id,
        "date_order": firm.noon(420),
        "origin": f"{shape} quotation" if number % 29 == 21 else shape,
        "client_order_ref": firm.chance.choice([False, f"PO {number}"]),
        "order_line": [
            (0, 0, _line(firm, catalogue, company, code, line)) for line in SHAPES[shape]
        ],
    }
    if number % 6 == 1:
        values["order_line"].insert(0, (0, 0, {"display_type": "line_section", "name": "Part one"}))
    if code:
        values["pricelist_id"] = catalogue.pricelists[company.id][code].id
    return values


def _line(
    firm: Firm,
    catalogue: Catalogue,
    company: Any,
    code: str | None,
    wanted: tuple[str, float, str],
) -> dict[str, Any]:
    name, quantity, special = wanted
    product = catalogue.products[name]
    price = product.list_price * firm.chance.uniform(0.6, 1.7) * (150 if code == "JPY" else 1)
    taxes = catalogue.taxes[company.id].get(special)
    return {
        "product_id": product.id,
        "product_uom_qty": quantity,
        "price_unit": 0.0 if special == "free" else round(price, 2),
        "discount": firm.chance.choice([5.0, 12.5, 33.33]) if special == "discount" else 0.0,
        "tax_ids": [(6, 0, taxes.ids if taxes else [])],
    }


def deliver(firm: Firm, sales: list[Sale], late: bool) -> None:
    """Reached milestones and typed quantities: first what invoices may bill, then more of it."""
    for sale in sales:
        for line in sale.order.order_line:
            if line.display_type or line.is_downpayment or line.is_expense:
                continue
            if line.qty_delivered_method == "milestones":
                _stages(firm, line, late)
            elif line.qty_delivered_method == "manual" and firm.chance.random() < 0.7:
                line.qty_delivered += firm.chance.choice([0, 0.5, 1, 2, 3.75])
    firm.done("more deliveries" if late else "deliveries")


def _stages(firm: Firm, line: Any, late: bool) -> None:
    """Shares of the line; the deadline of one not reached may be past."""
    shares = [0.25, 0.35] if late else [0.15, 0.25]
    for share in shares:
        reached = firm.chance.random() < 0.6
        day = firm.chance.randrange(-20, 60) if late else firm.chance.randrange(61, 300)
        made = firm.env["project.milestone"].create(
            {
                "name": f"{share:.0%} of {line.order_id.name}",
                "project_id": line.project_id.id,
                "sale_line_id": line.id,
                "quantity_percentage": share,
                "deadline": firm.ago(day),
            }
        )
        if reached:
            made.is_reached = True
            made.reached_date = firm.today - timedelta(days=max(day, 0))


def evidence(firm: Firm, sales: list[Sale]) -> None:
    """A file on every third order with milestones, or on its project."""
    for sale in sales[::3]:
        records = sale.order if sale.number % 2 else sale.order.order_line.project_id[:1]
        for record in records:
            file = {"name": "accepted.txt", "raw": b"accepted", "res_model": record._name}
            firm.env["ir.attachment"].create({**file, "res_id": record.id})
    firm.done("evidence")
