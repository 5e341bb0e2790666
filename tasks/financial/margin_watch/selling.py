"""Reads which order lines belong to which project, and what they are planned at."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from odoo_gateway.reader import Reader
from tasks.domain.news import Subject
from tasks.financial.margin_watch.facts import Sale
from tasks.financial.margin_watch.records import (
    MarginCategory,
    MarginLine,
    MarginProduct,
    MarginProject,
)
from tasks.reads.categories import category_paths
from tasks.reads.orders import CONFIRMED, SELLS, SoldLine, SoldOrder
from tasks.reads.units import time_units
from tasks.records.sales import OrderLine


@dataclass(frozen=True)
class Selling:
    """Sales by project, and by project the orders of which lines belong to no single one."""

    sales: Mapping[int, Sequence[Sale]]
    split: Mapping[int, Collection[str]]


def read_selling(
    odoo: Reader,
    orders: Sequence[SoldOrder],
    projects: Mapping[int, MarginProject],
    logged_on: Mapping[int, Collection[int]],
) -> Selling:
    """What is sold by projects.

    projects: those of the company, archived ones too. logged_on: by line, where its hours are.
    """
    lines = {line.id: line for line in odoo.search(MarginLine, [*CONFIRMED, *SELLS])}
    products = _products(odoo, orders)
    categories = _categories(odoo, products)
    paths = category_paths(odoo, _filed(products)) if products else {}
    units = time_units(odoo, _in_units(lines.values()))
    by_order = _of_orders(projects.values())
    by_line = {each.sale_line_id: each.id for each in projects.values() if each.sale_line_id}
    sales: dict[int, list[Sale]] = defaultdict(list)
    split: dict[int, set[str]] = defaultdict(set)
    for order in orders:
        of_order = {*order.project_ids, *by_order.get(order.order.id, ())}
        for sold in order.lines:
            product = products.get(sold.line.product_id or 0)
            sellers = _sellers(sold, product, by_line, of_order, logged_on)
            more, number = lines.get(sold.line.id), (product and product.categ_id) or 0
            category = categories.get(number)
            sale = Sale(
                order,
                sold,
                category=tuple(paths.get(number, ())),
                category_name=category.name if category else "",
                hours_per_unit=units.get((more and more.product_uom_id) or 0),
                unit_cost=_unit_cost(more),
            )
            if len(sellers) == 1:
                sales[min(sellers)].append(sale)
            for each in sellers if len(sellers) > 1 else ():
                split[each].add(order.order.name)
    return Selling(sales, split)


def _sellers(
    sold: SoldLine,
    product: MarginProduct | None,
    by_line: Mapping[int, int],
    of_order: Collection[int],
    logged_on: Mapping[int, Collection[int]],
) -> Collection[int]:
    """The project of a line, the surest first; all of its order's where none is."""
    of_product = product.project_id if product else None
    if own := sold.line.project_id or of_product or by_line.get(sold.line.id):
        return {own}
    on = {*logged_on.get(sold.line.id, ())} & {*of_order}
    return on if len(on) == 1 else of_order


def _of_orders(projects: Iterable[MarginProject]) -> Mapping[int, Collection[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for each in projects:
        if each.reinvoiced_sale_order_id:
            found[each.reinvoiced_sale_order_id].add(each.id)
    return found


def _products(odoo: Reader, orders: Iterable[SoldOrder]) -> Mapping[int, MarginProduct]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for order in orders:
        for sold in order.lines:
            if sold.line.product_id:
                by[sold.line.product_id].add((OrderLine.MODEL, sold.line.id))
    return odoo.referred(MarginProduct, by)


def _filed(products: Mapping[int, MarginProduct]) -> Mapping[int, Collection[Subject]]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for product in products.values():
        if product.categ_id:
            by[product.categ_id].add((MarginProduct.MODEL, product.id))
    return by


def _categories(
    odoo: Reader, products: Mapping[int, MarginProduct]
) -> Mapping[int, MarginCategory]:
    return odoo.referred(MarginCategory, _filed(products))


def _in_units(lines: Iterable[MarginLine]) -> Mapping[int, Collection[Subject]]:
    by: dict[int, set[Subject]] = defaultdict(set)
    for line in lines:
        if line.product_uom_id:
            by[line.product_uom_id].add((MarginLine.MODEL, line.id))
    return by


def _unit_cost(line: MarginLine | None) -> Decimal | None:
    """Zero is what Odoo has where nobody gave a cost."""
    return (line and line.purchase_price) or None
