"""The database: opened, migrated, checked, and its errors in our own words."""

import os
import signal
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from multiprocessing import get_context
from pathlib import Path
from threading import Timer

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from odoo_gateway.errors import ConfigurationError
from tests.chaos.proxy import proxying
from workers.demo.processes import free_port
from workers.ledger import database, revisions, scopes
from workers.ledger.database import UPGRADE_LOCK, Connection, Ledger, connect
from workers.ledger.errors import LedgerError, LedgerUnavailable

from .postgres_server import PostgresServer
from .racing import race

PASSWORD = "s3cr3t-Passw0rd"
FRESH_DATABASES = 5


def upgrade_all(urls: list[str]) -> None:
    for url in urls:
        ledger = connect(url)
        ledger.upgrade()
        ledger.check()
        ledger.close()


def count_scopes(connection: Connection) -> int:
    found: int = connection.execute(text("SELECT count(*) FROM scopes")).scalar_one()
    return found


def insert_scope(connection: Connection, company_id: int | None = 1, name: str = "Acme") -> None:
    statement = "INSERT INTO scopes VALUES ('acme', :id, :name, 'UTC', '2026-11-20 00:00:00')"
    connection.execute(text(statement), {"id": company_id, "name": name})


def read_in_child(ledger: Ledger, of_parent: list[object]) -> None:
    with ledger.reading() as connection:
        assert count_scopes(connection) == 1
        assert driver_connection(connection) not in of_parent


def driver_connection(connection: Connection) -> object:
    return connection.connection.driver_connection


def test_four_processes_may_upgrade_the_same_empty_database_at_once(
    new_url: Callable[[], str],
) -> None:
    urls = [new_url() for _ in range(FRESH_DATABASES)]
    assert race(4, upgrade_all, urls) == [None] * 4


def test_upgrading_twice_changes_nothing(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        insert_scope(connection)
    ledger.upgrade()
    ledger.check()
    with ledger.reading() as connection:
        assert count_scopes(connection) == 1


def test_a_database_that_was_never_upgraded_fails_the_check_with_the_remedy(
    new_url: Callable[[], str],
) -> None:
    with (
        closing(connect(new_url())) as ledger,
        pytest.raises(ConfigurationError, match="fleet upgrade"),
    ):
        ledger.check()


def test_checking_a_missing_file_does_not_make_it(tmp_path: Path) -> None:
    path = tmp_path / "fleet.db"
    with pytest.raises(ConfigurationError, match="no such file"):
        connect(f"sqlite:///{path}").check()
    assert not path.exists()


def test_an_empty_file_fails_the_check(tmp_path: Path) -> None:
    path = tmp_path / "fleet.db"
    path.touch()
    with pytest.raises(ConfigurationError, match="it is empty: run `fleet upgrade`"):
        connect(f"sqlite:///{path}").check()


@pytest.mark.parametrize("use", [Ledger.check, Ledger.upgrade])
def test_a_schema_from_a_newer_fleet_is_left_alone(
    new_url: Callable[[], str], use: Callable[[Ledger], None]
) -> None:
    with closing(connect(new_url())) as ledger:
        ledger.upgrade()
        with ledger.transaction() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(ConfigurationError, match="newer version"):
            use(ledger)


@pytest.mark.parametrize("use", [Ledger.check, Ledger.upgrade])
def test_a_file_that_is_no_database_is_a_configuration_error(
    tmp_path: Path, use: Callable[[Ledger], None]
) -> None:
    path = tmp_path / "fleet.db"
    path.write_text("This is a letter to a friend, and no database at all.\n" * 100)
    with pytest.raises(ConfigurationError, match="not a database"):
        use(connect(f"sqlite:///{path}"))


def test_a_missing_folder_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="FLEET_DATABASE_URL"):
        connect(f"sqlite:///{tmp_path}/no/such/folder/fleet.db").upgrade()


def test_a_password_shows_nowhere_when_the_server_is_away() -> None:
    ledger = connect(f"postgresql://fleet:{PASSWORD}@127.0.0.1:1/fleet")
    with pytest.raises(ConfigurationError) as caught:
        ledger.check()
    told = "".join(traceback.format_exception(caught.value)) + repr(ledger) + repr(ledger.address)
    assert PASSWORD not in told
    assert "postgresql://127.0.0.1:1/fleet" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        f"{PASSWORD}",
        f"mysql://fleet:{PASSWORD}@host/fleet",
        f"postgresql://fleet:a@{PASSWORD}@host/fleet",
        f"postgresql://fleet:a@b/{PASSWORD}@host/fleet",
        f"postgresql://fleet:a@b:{PASSWORD}/fleet",
        f"sqlite://{PASSWORD}/fleet.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///fleet.db?mode=memory",
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        connect(url)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_sqlite_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(ConfigurationError, match=r"needs 3\.35"):
        connect("sqlite:///fleet.db")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_understood(scheme: str) -> None:
    ledger = connect(f"{scheme}://fleet:{PASSWORD}@db.example.com/fleet?sslmode=require")
    assert repr(ledger) == "<Ledger at postgresql://db.example.com/fleet>"


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    with suppress(RuntimeError), ledger.transaction() as connection:
        insert_scope(connection)
        raise RuntimeError
    with ledger.reading() as connection:
        assert count_scopes(connection) == 0


def test_reading_refuses_writes_and_the_next_transaction_may_write(ledger: Ledger) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"), ledger.reading() as connection:
        insert_scope(connection)
    with ledger.transaction() as connection:
        insert_scope(connection)


def test_reading_waits_for_no_writer(ledger: Ledger) -> None:
    with ledger.transaction() as writer:
        insert_scope(writer)
        with ledger.reading() as reader:
            assert count_scopes(reader) == 0


def test_a_server_that_ends_the_connection_is_unavailable_and_then_back(
    postgres: PostgresServer,
) -> None:
    ledger = connect(postgres.create("cut_off"))
    ledger.upgrade()
    with pytest.raises(LedgerUnavailable), ledger.transaction() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    ledger.check()
    ledger.close()


def test_a_server_that_went_away_meanwhile_costs_no_transaction(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PING_AFTER_SECONDS", 0)
    url = postgres.create("meanwhile")
    ledger, other = connect(url), connect(url)
    ledger.upgrade()
    with ledger.reading() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
    with other.transaction() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend({pid})"))
    with ledger.transaction() as connection:
        insert_scope(connection)
    ledger.close()
    other.close()


def test_errors_do_not_quote_what_was_written(ledger: Ledger) -> None:
    with (
        pytest.raises(LedgerError, match=r"(?i)not.null") as caught,
        ledger.transaction() as connection,
    ):
        insert_scope(connection, company_id=None, name=PASSWORD)
    told = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in told
    assert "insert_scope" in told


def test_a_forked_child_uses_connections_of_its_own(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        insert_scope(connection)
    with ledger.transaction() as busy:
        with ledger.reading() as idle:
            of_parent = [driver_connection(idle), driver_connection(busy)]
        insert_scope(busy, company_id=2)
        child = get_context("fork").Process(target=read_in_child, args=(ledger, of_parent))
        child.start()
        child.join(60)
    assert child.exitcode == 0
    with ledger.transaction() as connection:
        assert count_scopes(connection) == 2


def test_the_newest_revision_is_known_first() -> None:
    assert revisions.known()[-1] == "0001"


def test_a_scope_is_read_by_its_tenant(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        insert_scope(connection)
        assert scopes.of_tenant(connection, "other") == ()


class TooLong(Exception):
    """What a time limit raises in the middle of anything."""


def sleep(ledger: Ledger, alarm: Timer) -> None:
    with ledger.transaction() as connection:
        connection.execute(text("SELECT 1"))
        alarm.start()
        connection.execute(text("SELECT pg_sleep(20)"))


def test_a_connection_that_was_interrupted_in_a_statement_is_not_used_again(
    postgres: PostgresServer,
) -> None:
    ledger = connect(postgres.create("interrupted"))

    def interrupt(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGUSR1, interrupt)
    later = Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        with pytest.raises(TooLong):
            sleep(ledger, later)
    finally:
        later.join()
        signal.signal(signal.SIGUSR1, before)
    with ledger.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    ledger.close()


def test_a_commit_is_durable_even_where_the_server_is_told_otherwise(
    postgres: PostgresServer,
) -> None:
    with closing(psycopg.connect(postgres.url("postgres"))) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)
    with closing(connect(postgres.create("durable"))) as ledger, ledger.reading() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"


def ask_after(act: Callable[[], object], ledger: Ledger) -> None:
    with ledger.reading() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
        act()
        connection.execute(text("SELECT 1"))


def test_a_connection_that_answers_nothing_any_more_is_given_up_for_a_new_one(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PING_AFTER_SECONDS", 0)
    port = free_port()
    url = postgres.create("frozen").replace(str(postgres.port), str(port))
    with proxying(port, postgres.port) as proxy, closing(connect(url, answer_seconds=1)) as ledger:
        with pytest.raises(LedgerUnavailable):
            ask_after(proxy.half_open, ledger)
        with ledger.reading() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
        assert proxy.half_open() >= 1
        with ledger.reading() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1


def test_the_server_is_to_see_within_a_minute_that_we_are_gone(postgres: PostgresServer) -> None:
    with closing(connect(postgres.url("postgres"))) as ledger, ledger.reading() as connection:
        for name, value in database.SEEN_GONE.items():
            query = text("SELECT setting FROM pg_settings WHERE name = :name")
            assert connection.execute(query, {"name": name}).scalar_one() == str(value)


def test_an_upgrade_may_take_longer_than_an_answer(postgres: PostgresServer) -> None:
    url = postgres.create("slow_upgrade")
    with closing(psycopg.connect(url)) as other, closing(connect(url, 0.2)) as ledger:
        other.execute("SELECT pg_advisory_lock(%s)", [UPGRADE_LOCK])
        later = Timer(1, other.execute, ("SELECT pg_advisory_unlock_all()",))
        later.start()
        ledger.upgrade()
        later.join()
        ledger.check()


@pytest.fixture
def anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights as they are for others than root, who may read and write everything."""

    def allowed(path: Path, right: int) -> bool:
        mode = path.stat().st_mode >> 6
        return mode & right == right

    monkeypatch.setattr(os, "access", allowed)


def refusal(use: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as caught:
        use()
    return str(caught.value)


def test_a_folder_in_the_place_of_the_ledger_is_called_one(tmp_path: Path) -> None:
    with closing(connect(f"sqlite:///{tmp_path}")) as ledger:
        for use in (ledger.check, ledger.upgrade):
            told = refusal(use)
            assert told.endswith(f"{tmp_path}: it is a folder: name a file in FLEET_DATABASE_URL")


def test_a_folder_of_the_ledger_that_is_not_there_is_named(tmp_path: Path) -> None:
    with closing(connect(f"sqlite:///{tmp_path / 'none' / 'fleet.db'}")) as ledger:
        assert f"there is no folder {tmp_path / 'none'}: make it" in refusal(ledger.upgrade)


@pytest.mark.usefixtures("anybody")
@pytest.mark.parametrize(
    ("code", "mode"), [(sqlite3.SQLITE_CANTOPEN, 0o000), (sqlite3.SQLITE_READONLY, 0o444)]
)
def test_a_ledger_that_this_user_has_no_right_to_is_named(
    code: int, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "fleet.db"

    def refuse(*given: object) -> str:
        error = sqlite3.OperationalError("no right")
        error.sqlite_errorcode = code
        raise OperationalError("SELECT", {}, error)

    with closing(connect(f"sqlite:///{file}")) as ledger:
        ledger.upgrade()
        file.chmod(mode)
        monkeypatch.setattr(revisions, "current", refuse)
        told = refusal(ledger.check)
    assert told.endswith(f": this user may not read and write {file}: give it the right to")


def test_a_ledger_that_another_process_holds_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SQLITE_BUSY_TIMEOUT_MS", 1)
    file = tmp_path / "fleet.db"
    with closing(connect(f"sqlite:///{file}")) as ledger, closing(sqlite3.connect(file)) as other:
        ledger.upgrade()
        other.execute("BEGIN IMMEDIATE")
        held = pytest.raises(LedgerUnavailable, match="another process holds it: try again")
        with held, ledger.transaction():
            pass
        assert "FLEET_DATABASE_URL" not in refusal(ledger.upgrade)
