"""A process of a fleet whose only jobs do nothing, or wait for an Odoo that takes its time.

`python -m benchmarks.fleet.process fleet worker ...` is `fleet worker ...` of such a fleet, and
`publish COUNT EVERY` opens so many runs and publishes one every so many seconds.
"""

import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, event

from benchmarks.fleet import ends
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tasks.declaration import Audience, CatchUp, Cron, Job
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import Text
from workers import wiring

JOBS = 16
SANDBOX = Sandbox(datetime.now(UTC).date())


def read(odoo: Reader, as_of: AsOf, policy: Policy) -> None:
    """Wait as for an Odoo, where there is to be one."""
    if seconds := float(os.environ.get("BENCH_ODOO_SECONDS", "0")):
        time.sleep(seconds)


def judge(snapshot: None, as_of: AsOf, policy: Policy) -> Report:
    """Nothing is wrong."""
    return Report(rows=(), findings=(), measures=())


JOB = Job(
    name="nothing_0",
    title=Text("None"),
    owner="ops",
    cron=Cron("0 3 1 1 *", CatchUp.ALL, timedelta(days=3)),
    audience=Audience.FINANCE,
    policy=Policy,
    read=read,
    judge=judge,
    doc="Does nothing.\n\nWhy: to be measured.\n\nRemedy: none is needed.\n",
)


def main() -> None:
    """Do what the arguments say."""
    # Who looks asks for the company first: a small Odoo in memory answers, without a network.
    wiring.OdooRpc = lambda _: SANDBOX  # type: ignore[assignment,misc]
    made = {f"nothing_{n}": replace(JOB, name=f"nothing_{n}") for n in range(JOBS)}
    catalogue.jobs = lambda: made  # type: ignore[assignment]
    if "BENCH_ENDS" in os.environ:
        ends.note(os.environ["BENCH_ENDS"])
    if "BENCH_COUNT" in os.environ:
        event.listen(Engine, "before_cursor_execute", _count)
    what, *arguments = sys.argv[1:]
    if what == "publish":
        publish(int(arguments[0]), float(arguments[1]))
        return
    from workers.commands.cli import main as fleet

    sys.argv = ["fleet", *arguments]
    fleet()


def _count(*_: Any) -> None:
    ends.statements[0] += 1


def publish(count: int, every: float) -> None:
    """Open runs of all tenants and jobs in turn, and publish them as beat's tick does."""
    from workers import shells
    from workers.ledger import runs, scopes
    from workers.ledger.places import Place
    from workers.ledger.runs import Slot
    from workers.ledger.scopes import Scope
    from workers.wiring import fleet

    now = datetime.now(UTC)
    tenants = list(fleet().settings.tenants)
    with fleet().ledger.transaction() as connection:
        for tenant in tenants:
            scopes.remember(connection, tenant, [Scope(tenant, 1, "C", ZoneInfo("UTC"))], now)
    places = [Place(f"nothing_{n}", tenant, 1) for n in range(JOBS) for tenant in tenants]
    # To the microsecond, so that those of a second call are others.
    first = now - timedelta(hours=1)
    slots = [
        Slot(places[n % len(places)], first + timedelta(seconds=n // len(places)), f"trace-{n}")
        for n in range(count)
    ]
    with fleet().ledger.transaction() as connection:
        runs.open_slots(connection, slots, now)
        found = runs.to_publish(connection, now, timedelta(minutes=2), count)
    # Two of one place never run at once, so they stand far apart.
    for run in sorted(found, key=lambda run: (run.slot, run.id)):
        shells.publish(run)
        time.sleep(every)


if __name__ == "__main__":
    main()
