"""The ledger's database: opened from a URL, used in transactions, brought to its schema."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    ExceptionContext,
    Pool,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import ConnectionPoolEntry

from workers.ledger import counters, revisions
from workers.ledger.address import Address, parse
from workers.ledger.errors import (
    LedgerError,
    LedgerNotSetUp,
    LedgerUnavailable,
    LedgerUnusable,
)

if TYPE_CHECKING:
    from workers.ledger.patient_connection import PatientConnection

__all__ = ["Connection", "Ledger", "connect"]

UPGRADE_LOCK = 0x_F1EE_7001
UPGRADE = "run `fleet upgrade`"

# Seconds. A frozen worker must not hold a tenant's lock for ever, and who vanished, server or
# worker, must be noticed by the other: PostgreSQL's and the kernel's own limits are hours.
SEEN_GONE = {
    "tcp_keepalives_idle": 30,
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
POSTGRESQL = {"connect_timeout": 10} | {
    name.replace("tcp_keepalives", "keepalives"): value for name, value in SEEN_GONE.items()
}
IDLE_IN_TRANSACTION_LIMIT = "15s"
PING_AFTER_SECONDS = 1.0
SQLITE_BUSY_TIMEOUT_MS = 10_000


def connect(url: str, answer_seconds: float = 30) -> "Ledger":
    """A ledger at `sqlite:///path` or `postgresql://..`; opens no connection yet.

    answer_seconds: how long PostgreSQL may take for one statement before its connection is given
    up. Raises ConfigurationError when the URL cannot be used.
    """
    return Ledger(parse(url), answer_seconds)


class Ledger:
    """One process' way to the database.

    Safe to fork: the child starts with an empty pool and leaves the parent's connections alone.
    """

    def __init__(self, address: Address, answer_seconds: float) -> None:
        self.address = address
        self._engine = _engine(address, answer_seconds)
        self._pools_of_parents: list[Pool] = []
        _ledgers.add(self)

    def __repr__(self) -> str:
        return f"<Ledger at {self.address}>"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing, for writing: on SQLite it has the only write lock from the start.

        Raises LedgerUnavailable when the database is away, busy or full, and LedgerError when it
        refuses what was written.
        """
        with self._translated(), self._engine.begin() as connection:
            counters.forget(connection)
            yield connection
            counters.write(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent look on SQLite, statement by statement on PostgreSQL; refuses writes.

        Waits for no writer. Raises LedgerUnavailable as `transaction` does.
        """
        with self._translated(), self._engine.connect() as connection:
            connection.execution_options(reading=True, postgresql_readonly=True)
            with connection.begin():
                yield connection

    def upgrade(self) -> str | None:
        """Bring the schema to this version's; several processes may do so at once.

        Returns the revision that it had, None where there was none yet. Raises ConfigurationError
        when the database cannot be opened or is newer than the fleet.
        """
        with self._opened(self.transaction()) as connection:
            if connection.dialect.name == "postgresql":
                # To wait for another's upgrade, or to build an index, takes as long as it takes.
                cast(
                    "PatientConnection", connection.connection.driver_connection
                ).answer_seconds = None
                connection.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
            before = revisions.current(connection)
            self._refuse_newer(before)
            revisions.upgrade(connection)
        return before

    @property
    def missing(self) -> bool:
        """Whether its file is not there yet; that of a server is never known to be missing."""
        return self.address.file is not None and not self.address.file.exists()

    def check(self) -> None:
        """Raise ConfigurationError unless the database opens and has exactly this schema.

        LedgerNotSetUp, which is one, where there is no schema at all yet.
        """
        if self.missing:
            raise self._wrong("there is no such file yet", UPGRADE, LedgerNotSetUp)
        with self._opened(self.reading()) as connection:
            revision = revisions.current(connection)
        self._refuse_newer(revision)
        needed = revisions.known()[0]
        if not revision:
            raise self._wrong("it is empty", UPGRADE, LedgerNotSetUp)
        if revision != needed:
            raise self._wrong(f"its schema is {revision}, not {needed}", UPGRADE)

    def close(self) -> None:
        """Close every pooled connection; the next use opens new ones."""
        self._engine.dispose()

    def leave_no_traces(self) -> None:
        """Have a file keep nothing of what was changed or deleted; a server cleans up by itself.

        Raises LedgerUnavailable while others use the file all the time.
        """
        if self.address.file is None:
            return
        autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        with self._translated(), autocommit.connect() as connection:
            cursor = connection.connection.cursor()
            cursor.execute("PRAGMA query_only = 0")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except PoolExhausted as error:
            raise LedgerUnavailable(f"{self.address}: no connection is free") from error
        except OverflowError as error:
            # What SQLite's driver raises by itself.
            raise LedgerError(f"{self.address}: no number there is so large") from error
        except DBAPIError as error:
            words = self.address.without_secrets(str(error.orig))
            if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
                told = ": ".join(self._cause(error)) or words
                raise LedgerUnavailable(f"{self.address}: {told}") from error
            # The driver's own error would show the rows that PostgreSQL quotes.
            ours = LedgerError(f"{self.address}: {words}")
            raise ours.with_traceback(error.__traceback__) from None

    @contextmanager
    def _opened(self, use: AbstractContextManager[Connection]) -> Iterator[Connection]:
        try:
            with use as connection:
                yield connection
        except LedgerError as error:
            told, remedy = str(error), "check FLEET_DATABASE_URL"
            if self.address.file is None:
                remedy = "start it, or correct FLEET_DATABASE_URL"
            elif found := self._cause(error.__cause__):
                told, remedy = f"{self.address}: {found[0]}", found[1]
            raise LedgerUnusable(f"the ledger cannot be used: {told}", remedy) from error

    def _cause(self, error: BaseException | None) -> tuple[str, str] | tuple[()]:
        """Why a file cannot be used, and the remedy; () of a server, or where only SQLite knows."""
        file = self.address.file
        if file is None or not isinstance(error, DBAPIError):
            return ()
        # The lowest byte is the error, the others are its kind.
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_BUSY:
            return "another process holds it", "try again, or end that process"
        if code not in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}:
            return ()
        if file.is_dir():
            return "it is a folder", "name a file in FLEET_DATABASE_URL"
        if not file.parent.is_dir():
            return f"there is no folder {file.parent}", "make it, or correct FLEET_DATABASE_URL"
        # SQLite writes files of its own beside it.
        for path, right in ((file, os.R_OK | os.W_OK), (file.parent, os.W_OK | os.X_OK)):
            if path.exists() and not os.access(path, right):
                return f"this user may not read and write {path}", "give it the right to"
        return ()

    def _refuse_newer(self, revision: str | None) -> None:
        if revision is not None and revision not in revisions.known():
            raise self._wrong(
                f"its schema {revision} was written by a newer version of the fleet",
                "install that version, or restore the backup taken before it",
            )

    def _wrong(
        self, problem: str, remedy: str, kind: type[LedgerUnusable] = LedgerUnusable
    ) -> LedgerUnusable:
        return kind(f"the ledger at {self.address}: {problem}", remedy)

    def _leave_connections_to_parent(self) -> None:
        # Kept, not collected: closing a socket or file here could disturb the parent's.
        self._pools_of_parents.append(self._engine.pool)
        self._engine.dispose(close=False)


_ledgers: WeakSet[Ledger] = WeakSet()


def _start_anew_after_fork() -> None:
    for ledger in _ledgers:
        ledger._leave_connections_to_parent()


os.register_at_fork(after_in_child=_start_anew_after_fork)


def _engine(address: Address, answer_seconds: float) -> Engine:
    if address.file is None:
        engine = create_engine(address.url, connect_args=POSTGRESQL, hide_parameters=True)
        event.listen(engine, "checkin", _note_return)
        event.listen(engine, "checkout", partial(_ping_if_idle, engine.dialect))
        event.listen(engine, "do_connect", partial(_open_postgresql, answer_seconds))
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "handle_error", _throw_away_when_interrupted)
        return engine
    engine = create_engine(
        address.url,
        hide_parameters=True,
        # SQLite would keep NaN, and then answer no question about the JSON of that table.
        json_serializer=partial(json.dumps, allow_nan=False),
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _open_postgresql(
    answer_seconds: float, dialect: object, record: object, arguments: Any, named: Any
) -> "PatientConnection":
    # Its driver is loaded where it is needed: who keeps an SQLite ledger waits for none.
    from workers.ledger.patient_connection import PatientConnection

    connection = PatientConnection.connect(*arguments, **named)
    connection.answer_seconds = answer_seconds
    return connection


def _note_return(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["returned"] = time.monotonic()


def _ping_if_idle(
    dialect: Dialect, connection: Any, record: ConnectionPoolEntry, fairy: object
) -> None:
    """A server that went away since is found out here, and a new connection made instead.

    One that was used a moment ago is taken as it is: to ask before each transaction costs more
    than to try again the one in which it went away.
    """
    if time.monotonic() - record.info.get("returned", time.monotonic()) < PING_AFTER_SECONDS:
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def _throw_away_when_interrupted(context: ExceptionContext) -> None:
    """A connection whose statement a time limit cut off is in the middle of it for ever.

    Back in the pool it would fail everybody who gets it, so it is closed.
    """
    from_driver = isinstance(context.sqlalchemy_exception, DBAPIError)
    if not from_driver:
        context.is_disconnect = True


def _prepare_postgresql(connection: Any, record: object) -> None:
    connection.execute("SET TIME ZONE 'UTC'")
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_LIMIT}'")
    # A transaction whose statement was cut off in the middle is not idle, and holds its locks until
    # the server sees that we are gone.
    for name, value in SEEN_GONE.items():
        connection.execute(f"SET {name} = {value}")
    # A server that forgets what it confirmed would have a mail sent twice after its crash.
    (durable,) = connection.execute("SHOW synchronous_commit").fetchone()
    if durable == "off":
        connection.execute("SET synchronous_commit = 'on'")
    connection.commit()


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")
    # Lasts in the file. Refused at once while another process sets it too, which is as good.
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    # Else REPLACE deletes rows past the triggers that keep the audit.
    connection.execute("PRAGMA recursive_triggers = ON")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reading)}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
