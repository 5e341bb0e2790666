"""Forgets what the ledger has kept long enough, a batch at a time so that nobody waits for it."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import structlog

from workers.ledger import retention
from workers.wiring import Fleet

log = structlog.get_logger()

BATCH = 500


def trim(fleet: Fleet) -> Mapping[str, int]:
    """Forget one batch; returns how many rows of each table, all 0 when nothing is left.

    What may go is searched without holding anything up; only the deletion writes.
    """
    before = fleet.clock() - timedelta(days=fleet.settings.environment.retention_days)
    with fleet.ledger.reading() as connection:
        chosen = retention.forgettable(connection, before, BATCH)
    counts = chosen.counts()
    if any(counts.values()):
        with fleet.ledger.transaction() as connection:
            retention.forget(connection, chosen)
        log.info("ledger.trimmed", before=before.isoformat(), **counts)
    return counts


def trim_all(fleet: Fleet) -> Mapping[str, int]:
    """Forget batch after batch until nothing is left that may go."""
    total = Counter({"messages": 0, "cases": 0, "runs": 0})
    while any((counts := trim(fleet)).values()):
        total.update(counts)
    return total
