"""The companies that each tenant has, as last seen in its Odoo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, func, select

from workers.ledger.inserts import upsert
from workers.ledger.schema import scopes


@dataclass(frozen=True)
class Scope:
    """One company of one tenant, and the time zone that its schedules are read in."""

    tenant: str
    company_id: int
    name: str
    zone: ZoneInfo


def remember(connection: Connection, tenant: str, seen: Sequence[Scope], now: datetime) -> None:
    """Take `seen` for all companies of the tenant; others that it had are forgotten."""
    for scope in sorted(seen, key=lambda scope: scope.company_id):
        facts = {"name": scope.name, "zone": scope.zone.key, "seen_at": now}
        connection.execute(
            upsert(connection, scopes)
            .values(tenant=tenant, company_id=scope.company_id, **facts)
            .on_conflict_do_update(
                index_elements=[scopes.c.tenant, scopes.c.company_id], set_=facts
            )
        )
    listed = scopes.c.company_id.in_([scope.company_id for scope in seen])
    connection.execute(delete(scopes).where(scopes.c.tenant == tenant, ~listed))


def of_tenant(connection: Connection, tenant: str) -> tuple[Scope, ...]:
    """The tenant's companies, by id."""
    rows = connection.execute(
        select(scopes).where(scopes.c.tenant == tenant).order_by(scopes.c.company_id)
    )
    return tuple(Scope(row.tenant, row.company_id, row.name, ZoneInfo(row.zone)) for row in rows)


def seen_at(connection: Connection, tenant: str) -> datetime | None:
    """When the tenant's companies were last remembered; None before the first time."""
    statement = select(func.max(scopes.c.seen_at)).where(scopes.c.tenant == tenant)
    newest: datetime | None = connection.scalar(statement)
    return newest
