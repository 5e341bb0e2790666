"""Orders of every kind of billing, due to be drafted, and what Odoo's own wizard makes of them."""

import random
from collections.abc import Sequence
from typing import Any

from .billing_cases import TODAY, Cases, ago

SEED = 19
DISCOUNTS = (0.0, 0.0, 12.5, 33.33)


def build(env: Any, rounds: int) -> dict[str, int]:
    """Make them in two companies and two currencies each; their ids by what they show."""
    found: dict[str, int] = {}
    for company in env["res.company"].search([], order="id", limit=2):
        cases, chance = Cases(env, company), random.Random(f"{SEED} {company.id}")
        taxes = _taxes(cases)
        for code in ("", "EUR"):
            terms = _abroad(cases, code) if code else {}
            for number in range(rounds):
                name = f"{company.id} {code or 'own'} {number}"
                for make in KINDS:
                    kind = make.__name__.strip("_")
                    order = make(cases, f"{kind} {name}", chance, taxes, terms)
                    if number == 0:
                        order.client_order_ref = f"PO {order.name}"
        found |= {name: order.id for name, order in cases.orders.items()}
    env.cr.commit()
    return found


def _taxes(cases: Cases) -> Sequence[list[int]]:
    made = cases.env["account.tax"].create(
        [
            {"name": "19 % on top", "amount": 19.0, "company_id": cases.company.id},
            {
                "name": "21 % within",
                "amount": 21.0,
                "price_include_override": "tax_included",
                "company_id": cases.company.id,
            },
        ]
    )
    return [[], [made[0].id], [made[1].id]]


def _abroad(cases: Cases, code: str) -> dict[str, Any]:
    currency = cases.env["res.currency"].with_context(active_test=False)
    currency = currency.search([("name", "=", code)])
    currency.active = True
    rates = {"name": ago(400), "company_rate": 0.9, "company_id": cases.company.id}
    if currency != cases.company.currency_id:
        currency.rate_ids = [(0, 0, rates)]
    pricelist = cases.env["product.pricelist"].create(
        {"name": code, "currency_id": currency.id, "company_id": cases.company.id}
    )
    return {"pricelist_id": pricelist.id}


def _line(product: Any, quantity: float, chance: random.Random, taxes: Any) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "product_uom_qty": quantity,
        "price_unit": round(chance.uniform(3, 2500), 2),
        "discount": chance.choice(DISCOUNTS),
        "tax_ids": [(6, 0, chance.choice(taxes))],
    }


def _accepted(cases: Cases, milestone: Any) -> Any:
    """With a file of the customer."""
    file = {"name": "accepted.txt", "raw": b"accepted", "res_model": milestone._name}
    cases.env["ir.attachment"].create({**file, "res_id": milestone.id})
    return milestone


def _kickoff(cases: Cases, order: Any) -> None:
    made = cases.env["project.milestone"].create(
        {"name": "Kickoff with the customer", "project_id": order.project_ids[:1].id}
    )
    made.is_reached = True
    _accepted(cases, made)


def _time(cases: Cases, name: str, chance: random.Random, taxes: Any, terms: Any) -> Any:
    order = cases.order(name, _line(cases.time, 40, chance, taxes), **terms)
    for days in (31, 3):
        cases.log(order, chance.choice((0.25, 1.75, 5.5, 7.33)), days)
    return order


def _milestone(cases: Cases, name: str, chance: random.Random, taxes: Any, terms: Any) -> Any:
    order = cases.order(name, _line(cases.milestone, 1, chance, taxes), **terms)
    _accepted(cases, cases.reach(order, chance.choice((0.25, 0.3333, 0.5)), True, 14))
    cases.reach(order, 0.125, False, -30)
    return order


def _fixed(cases: Cases, name: str, chance: random.Random, taxes: Any, terms: Any) -> Any:
    order = cases.order(name, _line(cases.prepaid, chance.randint(1, 30), chance, taxes), **terms)
    _kickoff(cases, order)
    return order


def _manual(cases: Cases, name: str, chance: random.Random, taxes: Any, terms: Any) -> Any:
    order = cases.order(name, _line(cases.manual, 9, chance, taxes), **terms)
    order.order_line.qty_delivered = chance.choice((1.0, 2.5, 8.99))
    return order


def _expense(cases: Cases, name: str, chance: random.Random, taxes: Any, terms: Any) -> Any:
    order = cases.order(name, _line(cases.manual, 1, chance, taxes), **terms)
    cases.post_expense(cases.expense(order, round(chance.uniform(5, 900), 2)))
    return order


def _partly(cases: Cases, name: str, chance: random.Random, taxes: Any, terms: Any) -> Any:
    """Hours of which some are on a posted invoice."""
    order = _time(cases, name, chance, taxes, terms)
    cases.post(order)
    cases.log(order, chance.choice((0.5, 3.25)), 2)
    return order


def _mixed(cases: Cases, name: str, chance: random.Random, taxes: Any, terms: Any) -> Any:
    products = (cases.milestone, cases.time, cases.prepaid, cases.manual)
    section = {"display_type": "line_section", "name": "Part one"}
    lines = [_line(product, 5, chance, taxes) for product in products]
    order = cases.order(name, *lines, section, **terms)
    _accepted(cases, cases.reach(order, 0.3, True, 14))
    _kickoff(cases, order)
    cases.log(order, 2.25, 5, number=1)
    order.order_line[3].qty_delivered = 1.5
    return order


KINDS = (_time, _milestone, _fixed, _manual, _expense, _partly, _mixed)


def by_wizard(env: Any, orders: Sequence[int]) -> dict[str, Any]:
    """Have Odoo's own wizard invoice each; its drafts, as `drafts` tells them."""
    env = env(context={**env.context, "allowed_company_ids": env["res.company"].search([]).ids})
    for order in env["sale.order"].browse(orders):
        wizard = {"sale_order_ids": [(6, 0, order.ids)], "advance_payment_method": "delivered"}
        wizards = env["sale.advance.payment.inv"].with_company(order.company_id)
        wizards.create(wizard).create_invoices()
    env.cr.commit()
    return drafts(env, orders)


def drafts(env: Any, orders: Sequence[int]) -> dict[str, Any]:
    """By order, each of its drafts with what a customer sees of it."""
    return {
        str(order.id): [
            {
                "type": move.move_type,
                "company": move.company_id.id,
                "currency": move.currency_id.name,
                "customer": move.partner_id.id,
                "terms": move.invoice_payment_term_id.id,
                "reference": move.ref,
                "date": str(move.invoice_date),
                "untaxed": move.amount_untaxed,
                "tax": move.amount_tax,
                "total": move.amount_total,
                "lines": [
                    [
                        line.display_type,
                        line.sale_line_ids.ids,
                        line.name,
                        line.quantity,
                        line.price_unit,
                        line.discount,
                        sorted(line.tax_ids.ids),
                        line.price_subtotal,
                        line.price_total,
                    ]
                    for line in move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
                ],
            }
            for move in order.invoice_ids.sorted("id")
            if move.state == "draft"
        ]
        for order in env["sale.order"].browse(orders)
    }


def moves(env: Any) -> dict[str, int]:
    """How many invoices and credit notes there are, by kind and state."""
    groups = env["account.move"].search([("move_type", "in", ("out_invoice", "out_refund"))])
    found: dict[str, int] = {}
    for move in groups:
        kind = f"{move.move_type} {move.state}"
        found[kind] = found.get(kind, 0) + 1
    return found


def post(env: Any, orders: Sequence[int]) -> None:
    """Post the drafts of these orders."""
    for order in env["sale.order"].browse(orders):
        found = order.invoice_ids.filtered(lambda move: move.state == "draft")
        found.invoice_date = TODAY
        found.action_post()
    env.cr.commit()
