"""The generated sales firm as its tests look at it: who works there, and what a job says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import TupleRow

from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from tasks import catalogue
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf

from .gateway import session_of
from .odoo_server import OdooServer
from .office_hours_by_sql import Office

Sql = psycopg.Connection[TupleRow]
ZONE = ZoneInfo("Europe/Brussels")
NOW = datetime.now(UTC)
TODAY = NOW.astimezone(ZONE).date()
FINDING = ("key", "kind", "severity", "owner", "record_id", "since", "amount", "currency")


@dataclass(frozen=True)
class Firm:
    """The firm, who works there when, and the look of a job at one of its companies."""

    server: OdooServer
    database: str
    sql: Sql
    days: Mapping[str, Sequence[date]]

    @property
    def companies(self) -> Sequence[int]:
        """Their ids."""
        return [row[0] for row in self.sql.execute("SELECT id FROM res_company ORDER BY id")]

    def office(self, company_id: int) -> Office:
        """Its people, as a company sees them."""
        return Office.of(self.sql, company_id, ZONE, self.days)

    def look(
        self,
        job: str,
        company_id: int,
        policy: Mapping[str, Any],
        session: Session | None = None,
        **more: Any,
    ) -> Report:
        """What a job says of a company, in a session of its own if none is given."""
        reader = Reader(session or session_of(self.server, self.database), company_id)
        known = catalogue.jobs()[job]
        moment = AsOf(NOW, ZONE, NOW, **more)
        report = known.run(reader, moment, known.policy.model_validate(policy))
        assert reader.drift == []
        return report

    def ids(self, table: str, *names: str) -> list[int]:
        """Of what the generator made, by the names that it gave."""
        name = "coalesce(to_jsonb(t.name) ->> 'en_US', to_jsonb(t.name) #>> '{}')"
        return [self.one(f"SELECT id FROM {table} t WHERE {name} = %s", each) for each in names]

    def users(self, *logins: str) -> list[int]:
        """Of people, by the names that the generator gave."""
        asked = "SELECT id FROM res_users WHERE login = %s"
        return [self.one(asked, f"{each}@sales.example") for each in logins]

    def one(self, statement: str, *values: Any) -> int:
        """The one number that is asked for."""
        (found,) = self.sql.execute(statement.encode(), values).fetchall()
        return int(found[0])


def found(report: Report, *columns: str) -> Sequence[Mapping[str, Any]]:
    """These columns of the findings of a report; amounts as programs read them."""
    told = [{name: getattr(each, name) for name in columns} for each in report.findings]
    return [
        {name: str(value) if isinstance(value, Decimal) else value for name, value in each.items()}
        for each in told
    ]
