"""A fleet on the sandbox, an SQLite ledger and a real SMTP server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

from odoo_gateway.sandbox import Sandbox
from odoo_gateway.transport import Transport
from tests.fakes.clock import Clock
from workers import dispatch, runner
from workers.config import settings
from workers.config.tenants import Tenant
from workers.ledger import runs
from workers.ledger.places import Place
from workers.wiring import Fleet

# How the file of the tenant `firm` starts. Readiness tells its role alone, so that tests of digests
# have nothing else to look at.
TENANT = """\
[tenants.firm]
url = "https://odoo.example"
database = "sandbox"
login = "fleet"
policies.invoice_readiness.tell_owners = false
"""
FILE = f"""{TENANT}\
recipients.finance = ["finance@nordwind.example"]
policies.timesheet_reminders.wait_for_morning = false
"""


class Switchable:
    """The sandbox, until `error` is set: then every call fails with it."""

    def __init__(self, inner: Transport) -> None:
        self.inner = inner
        self.error: Exception | None = None
        self.calls = 0

    def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
        """As Transport.call."""
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self.inner.call(model, method, args, kwargs)


def fleet_on(
    folder: Path,
    clock: Clock,
    odoo: Transport | None = None,
    *,
    smtp_port: int = 9,
    file: str = FILE,
    environ: Mapping[str, str] | None = None,
    upgraded: bool = True,
) -> Fleet:
    """A fleet with an upgraded ledger in the folder, unless it is told not to touch it."""
    config = folder / "fleet.toml"
    config.write_text(file, encoding="utf-8")
    found = settings.load(
        {
            "FLEET_CONFIG": str(config),
            "FLEET_FIRM_ODOO_API_KEY": "s3cret",
            "FLEET_DATABASE_URL": f"sqlite:///{folder / 'fleet.db'}",
            "FLEET_SMTP_URL": f"smtp://127.0.0.1:{smtp_port}",
            "FLEET_MAIL_FROM": "Fleet <fleet@firm.example>",
            # Where the receivers of webhooks are.
            "FLEET_WEBHOOK_NETWORKS": "127.0.0.0/8",
            **(environ or {}),
        }
    )
    transport = odoo or Sandbox(clock().date())

    def connect(tenant: Tenant) -> Transport:
        return transport

    fleet = Fleet(found, connect_odoo=connect, clock=clock)
    if upgraded:
        fleet.ledger.upgrade()
    return fleet


def run_once(fleet: Fleet, job: str, company_id: int) -> None:
    """Run a job for the slot that is now."""
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        run = runs.open_slot(connection, Place(job, "firm", company_id), now, now, f"trace-{job}")
    assert run is not None
    runner.execute(fleet, run)


def dump(fleet: Fleet) -> str:
    """Every row of the ledger, which is SQLite's, as text."""
    with fleet.ledger.reading() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        tables = [row.name for row in names]
        rows = [row for t in tables for row in connection.execute(text(f"SELECT * FROM {t}"))]
    return "\n".join(map(str, rows))
