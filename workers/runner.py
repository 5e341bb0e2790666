"""One run: claim, read, judge, reconcile, and commit all that follows in one transaction."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from monitoring import metrics
from monitoring.metrics import Increment
from odoo_gateway.errors import (
    FleetError,
    OdooLoginRefused,
    OdooSchemaDrift,
    OdooUnavailable,
)
from odoo_gateway.reader import Drift
from tasks import catalogue
from tasks.declaration import AnyJob, Audience
from tasks.domain.cases import Change, reconcile
from tasks.domain.findings import Report
from tasks.domain.news import Subject
from tasks.domain.periods import AsOf, Period
from workers import looking, outages
from workers import notes as watching
from workers.config.settings import Environment
from workers.effects import proposing
from workers.errors import INTERRUPTIONS
from workers.holding import holding, lease
from workers.ledger import (
    audit,
    cases,
    counters,
    inbox,
    measures,
    outbox,
    readers,
    runs,
)
from workers.ledger import outages as standing_outages
from workers.ledger.database import Connection
from workers.ledger.errors import LeaseLost, LedgerUnavailable, StaleCases
from workers.ledger.inbox import Received
from workers.ledger.measures import Provenance
from workers.ledger.outages import Outage
from workers.ledger.readers import Told
from workers.ledger.runs import Claim, Past, Run, TakenUp
from workers.ledger.scopes import Scope
from workers.ledger.statuses import Origin, RunStatus
from workers.looking import Look, Lookout, UnknownJob, job_named
from workers.messages import digest
from workers.messages.announce import Announcement, announce, periods_of
from workers.messages.digest import Addressee, Seen
from workers.messages.occasion import Occasion, occasion_of
from workers.tracing import traced
from workers.wiring import Fleet

log = structlog.get_logger()


# No fault of ours: they cost no attempt, until the run's window is over.
AWAY = (OdooUnavailable, LedgerUnavailable)
WORTH_A_RETRY = (OdooLoginRefused, StaleCases, UnknownJob, *INTERRUPTIONS)
# For a run that is made late, by `fleet dead retry` or after a long outage.
AT_LEAST = timedelta(days=1)


def seen_by(connection: Connection, occasion: Occasion, report: Report) -> Mapping[Addressee, Seen]:
    """What each reader of the job's digest was sent last; nobody where a job writes to persons."""
    if occasion.job.audience is Audience.PERSON:
        return {}
    return {
        (channel, reader): Seen(
            readers.last_seen(connection, occasion.place, digest.STEP, reader, channel)
        )
        for channel, reader in digest.readers_of(occasion, report)
    }


@dataclass(frozen=True)
class Asked:
    """What a person or an event asks a run to judge, instead of what its slot says."""

    instant: datetime
    period: Period | None = None
    #: Model and id of what to look at; None for everything.
    only: frozenset[Subject] | None = None


@dataclass(frozen=True)
class Executed:
    """What became of a run: either what it saw, or why it failed."""

    status: RunStatus
    seen: Look | None = None
    error: Exception | None = None
    #: What waits longest for the room that it made, marked as published.
    next: Sequence[Run] = ()
    #: Whether there is anything to deliver.
    mail_is_due: bool = False


def execute(
    fleet: Fleet, run_id: int, asked: Asked | None = None, *, room: int = 0
) -> Executed | None:
    """Execute one run if it is ours to execute; returns what became of it.

    room: how many runs of its tenant to mark as published when it has made room for them; who
    calls publishes them.

    Never raises for what Odoo or a job does: the run's row tells, and the class of the error
    alone decides whether it is tried again. Raises LedgerUnavailable when not even that can be
    written down: then the lease runs out, and the run is published again.
    """
    claimed = _claim(fleet, run_id, by_hand=asked is not None)
    if claimed is None:
        return None
    claim, scope = claimed
    started = fleet.clock()
    longest = fleet.settings.environment.run_lease_seconds
    with (
        traced(claim.run.trace_id, **about(claim.run)),
        holding(
            fleet,
            longest,
            lambda connection, now, length: runs.extend(connection, claim, now, length),
        ),
    ):
        try:
            return _execute(fleet, claim, scope, started, asked, room)
        except LeaseLost as error:
            log.warning("run.taken_over", message=str(error))
            return None
        except Exception as error:
            return _failed(fleet, claim, started, error, by_hand=asked is not None, room=room)


def about(run: Run) -> Mapping[str, str | int]:
    """What every line of the log says of a run."""
    return {"job": run.job, "tenant": run.tenant, "company": run.company_id, "run": run.id}


def _claim(fleet: Fleet, run_id: int, by_hand: bool) -> tuple[Claim, Scope | None] | None:
    """A claim, with the company that it is about as the ledger knows it."""
    environment = fleet.settings.environment
    with fleet.ledger.transaction() as connection:
        found = runs.take_up(connection, run_id)
        now = fleet.clock()
        if found is None:
            return None
        run = found.run
        if not by_hand and (refused := _refused(fleet, connection, found, now)):
            counters.add(connection, metrics.run_claimed(run.job, run.tenant, refused))
            return None
        claim = runs.claim(
            connection,
            run_id,
            now,
            lease=lease(fleet, environment.run_lease_seconds),
            tenant_limit=fleet.settings.concurrency(run.tenant),
            max_attempts=environment.run_attempts,
            taken_up=found,
            counts=watching.claimed(found, now),
        )
        if claim is None:
            counters.add(connection, watching.not_claimed(connection, found, now))
            return None
        return claim, found.scope


def _refused(fleet: Fleet, connection: Connection, found: TakenUp, now: datetime) -> str:
    """Why a run does not begin now though a worker is there for it; "" where it may.

    By hand it may: who asks for it knows.
    """
    if found.paused_until is not None and found.paused_until > now:
        return "paused"
    put_off = found.outages and _is_put_off(fleet, connection, found.run, now)
    return "away" if put_off else ""


def _is_put_off(fleet: Fleet, connection: Connection, run: Run, now: datetime) -> bool:
    """Have a due run wait while its Odoo is away; once its window is over, it is a dead letter."""
    outage = standing_outages.hold(connection, outages.of_odoo(run.tenant))
    is_due = run.status is RunStatus.PENDING and run.next_attempt_at <= now
    if outage is None or not is_due or run.job not in catalogue.jobs():
        return False
    if now >= _last_moment(run, now):
        runs.give_up(connection, run, now, outage.error_class, _in_vain(run, outage.error))
    else:
        pause = timedelta(seconds=fleet.settings.environment.retry_seconds)
        until = max(outage.next_probe, now + pause)
        runs.put_off(connection, run.id, now, until, outage.error_class, outage.error)
    return True


def _last_moment(run: Run, now: datetime) -> datetime:
    """Until when a run is worth waiting for what is away: the end of its catch-up window."""
    window = job_named(run.job).cron.window
    return max(run.slot + window, (run.started_at or run.slot) + min(window, AT_LEAST))


def _in_vain(run: Run, error: str) -> str:
    hours = job_named(run.job).cron.window / timedelta(hours=1)
    return f"its window of {hours:g} h is over, and what it needs is still away: {error}"


def _execute(
    fleet: Fleet,
    claim: Claim,
    scope: Scope | None,
    started: datetime,
    asked: Asked | None,
    room: int,
) -> Executed:
    run = claim.run
    lookout = looking.lookout_in(fleet, run.place, scope)
    events = _events(fleet, run)
    if events:
        asked = Asked(started, only=inbox.subjects(events))
    asked = asked or Asked(_judged(lookout, run.slot, started))
    seen = looking.look(
        fleet,
        lookout,
        asked.instant,
        started,
        asked.period,
        # What was proposed or signed is remembered apart from cases.
        remember=claim.past.remembered or lookout.job.heeds_more,
        only=asked.only,
    )
    occasion = occasion_of(
        lookout,
        seen,
        slot=run.slot,
        run_id=run.id,
        trace_id=run.trace_id,
        mail_domain=fleet.mail.domain,
        events=inbox.by_subject(events),
    )
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        told, counts, detail = _commit(connection, claim, occasion, seen, now)
        counts += _increments(fleet, claim, "succeeded", (now - started).total_seconds())
        counts += watching.looked_at(run, events, now)
        waiting = runs.succeed(connection, claim, now, detail, counts)
    # In a transaction of its own, so that a run which nobody waits for needs one statement less.
    rung: dict[str, Any] = {"mail_is_due": waiting.messages}
    if waiting.runs and room:
        with fleet.ledger.transaction() as connection:
            rung["next"] = _next(fleet, connection, run, now, room)
    fleet.keep_learnt(lookout.tenant)
    log.info(
        "run.succeeded",
        rows=len(seen.report.rows),
        findings=len(seen.report.findings),
        messages=len(told.messages),
    )
    return Executed(RunStatus.SUCCEEDED, seen, **rung)


def _next(
    fleet: Fleet, connection: Connection, run: Run, now: datetime, room: int
) -> Sequence[Run]:
    """What waits longest for the room that a run made in its tenant, marked as published."""
    quiet = timedelta(seconds=fleet.settings.environment.republish_seconds)
    found = runs.to_publish(connection, now, quiet, room, tenant=run.tenant)
    counters.add(connection, watching.published(found))
    return found


def _events(fleet: Fleet, run: Run) -> Sequence[Received]:
    """What the run looks at, where events made it."""
    if run.origin is Origin.SLOT:
        return ()
    with fleet.ledger.reading() as connection:
        return inbox.events_of(connection, run.id)


def _judged(lookout: Lookout, slot: datetime, now: datetime) -> datetime:
    """The instant that a run judges: its slot.

    A job that tells how things stand cannot tell it of a day that is over, so a slot that runs on a
    later day is judged as of now, and says so.
    """
    is_over = AsOf(slot, lookout.scope.zone, now).is_over
    return now if is_over and lookout.job.of_the_present else slot


def announced(
    connection: Connection,
    occasion: Occasion,
    changes: Sequence[Change],
    report: Report,
    past: Past,
) -> Announcement:
    """What changes become, after all that was told before."""
    before: Collection[Told] = ()
    seen: Mapping[Addressee, Seen] = {}
    if past.told:
        before = readers.told(connection, occasion.place, periods_of(occasion, changes))
        seen = seen_by(connection, occasion, report)
    return announce(occasion, changes, report, before, seen, first=not past.succeeded)


def _commit(
    connection: Connection,
    claim: Claim,
    occasion: Occasion,
    seen: Look,
    now: datetime,
) -> tuple[Announcement, list[Increment], dict[str, Any]]:
    """All but the outcome: what is announced, what is to be counted, and the outcome's detail."""
    run, report, moment = claim.run, seen.report, seen.moment
    # Where none stood when it looked, nobody but a run that took its place can have opened one.
    known = cases.open_cases(connection, run.place, lock=True) if seen.known else ()
    result = reconcile(
        report.findings,
        known,
        moment.day,
        seen.left_alone,
        moment.acts,
    )
    cases.apply(connection, run.place, run.id, result, moment.day, now)
    told = announced(connection, occasion, result.changes, report, claim.past)
    queued = [outbox.enqueue(connection, message, now) for message in told.messages]
    if claim.past.told:
        readers.supersede(connection, run.place, digest.STEP, now, run.id)
    suppressed = told.repeated + queued.count(None)
    for reason in told.silent:
        _note(connection, claim, "message.undeliverable", now, {"reason": reason})
    for drift in seen.drift:
        _note(connection, claim, "drift", now, listed_drift(drift))
    # What was measured of a period that somebody asked for is no newer than what stands.
    measured = () if moment.asked else report.measures
    measures.record(connection, run.id, measured, now, _basis(occasion.job, seen))
    for proposed in report.withdrawn:
        proposing.withdraw(connection, occasion, proposed)
    for proposal in report.proposals:
        proposing.propose(connection, occasion, proposal)
    counts = ((metrics.DUPLICATES, suppressed), (metrics.DRIFT, len(seen.drift)))
    increments = [Increment(metric.name, _labels(claim), n) for metric, n in counts if n]
    return told, increments, _detail(seen, result.changes, told)


def _basis(job: AnyJob, seen: Look) -> Provenance:
    versions = {formula.measure: formula.version for formula in job.formulas}
    return Provenance(seen.moment.instant, versions, len(seen.drift))


def _failed(
    fleet: Fleet,
    claim: Claim,
    started: datetime,
    error: Exception,
    *,
    by_hand: bool,
    room: int,
) -> Executed:
    if isinstance(error, OdooSchemaDrift):
        fleet.forget(fleet.settings.tenant(claim.run.tenant))
    outage = _outage(fleet, claim.run, error, by_hand=by_hand)
    until = _away_until(fleet, claim.run, started, error, outage)
    now = fleet.clock()
    name, message = type(error).__name__, str(error)
    retry = isinstance(error, WORTH_A_RETRY) and claim.run.attempts < (
        fleet.settings.environment.run_attempts
    )
    with fleet.ledger.transaction() as connection:
        if until is not None and now < _last_moment(claim.run, now):
            outcome = "waiting"
            if outage is not None and standing_outages.hold(connection, outage.name) is None:
                # It ended this very moment, and with it the wait of all others.
                until = now
            runs.wait(connection, claim, now, until, name, message)
        elif until is None and retry:
            outcome = "retried"
            at = now + backoff(fleet.settings.environment, claim.run.attempts)
            runs.retry_later(connection, claim, now, at, name, message)
        else:
            outcome = "dead"
            message = message if until is None else _in_vain(claim.run, message)
            runs.die(connection, claim, now, name, message)
        seconds = (now - started).total_seconds()
        if not by_hand:
            watching.note_circuit(connection, fleet, claim.run.tenant, now)
        counters.add(connection, _increments(fleet, claim, outcome, seconds, name))
        rung: dict[str, Any] = {}
        if room:
            rung["next"] = _next(fleet, connection, claim.run, now, room)
            rung["mail_is_due"] = outbox.anything_is_due(connection, now)
    expected = isinstance(error, FleetError)
    log.log(
        logging.ERROR if outcome == "dead" else logging.WARNING,
        "run.failed",
        outcome=outcome,
        error=name,
        message=message,
        exc_info=not expected,
    )
    status = RunStatus.DEAD if outcome == "dead" else RunStatus.PENDING
    return Executed(status, error=error, **rung)


def _outage(fleet: Fleet, run: Run, error: Exception, *, by_hand: bool) -> Outage | None:
    """What stands in the way of all runs of the tenant, if a run failed for that.

    What fails by hand may fail for the key or the network of who typed it: it begins no outage.
    """
    if not isinstance(error, OdooUnavailable | OdooLoginRefused):
        return None
    if by_hand:
        return outages.standing(fleet, outages.of_odoo(run.tenant))
    return outages.suspect(fleet, fleet.settings.tenant(run.tenant), error)


def _away_until(
    fleet: Fleet, run: Run, started: datetime, error: Exception, outage: Outage | None
) -> datetime | None:
    """From when on a run is tried again that failed for what is away; None for all else."""
    now = fleet.clock()
    if outage is not None:
        return max(outage.next_probe, now)
    if not isinstance(error, AWAY):
        return None
    since = run.started_at or started
    return now + outages.own_pause(fleet.settings.environment, since, now, run.trace_id)


def backoff(environment: Environment, attempts: int) -> timedelta:
    """The wait after so many attempts: the first one, then twice as long each time, to a limit."""
    doubled = environment.retry_seconds * 2 ** min(attempts - 1, 30)
    return timedelta(seconds=min(doubled, environment.retry_max_seconds))


def _increments(
    fleet: Fleet, claim: Claim, outcome: str, seconds: float, exception: str | None = None
) -> list[Increment]:
    ended = metrics.run_finished(claim.run.job, claim.run.tenant, outcome, seconds, exception)
    return ended + fleet.take_calls()


def _labels(claim: Claim) -> dict[str, str]:
    return {"job": claim.run.job, "tenant": claim.run.tenant}


def _note(
    connection: Connection, claim: Claim, event: str, now: datetime, detail: dict[str, Any]
) -> None:
    run = claim.run
    told = {"trace_id": run.trace_id, **detail}
    audit.note(connection, audit.Entry(event, now, **run.place.columns, run_id=run.id, detail=told))


def listed_drift(drift: Drift) -> dict[str, Any]:
    """A row that fits no record, as the JSON contract has it."""
    return {
        "model": drift.model,
        "record_id": drift.record_id,
        "field": drift.field,
        "problem": drift.problem,
    }


def _detail(seen: Look, changes: tuple[Change, ...], told: Announcement) -> dict[str, Any]:
    return {
        "policies": {version: dict(values) for version, values in seen.policies.items()},
        "rows": len(seen.report.rows),
        "findings": len(seen.report.findings),
        "changes": len(changes),
        "messages": len(told.messages),
        "silent": list(told.silent),
        "drift": len(seen.drift),
    }
