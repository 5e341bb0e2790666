"""A real Odoo 19 for the tests below; where none can be started the tests fail."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow

from .odoo_server import OdooServer, start


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test that needs Odoo the time of a first installation."""
    for item in items:
        if "odoo_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(1800))
            return


@pytest.fixture(scope="session")
def odoo_server() -> OdooServer:
    """The server of this machine; it keeps running afterwards, for the next run."""
    return start()


@pytest.fixture(scope="module")
def demo_db(odoo_server: OdooServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a database with demo data that belongs to one test module."""
    name = odoo_server.clone(request.node.path.stem)
    yield name
    odoo_server.drop(name)


@pytest.fixture(scope="module")
def sql(odoo_server: OdooServer, demo_db: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection to the module's database; every statement is committed at once."""
    with psycopg.connect(odoo_server.pg_dsn(demo_db), autocommit=True) as connection:
        yield connection
