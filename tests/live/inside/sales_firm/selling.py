"""Quotations with every fault, and confirmed orders of every service over eighteen months."""

from typing import Any

from tests.live.inside.sales_firm.setting import SalesFirm

# The lines of an order: product and ordered quantity; a heading or a note has no product.
SHAPES: dict[str, list[tuple[str, float]]] = {
    "time": [("consulting", 40)],
    "days": [("days", 5)],
    "fixed": [("rollout", 1)],
    "milestones": [("stages", 1)],
    "retainer": [("retainer", 80)],
    "support": [("support", 12)],
    "desk": [("desk", 10)],
    "training": [("training", 3)],
    "coaching": [("coaching", 6)],
    "licence": [("licence", 5)],
    "mixed": [
        *[("line_section", 0), ("rollout", 1), ("consulting", 20)],
        *[("line_section", 0), ("coaching", 8), ("laptop", 2)],
    ],
    "two templates": [("rollout", 1), ("support", 6)],
    "stage and training": [("stages", 2), ("training", 1)],
    "training and licence": [("training", 2), ("licence", 10)],
    "goods": [("laptop", 2)],
    "none ordered": [("coaching", 0)],
    "small": [("licence", 1)],
}
NOTES = (
    False,
    "Short.",
    "In scope is the move of two sites and all of their data; out of scope are the old archives.",
)


def make(firm: SalesFirm) -> None:
    """Orders that are confirmed, some cancelled afterwards; then quotations of opportunities."""
    names = [list(SHAPES)[n % len(SHAPES)] for n in range(firm.base.orders_wanted)]
    orders = firm.env["sale.order"].create([_order(firm, n, s) for n, s in enumerate(names)])
    for company in firm.companies:
        mine = orders.filtered(lambda order, company=company: order.company_id == company)
        mine.with_company(company).action_confirm()
        firm.base.done(f"confirmed in {company.id}")
    for number, order in enumerate(orders):
        order.date_order = firm.moment(firm.age())
        if number % 41 == 7:
            order._action_cancel()
    confirmed = orders.filtered(lambda order: order.state == "sale")
    confirmed.filtered(lambda order: order.id % 19 == 3).action_lock()
    firm.known["orders"] = list(confirmed)
    firm.base.done("orders")


def _order(firm: SalesFirm, number: int, shape: str) -> dict[str, Any]:
    known = firm.known
    company = firm.companies[0 if number % 5 < 3 else 1]
    sellers = [*(known[f"sal{n}"].id for n in range(6)), False]
    team = firm.pick([*(team.id for team in known["teams"]), False])
    lines = [(0, 0, _line(firm, *line)) for line in SHAPES[shape]]
    if note := firm.pick(NOTES):
        lines.append((0, 0, {"display_type": "line_note", "name": note}))
    customer = firm.pick(known["twins"] if number < 38 else known["customers"])
    if number < 2 * len(known["twins"]):
        customer = known["twins"][number // 2]
    none = firm.env["res.company"]
    values = {
        "partner_id": customer.id,
        "company_id": company.id,
        "user_id": firm.pick(sellers),
        "team_id": team,
        "origin": shape,
        "client_order_ref": firm.pick([False, f"PO {number}"]),
        "payment_term_id": firm.pick([False, known["term"].id]),
        "tag_ids": [(6, 0, [tag.id for tag in known["order_tags"] if firm.one_in(3)])],
        "order_line": lines,
        "opportunity_id": False,
    }
    if number % 4 == 2:
        values["pricelist_id"] = known["pricelists"][company.id].id
    if number < len(known["won"]) and known["won"][number].company_id in (company, none):
        values["opportunity_id"] = known["won"][number].id
    return values


def _line(firm: SalesFirm, name: str, quantity: float) -> dict[str, Any]:
    if name == "line_section":
        return {"display_type": name, "name": firm.pick(["Phase one", "Phase two"])}
    return {"product_id": firm.known["products"][name].id, "product_uom_qty": quantity}
