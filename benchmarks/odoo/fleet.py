"""A dry run of one job in this process, from before its login to its document."""

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from odoo_gateway import reader
from odoo_gateway.bounded import BoundedSocket
from odoo_gateway.transport import OdooRpc
from tasks import catalogue
from workers.commands import by_hand
from workers.commands import run as run_verb
from workers.commands.by_hand import Order
from workers.config import settings
from workers.wiring import Fleet

Seen = Callable[[float, float, int, int], Mapping[str, Any]]


class Counting:
    """A transport that keeps how long each call took."""

    def __init__(self, inner: OdooRpc) -> None:
        self.inner = inner
        self.seconds: list[float] = []

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        """As Transport.call."""
        asked = time.perf_counter()
        found = self.inner.call(model, method, args, kwargs)
        self.seconds.append(time.perf_counter() - asked)
        return found


def run(job: str, file: Path, seen: Seen) -> Mapping[str, Any]:
    """Write the document, and tell what it cost."""
    counting: list[Counting] = []
    received = _count_bytes()
    if page := os.environ.get("BENCH_PAGE"):
        reader.Reader.__init__.__defaults__ = (int(page), 2_000_000)

    def connect(tenant: Any) -> Counting:
        counting.append(Counting(OdooRpc(tenant.address)))
        return counting[-1]

    learns = bool(os.environ.get("BENCH_LEARNS"))
    if learns:
        Fleet(settings.load()).ledger.upgrade()
    started, cpu = time.perf_counter(), time.process_time()
    now = datetime.fromisoformat(os.environ["BENCH_NOW"])
    fleet = Fleet(settings.load(), connect_odoo=connect, clock=lambda: now)
    order = Order(catalogue.jobs()[job], fleet.settings.tenant("default"), dry_run=True)
    results = by_hand.carry_out(fleet, order)
    document = run_verb.document(fleet, order, results)
    cost = seen(started, cpu, len(counting[0].seconds), received[0])
    failed = [str(result.error) for result in results if result.error]
    assert not failed, failed
    if learns:
        fleet.keep_learnt(order.tenant)
    file.write_text(json.dumps(document, indent=1, sort_keys=True))
    return {**cost, "longest": max(counting[0].seconds)}


def _count_bytes() -> list[int]:
    """What the answers had, as they came over the wire; grows."""
    received, inner, lock = [0], BoundedSocket.readinto, Lock()

    def readinto(self: BoundedSocket, buffer: Any) -> int | None:
        count = inner(self, buffer)
        with lock:
            received[0] += count or 0
        return count

    BoundedSocket.readinto = readinto  # type: ignore[method-assign]
    return received
