"""The servers under contract: the sandbox always, a real Odoo 19 among the live tests."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import pytest

from odoo_gateway.transport import Address
from tests.contracts.asking import Asker
from tests.contracts.odoo19 import odoo19
from tests.contracts.sandboxed import sandboxed

SERVERS: Final = {"sandbox": sandboxed, "odoo19": odoo19}


@dataclass(frozen=True)
class Target:
    """One server: the fleet's user sees all, the officer one company, no sales, no contracts.

    The clerk has the fleet's rights, and of orders a record rule shows only those of RULED.
    """

    fleet: Asker
    officer: Asker
    clerk: Asker


@pytest.fixture(scope="session", params=["sandbox", pytest.param("odoo19", marks=pytest.mark.live)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Each server in turn, with every case."""
    server: AbstractContextManager[Sequence[Address]] = SERVERS[request.param]()
    with server as addresses:
        yield Target(*map(Asker, addresses))


@pytest.fixture
def odoo(target: Target) -> Asker:
    """Asks as the fleet's user."""
    return target.fleet


@pytest.fixture
def officer(target: Target) -> Asker:
    """Asks as the officer."""
    return target.officer


@pytest.fixture
def clerk(target: Target) -> Asker:
    """Asks as the clerk."""
    return target.clerk
