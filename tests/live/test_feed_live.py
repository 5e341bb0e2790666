"""The change feed on a real Odoo 19: each change by concurrent sessions once, late commits too."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from odoo_gateway import changes
from odoo_gateway.session import Session
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from workers.intake import sources
from workers.ledger import lookup
from workers.ledger.lookup import Wanted, WantedEvents
from workers.wiring import Fleet

from .gateway import session_of
from .inside.slow_write import write_slowly
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer

pytestmark = pytest.mark.live

FILE = """\
[tenants.firm]
url = "{url}"
database = "{database}"
login = "{login}"

[tenants.firm.sources]
feed.kind = "feed"
"""
EMPLOYEE = "hr.employee"
LOCK = 1904
WAITS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def fleet(tmp_path: Path, odoo_server: OdooServer, demo_db: str) -> Fleet:
    file = FILE.format(url=odoo_server.url, database=demo_db, login=LOGIN)
    session = session_of(odoo_server, demo_db)
    clock = Clock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    environ = {"FLEET_FIRM_ODOO_API_KEY": PASSWORD}
    found = fleet_on(tmp_path, clock, session.transport, file=file, environ=environ)
    poll(found)
    return found


def poll(fleet: Fleet) -> None:
    sources.poll(fleet, fleet.settings.tenant("firm"))


def told(fleet: Fleet) -> set[int]:
    """The employees of whom the feed has told so far."""
    with fleet.ledger.reading() as connection:
        wanted = WantedEvents(Wanted(limit=None), kind=f"{EMPLOYEE}.changed")
        found = lookup.find_events(connection, wanted)
    return {received.event.record_id for received in found}


def test_no_change_by_concurrent_sessions_is_missed_though_one_commits_late(
    fleet: Fleet, odoo_server: OdooServer, demo_db: str
) -> None:
    before = told(fleet)
    admin = session_of(odoo_server, demo_db)
    made = [{"name": f"Fed {number}"} for number in range(46)]
    ids = admin.call(EMPLOYEE, "create", made)
    slow, quick = ids[:6], ids[6:]
    poll(fleet)
    assert set(ids) <= told(fleet)
    with (
        ThreadPoolExecutor(5) as pool,
        psycopg.connect(odoo_server.pg_dsn(demo_db), autocommit=True) as held,
    ):
        held.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        late = pool.submit(run_inside, odoo_server, demo_db, write_slowly, ids=slow, lock=LOCK)
        wait_until_it_waits(held)
        cursor = changes.newest(admin, EMPLOYEE)
        assert cursor is not None
        time.sleep(1.1)
        parts = [quick[start::4] for start in range(4)]
        list(pool.map(lambda part: rename(session_of(odoo_server, demo_db), part), parts))
        poll(fleet)
        seen_early = changed_since(fleet, cursor.written_at)
        assert set(quick) <= seen_early
        assert not seen_early & {*slow}, "they are not committed yet"
        held.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        assert late.result() == slow
    newest = changes.newest(admin, EMPLOYEE)
    assert newest is not None
    dated = {
        each.record_id: each.written_at
        for each in changes.since(admin, EMPLOYEE, cursor.written_at - timedelta(minutes=5))
    }
    assert max(dated[number] for number in slow) < newest.written_at, "dated before what was seen"
    poll(fleet)
    assert {*slow, *quick} <= changed_since(fleet, cursor.written_at)
    assert before <= told(fleet)


def test_a_look_at_a_quiet_odoo_tells_of_nothing(fleet: Fleet) -> None:
    seen = told(fleet)
    poll(fleet)
    assert told(fleet) == seen


def rename(session: Session, ids: list[int]) -> None:
    for number in ids:
        session.call(EMPLOYEE, "write", [number], {"name": f"Renamed {number}"})


def changed_since(fleet: Fleet, at: datetime) -> set[int]:
    """Of whom the feed told that they were written then or later."""
    with fleet.ledger.reading() as connection:
        wanted = WantedEvents(Wanted(limit=None), kind=f"{EMPLOYEE}.changed")
        found = lookup.find_events(connection, wanted)
    return {each.event.record_id for each in found if each.event.occurred_at > at}


def wait_until_it_waits(connection: psycopg.Connection[Any]) -> None:
    deadline = time.monotonic() + 300
    while connection.execute(WAITS).fetchone() == (0,):
        assert time.monotonic() < deadline, "the slow transaction did not begin"
        time.sleep(0.1)
