"""A job that a command runs or looks at: what is asked for, and what became of it by company."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import uuid4

from rich.markup import escape

from odoo_gateway.errors import ConfigurationError, FleetError, harmless, quoted
from tasks import catalogue
from tasks.declaration import AnyJob
from tasks.domain.periods import AsOf, Period
from workers import dispatch, looking, runner
from workers.commands import exits
from workers.commands.console import err
from workers.commands.exits import ExitCode
from workers.config.targets import EMAIL
from workers.config.tenants import Tenant
from workers.delivery import waiting
from workers.delivery.waiting import Wait
from workers.ledger import outbox, runs
from workers.ledger.lookup import MOST
from workers.ledger.scopes import Scope
from workers.ledger.statuses import RunStatus
from workers.looking import Look, Lookout
from workers.runner import Asked
from workers.wiring import Fleet

LONGEST_PERIOD: Final = timedelta(days=1100)


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
    """What a run had to say: how many messages, of which mails; from when on the first goes out."""

    messages: int
    mails: int
    #: None where none waits any more; UTC.
    first: Wait | None


@dataclass(frozen=True)
class ScopeResult:
    """One company: what was seen, or why nothing was; of a run, what it queued or left behind."""

    scope: Scope | None
    seen: Look | None = None
    error: Exception | None = None
    queued: Queued | None = None
    left: str = ""


def order_of(
    fleet: Fleet,
    job: str,
    tenant: str | None = None,
    company: list[int] | None = None,
    as_of: datetime | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    *,
    dry_run: bool,
) -> Order:
    """The order that options give. Raises ConfigurationError."""
    named, period = job_named(job), _period(start, end)
    if period and named.of_the_present:
        raise ConfigurationError(
            f"--from and --to: {job} tells how things stand on a day, not of a period; name the "
            "day with --as-of"
        )
    if period and as_of and period.start > as_of.date():
        raise ConfigurationError(
            f"--from {period.start} lies after --as-of {as_of:%Y-%m-%d}: nothing of the period is "
            "known on that day"
        )
    return Order(
        job=named,
        tenant=fleet.settings.tenant(tenant or only_tenant(fleet)),
        companies=company or (),
        day=as_of.date() if as_of else None,
        period=period,
        dry_run=dry_run,
    )


def _period(start: datetime | None, end: datetime | None) -> Period | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ConfigurationError("--from and --to belong together: give both days")
    if end < start:
        raise ConfigurationError(f"--to {end:%Y-%m-%d} lies before --from {start:%Y-%m-%d}")
    if end - start > LONGEST_PERIOD:
        raise ConfigurationError(
            f"--from {start:%Y-%m-%d} --to {end:%Y-%m-%d}: name {LONGEST_PERIOD.days} days at most"
        )
    return Period(start.date(), end.date())


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


def carry_out(fleet: Fleet, order: Order) -> Sequence[ScopeResult]:
    """Run the job in every company asked for; a failing one does not stop the others.

    A day that is over is looked at only: cases and measures are those of today.
    """
    try:
        scopes = _scopes(fleet, order)
        _check_day(order.day, scopes, fleet.clock())
    except FleetError as error:
        return [ScopeResult(None, error=error)]
    return [_run(fleet, order, scope) for scope in scopes]


def exit_code(results: Sequence[ScopeResult]) -> ExitCode:
    """0 done, 2 credentials or configuration, 3 Odoo unavailable, 4 some scopes failed.

    5 all were seen, but figures are withheld: the fleet's user is not shown to see all rows.
    """
    errors = [result.error for result in results if result.error]
    seen = [result.seen for result in results if result.seen]
    withheld = any(gap.figures for look in seen for gap in look.report.not_verifiable)
    return ExitCode.NOT_VERIFIABLE if withheld and not errors else exits.worst(errors)


def failed(result: ScopeResult) -> Mapping[str, str | None] | None:
    """Which company could not be looked at, None for all of them, and why; None where it was."""
    if result.error is None:
        return None
    return {"company": result.scope.name if result.scope else None, "error": str(result.error)}


def show_failure(result: ScopeResult) -> None:
    """Why a company, or all of them, could not be looked at; apart from what is printed."""
    if told := failed(result):
        name = told["company"] or "all companies"
        line = escape(harmless(f"{name}: {told['error']}"))
        err.print(f"[bold red]failed[/] {line}", soft_wrap=True)


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
    lookout = Lookout(order.job, order.tenant, scope)
    if order.dry_run or AsOf(asked.instant, scope.zone, now).is_over:
        # A look needs no ledger, makes none and leaves it as it is.
        remember = looking.remembers(fleet)
        try:
            seen = looking.look(fleet, lookout, asked.instant, now, asked.period, remember=remember)
        except FleetError as error:
            return ScopeResult(scope, error=error)
        return ScopeResult(scope, seen)
    # What is due by the timetable stays so: only slots after the newest run are looked for.
    dispatch.open_slots_of(fleet, order.job, [(order.tenant, [scope])])
    with fleet.ledger.transaction() as connection:
        run_id = runs.open_slot(connection, lookout.place, now, now, uuid4().hex)
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
