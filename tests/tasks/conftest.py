"""A reader on the sandbox, and the moment that the tests stand at."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from odoo_gateway.transport import Transport
from tasks.domain.periods import AsOf

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    return Sandbox(MONDAY.date())


@pytest.fixture
def now() -> AsOf:
    return AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)


def reading(transport: Transport, company_id: int = 1) -> Reader:
    """A reader of one company."""
    return Reader(Session(transport, "https://odoo.example"), company_id)


def changed(**switches: Mapping[Any, Any] | list[Any]) -> Sandbox:
    """The sandbox with some of its switches thrown."""
    return Sandbox(MONDAY.date(), **switches)  # type: ignore[arg-type]
