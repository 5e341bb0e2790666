"""How things stand, read for who watches: successes, dead letters, what is in flight, cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from workers.ledger import leases, pauses
from workers.ledger.places import Place
from workers.ledger.schema import case_is_open, cases, runs, watches
from workers.ledger.statuses import Origin, RunStatus


@dataclass(frozen=True)
class Success:
    """The newest slot of a place that succeeded, and when its run finished."""

    slot: datetime
    at: datetime


def successes(connection: Connection, now: datetime) -> Mapping[Place, Success]:
    """The newest success of each job, tenant and company that has one; events' runs cover no slot.

    A slot that lies ahead is of a clock that was wrong, and its success covers nothing.
    """
    place = (runs.c.job, runs.c.tenant, runs.c.company_id)
    rows = connection.execute(
        select(*place, func.max(runs.c.slot), func.max(runs.c.finished_at))
        .where(
            runs.c.status == RunStatus.SUCCEEDED, runs.c.slot <= now, runs.c.origin == Origin.SLOT
        )
        .group_by(*place)
    )
    return {Place(*where): Success(slot, at) for *where, slot, at in rows}


def watched_since(connection: Connection) -> Mapping[Place, datetime]:
    """From when on the slots of each job, tenant and company count."""
    rows = connection.execute(select(watches))
    return {Place(row.job, row.tenant, row.company_id): row.since for row in rows}


def dead_letters(connection: Connection) -> Mapping[tuple[str, str, str], int]:
    """Dead runs by job, tenant and error class."""
    kind = (runs.c.job, runs.c.tenant, runs.c.error_class)
    rows = connection.execute(
        select(*kind, func.count()).where(runs.c.status == RunStatus.DEAD).group_by(*kind)
    )
    return {(job, tenant, error or ""): count for job, tenant, error, count in rows}


def in_flight(connection: Connection, now: datetime) -> Mapping[tuple[str, str], int]:
    """Runs under a live lease, by job and tenant."""
    kind = (runs.c.job, runs.c.tenant)
    live = leases.held(runs, RunStatus.RUNNING, now)
    rows = connection.execute(select(*kind, func.count()).where(live).group_by(*kind))
    return {(job, tenant): count for job, tenant, count in rows}


def abandoned(connection: Connection, now: datetime) -> Mapping[tuple[str, str], int]:
    """Runs whose holder let the lease run out and that nobody has taken over, by job and tenant.

    Nobody takes over what is paused.
    """
    kind = (runs.c.job, runs.c.tenant)
    left = leases.abandoned(runs, RunStatus.RUNNING, now) & ~pauses.paused(runs, now)
    rows = connection.execute(select(*kind, func.count()).where(left).group_by(*kind))
    return {(job, tenant): count for job, tenant, count in rows}


@dataclass(frozen=True)
class Cases:
    """What open cases are counted by; kind is the finding's."""

    place: Place
    kind: str
    severity: str
    opened_on: date


def open_cases(connection: Connection) -> Mapping[Cases, int]:
    """How many cases are open of each."""
    kind = func.coalesce(cases.c.finding["kind"].as_string(), "").label("kind")
    place = (cases.c.job, cases.c.tenant, cases.c.company_id)
    # Grouped outside, because PostgreSQL takes two equal expressions with parameters for two.
    found = select(*place, kind, cases.c.severity, cases.c.opened_on).where(case_is_open).subquery()
    rows = connection.execute(select(*found.c, func.count()).group_by(*found.c))
    return {Cases(Place(*key[:3]), *key[3:]): count for *key, count in rows}
