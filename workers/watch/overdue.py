"""Which scheduled slots no success has covered, and since when: what nobody may have to notice."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from tasks import catalogue
from workers import slots
from workers.ledger import pauses, scopes
from workers.ledger.database import Connection
from workers.ledger.places import Place
from workers.ledger.standing import Success
from workers.wiring import Fleet


def overdue(
    fleet: Fleet,
    connection: Connection,
    newest: Mapping[Place, Success],
    since: Mapping[Place, datetime],
    now: datetime,
) -> Iterator[tuple[Place, float]]:
    """Seconds since the first slot after the newest success, 0 while that lies ahead.

    Computed from the timetable, so it grows also while beat, broker and workers are all down. What
    is paused owes nothing until the pause is over.
    """
    paused = pauses.known(connection)
    known = scopes.by_tenant(connection)
    for tenant in fleet.settings.tenants.values():
        for scope in known[tenant.name]:
            for job in catalogue.jobs().values():
                place = Place(job.name, tenant.name, scope.company_id)
                start = newest[place].slot if place in newest else since.get(place)
                if start is None or job.name in tenant.settings.disabled_jobs:
                    continue
                start = max(start, pauses.paused_until(paused, place) or start)
                slot = _next(tenant.crontab(job), scope.zone, start)
                yield place, max((now - slot).total_seconds(), 0.0)


@lru_cache(maxsize=100_000)
def _next(line: str, zone: ZoneInfo, after: datetime) -> datetime:
    return slots.next_slot(line, zone, after)
