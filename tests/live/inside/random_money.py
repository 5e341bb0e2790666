"""Orders by chance: prices, discounts, taxes, quantities, and invoices changed by hand."""

import importlib
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .billing_cases import TODAY
from .money_cases import Money

CURRENCIES = {"EUR": 0.9, "JPY": 150.0, "KWD": 0.3}


def build(env: Any, seed: int, count: int, seconds: float) -> int:
    """Make so many confirmed orders in the first company, if time allows; returns how many."""
    cases = Chance(env, env["res.company"].search([], order="id", limit=1), random.Random(seed))
    end = time.monotonic() + seconds
    while len(cases.orders) < count and time.monotonic() < end:
        cases.make(len(cases.orders))
    env.cr.commit()
    return len(cases.orders)


class Chance(Money):
    """Draws what an order is made of."""

    def __init__(self, env: Any, company: Any, chance: random.Random) -> None:
        super().__init__(env, company)
        self.chance = chance
        self.pricelists = [self._pricelist(code, rate) for code, rate in CURRENCIES.items()]
        eco = {"amount_type": "fixed", "include_base_amount": True, "sequence": 0}
        on_top = {"price_include_override": "tax_excluded", "sequence": 9}
        taxes = [
            self.tax("r19", 19, sequence=2),
            self.tax("r7", 7, sequence=3),
            self.tax("raising", 10, include_base_amount=True, sequence=1),
            self.tax("fixed", 3.33, **eco),
            self.tax("division", 15, amount_type="division", sequence=4),
            self.tax("top", 21, **on_top),
        ]
        self.taxes = taxes
        group = self.tax("group", 0, amount_type="group")
        group.children_tax_ids = taxes[0] | taxes[2]
        self.groups = [group]

    def _pricelist(self, code: str, rate: float) -> Any:
        values = {"name": code, "currency_id": self.currency(code, rate).id}
        return self.env["product.pricelist"].create({**values, "company_id": self.company.id})

    def make(self, number: int) -> Any:
        """One order with some lines, worked and invoiced for a while, then changed a little."""
        chance = self.chance
        kept = {"pricelist_id": chance.choice(self.pricelists).id} if chance.random() < 0.4 else {}
        lines = [self._line() for _ in range(chance.randint(1, 4))]
        order = self.order(f"by chance {number}", *lines, **kept)
        if chance.random() < 0.2:
            self.discount(order, discount_type="so_discount", discount_percentage=0.075)
        if chance.random() < 0.2:
            self._down_payment(order)
        for _ in range(chance.randint(0, 3)):
            self._deliver(order)
            self._invoice(order)
        self._deliver(order)
        if chance.random() < 0.15:
            order.order_line[:1].price_unit = self._price()
        return order

    def _line(self) -> dict[str, Any]:
        chance = self.chance
        product = chance.choice([self.manual, self.manual, self.prepaid, self.milestone])
        taxes: list[int] = []
        if chance.random() < 0.5:
            taxes = [tax.id for tax in chance.sample(self.taxes, chance.randint(1, 3))]
        elif chance.random() < 0.15:
            taxes = self.groups[0].ids
        return {
            "product_id": product.id,
            "product_uom_qty": chance.choice([0, 1, 2, 7, 33.33, -2, 0.25, 12.5]),
            "price_unit": self._price(),
            "discount": chance.choice([0, 0, 0, 12.5, 33.33, 7.77, 100]),
            "tax_ids": [(6, 0, taxes)],
        }

    def _price(self) -> float:
        whole = self.chance.choice([0.0, 1.05, 99.99, 618.25, 1234.56, -45.5])
        return whole if self.chance.random() < 0.6 else round(self.chance.uniform(0.01, 2500), 2)

    def _down_payment(self, order: Any) -> None:
        share = {"advance_payment_method": "percentage", "amount": 12.5}
        wizard = {**share, "sale_order_ids": [(6, 0, order.ids)]}
        with self._unless_refused():
            self.env["sale.advance.payment.inv"].create(wizard).create_invoices()
            self._finish(order.invoice_ids)

    @contextmanager
    def _unless_refused(self) -> Iterator[None]:
        """Odoo refuses what has nothing to bill, and divides by the zero that an order is worth.

        Outside Odoo there is no such module.
        """
        refusal: type[Exception] = importlib.import_module("odoo.exceptions").UserError
        with suppress(refusal, ZeroDivisionError), self.env.cr.savepoint():
            yield

    def _deliver(self, order: Any) -> None:
        for line in order.order_line:
            by_hand = line.qty_delivered_method == "manual" and not line.display_type
            if by_hand and not line.is_downpayment and self.chance.random() < 0.7:
                more = self.chance.choice([0.25, 1, 1.37, 3.33, 6.88])
                line.qty_delivered += more

    def _invoice(self, order: Any) -> None:
        with self._unless_refused():
            invoice = order._create_invoices(final=self.chance.random() < 0.7)
            for entry in invoice.invoice_line_ids.filtered("product_id"):
                if self.chance.random() < 0.25:
                    entry.write(self._change(entry))
            self._finish(invoice)

    def _change(self, entry: Any) -> dict[str, float]:
        return self.chance.choice(
            [
                {"price_unit": entry.price_unit - 1.11},
                {"discount": 5.0},
                {"quantity": entry.quantity / 2},
                {"quantity": entry.quantity + 1},
            ]
        )

    def _finish(self, invoice: Any) -> None:
        """Posted, and perhaps credited in part; a draft; or cancelled."""
        fate = self.chance.random()
        if fate < 0.7:
            invoice.invoice_date = TODAY
            invoice.action_post()
            if fate < 0.12:
                note = invoice._reverse_moves([{"invoice_date": TODAY}])
                note.invoice_line_ids.filtered("product_id")[:1].quantity = 0.5
                if fate < 0.08:
                    note.action_post()
        elif fate > 0.9:
            invoice.button_cancel()
