"""What Odoo's own invoice wizard would bill if it were run now, line by line; nothing is kept."""

from collections import defaultdict
from typing import Any


class Undone(Exception):
    """Ends a savepoint without a trace."""


def billed_now(env: Any) -> dict[int, list[float]]:
    """By line of every confirmed order: what the wizard bills, and what drafts bill already.

    Untaxed, in the order's currency; down payments are deducted, as the wizard proposes.
    """
    companies = env["res.company"].search([])
    env = env(context={**env.context, "allowed_company_ids": companies.ids})
    orders = env["sale.order"].search([("state", "=", "sale")])
    drafts = _by_line(orders.invoice_ids.filtered(lambda move: move.state == "draft"))
    found = {}
    for order in orders:
        new = _of_the_wizard(order)
        for line in order.order_line.filtered(lambda line: not line.display_type):
            amounts = new.get(line.id, 0.0), drafts.get(line.id, 0.0)
            found[line.id] = [line.currency_id.round(amount) for amount in amounts]
    return found


def _of_the_wizard(order: Any) -> dict[int, float]:
    new: dict[int, float] = {}
    context = {"raise_if_nothing_to_invoice": False, "tracking_disable": True}
    order = order.with_company(order.company_id).with_context(**context)
    try:
        with order.env.cr.savepoint():
            new = _by_line(order._create_invoices(final=True))
            raise Undone
    except Undone:
        return new


def _by_line(moves: Any) -> dict[int, float]:
    """Credit notes take off; amounts of another currency are brought into the order's."""
    found: dict[int, float] = defaultdict(float)
    for entry in moves.invoice_line_ids:
        sign = {"out_invoice": 1, "out_refund": -1}.get(entry.move_type, 0)
        for line in entry.sale_line_ids:
            day = entry.move_id.invoice_date or entry.move_id.create_date.date()
            arguments = (line.currency_id, line.company_id, day)
            found[line.id] += sign * entry.currency_id._convert(entry.price_subtotal, *arguments)
    return found
