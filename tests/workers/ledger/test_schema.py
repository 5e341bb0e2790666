"""The tables: as declared, and with the guarantees that the database itself gives."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError

from workers.ledger import audit, revisions, runs
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LedgerError
from workers.ledger.schema import metadata, scopes

from .examples import NOW, PLACE, claimed_run


def note(connection: Connection) -> None:
    audit.note(connection, audit.Entry("case.opened", NOW))


def test_the_migrations_build_what_the_schema_declares(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_revisions_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(revisions.MIGRATIONS))
    walked = ScriptDirectory.from_config(config).walk_revisions()
    assert revisions.known() == tuple(script.revision for script in walked)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET event = 'nothing'",
        "UPDATE audit SET detail = '{}' WHERE id = 1",
        "DELETE FROM audit",
    ],
)
def test_the_audit_refuses_to_change_or_forget(ledger: Ledger, statement: str) -> None:
    with ledger.transaction() as connection:
        note(connection)
    with pytest.raises(LedgerError, match="append-only"), ledger.transaction() as connection:
        connection.execute(text(statement))
    with ledger.reading() as connection:
        assert audit.entries(connection, 10) == (audit.Entry("case.opened", NOW),)


@pytest.mark.parametrize(
    ("backend", "statement"),
    [
        ("postgresql", "TRUNCATE audit"),
        ("sqlite", "REPLACE INTO audit (id, at, event, detail) VALUES (1, '', 'nothing', '{}')"),
    ],
)
def test_the_audit_has_no_side_door(backend: str, ledger: Ledger, statement: str) -> None:
    with ledger.transaction() as connection:
        note(connection)
    with pytest.raises(LedgerError, match="append-only"), ledger.transaction() as connection:
        connection.execute(text(statement))


def test_instants_come_back_as_the_same_moment_in_utc(ledger: Ledger) -> None:
    tokyo = timezone(timedelta(hours=9))
    local = datetime(2026, 11, 21, 3, 0, 0, 7, tzinfo=tokyo)
    with ledger.transaction() as connection:
        stored = runs.watch_since(connection, PLACE, local)
    assert stored == local
    assert stored.tzinfo is UTC


def test_instants_without_a_zone_are_refused(ledger: Ledger) -> None:
    with pytest.raises(StatementError, match="no time zone"), ledger.transaction() as connection:
        runs.watch_since(connection, PLACE, datetime(2026, 11, 20))


def test_instants_compare_by_moment_whatever_their_zone(ledger: Ledger) -> None:
    tokyo = timezone(timedelta(hours=9))
    with ledger.transaction() as connection:
        values = {"tenant": "acme", "name": "Acme", "zone": "UTC"}
        connection.execute(insert(scopes).values(**values, company_id=1, seen_at=NOW))
        before = select(scopes).where(scopes.c.seen_at < NOW.astimezone(tokyo))
        until = select(scopes).where(scopes.c.seen_at <= NOW.astimezone(tokyo))
        assert len(connection.execute(before).all()) == 0
        assert len(connection.execute(until).all()) == 1


def test_what_an_error_said_is_cut_and_cleaned_to_fit(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        claim = claimed_run(connection)
        runs.die(connection, claim, NOW, "OdooRejected", "a\0b\ud800" + "x" * 10_000)
        run = runs.get(connection, claim.run.id)
    assert run is not None
    assert run.error is not None
    assert run.error.startswith("ab?xxx")
    assert len(run.error) == 4000
