"""`fleet status`: whether all is well, on one screen: what runs, what waits and what is to come.

Reads ledger and broker, no Odoo and no mail server. What needs a person is judged by the limits of
the alerts, so that both say the same.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import typer

from odoo_gateway.errors import FleetError, OdooLoginRefused
from tasks import catalogue
from tasks.declaration import AnyJob
from tasks.domain.plurals import counted
from workers import dispatch, instants, outages
from workers import notes as watching
from workers.broker import queues
from workers.broker import transport as broker
from workers.commands import opening, options, pausing
from workers.commands.console import STYLES, print_json, say, table, words
from workers.commands.exits import ExitCode
from workers.commands.options import InZone, Json, OfCompany, OfJob, OfTenant
from workers.commands.verbs import Verb
from workers.config import runbook
from workers.delivery import waiting
from workers.delivery.waiting import Wait
from workers.errors import DeliveryClosed
from workers.ledger import lookup, marks, outbox, pauses, runs, scopes, standing
from workers.ledger import outages as standing_outages
from workers.ledger.database import Connection, Ledger
from workers.ledger.errors import LedgerUnusable
from workers.ledger.lookup import Wanted
from workers.ledger.marks import Mark
from workers.ledger.outages import Outage
from workers.ledger.outbox import Message
from workers.ledger.pauses import Pause
from workers.ledger.places import EVERY_PLACE, Place
from workers.ledger.statuses import RESTORED, MessageStatus, RunStatus
from workers.mail import columns
from workers.watch import overdue as covered
from workers.wiring import Fleet

Row = Mapping[str, Any]
cli = typer.Typer()

# In seconds, as in monitoring/prometheus/rules/alerts.yml.
BEAT_SILENT: Final = 300
SCHEDULE_SILENT: Final = 900
OLDEST_MESSAGE: Final = 900
JOB_OVERDUE: Final = 7200
OUTBOX_STUCK: Final = 1800
# What to do about what lets us in no more, by the class of its answer.
REFUSED: Final[Mapping[str, str]] = {
    OdooLoginRefused.__name__: "renew its API key or correct the login",
    DeliveryClosed.__name__: "do as its answer says: have it take our mails, or correct "
    "FLEET_SMTP_URL or FLEET_MAIL_FROM",
}
# What is listed of what is to come.
LINES: Final = 6
ALL: Final = Wanted(limit=None)


@dataclass(frozen=True)
class Problem:
    """Something that needs a person, what to do, and where the runbook tells more."""

    what: str
    detail: str
    remedy: str
    runbook: str


@dataclass
class Status:
    """All that is told; a part that could not be read is missing, and its reason a problem."""

    runbook_url: str
    problems: list[Problem] = field(default_factory=list)
    #: What starts, or takes up an edit, and so needs nobody yet.
    coming: list[Row] = field(default_factory=list)
    parts: dict[str, Sequence[Row]] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether nothing needs a person."""
        return not self.problems

    def comes(self, what: str, mark: Mark) -> None:
        """Note what is not there yet, and comes by itself."""
        why = mark.detail["why"]
        until = mark.at + timedelta(seconds=watching.COMES_WITHIN[why])
        row = {"what": what, "state": why, "since": _instant(mark.at), "until": _instant(until)}
        self.coming.append(row)

    def needs(self, alert: str, what: str, detail: str, remedy: str) -> None:
        """Note a problem, and by which alert the runbook tells of it."""
        place = runbook.place(self.runbook_url, alert)
        self.problems.append(Problem(what, detail, remedy, place))


@cli.command(cls=Verb, epilog="fleet status --json | jq .problems")
def status(
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Say on one screen whether all is well: what runs, what waits, what goes out next.

    Filters narrow what is told of jobs and mails; processes, queues and what is away for all are
    told all the same. What starts, or takes up an edited configuration, is named as long as that
    may take, and needs nobody yet. Needs neither Odoo nor mail server, and tells of a ledger or
    broker that is away. Exit code 0: all is well. 1: something needs a person; it is named first,
    with what to do. 2: configuration.
    """
    fleet = opening.fleet(logging.CRITICAL)
    wanted = Wanted(tenant, company, job, limit=None)
    if wanted.places != EVERY_PLACE and _answers(fleet.ledger):
        options.refuse_unknown(fleet, wanted)
    found = look(fleet, wanted)
    if as_json:
        problems = [vars(problem) for problem in found.problems]
        told = {"well": found.well, "problems": problems, "coming": found.coming}
        print_json({"schema": 1, **told, **found.parts})
    else:
        _show(found)
    raise typer.Exit(ExitCode.DONE if found.well else ExitCode.NEEDS_A_PERSON)


def _answers(ledger: Ledger) -> bool:
    try:
        ledger.check()
    except FleetError:
        return False
    return True


def _show(found: Status) -> None:
    """Whether all is well, what is not and what to do, then what there is of each part."""
    tenants = {row.get("tenant") for rows in found.parts.values() for row in rows} - {None}
    left_out = {"tenant"} if len(tenants) < 2 else set()
    if found.well:
        yet = "Something is away, and comes back by itself; it needs nobody yet."
        if not found.parts.get("outages"):
            yet = "Something is on its way; it needs nobody yet." if found.coming else ""
        say(yet or "Everything is well.", "yellow" if yet else "bold green")
    for problem in found.problems:
        say(f"{problem.what}: {problem.detail}", STYLES["failed"], "needs a person")
        say(f"    {problem.remedy}", "dim")
        say(f"    {problem.runbook}", "dim")
    for row in found.coming:
        limit = f"needs a person if it still does at {row['until']}"
        say(f"{row['what']}: since {row['since']}; {limit}", "yellow", row["state"])
    for name, rows in found.parts.items():
        told = [key for key in columns.told(rows) if key not in left_out]
        table([{key: row[key] for key in told} for row in rows], words(name).capitalize())


def look(fleet: Fleet, wanted: Wanted = ALL) -> Status:
    """How the fleet stands now. Never raises for ledger or broker: that they are away is told.

    wanted: of this tenant, company and job only; what all share is told all the same.
    """
    status = Status(fleet.settings.environment.runbook_url)
    for name, problems in fleet.settings.unusable.items():
        for problem in problems if wanted.tenant in (None, name) else ():
            status.needs(
                "FleetTenantUnusable", f"tenant {name}", f"left out: {problem}", "correct it"
            )
    for name, refused in catalogue.outside().refused.items():
        told = f"left out: package {refused.package}: {refused.why}"
        status.needs("FleetJobUnusable", f"job {name}", told, refused.remedy)
    now, serving = fleet.clock(), None
    try:
        fleet.ledger.check()
        with fleet.ledger.reading() as connection:
            serving = _processes(fleet, connection, status, wanted, now)
            _runs(fleet, connection, status, wanted, now)
            _outages(connection, status, wanted, now)
            paused = pauses.standing(connection, now)
            status.parts["pauses"] = pausing.listed(
                [pause for pause in paused if pause.places.meets(wanted.places)]
            )
            status.parts["next"] = _next(fleet, connection, paused, wanted, now)
            queued = lookup.find_messages(connection, wanted, MessageStatus.QUEUED)
        status.parts["goes_out"] = _going_out(fleet, queued, now)
    except LedgerUnusable as error:
        status.needs("FleetSourceDown", "ledger", error.problem, error.remedy)
    except FleetError as error:
        status.needs(
            "FleetSourceDown", "ledger", str(error), "start it, or correct FLEET_DATABASE_URL"
        )
    _queues(fleet, status, serving, now)
    return status


def _jobs(wanted: Wanted) -> Sequence[AnyJob]:
    return [job for job in catalogue.jobs().values() if wanted.job in (None, job.name)]


def _processes(
    fleet: Fleet, connection: Connection, status: Status, wanted: Wanted, now: datetime
) -> Mapping[str, int]:
    """Tell of the processes; how many workers serve each queue."""
    found = marks.all(connection)
    beats = [mark for mark in found if mark.kind == marks.BEAT]
    workers = [mark for mark in found if mark.kind == marks.WORKER]
    looks = {mark.name: mark for mark in found if mark.kind == marks.LOOK}
    serving = watching.serving(workers, now)
    coming = watching.coming(found, now)
    beaten = {(mark.kind, mark.name): mark.at for mark in (*beats, *workers)}
    of = [(each.detail["process"], each.detail["name"], each) for each in coming]
    states = {
        (kind, name): each.detail["why"]
        for kind, name, each in of
        if (kind, name) not in beaten or beaten[kind, name] <= each.at
    }
    status.parts["processes"] = [
        *(_process(mark, BEAT_SILENT, states, now) for mark in beats),
        *(_process(mark, watching.SILENT_SECONDS, states, now) for mark in workers),
        *(_process(each, 0, states, now) for kind, name, each in of if (kind, name) not in beaten),
    ]
    begun = next((each for kind, _, each in of if kind == marks.BEAT), None)
    if begun is not None and not any(watching.young(mark, BEAT_SILENT, now) for mark in beats):
        status.comes("beat", begun)
    elif not any(watching.young(mark, BEAT_SILENT, now) for mark in beats):
        last = max((mark.at for mark in beats), default=None)
        seen = f"the last one {_instant(last)}" if last else "none ever"
        status.needs(
            "FleetBeatSilent",
            "beat",
            f"none ticks, {seen}: no slot is opened",
            "start `fleet beat`",
        )
    else:
        silent = [
            job.name
            for job in _jobs(wanted)
            if job.name not in looks or not watching.young(looks[job.name], SCHEDULE_SILENT, now)
        ]
        looks_next = begun or _serves(coming, broker.EVENTS)
        if silent and looks_next:
            status.comes("schedule", looks_next)
        elif silent:
            told = f"nobody looks for slots of {', '.join(silent)}"
            status.needs(
                "FleetScheduleSilent", "schedule", told, "start `fleet worker --queues events`"
            )
    for mark in found:
        # Whoever ended since then says so no more.
        says = mark.kind == marks.CONFIGURATION
        if says and watching.young(mark, watching.SILENT_SECONDS, now):
            status.needs(
                "FleetConfigurationUnusable",
                mark.name,
                "works with the configuration before the last edit: "
                + "; ".join(mark.detail["problems"]),
                "correct the file; a new variable of the environment wants a restart",
            )
    for queue in broker.needed(fleet.settings):
        starts = _serves(coming, queue)
        if not serving[queue] and starts:
            status.comes(f"queue {queue}", starts)
        elif not serving[queue]:
            status.needs(
                "FleetQueueUnserved",
                f"queue {queue}",
                "no worker",
                f"start `fleet worker --queues {queue}`",
            )
    return serving


def _serves(coming: Sequence[Mark], queue: str) -> Mark | None:
    return next((mark for mark in coming if queue in mark.detail["queues"]), None)


def _process(
    mark: Mark, silent: float, states: Mapping[tuple[str, str], str], now: datetime
) -> Row:
    kind, name = mark.detail.get("process", mark.kind), mark.detail.get("name", mark.name)
    up = "up" if watching.young(mark, silent, now) else "silent"
    return {
        "process": kind,
        "name": name,
        "state": states.get((kind, name), up),
        "seen": _instant(mark.at),
        "queues": ", ".join(mark.detail.get("queues", ())) or None,
        "at_once": mark.detail.get("processes"),
    }


def _runs(
    fleet: Fleet, connection: Connection, status: Status, wanted: Wanted, now: datetime
) -> None:
    counts: Counter[tuple[str, RunStatus]] = Counter()
    for (job, _, state), count in runs.by_status(connection, wanted.places).items():
        counts[job, state] += count
    newest, since = standing.successes(connection, now), standing.watched_since(connection)
    newest = {place: success for place, success in newest.items() if place in wanted.places}
    late = [
        (place, seconds)
        for place, seconds in covered.overdue(fleet, connection, newest, since, now)
        if seconds > JOB_OVERDUE and place in wanted.places
    ]
    last: dict[str, str] = {}
    for place, success in newest.items():
        last[place.job] = max(_instant(success.at), last.get(place.job, ""))
    status.parts["runs"] = [
        {
            "job": job.name,
            "running": counts[job.name, RunStatus.RUNNING],
            "waiting": counts[job.name, RunStatus.PENDING],
            "dead": counts[job.name, RunStatus.DEAD],
            "last_success": last.get(job.name),
        }
        for job in _jobs(wanted)
    ]
    for place, seconds in late:
        status.needs(
            "FleetJobOverdue",
            f"{place.job} of {place.tenant}, company {place.company_id}",
            f"overdue for {_span(seconds)}",
            f"`fleet runs --job {place.job}` says why",
        )
    dead = sum(count for (_, state), count in counts.items() if state is RunStatus.DEAD)
    waiting = lookup.find_messages(connection, wanted, MessageStatus.PARKED)
    held = sum(message.error_class == RESTORED for message in waiting)
    parked = len(waiting) - held
    if held:
        told = f"{counted(held, 'message')} held, which may have gone out since the backup"
        remedy = "look for each Message-ID in the mail server's log; `fleet dead` drops and retries"
        status.needs("FleetMessagesParked", "restored", told, remedy)
    if dead or parked:
        told = f"{counted(dead, 'run')} and {counted(parked, 'message')} given up"
        alert = runbook.ALERTS["run" if dead else "message"]
        status.needs(alert, "dead letters", told, "`fleet dead` lists them, retries and drops them")
    for job, seconds in runs.oldest_due(connection, now, wanted.places).items():
        if seconds > OUTBOX_STUCK:
            told = f"a run has been due for {_span(seconds)}"
            status.needs(
                "FleetRunsLate",
                job,
                told,
                "is there a worker, and is the tenant's concurrency used up?",
            )
    for channel, seconds in outbox.oldest_due(connection, now, wanted.places).items():
        if seconds > OUTBOX_STUCK:
            told = f"a message has been due for {_span(seconds)}"
            status.needs(
                "FleetOutboxStuck", channel, told, "is there a worker for the queue delivery?"
            )


def _outages(connection: Connection, status: Status, wanted: Wanted, now: datetime) -> None:
    found = [
        outage
        for outage in standing_outages.standing(connection).values()
        # What names no tenant is away for all.
        if wanted.tenant is None or outage.name.split()[1:2] in ([], [wanted.tenant])
    ]
    status.parts["outages"] = [
        {
            "what": outage.name,
            "since": _instant(outage.since),
            "next_probe": _instant(outage.next_probe),
            "error": f"{outage.error_class}: {outage.error}",
        }
        for outage in found
    ]
    for outage in found:
        remedy = REFUSED.get(outage.error_class)
        if remedy is None and now - outage.since < outages.TOLD_AFTER:
            continue
        told = f"{outages.state(outage)} since {_instant(outage.since)}: {outage.error}"
        alert = runbook.ALERTS[outage.name.split()[0]]
        remedy = remedy or "ask who keeps it; what waits goes on by itself"
        status.needs(alert, outage.name, told, remedy)


def _queues(fleet: Fleet, status: Status, serving: Mapping[str, int] | None, now: datetime) -> None:
    try:
        found = queues.depths(fleet.settings.environment.broker_url)
    except Exception as error:
        status.needs(
            "FleetSourceDown", "broker", str(error), "start it, or correct FLEET_BROKER_URL"
        )
        return
    ages = {
        queue: (now - depth.oldest).total_seconds()
        for queue, depth in found.items()
        if depth.oldest
    }
    status.parts["queues"] = [
        {
            "queue": queue,
            "waiting": depth.waiting,
            "held": depth.held,
            "oldest": _span(ages[queue]) if queue in ages else None,
            "workers": None if serving is None else serving[queue],
        }
        for queue, depth in found.items()
    ]
    for queue, seconds in ages.items():
        if seconds > OLDEST_MESSAGE:
            told = f"its oldest message has waited for {_span(seconds)}"
            status.needs(
                "FleetOldestMessage", f"queue {queue}", told, "more workers, or end one that hangs"
            )


def _next(
    fleet: Fleet,
    connection: Connection,
    paused: Sequence[Pause],
    wanted: Wanted,
    now: datetime,
) -> Sequence[Row]:
    """The next slots of all companies that are known, the first ones first."""
    known = scopes.by_tenant(connection)
    found = []
    for tenant in fleet.settings.tenants.values():
        for scope in known[tenant.name]:
            for job in catalogue.jobs().values():
                place = Place(job.name, tenant.name, scope.company_id)
                if job.name in tenant.settings.disabled_jobs or place not in wanted.places:
                    continue
                after = max(now, pauses.paused_until(paused, place) or now)
                (slot,) = dispatch.next_slots(tenant.crontab(job), scope.zone, after, 1)
                found.append((slot, scope, job.name))
    found.sort(key=lambda each: (each[0], each[1].tenant, each[1].company_id, each[2]))
    return [
        {
            "at": _instant(slot),
            "job": job,
            "tenant": scope.tenant,
            "company": scope.name,
        }
        for slot, scope, job in found[:LINES]
    ]


def _going_out(fleet: Fleet, found: Sequence[Message], now: datetime) -> Sequence[Row]:
    """What goes out next, when and why not now, as far as is known; and how much later on."""
    with fleet.ledger.reading() as connection:
        hindered = waiting.hindrances(connection, now)
    groups: dict[tuple[datetime, str, str, str, str], list[Message]] = defaultdict(list)
    for message in found:
        wait = waiting.wait_of(fleet, message, hindered, now)
        at = wait.until.replace(second=0, microsecond=0)
        why = _named(wait, hindered.away.values())
        groups[at, message.job, message.tenant, message.channel, why].append(message)
    first, rest = sorted(groups)[:LINES], sorted(groups)[LINES:]
    rows = [_group(_instant(key[0]), *key[1:], groups[key]) for key in first]
    later = [message for key in rest for message in groups[key]]
    return [*rows, _group("later", None, None, None, None, later)] if later else rows


def _named(wait: Wait, away: Iterable[Outage]) -> str:
    """What it waits for; of what is away, which is told apart with its error, the name alone."""
    reasons = list(wait.reasons)
    for outage in away:
        name = f"{outage.name}, {outages.state(outage)}"
        said = f"{outage.error_class}: {outage.error}"
        reasons = [name if why in (said, f"{name}: {said}") else why for why in reasons]
    return "; ".join(dict.fromkeys(reasons))


def _group(
    at: str,
    job: str | None,
    tenant: str | None,
    channel: str | None,
    why: str | None,
    found: Sequence[Message],
) -> Row:
    return {
        "at": at,
        "messages": len(found),
        "readers": len({message.recipient for message in found}),
        "job": job,
        "tenant": tenant,
        "channel": channel,
        "waits_for": why or None,
    }


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _instant(at: datetime) -> str:
    return instants.written(at)
