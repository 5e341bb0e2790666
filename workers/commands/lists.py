"""`fleet runs`, `cases`, `outbox`, `audit` and `why`: what the ledger knows, without SQL."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from odoo_gateway.errors import ConfigurationError, quoted
from tasks import catalogue
from workers import instants
from workers.commands import readers
from workers.delivery import waiting
from workers.delivery.waiting import Hindrances, Wait
from workers.ledger import lookup
from workers.ledger.audit import EVENTS, Entry
from workers.ledger.cases import Known
from workers.ledger.database import Connection
from workers.ledger.lookup import Readers, Wanted
from workers.ledger.outbox import Message
from workers.ledger.runs import Run
from workers.ledger.statuses import UNDER_WAY, CaseState, MessageStatus, RunStatus
from workers.wiring import Fleet

Row = Mapping[str, Any]
T = TypeVar("T")
NOTHING: Mapping[str, Sequence[Row]] = {"cases": [], "messages": [], "audit": []}
# No ledger is older.
OLDEST = timedelta(days=36500)
MOST_DIGITS = 9
# What one sentence can name.
MOST_NAMED = 3


def age(text: str, most: timedelta = OLDEST) -> timedelta:
    """A span such as 90m, 12h, 7d or 2w, at most `most`. Raises ValueError for anything else."""
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdecimal():
        raise ValueError(f"{quoted(text)} is no age; write one like 90m, 12h, 7d or 2w")
    if not number.strip("0"):
        raise ValueError(f"{quoted(text)}: give more than nothing, like 90m, 12h, 7d or 2w")
    one = timedelta(**{units[unit]: 1})
    if len(number) > MOST_DIGITS or int(number) > most // one:
        raise ValueError(f"{quoted(text)} is too long: at most {most.days}d")
    return int(number) * one


def may_be_a_person(text: str) -> bool:
    """Whether somebody is asked for: by an address, or as owners of cases are named."""
    return any(map(str.isalpha, text))


def refuse_unknown(fleet: Fleet, wanted: Wanted) -> None:
    """Raises ConfigurationError for a tenant, job or company that there never was.

    Those that are gone from the configuration are known as long as the ledger speaks of them.
    """
    there = {
        "tenant": (wanted.tenant, fleet.settings.names),
        "job": (wanted.job, catalogue.jobs()),
        "company_id": (wanted.company_id, ()),
    }
    for column, (name, configured) in there.items():
        if name is None or name in configured:
            continue
        # A company is one of its tenant, where one is named.
        of = {"tenant": wanted.tenant} if column == "company_id" and wanted.tenant else {}
        with fleet.ledger.reading() as connection:
            known = sorted({*configured, *lookup.names(connection, column, **of)})
        if name not in known:
            what = column.removesuffix("_id")
            listed = ", ".join(map(str, known)) or "none yet"
            raise ConfigurationError(
                f"--{what} {quoted(name)}: there is none such; there are: {listed}"
            )


def runs(fleet: Fleet, wanted: Wanted, status: RunStatus | None) -> Sequence[Row]:
    """Runs, newest first."""
    with fleet.ledger.reading() as connection:
        return [_run(run) for run in lookup.find_runs(connection, wanted, status)]


def cases(fleet: Fleet, wanted: Wanted, state: CaseState | None) -> Sequence[Row]:
    """Cases, the last seen first."""
    with fleet.ledger.reading() as connection:
        found = lookup.find_cases(connection, wanted, state)
        return _cases(connection, found)


def outbox(fleet: Fleet, wanted: Wanted, status: MessageStatus | None) -> Sequence[Row]:
    """Messages, newest first."""
    with fleet.ledger.reading() as connection:
        found = lookup.find_messages(connection, wanted, status)
        hindered = waiting.hindrances(connection, fleet.clock())
    waits = _waits(fleet, found, hindered)
    return [message_row(message, waits.get(message.id)) for message in found]


def audit(fleet: Fleet, wanted: Wanted, event: str) -> Sequence[Row]:
    """Entries of the audit, newest first.

    event: how their names start. Raises ConfigurationError where no name starts so.
    """
    with fleet.ledger.reading() as connection:
        known = sorted(EVENTS | lookup.events(connection))
        if not any(name.startswith(event) for name in known):
            listed = ", ".join(known)
            raise ConfigurationError(
                f"--event {quoted(event)}: there is none such; there are: {listed}"
            )
        return [_entry(entry) for entry in lookup.find_entries(connection, wanted, event)]


def why(fleet: Fleet, asked: str, wanted: Wanted) -> Mapping[str, Any]:
    """Why a person got, or got no, mail; or what became of a record: cases, messages, audit.

    asked: a person's address or name, a role, a record's id, name or `model,id`, or the key of a
    case; what any of them finds is told. Of an id that records of several models have, those are
    told to choose from. Raises ConfigurationError when it is empty.
    """
    if not asked.strip():
        raise ConfigurationError("fleet why: name an address, a person or a record")
    record = replace(wanted, record=asked)
    with fleet.ledger.reading() as connection:
        if asked.isdecimal() and len(models := lookup.models_of(connection, record)) > 1:
            return {"answer": list(_choices(asked, models)), **NOTHING}
        by_name = lookup.find_cases(connection, replace(wanted, person=asked), None)
        people = readers.names_of(asked, by_name)
        ways = [*(replace(wanted, person=each) for each in people), record]
        about = _once(lookup.find_cases(connection, way, None) for way in ways)
        roles = readers.roles_of(fleet, connection, people, wanted)
        heard = readers.cases_of(connection, roles, wanted)
        found = _once([about, heard])
        behind = [each for role in roles if asked == role.name for each in role.readers]
        ways += [replace(wanted, person=each) for each in behind]
        messages = _once(
            [
                *(lookup.find_messages(connection, way) for way in ways),
                lookup.messages_about(connection, wanted, about),
            ]
        )
        shown = _cases(connection, found)
        entries = _once(
            [
                *(lookup.find_entries(connection, way) for way in ways),
                lookup.entries_about(connection, wanted, found, messages),
            ]
        )
        hindered = waiting.hindrances(connection, fleet.clock())
        told = [*readers.told_of(connection, roles)]
        untold = {
            each[0].id: readers.why_untold(fleet, connection, each, people)
            for each in about
            if each[0].state == CaseState.OPEN and each not in heard
            if readers.concerns(each[0], people)
        }
    waits = _waits(fleet, messages, hindered)
    return {
        "answer": [
            *told,
            *_standing(asked, about, untold, in_a_role=bool(roles)),
            *_told(messages, found, waits, fleet.clock()),
        ],
        "cases": shown,
        "messages": [message_row(message, waits.get(message.id)) for message in messages],
        "audit": [_entry(e) for e in sorted(entries, key=lambda e: e.at, reverse=True)],
    }


def _once(found: Iterable[Sequence[T]]) -> Sequence[T]:
    """What any of them found, once."""
    kept: list[T] = []
    for rows in found:
        kept += [row for row in rows if row not in kept]
    return kept


def _choices(number: str, models: Sequence[str]) -> Iterator[str]:
    yield f"{number} is the id of {len(models)} records, each of another model; ask for one:"
    for model in models:
        yield f"    fleet why {model},{number}"


def _standing(
    asked: str, found: Sequence[readers.Found], untold: Mapping[int, str], *, in_a_role: bool
) -> Iterator[str]:
    standing = [(case, job) for case, job, _, _ in found if case.state == CaseState.OPEN]
    if not standing and not in_a_role:
        yield f"No open case names {quoted(asked)}: no job has found anything that waits there."
    for case, job in standing:
        about = f"{_record(case)} ({case.finding.title})"
        yield f"{job} has had a case open on {about} since {case.opened_on}."
        if why := untold.get(case.id):
            yield f"    No message of it to {asked}: {why}."


def _record(case: Known) -> str:
    """As Odoo writes references; `fleet why` takes it."""
    return f"{case.finding.model},{case.finding.record_id}"


def _told(
    messages: Sequence[Message],
    found: Sequence[tuple[Known, str, str, int]],
    waits: Mapping[int, Wait],
    now: datetime,
) -> Iterator[str]:
    records = {
        (job, tenant, company, case.finding.key): _record(case)
        for case, job, tenant, company in found
    }
    if not messages:
        yield "No message was ever queued about it, or what was is older than the ledger keeps."
    for message in messages:
        here = (message.job, message.tenant, message.company_id)
        keys = [(*here, key) for key in message.finding_keys]
        about = list(dict.fromkeys(records[key] for key in keys if key in records))
        named = f"{len(about)} records" if len(about) > MOST_NAMED else ", ".join(about)
        what = f"message-{message.id} ({message.job}, {message.step}, to {message.recipient}"
        what += f", about {named})" if about else ")"
        if message.status == MessageStatus.SENT:
            yield f"{what} was sent at {_instant(message.sent_at)}."
        elif message.status == MessageStatus.DROPPED:
            yield f"{what} was dropped: {message.error}."
        elif message.status == MessageStatus.PARKED:
            yield f"{what} was given up: {message.error_class}: {message.error}; see `fleet dead`."
        else:
            yield f"{what} {_waiting(waits[message.id], now)}."


def _waits(fleet: Fleet, found: Sequence[Message], hindered: Hindrances) -> Mapping[int, Wait]:
    """Of those that are neither sent nor given up, by id."""
    now = fleet.clock()
    return {
        message.id: waiting.wait_of(fleet, message, hindered, now)
        for message in found
        if message.status in (MessageStatus.QUEUED, *UNDER_WAY)
    }


def _waiting(wait: Wait, now: datetime) -> str:
    if wait.until > now:
        return f"waits until {_instant(wait.until)}: {wait.why}"
    return f"waits: {wait.why}" if wait.why else "goes out now"


def _run(run: Run) -> Row:
    return {
        "name": f"run-{run.id}",
        **_place(run.job, run.tenant, run.company_id),
        "slot": _instant(run.slot),
        "status": run.status.value,
        "attempts": run.attempts,
        "next_attempt": _instant(run.next_attempt_at) if run.status == RunStatus.PENDING else None,
        "finished": _instant(run.finished_at),
        "trace": run.trace_id,
        "error": f"{run.error_class}: {run.error}" if run.error_class else None,
    }


def _cases(connection: Connection, found: Sequence[readers.Found]) -> Sequence[Row]:
    heard = lookup.readers_of(connection, found)
    return [_case(*each, heard[each[0].id]) for each in found]


def _case(case: Known, job: str, tenant: str, company_id: int, heard: Readers) -> Row:
    finding = case.finding
    return {
        "name": f"case-{case.id}",
        **_place(job, tenant, company_id),
        "state": case.state.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "record": _record(case),
        "amount": None if finding.amount is None else f"{finding.amount} {finding.currency}",
        "reason": finding.reason,
        "owner": finding.owner,
        "told": ", ".join(heard.told) or None,
        "queued": ", ".join(heard.queued) or None,
        "opened": case.opened_on.isoformat(),
        "last_seen": _instant(case.last_seen_at),
        "resolved": _instant(case.resolved_at),
        "key": finding.key,
        "url": finding.url,
    }


def message_row(message: Message, wait: Wait | None = None) -> Row:
    """A message as lists show it; without its wait, due as the outbox remembers."""
    due = message.next_attempt_at if message.status == MessageStatus.QUEUED else None
    return {
        "name": f"message-{message.id}",
        **_place(message.job, message.tenant, message.company_id),
        "recipient": message.recipient,
        "step": message.step,
        "about": _about(message),
        "channel": message.channel,
        "status": message.status.value,
        "due": _instant(wait.until if wait else due),
        "waits_for": (wait.why or None) if wait else None,
        "sent": _instant(message.sent_at),
        "attempts": message.attempts,
        "run": None if message.run_id is None else f"run-{message.run_id}",
        "trace": message.trace_id,
        "error": f"{message.error_class}: {message.error}" if message.error_class else None,
    }


def _about(message: Message) -> str:
    """Its period, or what it is about; a period that begins with a slot is that instant."""
    try:
        slot = datetime.fromisoformat(message.period) if "T" in message.period else None
    except ValueError:
        slot = None
    return _instant(slot) or message.period or message.subject


def _entry(entry: Entry) -> Row:
    names = {"run": entry.run_id, "message": entry.message_id, "case": entry.case_id}
    return {
        "at": _instant(entry.at),
        "event": entry.event,
        "about": " ".join(f"{kind}-{number}" for kind, number in names.items() if number),
        "job": entry.job,
        "tenant": entry.tenant,
        "company": entry.company_id,
        "detail": json.dumps(entry.detail, ensure_ascii=False),
    }


def _place(job: str, tenant: str, company_id: int) -> Row:
    return {"job": job, "tenant": tenant, "company": company_id}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instants.written(at, "seconds")
