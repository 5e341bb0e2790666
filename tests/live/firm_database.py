"""A database with the generated firm: made once a day per source of the generator, and kept."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import psycopg

from . import firm_multiplied
from .inside import random_schedules
from .inside.firm import building
from .inside_odoo import run_inside
from .odoo_server import OdooServer, step

PREFIX = "fleet_firm"
SEED, PEOPLE, ORDERS, TIMES = 19, 240, 264, 10
LINES = 1_000_000
#: People of the firms that show how jobs grow.
SIZES = (200, 2_000, 20_000)
# PostgreSQL copies no database that somebody is connected to; Odoo connects anew by itself.
LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"


def of_today(server: OdooServer, size: int = PEOPLE, orders: int = ORDERS) -> str:
    """The name of a database whose firm stands at the end of today; nobody may change it.

    It takes minutes to make. Those of other days or other sources are dropped.
    """
    wanted = _fingerprint(server, size, orders)
    with (server.home.root / f"{PREFIX}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kind = f"{PREFIX}_{size}"
        found = [n for n in server.postgres.databases() if n.startswith(f"{kind}_")]
        for name in found:
            if server.postgres.made_from(name) == wanted:
                return name
            server.drop(name)
        with step(f"make a firm of {size} people and {orders} orders (minutes)"):
            return _made(server, kind, wanted, size, orders)


def ten_times(
    server: OdooServer, name: str, copied: Mapping[str, str] = firm_multiplied.COPIED
) -> str:
    """A new database with ten times the rows of these tables, by SQL."""
    database = server.clone(f"{PREFIX}_x{TIMES}")
    server.drop(database)
    with step(f"multiply the firm by {TIMES}"):
        server.postgres.query(LEAVE.format(name=name))
        server.postgres.query(f'CREATE DATABASE "{database}" TEMPLATE "{name}"')
        with psycopg.connect(server.pg_dsn(database), autocommit=True) as sql:
            print(f"rows added: {dict(firm_multiplied.multiply(sql, TIMES, copied=copied))}")
        server.postgres.query("VACUUM ANALYZE", database)
    return database


def large(server: OdooServer, name: str) -> str:
    """A database with some 2,000 people and a million lines of hours, made once a day and kept."""
    wanted = f"{server.postgres.made_from(name)} {LINES}"
    for found in server.postgres.databases():
        if found.startswith(f"{PREFIX}_large_"):
            if server.postgres.made_from(found) == wanted:
                return found
            server.drop(found)
    database = server.clone(f"{PREFIX}_large")
    server.drop(database)
    with step(f"multiply the firm to {LINES:,} lines (minutes)"):
        server.postgres.query(LEAVE.format(name=name))
        server.postgres.query(f'CREATE DATABASE "{database}" TEMPLATE "{name}"')
        with psycopg.connect(server.pg_dsn(database), autocommit=True) as sql:
            added = firm_multiplied.multiply(sql, TIMES, hours="o.project_id IS NOT NULL")
            print(f"rows added: {dict(added)}")
            print(f"lines parted: {firm_multiplied.part_hours(sql, LINES):,}")
        server.postgres.query("VACUUM ANALYZE", database)
    server.postgres.mark(database, wanted)
    return database


def of_people(server: OdooServer, name: str, people: int) -> str:
    """A database with so many people, hours of the last weeks alone; made once a day and kept."""
    times = people // PEOPLE + 1
    if times == 1:
        return name
    wanted = f"{server.postgres.made_from(name)} x{times}"
    for found in server.postgres.databases():
        if found.startswith(f"{PREFIX}_of_{people}_"):
            if server.postgres.made_from(found) == wanted:
                return found
            server.drop(found)
    database = server.clone(f"{PREFIX}_of_{people}")
    server.drop(database)
    with step(f"multiply the firm to {people:,} people (minutes)"):
        server.postgres.query(LEAVE.format(name=name))
        server.postgres.query(f'CREATE DATABASE "{database}" TEMPLATE "{name}"')
        with psycopg.connect(server.pg_dsn(database), autocommit=True) as sql:
            firm_multiplied.multiply(sql, times)
        server.postgres.query("VACUUM ANALYZE", database)
    server.postgres.mark(database, wanted)
    return database


def _made(server: OdooServer, kind: str, wanted: str, size: int, orders: int) -> str:
    name = server.clone(kind)
    today = str(date.today())
    told = run_inside(
        server, name, building.build, today=today, seed=SEED, size=size, orders=orders
    )
    server.postgres.query("VACUUM ANALYZE", name)
    server.postgres.mark(name, wanted)
    print(f"seconds to make the firm: {told['seconds']}")
    return name


def _fingerprint(server: OdooServer, size: int, orders: int) -> str:
    folder = Path(building.__file__).parent
    files = [*sorted(folder.glob("*.py")), Path(random_schedules.__file__)]
    source = b"".join(file.read_bytes() for file in files)
    facts = f"{server.home.fingerprint} {date.today()} {SEED} {size} {orders}"
    return hashlib.sha256(source + facts.encode()).hexdigest()[:12]
