"""Whether what was to be bought for an order is ordered, and whose turn it is."""

from typing import Any

from odoo_gateway.sandbox import Sandbox, firm
from tasks.domain.checklists import Owner
from tasks.domain.periods import AsOf
from tasks.financial.invoice_readiness.job import JOB
from tasks.reads.invoicing.owned import NO_BUYER, Held
from tasks.reads.invoicing.purchases import buys_for_orders, read_purchases
from tasks.reads.orders import read_orders
from tests.fakes.modules import SALE_PURCHASE
from tests.tasks.conftest import MONDAY, reading

STATES = ("draft", "sent", "to approve", "purchase", "cancel")


def bought(sandbox_of: dict[str, Any] | None = None, **purchase: Any) -> tuple[Sandbox, int]:
    """A firm that bought for its first order: a purchase in each state; and the order's id."""
    rows = dict(firm.build(MONDAY.date()))
    line = rows["sale.order.line"][0]
    rows["purchase.order"] = [
        {"id": n, "name": f"P{n:05}", "company_id": 1, "state": state, "user_id": 102, **purchase}
        for n, state in enumerate(STATES, 1)
    ]
    rows["purchase.order.line"] = [
        {"id": 10 * n + k, "company_id": 1, "order_id": n, "sale_line_id": line["id"]}
        for n in range(1, 6)
        for k in range(2)
    ]
    sandbox = Sandbox(MONDAY.date(), declares=SALE_PURCHASE, rows=rows, **(sandbox_of or {}))
    return sandbox, line["order_id"]


def test_purchases_that_are_not_ordered_yet_are_their_buyers() -> None:
    sandbox, order = bought()
    odoo = reading(sandbox)
    found = read_purchases(odoo, read_orders(odoo))
    assert found is not None
    name = next(u["name"] for u in firm.build(MONDAY.date())["res.users"] if u["id"] == 102)
    assert found == {order: [Held(Owner(name, 102), 1)] * 3}


def test_a_purchase_without_a_buyer_says_so() -> None:
    sandbox, order = bought(user_id=False)
    odoo = reading(sandbox)
    assert read_purchases(odoo, read_orders(odoo)) == {order: [Held(NO_BUYER, 1)] * 3}


def test_purchases_that_a_rule_may_hide_are_no_pass(now: AsOf) -> None:
    sandbox, _ = bought({"rules": {"purchase.order": [("id", "=", 0)]}})
    report = JOB.run(reading(sandbox), now, JOB.policy())
    results = {
        check["result"]
        for row in report.rows
        for check in row["checks"]
        if check["check"] == "purchases"
    }
    assert results == {"not_verifiable"}


def test_what_cannot_be_read_is_not_known_and_without_the_module_there_is_none() -> None:
    for model in ("purchase.order", "purchase.order.line"):
        odoo = reading(bought({"denied_models": [model]})[0])
        assert buys_for_orders(odoo)
        assert read_purchases(odoo, read_orders(odoo)) is None
    odoo = reading(Sandbox(MONDAY.date()))
    assert not buys_for_orders(odoo)
    assert read_purchases(odoo, read_orders(odoo)) == {}
