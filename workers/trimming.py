"""Forgets what the ledger has kept long enough, a batch at a time so that nobody waits for it."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import structlog

from workers.ledger import pauses, retention
from workers.wiring import Fleet

log = structlog.get_logger()

BATCH = 500


def trim(fleet: Fleet) -> Mapping[str, int]:
    """Forget one batch; returns how many rows of each table, all 0 when nothing is left.

    What may go is searched without holding anything up; only the deletion writes.
    """
    now, environment = fleet.clock(), fleet.settings.environment
    before = now - timedelta(days=environment.retention_days)
    longest = max(environment.audit_retention_days, environment.retention_days)
    noted_before = now - timedelta(days=longest)
    with fleet.ledger.reading() as connection:
        chosen = retention.forgettable(connection, before, BATCH, noted_before)
    with fleet.ledger.transaction() as connection:
        pauses.forget(connection, before)
    counts = chosen.counts()
    if any(counts.values()):
        with fleet.ledger.transaction() as connection:
            retention.forget(connection, chosen, now)
        log.info("ledger.trimmed", before=before.isoformat(), **counts)
    return counts


def trim_all(fleet: Fleet) -> Mapping[str, int]:
    """Forget batch after batch until nothing is left that may go."""
    names = ("messages", "cases", "runs", "inbox", "acts", "audit", "effects", "decisions")
    total = Counter(dict.fromkeys(names, 0))
    while any((counts := trim(fleet)).values()):
        total.update(counts)
    return total
