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


@dataclass
class Counting:
    """A transport that remembers what was asked; a further page continues after an id."""

    inner: Transport
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    pages: int = 0

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call."""
        self.asked[model, method] += 1
        first = args[0][0] if method == "search_read" and args and args[0] else None
        if isinstance(first, list | tuple) and list(first[:2]) == ["id", ">"] and first[2] > 0:
            self.pages += 1
        return self.inner.call(model, method, args, kwargs)

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
