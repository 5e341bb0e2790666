"""What was learnt of each tenant's Odoo, for the next process to go by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from workers.ledger.inserts import upsert
from workers.ledger.schema import learnt


@dataclass(frozen=True)
class Page:
    """What is kept of one tenant."""

    #: What all of it hangs on.
    footing: str
    #: When the oldest of it was learnt.
    at: datetime
    found: Mapping[str, Any]


def of_tenant(connection: Connection, tenant: str) -> Page | None:
    """What was kept last; None where nothing was."""
    columns = (learnt.c.footing, learnt.c.at, learnt.c.found)
    row = connection.execute(select(*columns).filter_by(tenant=tenant)).one_or_none()
    return Page(*row) if row else None


def keep(connection: Connection, tenant: str, page: Page) -> None:
    """Keep this in place of what is there."""
    facts = {"footing": page.footing, "at": page.at, "found": {**page.found}}
    connection.execute(
        upsert(connection, learnt)
        .values(tenant=tenant, **facts)
        .on_conflict_do_update(index_elements=[learnt.c.tenant], set_=facts)
    )
