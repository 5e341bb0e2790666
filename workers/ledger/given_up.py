"""What the fleet gave up lately and nobody was told of yet."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, String, cast, exists, literal, select

from workers.ledger import outbox, runs
from workers.ledger.outbox import Message
from workers.ledger.runs import Run
from workers.ledger.schema import audit, messages
from workers.ledger.schema import runs as run_table
from workers.ledger.statuses import MessageStatus, RunStatus

STEP = "failed"


def dead_runs(connection: Connection, since: datetime, limit: int = 100) -> Sequence[Run]:
    """Runs that died from `since` on, oldest first."""
    r = run_table.c
    subject = literal("run-") + cast(r.id, String)
    statement = (
        select(run_table)
        .where(r.status == RunStatus.DEAD, r.finished_at >= since)
        .where(~exists().where(messages.c.run_id == r.id, messages.c.subject == subject))
    )
    rows = connection.execute(statement.order_by(r.id).limit(limit))
    return [runs.of_row(row) for row in rows]


def parked_messages(connection: Connection, since: datetime, limit: int = 100) -> Sequence[Message]:
    """Messages that were parked from `since` on, but those that tell of failures themselves."""
    told = messages.alias()
    m = messages.c
    subject = literal("message-") + cast(m.id, String)
    parked_since = exists().where(
        audit.c.message_id == m.id, audit.c.event == "message.parked", audit.c.at >= since
    )
    statement = (
        select(messages)
        .where(m.status == MessageStatus.PARKED, m.step != STEP, parked_since)
        .where(~exists().where(told.c.run_id == m.run_id, told.c.subject == subject))
    )
    rows = connection.execute(statement.order_by(m.id).limit(limit))
    return [outbox.of_row(row) for row in rows]
