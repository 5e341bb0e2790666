"""Reads the taxes that prices of order lines include, and holds them against Odoo's own figures."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from odoo_gateway.reader import Drift, Reader
from tasks.domain.money import Currency
from tasks.domain.taxes import NOTHING, Included, IncludedTax
from tasks.doubts import unseen
from tasks.records.sales import Order, OrderLine, Tax

KINDS = ("percent", "division", "fixed")


@dataclass(frozen=True)
class Taxes:
    """The taxes of some order lines, those of groups among them, by id."""

    by_id: Mapping[int, Tax]

    def included(self, line: OrderLine, on_delivery: bool, currency: Currency) -> Included:
        """What the line's price includes: as computed, where Odoo's own figures say the same.

        Else the share that Odoo's figures show: of taxes that only Python code knows, of those
        that a rule hides, which Odoo leaves out of the line's taxes without a word, and of
        discounts by Odoo's wizard, which keep their own taxes (`extra_tax_data`).
        """
        taxes = [tax for tax in self._sorted(line.tax_ids) if tax.price_include]
        ordered, *_ = figures = _figures(line, on_delivery)
        if not taxes and (not ordered.gross or ordered.agrees(NOTHING, currency)):
            return NOTHING
        understood = all(tax.amount_type in KINDS for tax in taxes)
        computed = Included(
            tuple(
                IncludedTax(
                    tax.amount_type, tax.amount, tax.include_base_amount, tax.is_base_affected
                )
                for tax in (taxes if understood else ())
            ),
            rounded_each=line.tax_calculation_rounding_method != "round_globally",
        )
        known = [figure for figure in figures if figure.gross]
        if understood and (not known or any(f.agrees(computed, currency) for f in known)):
            return computed
        # A share is the more exact the more it was rounded of.
        best = max(known, key=lambda figure: abs(figure.gross), default=None)
        return replace(computed, share=best.untaxed / best.gross) if best else NOTHING

    def _sorted(self, tax_ids: Sequence[int]) -> Sequence[Tax]:
        """In the order in which Odoo takes them; groups, which hold no groups, as their members."""
        found: dict[int, Tax] = {}
        for tax in self._placed(tax_ids):
            members = self._placed(tax.children_tax_ids) if tax.amount_type == "group" else [tax]
            found |= {member.id: member for member in members if member.id not in found}
        return list(found.values())

    def _placed(self, tax_ids: Sequence[int]) -> Sequence[Tax]:
        known = (self.by_id[number] for number in tax_ids if number in self.by_id)
        return sorted(known, key=lambda tax: (tax.sequence, tax.id))


@dataclass(frozen=True)
class _Figure:
    """What Odoo says that a quantity at the line's price is worth without taxes."""

    price: Decimal
    quantity: Decimal
    untaxed: Decimal

    @property
    def gross(self) -> Decimal:
        return self.price * self.quantity

    def agrees(self, computed: Included, currency: Currency) -> bool:
        """Whether the computed amount is Odoo's, but for the last digit."""
        ours = computed.untaxed(self.price, self.quantity, currency)
        return abs(ours - self.untaxed) <= currency.smallest


def read_taxes(odoo: Reader, lines: Sequence[OrderLine]) -> Taxes:
    """The taxes of the lines and, of groups, their members; a hidden one is drift of the lines.

    So is each line of which nothing was ordered where Odoo may have left a hidden tax out of it: no
    figure of Odoo's would tell of that.
    """
    if doubt := unseen(odoo, Tax.MODEL):
        odoo.drift += [
            Drift(OrderLine.MODEL, line.id, "tax_ids", doubt, ((Order.MODEL, line.order_id),))
            for line in lines
            if line.price_unit and not line.product_uom_qty
        ]
    named: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for line in lines:
        for tax_id in line.tax_ids:
            named[tax_id] |= {(OrderLine.MODEL, line.id), (Order.MODEL, line.order_id)}
    taxes = odoo.referred(Tax, named)
    members = {
        member: named[tax.id]
        for tax in taxes.values()
        for member in tax.children_tax_ids
        if member not in named
    }
    return Taxes({**taxes, **(odoo.referred(Tax, members) if members else {})})


def _figures(line: OrderLine, on_delivery: bool) -> Sequence[_Figure]:
    """Of what was ordered, and of what is due in all where no invoice can have another discount."""
    price = line.price_unit * (1 - line.discount / 100)
    ordered = _Figure(price, line.product_uom_qty, line.price_subtotal)
    if line.qty_invoiced or line.untaxed_amount_invoiced:
        return [ordered]
    due = line.qty_delivered if on_delivery else line.product_uom_qty
    return [ordered, _Figure(price, due, line.untaxed_amount_to_invoice)]
