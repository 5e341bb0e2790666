"""The server the other live tests stand on: what it serves, and that its clones are independent."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from .odoo_server import DEMO, LOGIN, PASSWORD, TEMPLATE, OdooServer, debian_mirrors

pytestmark = pytest.mark.live

Sql = psycopg.Connection[TupleRow]


def read(server: OdooServer, database: str, model: str, fields: list[str]) -> Any:
    uid = server.call("common", "authenticate", database, LOGIN, PASSWORD, {})
    options = {"fields": fields, "limit": 100}
    call: tuple[object, ...] = (database, uid, PASSWORD, model, "search_read", [[]], options)
    return server.call("object", "execute_kw", *call)


def test_serves_odoo_19(odoo_server: OdooServer) -> None:
    version = odoo_server.call("common", "version")
    assert isinstance(version, dict)
    assert version["server_version_info"][0] == 19


def test_a_clone_holds_the_demo_data_and_its_files(odoo_server: OdooServer, demo_db: str) -> None:
    employees = read(odoo_server, demo_db, "hr.employee", ["name", "image_128"])
    assert len(employees) >= 20
    assert any(employee["image_128"] for employee in employees)


def test_only_databases_that_may_be_changed_are_listed(
    odoo_server: OdooServer, demo_db: str
) -> None:
    listed = odoo_server.call("db", "list")
    assert isinstance(listed, list)
    assert {DEMO, demo_db} <= set(listed)
    assert TEMPLATE not in listed


def test_the_shell_reaches_private_methods(odoo_server: OdooServer, demo_db: str) -> None:
    source = """
import json
from datetime import datetime
employee = env.ref('hr.employee_admin')
week = datetime(2025, 6, 2), datetime(2025, 6, 9)
print(json.dumps(employee._get_work_days_data_batch(*week)[employee.id]))
"""
    work = json.loads(odoo_server.shell(demo_db, source).splitlines()[-1])
    assert work == {"days": 5.0, "hours": 38.0}


def test_what_the_shell_commits_is_served_and_seen_by_sql(
    odoo_server: OdooServer, demo_db: str, sql: Sql
) -> None:
    read(odoo_server, demo_db, "res.lang", ["name"])  # the workers cache languages
    odoo_server.shell(
        demo_db, "env['res.lang']._activate_lang('fr_FR').name = 'Marked'; env.cr.commit()"
    )
    assert "Marked" in [row["name"] for row in read(odoo_server, demo_db, "res.lang", ["name"])]
    assert sql.execute("SELECT count(*) FROM res_lang WHERE name = 'Marked'").fetchone() == (1,)


def test_a_clone_does_not_see_what_happened_in_another(
    odoo_server: OdooServer, demo_db: str, sql: Sql
) -> None:
    sql.execute("UPDATE res_partner SET ref = 'changed'")
    other = odoo_server.clone("other")
    try:
        changed = read(odoo_server, demo_db, "res.partner", ["ref"])
        unchanged = read(odoo_server, other, "res.partner", ["ref"])
    finally:
        odoo_server.drop(other)
    assert "changed" in {row["ref"] for row in changed}
    assert "changed" not in {row["ref"] for row in unchanged}
    assert other not in odoo_server.postgres.databases()


def test_cloning_drops_what_a_dead_process_left(odoo_server: OdooServer) -> None:
    leftover = "orphan_4194305_0a1b2c"  # one above the highest process id Linux gives out
    odoo_server.postgres.clone(leftover)
    clone = odoo_server.clone("orphan")
    left = odoo_server.postgres.databases()
    odoo_server.drop(clone)
    assert clone in left
    assert leftover not in left


LINES = """\
# deb http://old.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb [arch=amd64] https://tools.example/apt stable main
deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main
"""

PARAGRAPHS = """\
Enabled: no
Types: deb
URIs: http://old.example/debian
Suites: bookworm

Types: deb
# http://snapshot.example/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /keys/debian.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
"""


@pytest.mark.parametrize("sources", [LINES, PARAGRAPHS], ids=["lines", "paragraphs"])
def test_finds_the_debian_mirror_among_apt_sources(sources: str) -> None:
    assert list(debian_mirrors(sources)) == [("http://mirror.example/debian", "/keys/debian.gpg")]
