"""`fleet runs`, `cases`, `outbox`, `audit` and `why`: what the ledger knows, without SQL."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from odoo_gateway.errors import ConfigurationError
from tasks.domain.findings import Finding
from workers.ledger import lookup
from workers.ledger.audit import Entry
from workers.ledger.cases import Known
from workers.ledger.lookup import Wanted
from workers.ledger.outbox import Message
from workers.ledger.runs import Run
from workers.ledger.statuses import CaseState, MessageStatus, RunStatus
from workers.wiring import Fleet

Row = Mapping[str, Any]
T = TypeVar("T")


def age(text: str) -> timedelta:
    """A span such as 90m, 12h, 7d or 2w. Raises ValueError for anything else."""
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdecimal() or len(number) > 4:
        raise ValueError(f"{text!r} is no age; write one like 90m, 12h, 7d or 2w")
    return timedelta(**{units[unit]: int(number)})


def runs(fleet: Fleet, wanted: Wanted, status: RunStatus | None) -> Sequence[Row]:
    """Runs, newest first."""
    with fleet.ledger.reading() as connection:
        return [_run(run) for run in lookup.find_runs(connection, wanted, status)]


def cases(fleet: Fleet, wanted: Wanted, state: CaseState | None) -> Sequence[Row]:
    """Cases, the last seen first."""
    with fleet.ledger.reading() as connection:
        return [_case(*found) for found in lookup.find_cases(connection, wanted, state)]


def outbox(fleet: Fleet, wanted: Wanted, status: MessageStatus | None) -> Sequence[Row]:
    """Messages, newest first."""
    with fleet.ledger.reading() as connection:
        return [_message(m) for m in lookup.find_messages(connection, wanted, status)]


def audit(fleet: Fleet, wanted: Wanted, event: str) -> Sequence[Row]:
    """Entries of the audit, newest first."""
    with fleet.ledger.reading() as connection:
        return [_entry(entry) for entry in lookup.find_entries(connection, wanted, event)]


def why(fleet: Fleet, asked: str, wanted: Wanted) -> Mapping[str, Any]:
    """Why a person got, or got no, mail; or what became of a record: cases, messages, audit.

    asked: a person's address or name, or a record's id or name; what either finds is told. Raises
    ConfigurationError when it is empty.
    """
    if not asked.strip():
        raise ConfigurationError("fleet why: name an address, a person or a record")
    ways = (replace(wanted, person=asked), replace(wanted, record=asked))
    with fleet.ledger.reading() as connection:
        found = _once(lookup.find_cases(connection, about, None) for about in ways)
        messages = _once(lookup.find_messages(connection, about) for about in ways)
        entries = _once(lookup.find_entries(connection, about) for about in ways)
    return {
        "answer": [*_standing(asked, found), *_told(messages)],
        "cases": [_case(*case) for case in found],
        "messages": [_message(message) for message in messages],
        "audit": [_entry(entry) for entry in entries],
    }


def _once(found: Iterable[Sequence[T]]) -> Sequence[T]:
    """What any of them found, once."""
    kept: list[T] = []
    for rows in found:
        kept += [row for row in rows if row not in kept]
    return kept


def _standing(asked: str, found: Sequence[tuple[Known, str, str, int]]) -> Iterator[str]:
    standing = [(case, job) for case, job, _, _ in found if case.state == CaseState.OPEN]
    if not standing:
        yield f"No open case names {asked}: no job has found anything that waits there."
    for case, job in standing:
        yield f"{job} has had a case open since {case.opened_on}: {case.finding.title}."


def _told(messages: Sequence[Message]) -> Iterator[str]:
    if not messages:
        yield "No message was ever queued about it, or what was is older than the ledger keeps."
    for message in messages:
        what = f"message-{message.id} ({message.job}, {message.step}, to {message.recipient})"
        if message.status == MessageStatus.SENT:
            yield f"{what} was sent at {_instant(message.sent_at)}."
        elif message.status == MessageStatus.DROPPED:
            yield f"{what} was dropped: {message.error}."
        elif message.status == MessageStatus.PARKED:
            yield f"{what} was given up: {message.error_class}: {message.error}; see `fleet dead`."
        else:
            yield f"{what} waits until {_instant(message.next_attempt_at)}."


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


def _case(case: Known, job: str, tenant: str, company_id: int) -> Row:
    finding = case.finding
    return {
        "name": f"case-{case.id}",
        **_place(job, tenant, company_id),
        "state": case.state.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "amount": None if finding.amount is None else f"{finding.amount} {finding.currency}",
        "reason": finding.reason,
        "owner": finding.owner,
        "told": ", ".join(_told_of(finding)) or None,
        "opened": case.opened_on.isoformat(),
        "last_seen": _instant(case.last_seen_at),
        "resolved": _instant(case.resolved_at),
        "key": finding.key,
        "url": finding.url,
    }


def _told_of(finding: Finding) -> Sequence[str]:
    """The people that a finding names to be told, in the order of its ladder."""
    recipients = (finding.recipient, *(step.recipient for step in finding.steps or ()))
    return list(dict.fromkeys(recipient.email for recipient in recipients if recipient))


def _message(message: Message) -> Row:
    waiting = message.status == MessageStatus.QUEUED
    return {
        "name": f"message-{message.id}",
        **_place(message.job, message.tenant, message.company_id),
        "recipient": message.recipient,
        "step": message.step,
        "about": message.period or message.subject,
        "channel": message.channel,
        "status": message.status.value,
        "due": _instant(message.next_attempt_at) if waiting else None,
        "sent": _instant(message.sent_at),
        "attempts": message.attempts,
        "run": None if message.run_id is None else f"run-{message.run_id}",
        "trace": message.trace_id,
        "error": f"{message.error_class}: {message.error}" if message.error_class else None,
    }


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
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")
