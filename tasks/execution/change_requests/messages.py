"""Which quantities of a confirmed order somebody raised, as its messages show."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from odoo_gateway.reader import Domain, Reader
from tasks.execution.change_requests.records import ChangeOrder, OrderMessage

# How Odoo notes a quantity that somebody changed on a confirmed order, in all languages.
ARROW: Final = re.compile(r"(-?\d+(?:\.\d+)?)\s*(?:-&gt;|->)\s*(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Raised:
    """A quantity of a confirmed order that somebody raised."""

    at: datetime
    before: float
    after: float


def read_raised(odoo: Reader, orders: Iterable[int]) -> Mapping[int, Sequence[Raised]]:
    """Quantities that were raised, by the id of their order."""
    asked = sorted(orders)
    found: dict[int, list[Raised]] = {number: [] for number in asked}
    if not asked or not odoo.session.may_read(OrderMessage.MODEL):
        return found
    domain: Domain = [
        ("model", "=", ChangeOrder.MODEL),
        ("res_id", "in", asked),
        ("body", "like", "-&gt;"),
    ]
    for message in odoo.search(OrderMessage, domain):
        found[message.res_id or 0] += _raised(message)
    return found


def _raised(message: OrderMessage) -> Iterable[Raised]:
    for before, after in ARROW.findall(message.body or ""):
        if float(after) > float(before):
            yield Raised(message.date, float(before), float(after))
