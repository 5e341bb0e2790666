"""A database with the generated sales firm: made once a day per source of it, and kept."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from .inside.sales_firm import building
from .inside_odoo import run_inside
from .odoo_server import OdooServer, step
from .office_hours_by_sql import odoos_days

PREFIX = "fleet_sales"
SEED, LEADS, ORDERS = 23, 340, 240


def of_today(server: OdooServer) -> str:
    """The name of a database whose firm stands today; nobody may change it.

    It takes minutes to make. Those of other days or other sources are dropped.
    """
    wanted = _fingerprint(server)
    with (server.home.root / f"{PREFIX}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in [n for n in server.postgres.databases() if n.startswith(f"{PREFIX}_of_")]:
            if server.postgres.made_from(name) == wanted:
                return name
            server.drop(name)
        with step(f"make a firm of {LEADS} leads and {ORDERS} orders (minutes)"):
            name = server.clone(f"{PREFIX}_of")
            arguments = {"seed": SEED, "leads_wanted": LEADS, "orders": ORDERS}
            told = run_inside(
                server, name, building.build_sales, today=str(date.today()), **arguments
            )
            server.postgres.query("VACUUM ANALYZE", name)
            server.postgres.mark(name, wanted)
            print(f"seconds to make the firm: {told['seconds']}")
            return name


def days_of(server: OdooServer, name: str) -> Mapping[str, Sequence[date]]:
    """When people of that database work, by Odoo's own arithmetic; kept, for it takes long."""
    kept = server.home.root / f"{PREFIX}_days.json"
    known = json.loads(kept.read_text()) if kept.exists() else {}
    if known.get("name") != name:
        found = odoos_days(server, name, date.today())
        days = {person: [str(day) for day in of] for person, of in found.items()}
        known = {"name": name, "days": days}
        kept.write_text(json.dumps(known))
    return {person: [*map(date.fromisoformat, of)] for person, of in known["days"].items()}


def _fingerprint(server: OdooServer) -> str:
    folder = Path(building.__file__).parent
    source = b"".join(file.read_bytes() for file in sorted(folder.glob("*.py")))
    facts = f"{server.home.fingerprint} {date.today()} {SEED} {LEADS} {ORDERS}"
    return hashlib.sha256(source + facts.encode()).hexdigest()[:12]
