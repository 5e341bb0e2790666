"""The companies that each tenant has, as last seen in its Odoo."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, delete, func, select

from workers.ledger.inserts import upsert
from workers.ledger.schema import scopes


@dataclass(frozen=True)
class Scope:
    """One company of one tenant, and the time zone that its schedules are read in."""

    tenant: str
    company_id: int
    name: str
    zone: ZoneInfo
    #: What its Odoo says instead of a zone that we know, which only who asks Odoo hears.
    unknown_zone: str = field(default="", compare=False)


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
    return _read(connection, select(scopes).where(scopes.c.tenant == tenant))


def by_tenant(connection: Connection) -> Mapping[str, Sequence[Scope]]:
    """The companies of all tenants, by id; of one that was never asked there are none."""
    found: dict[str, list[Scope]] = defaultdict(list)
    for scope in _read(connection, select(scopes)):
        found[scope.tenant].append(scope)
    return found


def last_seen(connection: Connection) -> Mapping[str, datetime]:
    """When each tenant's companies were last remembered."""
    newest = func.max(scopes.c.seen_at).label("newest")
    rows = connection.execute(select(scopes.c.tenant, newest).group_by(scopes.c.tenant))
    return {row.tenant: row.newest for row in rows}


def _read(connection: Connection, statement: Select[Any]) -> tuple[Scope, ...]:
    rows = connection.execute(statement.order_by(scopes.c.company_id))
    return tuple(Scope(row.tenant, row.company_id, row.name, ZoneInfo(row.zone)) for row in rows)
