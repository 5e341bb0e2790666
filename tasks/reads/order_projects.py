"""Reads the projects of orders: those that name one, or a line of it, or that it names."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from odoo_gateway.reader import Domain, Reader
from tasks.records.sales import LinkedProject

P = TypeVar("P", bound=LinkedProject)


def projects_of(
    odoo: Reader,
    record: type[P],
    orders: Iterable[int],
    lines: Mapping[int, int],
    named: Mapping[int, Collection[int]],
    *,
    archived: bool = False,
) -> Mapping[int, Sequence[P]] | None:
    """By order, its projects of whichever company, without templates.

    lines: the order of each line. named: the orders that name a project, themselves or by a line or
    its product, by project. None where this Odoo has no projects, or nobody may read them.
    """
    if not odoo.session.may_read(record.MODEL):
        return None
    found: dict[int, list[P]] = {order: [] for order in orders}
    asked: list[Domain] = [[("id", "in", sorted(named))]]
    if not odoo.lacks(record, "sale_line_id"):
        asked.append([("sale_line_id", "in", sorted(lines))])
    if not odoo.lacks(record, "reinvoiced_sale_order_id"):
        asked.append([("reinvoiced_sale_order_id", "in", list(found))])
    either: Domain = [*["|"] * (len(asked) - 1), *(part for each in asked for part in each)]
    for project in odoo.search(record, either, archived=archived, all_companies=True):
        owners = {*named.get(project.id, ()), project.reinvoiced_sale_order_id}
        owners.add(lines.get(project.sale_line_id or 0))
        for number in owners & found.keys():
            if not project.is_template:
                found[number or 0].append(project)
    return found
