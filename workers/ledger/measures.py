"""The numbers that runs found, kept as KPI samples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from typing import Any

from sqlalchemy import Connection, exists, insert, select

from tasks.domain.findings import Measure
from workers.ledger.column_types import canonical
from workers.ledger.places import Place
from workers.ledger.schema import measures, runs


@dataclass(frozen=True)
class Sample:
    """A measure as a run of that job and scope recorded it; `Provenance` tells the rest."""

    job: str
    tenant: str
    company_id: int
    name: str
    labels: Mapping[str, str]
    value: float
    at: datetime
    formula: int | None = None
    cut_off: datetime | None = None
    excluded: Mapping[str, int] | None = None

    @property
    def place(self) -> Place:
        """Where it was measured."""
        return Place(self.job, self.tenant, self.company_id)


@dataclass(frozen=True)
class Provenance:
    """What the samples of one run rest on."""

    #: The moment judged.
    cut_off: datetime
    #: Versions by measure.
    formulas: Mapping[str, int] = field(default_factory=dict)
    #: Rows that nobody could read.
    drift: int = 0

    def of(self, measure: Measure) -> dict[str, Any]:
        """The columns of a sample that tell it."""
        unread = {"drift": self.drift} if self.drift else {}
        return {
            "formula": self.formulas.get(measure.name),
            "cut_off": self.cut_off,
            "excluded": {**measure.excluded, **unread},
        }


def record(
    connection: Connection, run_id: int, found: Iterable[Measure], now: datetime, basis: Provenance
) -> None:
    """Keep what a run measured.

    Raises ValueError when a measure is given twice or is not a finite number: a job at fault.
    """
    rows = {}
    for measure in found:
        key = (measure.name, canonical(measure.labels))
        if key in rows or not isfinite(measure.value):
            raise ValueError(f"measure {measure.name} {key[1]} is given twice or not finite")
        rows[key] = {
            "run_id": run_id,
            "name": measure.name,
            "labels": measure.labels,
            "value": measure.value,
            "at": now,
            **basis.of(measure),
        }
    if rows:
        connection.execute(insert(measures), list(rows.values()))


def names(connection: Connection) -> tuple[str, ...]:
    """Every measure that was ever recorded."""
    return tuple(connection.scalars(select(measures.c.name).distinct().order_by(measures.c.name)))


def history(
    connection: Connection,
    name: str,
    limit: int,
    *,
    tenant: str | None = None,
    company_id: int | None = None,
) -> tuple[Sample, ...]:
    """The newest samples of one measure, newest first."""
    place = (runs.c.job, runs.c.tenant, runs.c.company_id)
    sample = [column for column in measures.c if column is not measures.c.run_id]
    chosen = {"tenant": tenant, "company_id": company_id}
    wanted = [runs.c[key] == value for key, value in chosen.items() if value is not None]
    rows = connection.execute(
        select(*place, *sample)
        .join(runs, measures.c.run_id == runs.c.id)
        .where(measures.c.name == name, *wanted)
        .order_by(measures.c.at.desc(), *place, measures.c.labels)
        .limit(limit)
    )
    return tuple(Sample(**row._asdict()) for row in rows)


def latest(connection: Connection, now: datetime) -> tuple[Sample, ...]:
    """What the newest measured slot of each job and scope says; one that lies ahead says nothing.

    Values that only older slots gave are left out: what they counted is gone.
    """
    scope = select(runs.c.job, runs.c.tenant, runs.c.company_id).distinct().subquery()
    measured = exists().where(measures.c.run_id == runs.c.id)
    newest = (
        select(runs.c.id)
        .where(*(runs.c[column.name] == column for column in scope.c), measured)
        .where(runs.c.slot <= now)
        .order_by(runs.c.slot.desc())
        .limit(1)
        .correlate(scope)
        .scalar_subquery()
    )
    chosen = select(scope, newest.label("run_id")).subquery()
    statement = (
        select(
            chosen.c.job,
            chosen.c.tenant,
            chosen.c.company_id,
            measures.c.name,
            measures.c.labels,
            measures.c.value,
            measures.c.at,
        )
        .join(chosen, measures.c.run_id == chosen.c.run_id)
        .order_by(chosen.c.job, chosen.c.tenant, chosen.c.company_id, *measures.primary_key)
    )
    return tuple(Sample(**row._asdict()) for row in connection.execute(statement))
