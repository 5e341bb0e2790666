"""An empty ledger for each test, on each database; migrated once."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from workers.ledger.database import Ledger, connect
from workers.ledger.schema import metadata

from . import postgres_server
from .postgres_server import PostgresServer

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL; without its programs the tests fail, for a skip would hide it."""
    with postgres_server.running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """The URL of a database at the newest schema, to empty and use."""
    url = postgres.create("migrated")
    _migrate(url)
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file at the newest schema, to copy."""
    path = tmp_path_factory.mktemp("migrated") / "ledger.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each database that a ledger can live in."""
    return str(request.param)


@pytest.fixture
def new_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty database and returns its URL."""

    def make() -> str:
        name = f"empty_{next(_NUMBERS)}"
        if backend == "sqlite":
            return f"sqlite:///{tmp_path / name}.db"
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.create(name)

    return make


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a ledger at the newest schema, with nothing in it."""
    if backend == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    migrated: str = request.getfixturevalue("migrated_postgres")
    postgres_server.empty(migrated, metadata.tables)
    return migrated


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    """A ledger at the newest schema, with nothing in it."""
    opened = connect(url)
    yield opened
    opened.close()


def _migrate(url: str) -> None:
    opened = connect(url)
    opened.upgrade()
    opened.close()
