"""What processes note for who watches: claims as counters, heartbeats and circuits as marks."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from monitoring import metrics
from monitoring.metrics import Increment
from tasks.declaration import AnyJob
from workers.ledger import counters, marks, runs
from workers.ledger.database import Connection
from workers.ledger.errors import LedgerError
from workers.ledger.inbox import Received
from workers.ledger.marks import Mark
from workers.ledger.runs import Run, TakenUp
from workers.ledger.statuses import SETTLED_RUNS, Origin
from workers.wiring import Fleet

log = structlog.get_logger()

# Four heartbeats: a worker that missed them all hangs or is gone.
SILENT_SECONDS: Final = 60
FORGOTTEN = timedelta(hours=1)
STARTS: Final = "starting"
TAKES_UP: Final = "taking up an edit"
# How many seconds each may take, ending what is done included, before somebody has to look.
COMES_WITHIN: Final[Mapping[str, float]] = {STARTS: 120, TAKES_UP: 600}


def count_calls(fleet: Fleet) -> None:
    """Count the calls to Odoo that nothing has counted yet, such as those of what came to nothing.

    What the ledger does not take now is counted the next time.
    """
    if not (calls := fleet.take_calls()):
        return
    try:
        with fleet.ledger.transaction() as connection:
            counters.add(connection, calls)
    except LedgerError as error:
        fleet.keep_calls(calls)
        log.warning("calls.uncounted", message=str(error))


def claimed(found: TakenUp, now: datetime) -> list[Increment]:
    """What claiming a run that was taken up adds to the counters."""
    run = found.run
    # Late for want of workers, not of an Odoo: what was put off is not a measure.
    first = run.started_at is None and run.error_class is None
    first = first and run.origin is Origin.SLOT
    due = max(run.slot, found.paused_until or run.slot)
    return metrics.run_claimed(
        run.job,
        run.tenant,
        "claimed",
        lateness=max((now - due).total_seconds(), 0.0) if first else None,
        queued=(now - run.published_at).total_seconds() if run.published_at else None,
    )


def not_claimed(connection: Connection, found: TakenUp, now: datetime) -> list[Increment]:
    """What it adds to the counters that a run that was taken up could not be claimed."""
    before = found.run
    after = runs.get(connection, before.id) or before
    return metrics.run_claimed(before.job, before.tenant, _refusal(after, now))


def _refusal(run: Run, now: datetime) -> str:
    """Why a run could not be claimed now; `limited`: its tenant's runs are as many as may be."""
    if run.status in SETTLED_RUNS:
        return "settled"
    if run.lease_until and run.lease_until > now:
        return "held"
    return "early" if run.next_attempt_at > now else "limited"


def published(found: Iterable[Run]) -> list[Increment]:
    """What publishing these runs adds to the counters."""
    return [metrics.run_published(run.job, run.tenant) for run in found]


def looked_at(run: Run, events: Iterable[Received], now: datetime) -> list[Increment]:
    """What it adds to the counters that a run has looked at these events."""
    return [
        increment
        for each in events
        for increment in metrics.event_looked_at(
            run.tenant, each.event.source, (now - each.event.occurred_at).total_seconds()
        )
    ]


def note_look(fleet: Fleet, job: AnyJob) -> None:
    """Slots of the job were looked for."""
    with fleet.ledger.transaction() as connection:
        marks.leave(connection, marks.LOOK, job.name, fleet.clock(), {})


def note_circuit(connection: Connection, fleet: Fleet, tenant: str, now: datetime) -> None:
    """Until when this process leaves the tenant's Odoo alone, if it does."""
    seconds = fleet.circuit_open_seconds(tenant)
    if seconds > 0:
        marks.leave(connection, marks.CIRCUIT, tenant, now + timedelta(seconds=seconds), {})


def note_visibility(fleet: Fleet, tenant: str, total: str, hidden: int) -> None:
    """In how many groups of a total the fleet's user sees too little."""
    detail = {"tenant": tenant, "total": total, "hidden": hidden}
    _note(fleet, marks.VISIBILITY, f"{tenant}: {total}", detail)


def note_visible_rows(fleet: Fleet, tenant: str, model: str, rows: int) -> None:
    """How many rows of a model the fleet's user sees."""
    detail = {"tenant": tenant, "model": model, "rows": rows}
    _note(fleet, marks.VISIBLE_ROWS, f"{tenant}: {model}", detail)


def note_installed(fleet: Fleet, tenant: str, wrong: Mapping[str, int]) -> None:
    """How much of what is ours in an Odoo does not stand as it should, by kind."""
    _note(fleet, marks.INSTALLED, tenant, dict(wrong))


def note_api_key(fleet: Fleet, tenant: str, expires_at: datetime | None) -> None:
    """When the first API key of the fleet's user expires, if one does."""
    detail = {"expires_at": expires_at.timestamp() if expires_at else None}
    _note(fleet, marks.API_KEY, tenant, detail)


def _note(fleet: Fleet, kind: str, name: str, detail: Mapping[str, Any]) -> None:
    """Leave a mark that is lost without a ledger: who looks at Odoo needs none, and makes none."""
    if fleet.ledger.missing:
        return
    try:
        with fleet.ledger.transaction() as connection:
            marks.leave(connection, kind, name, fleet.clock(), detail)
    except LedgerError as error:
        log.warning("mark.unwritten", kind=kind, name=name, error=str(error))


def beat(fleet: Fleet, kind: str, name: str, detail: Mapping[str, Any]) -> LedgerError | None:
    """Leave a heartbeat, as a mark and as a file, and forget those who are long gone.

    The file is what a liveness check reads: it must not depend on the ledger. A ledger that is
    away is logged and returned, never raised: whoever beats has better things to do.
    """
    now = fleet.clock()
    file = fleet.settings.environment.heartbeat_file(kind, name)
    file.touch()
    os.utime(file, (now.timestamp(), now.timestamp()))
    try:
        with fleet.ledger.transaction() as connection:
            marks.leave(connection, kind, name, now, detail)
            marks.forget(connection, kind, now - FORGOTTEN)
    except LedgerError as error:
        log.warning("heartbeat.unwritten", kind=kind, name=name, error=str(error))
        return error
    return None


def comes(fleet: Fleet, kind: str, name: str, why: str, queues: Iterable[str] = ()) -> None:
    """Note that a process will be at work in a moment.

    One that fails and is started over and over says so once an hour, and hides nothing by it.
    """
    now = fleet.clock()
    detail = {"process": kind, "name": name, "why": why, "queues": sorted(queues)}
    young = now - FORGOTTEN if why == STARTS else now
    try:
        with fleet.ledger.transaction() as connection:
            marks.renew(connection, marks.COMING, f"{kind} {name}", now, young, detail)
            marks.forget(connection, marks.COMING, now - FORGOTTEN)
    except LedgerError as error:
        log.warning("mark.unwritten", kind=marks.COMING, name=name, error=str(error))


def coming(found: Iterable[Mark], now: datetime) -> Sequence[Mark]:
    """The notes of processes that are still within their time."""
    return [
        mark
        for mark in found
        if mark.kind == marks.COMING and young(mark, COMES_WITHIN[mark.detail["why"]], now)
    ]


def depart(fleet: Fleet, kind: str, name: str) -> None:
    """Take the heartbeat away: the process ends because it was told to."""
    fleet.settings.environment.heartbeat_file(kind, name).unlink(missing_ok=True)
    try:
        with fleet.ledger.transaction() as connection:
            marks.wipe(connection, kind, name)
            marks.wipe(connection, marks.COMING, f"{kind} {name}")
    except LedgerError as error:
        log.warning("heartbeat.unwritten", kind=kind, name=name, error=str(error))


def young(mark: Mark, seconds: float, now: datetime) -> bool:
    """Whether a mark was left within so many seconds; one that lies ahead says nothing."""
    return -SILENT_SECONDS < (now - mark.at).total_seconds() < seconds


def anybody_works(found: Iterable[Mark], now: datetime) -> bool:
    """Whether a beat or worker has given a sign of life lately."""
    alive = (mark for mark in found if mark.kind in (marks.BEAT, marks.WORKER))
    return any(young(mark, SILENT_SECONDS, now) for mark in alive)


def serving(workers: Iterable[Mark], now: datetime) -> Counter[str]:
    """How many workers that are not silent serve each queue, by their heartbeats."""
    up = [mark for mark in workers if young(mark, SILENT_SECONDS, now)]
    return Counter(queue for mark in up for queue in mark.detail["queues"])
