"""`fleet run`: one job, here and now, and the document that tells what it saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from typing import Any
from uuid import uuid4

from odoo_gateway.errors import (
    ConfigurationError,
    FleetError,
    OdooLoginRefused,
    OdooUnavailable,
    quoted,
)
from tasks import catalogue
from tasks.declaration import AnyJob
from tasks.domain.periods import AsOf, Period
from workers import dispatch, looking, runner
from workers.config.targets import EMAIL
from workers.config.tenants import Tenant
from workers.delivery import waiting
from workers.delivery.waiting import Wait
from workers.ledger import outbox, runs
from workers.ledger.lookup import MOST
from workers.ledger.scopes import Scope
from workers.ledger.statuses import RunStatus
from workers.looking import Look, Place
from workers.messages.occasion import listed
from workers.runner import Asked, listed_drift
from workers.wiring import Fleet

SCHEMA = 1


class ExitCode(IntEnum):
    """What the shell is told."""

    DONE = 0
    NEEDS_A_PERSON = 1
    CONFIGURATION = 2
    UNAVAILABLE = 3
    SOME_FAILED = 4
    NOT_VERIFIABLE = 5


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line."""

    job: AnyJob
    tenant: Tenant
    companies: Sequence[int] = ()
    day: date | None = None
    period: Period | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class Queued:
    """What a run had to say: how many messages, of which mails; from when on the first goes out.

    first: None where none waits any more; UTC.
    """

    messages: int
    mails: int
    first: Wait | None


@dataclass(frozen=True)
class ScopeResult:
    """One company: what was seen, or why nothing was; of a run, what it queued or left behind."""

    scope: Scope | None
    seen: Look | None = None
    error: Exception | None = None
    queued: Queued | None = None
    left: str = ""


def job_named(name: str) -> AnyJob:
    """Raises ConfigurationError naming the jobs there are."""
    jobs = catalogue.jobs()
    if name not in jobs and (refused := catalogue.outside().refused.get(name)):
        raise ConfigurationError(f"job {name} is left out: {refused}")
    if name not in jobs:
        raise ConfigurationError(f"there is no job {quoted(name)}; the jobs are {', '.join(jobs)}")
    return jobs[name]


def only_tenant(fleet: Fleet) -> str:
    """Raises ConfigurationError when there are several."""
    names = fleet.settings.names
    if len(names) != 1:
        raise ConfigurationError(f"--tenant: name one of {', '.join(names)}")
    return names[0]


def run(fleet: Fleet, order: Order) -> Sequence[ScopeResult]:
    """Run the job in every company asked for; a failing one does not stop the others.

    A day that is over is looked at only: cases and measures are those of today.
    """
    try:
        scopes = _scopes(fleet, order)
        _check_day(order.day, scopes, fleet.clock())
    except FleetError as error:
        return [ScopeResult(None, error=error)]
    return [_run(fleet, order, scope) for scope in scopes]


def document(fleet: Fleet, order: Order, results: Sequence[ScopeResult]) -> dict[str, Any]:
    """The JSON contract of `fleet run --json`."""
    zone = next((result.scope.zone for result in results if result.scope), None)
    today = fleet.clock().astimezone(zone).date()
    return {
        "schema": SCHEMA,
        "job": order.job.name,
        "tenant": order.tenant.name,
        "as_of": str(order.day or today),
        "scopes": [_scope_document(result) for result in results],
    }


def exit_code(results: Sequence[ScopeResult]) -> ExitCode:
    """0 done, 2 credentials or configuration, 3 Odoo unavailable, 4 some scopes failed.

    5 all were seen, but figures are withheld: the fleet's user is not shown to see all rows.
    """
    errors = [result.error for result in results if result.error]
    seen = [result.seen for result in results if result.seen]
    withheld = any(gap.figures for look in seen for gap in look.report.not_verifiable)
    return ExitCode.NOT_VERIFIABLE if withheld and not errors else worst(errors)


def failed(result: ScopeResult) -> Mapping[str, str | None] | None:
    """Which company could not be looked at, None for all of them, and why; None where it was."""
    if result.error is None:
        return None
    return {"company": result.scope.name if result.scope else None, "error": str(result.error)}


def worst(errors: Sequence[Exception]) -> ExitCode:
    """What a command ends with whose parts failed with these; done without any."""
    if not errors:
        return ExitCode.DONE
    if any(isinstance(error, OdooLoginRefused | ConfigurationError) for error in errors):
        return ExitCode.CONFIGURATION
    if all(isinstance(error, OdooUnavailable) for error in errors):
        return ExitCode.UNAVAILABLE
    return ExitCode.SOME_FAILED


def _scopes(fleet: Fleet, order: Order) -> Sequence[Scope]:
    if order.dry_run:
        known = dispatch.discover(fleet.session(order.tenant), order.tenant)
    else:
        known = dispatch.known_scopes(fleet, order.tenant)
    unknown = sorted(set(order.companies) - {scope.company_id for scope in known})
    if unknown:
        raise ConfigurationError(
            f"--company {', '.join(map(str, unknown))}: tenant {order.tenant.name} has "
            + ", ".join(f"{scope.company_id} ({scope.name})" for scope in known)
        )
    return [s for s in known if not order.companies or s.company_id in order.companies]


def _check_day(day: date | None, scopes: Sequence[Scope], now: datetime) -> None:
    """Raises ConfigurationError for a day that has begun nowhere: nobody knows what will be."""
    today = max(now.date(), *(now.astimezone(scope.zone).date() for scope in scopes), date.min)
    if day and day > today:
        raise ConfigurationError(f"--as-of {day} lies ahead: the last day to ask of is {today}")


def _run(fleet: Fleet, order: Order, scope: Scope) -> ScopeResult:
    now = fleet.clock()
    asked = Asked(_instant(order.day, scope, now), order.period)
    place = Place(order.job, order.tenant, scope)
    if order.dry_run or AsOf(asked.instant, scope.zone, now).is_over:
        # A look needs no ledger, makes none and leaves it as it is.
        remember = looking.remembers(fleet)
        try:
            seen = looking.look(fleet, place, asked.instant, now, asked.period, remember=remember)
        except FleetError as error:
            return ScopeResult(scope, error=error)
        return ScopeResult(scope, seen)
    # What is due by the timetable stays so: only slots after the newest run are looked for.
    dispatch.open_slots_of(fleet, order.job, [(order.tenant, [scope])])
    with fleet.ledger.transaction() as connection:
        run_id = runs.open_slot(connection, *place.here, now, now, uuid4().hex)
    executed = runner.execute(fleet, run_id, asked) if run_id else None
    if executed is None:
        busy = FleetError(f"{scope.name}: other runs hold this tenant; the fleet runs it next")
        return ScopeResult(scope, error=busy)
    queued = _queued(fleet, run_id) if executed.seen and run_id else None
    left = _left(f"run-{run_id}", executed.status) if executed.error else ""
    return ScopeResult(scope, executed.seen, executed.error, queued, left)


def _queued(fleet: Fleet, run_id: int) -> Queued:
    now = fleet.clock()
    with fleet.ledger.reading() as connection:
        found = outbox.find(connection, MOST, run_id=run_id)
        hindered = waiting.hindrances(connection, now)
    waits = [waiting.wait_of(fleet, m, hindered, now) for m in found if m.status in outbox.GOING]
    mails = sum(message.channel == EMAIL for message in found)
    return Queued(len(found), mails, min(waits, key=lambda wait: wait.until, default=None))


def _left(name: str, status: RunStatus) -> str:
    if status is RunStatus.DEAD:
        return f"{name} is recorded as dead: see `fleet dead`"
    return f"{name} is recorded: the fleet's workers try it again by themselves"


def _instant(day: date | None, scope: Scope, now: datetime) -> datetime:
    """The end of the day asked for, in the scope's zone; today stands at now.

    So does a day that has begun in another company's zone alone.
    """
    if day is None or day >= now.astimezone(scope.zone).date():
        return now
    return datetime.combine(day + timedelta(days=1), time(), scope.zone) - timedelta(seconds=1)


def _scope_document(result: ScopeResult) -> Mapping[str, Any]:
    report = result.seen.report if result.seen else None
    return {
        "company_id": result.scope.company_id if result.scope else None,
        "company": result.scope.name if result.scope else None,
        "status": "failed" if result.error else "ok",
        "error": str(result.error) if result.error else None,
        "rows": list(report.rows) if report else [],
        "totals": list(report.totals) if report else [],
        "findings": [listed(finding) for finding in report.findings] if report else [],
        "measures": [
            {"name": measure.name, "value": measure.value, "labels": dict(measure.labels)}
            for measure in (report.measures if report else ())
        ],
        "not_verifiable": [
            {
                "check": gap.check,
                "reason": gap.reason,
                "remedy": gap.remedy,
                "figures": list(gap.figures),
            }
            for gap in (report.not_verifiable if report else ())
        ],
        "drift": [listed_drift(drift) for drift in (result.seen.drift if result.seen else ())],
        "queued": _queued_document(result.queued) if result.queued else None,
    }


def _queued_document(queued: Queued) -> Mapping[str, Any]:
    first = queued.first
    return {
        "messages": queued.messages,
        "mails": queued.mails,
        "first": first.until.astimezone(UTC).isoformat(timespec="seconds") if first else None,
        "waits_for": (first.why or None) if first else None,
    }
