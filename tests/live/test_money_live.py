"""What is ready and what is WIP, against what Odoo's own invoice wizard would bill, by line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from .inside import invoice_wizard, money_cases
from .inside_odoo import run_inside
from .odoo_server import OdooServer

pytestmark = pytest.mark.live
Sql = psycopg.Connection[TupleRow]
ZERO = Decimal(0)


@pytest.fixture(scope="module")
def orders(odoo_server: OdooServer, demo_db: str) -> Mapping[str, int]:
    made: Mapping[str, int] = run_inside(odoo_server, demo_db, money_cases.build)
    return made


@pytest.fixture(scope="module")
def wizard(odoo_server: OdooServer, demo_db: str, orders: Any) -> Mapping[int, Decimal]:
    """By line: what the wizard bills now, and what drafts bill already."""
    found = run_inside(odoo_server, demo_db, invoice_wizard.billed_now)
    return {int(line): Decimal(repr(a)) + Decimal(repr(b)) for line, (a, b) in found.items()}
