"""What the fleet asks leaves no warning and no error in the log of a real Odoo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from tasks import catalogue
from tasks.domain.periods import AsOf

from . import bots
from .bots import READ_BY_THE_JOBS, Bot
from .odoo_server import OdooServer

pytestmark = pytest.mark.live

READER = Bot("quiet_reader", READ_BY_THE_JOBS)
LINE = re.compile(r"^\S+ \S+ \d+ (?P<level>[A-Z]+) (?P<database>\S+) (?P<said>.*)$")


@contextmanager
def said_by_odoo(server: OdooServer, database: str) -> Iterator[list[str]]:
    """Fills a list with what the server's log says of a database meanwhile, above INFO."""
    found: list[str] = []
    start = server.home.log.stat().st_size
    yield found
    with server.home.log.open("rb") as log:
        log.seek(start)
        lines = log.read().decode(errors="replace").splitlines()
    for line in lines:
        told = LINE.match(line)
        if told and told["database"] == database and told["level"] not in ("DEBUG", "INFO"):
            found.append(f"{told['level']} {told['said']}")


def run_every_job(session: Session) -> None:
    moment = datetime.now(UTC)
    for job in catalogue.jobs().values():
        job.run(Reader(session, 1), AsOf(moment, ZoneInfo("UTC"), moment), job.policy())


def session_of(server: OdooServer, database: str, bot: Bot) -> Session:
    return Session(OdooRpc(Address(server.url, database, bot.login, bot.password)), server.url)


def test_a_start_of_every_job_leaves_nothing_in_odoos_log(
    odoo_server: OdooServer, demo_db: str
) -> None:
    bots.make(odoo_server, demo_db, READER)
    with said_by_odoo(odoo_server, demo_db) as said:
        run_every_job(session_of(odoo_server, demo_db, READER))
    assert said == []
