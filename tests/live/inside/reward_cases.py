"""Orders with rewards (sale_loyalty) and taxes of Python code (account_tax_python)."""

from typing import Any

from .money_cases import Money


def build(env: Any) -> dict[str, int]:
    """Make the orders in the first company; returns their ids by what they show."""
    cases = Money(env, env["res.company"].search([], order="id", limit=1))
    for make in (rewarded, taxed_by_code):
        make(cases)
    env.cr.commit()
    return {name: order.id for name, order in cases.orders.items()}


def program(cases: Money, name: str, **reward: Any) -> Any:
    """A promotion that is given without a code."""
    return cases.env["loyalty.program"].create(
        {
            "name": name,
            "program_type": "promotion",
            "trigger": "auto",
            "applies_on": "current",
            "company_id": cases.company.id,
            "rule_ids": [(0, 0, {"minimum_qty": 1})],
            "reward_ids": [(0, 0, reward)],
        }
    )


def rewarded(cases: Money) -> None:
    """Each reward on an order that is partly delivered, and on one of which nothing is."""
    tenth = {"reward_type": "discount", "discount": 10, "discount_applicability": "order"}
    gift = {"reward_type": "product", "reward_product_id": cases.prepaid.id}
    for word, reward in (("tenth off", tenth), ("retainer given", gift)):
        for delivered in (0, 1, 2):
            promotion = program(cases, f"{word} {delivered}", **reward)
            order = cases.env["sale.order"].create(
                {
                    "partner_id": cases.customer.id,
                    "company_id": cases.company.id,
                    "order_line": [(0, 0, cases.workshop)],
                }
            )
            order._update_programs_and_rewards()
            for coupon, rewards in order._get_claimable_rewards().items():
                if coupon.program_id == promotion:
                    order._apply_program_reward(rewards[:1], coupon)
            assert order.order_line.filtered("is_reward_line"), word
            order.action_confirm()
            order.order_line.filtered(lambda x: not x.is_reward_line).qty_delivered = delivered
            cases.orders[f"{word}, {delivered} delivered"] = order
            promotion.active = False


def taxed_by_code(cases: Money) -> None:
    """Included in the price, on top of it, and beside one of a percentage."""
    tenth = cases.tax("tenth by code", 0, amount_type="code", formula="base * 0.1")
    each = cases.tax("3 by piece", 0, amount_type="code", formula="quantity * 3")
    fifth = cases.tax("20 % included", 20)
    on_top = cases.tax("code on top", 0, amount_type="code", formula="base * 0.07")
    on_top.price_include_override = "tax_excluded"
    for name, taxes in (
        ("code included", tenth),
        ("code by piece included", each),
        ("code on top", on_top),
        ("code beside a percentage", tenth | fifth),
    ):
        values = {"price_unit": 121.33, "tax_ids": [(6, 0, taxes.ids)]}
        for delivered in (1, 2):
            cases.held(f"{name}, {delivered} delivered", delivered, **values)
    billed = {"price_unit": 132.0, "tax_ids": [(6, 0, tenth.ids)]}
    part = cases.held("code included, one of two billed", 1, **billed)
    cases.posted(cases.draft(part))
    part.order_line.qty_delivered = 2
