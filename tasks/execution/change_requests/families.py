"""Which orders belong together: confirmed ones, and the quotations that change them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.domain.periods import AsOf
from tasks.execution.change_requests.records import ChangeLine, ChangeOrder
from tasks.reads.orders import CONFIRMED, SELLS

CONFIRMED_STATES: Final = frozenset({"sale", "done"})
# A quotation, its order, what else changes that, and what else is of that order's project.
ROUNDS: Final = 3


def read_orders(
    odoo: Reader, as_of: AsOf, since: date, projects: Collection[int]
) -> Mapping[int, ChangeOrder]:
    """Orders of late, or those that are looked at with all they belong to, by id.

    projects: those whose orders are looked at, too.
    """
    if as_of.only is None:
        lately: Domain = [
            *("|", ("create_date", ">=", f"{since} 00:00:00")),
            *("&", ("date_order", ">=", f"{since} 00:00:00"), *CONFIRMED),
        ]
        found = _found(odoo, lately)
    else:
        found = _found(odoo, as_of.only_ids(ChangeOrder.MODEL))
        found |= _in(odoo, projects)
        for _ in range(ROUNDS - 1):
            found |= _related(odoo, found.values())
    return found | _named_by(odoo, found.values(), projects)


def read_lines(odoo: Reader, orders: Mapping[int, ChangeOrder]) -> Sequence[ChangeLine]:
    """What confirmed orders sell."""
    ids = sorted(order.id for order in orders.values() if is_confirmed(order))
    return odoo.search(ChangeLine, [("order_id", "in", ids), *SELLS])


def is_confirmed(order: ChangeOrder) -> bool:
    """Whether the customer's order stands."""
    return order.state in CONFIRMED_STATES


def original_of(order: ChangeOrder, orders: Iterable[ChangeOrder]) -> ChangeOrder | None:
    """The confirmed order that another one changes: its source, else the first of its project.

    None for what changes nothing, the first order of a project among them.
    """
    earlier = [each for each in orders if each.id < order.id and is_confirmed(each)]
    source = [each for each in earlier if order.origin and each.name == order.origin]
    same = [each for each in earlier if order.project_id and each.project_id == order.project_id]
    return min(source or same, key=lambda each: each.id, default=None)


def _found(odoo: Reader, asked: Domain) -> dict[int, ChangeOrder]:
    return {order.id: order for order in odoo.search(ChangeOrder, asked)}


def _related(odoo: Reader, orders: Collection[ChangeOrder]) -> dict[int, ChangeOrder]:
    """What names the same order, is named by one of them, or is of their projects."""
    names = sorted({order.name for order in orders} | {o.origin for o in orders if o.origin})
    asked: Domain = [
        *("|", "|", ("name", "in", names), ("origin", "in", names)),
        _of(odoo, _projects_of(orders)),
    ]
    return _found(odoo, asked) if names else {}


def _named_by(
    odoo: Reader, orders: Collection[ChangeOrder], projects: Collection[int]
) -> dict[int, ChangeOrder]:
    """The confirmed orders that others name as their source, or are of their project."""
    names = sorted({order.origin for order in orders if order.origin})
    of = _projects_of(orders) | {*projects}
    asked: Domain = [*CONFIRMED, "|", ("name", "in", names), _of(odoo, of)]
    return _found(odoo, asked) if names or of else {}


def _in(odoo: Reader, projects: Collection[int]) -> dict[int, ChangeOrder]:
    return _found(odoo, [_of(odoo, projects)]) if projects else {}


def _projects_of(orders: Iterable[ChangeOrder]) -> set[int]:
    return {order.project_id for order in orders if order.project_id}


def _of(odoo: Reader, projects: Iterable[int]) -> tuple[str, str, Sequence[int]]:
    """A condition that nothing fulfils where orders do not name projects."""
    known = not odoo.lacks(ChangeOrder, "project_id")
    return ("project_id", "in", sorted(projects)) if known else ("id", "in", [])
