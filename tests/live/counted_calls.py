"""Counts the calls that a job makes: all of them, and the pages beyond the first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from odoo_gateway.transport import OdooRpc, Transport
from tasks import catalogue
from workers.commands import by_hand
from workers.commands.by_hand import Order
from workers.config import settings
from workers.wiring import Fleet

from .odoo_server import LOGIN, PASSWORD

# Fewer would be a call for each few records.
MANY = 100


@dataclass
class Counting:
    """A transport that remembers what was asked.

    A further page continues after an id, or asks the same of other records after many.
    """

    inner: Transport
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    pages: int = 0
    _grouped: dict[str, int] = field(default_factory=dict)

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call."""
        self.asked[model, method] += 1
        self.pages += self._is_further(model, method, args, kwargs)
        return self.inner.call(model, method, args, kwargs)

    def _is_further(
        self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> bool:
        first = args[0][0] if args and args[0] else None
        if not isinstance(first, list | tuple):
            return False
        if method == "search_read" and list(first[:2]) == ["id", ">"]:
            return bool(first[2] > 0)
        is_of_ids = method == "search_read" and first[0] == "id"
        if not (is_of_ids or method == "formatted_read_group") or first[1] != "in":
            return False
        asked = repr((model, first[0], args[0][1:], args[1:], kwargs))
        before, self._grouped[asked] = self._grouped.get(asked, 0), len(first[2])
        return before >= MANY

    @property
    def calls(self) -> int:
        """All of them, further pages too."""
        return self.asked.total()


def calls_of(job: str, url: str, database: str, day: date) -> tuple[Counting, int]:
    """A dry run of the job in both companies: its calls, and how many rows it showed."""
    counting: list[Counting] = []

    def connect(tenant: Any) -> Transport:
        counting.append(Counting(OdooRpc(tenant.address)))
        return counting[-1]

    environment = {
        "FLEET_ODOO_URL": url,
        "FLEET_ODOO_DB": database,
        "FLEET_ODOO_LOGIN": LOGIN,
        "FLEET_ODOO_API_KEY": PASSWORD,
    }
    fleet = Fleet(settings.load(environment), connect_odoo=connect)
    order = Order(catalogue.jobs()[job], fleet.settings.tenant("default"), day=day, dry_run=True)
    results = by_hand.carry_out(fleet, order)
    assert not [result.error for result in results if result.error], results
    rows = sum(len(result.seen.report.rows) for result in results if result.seen)
    (seen,) = counting
    return seen, rows
