"""What people ask of the ledger: rows by tenant, company, job, person and age, newest first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, String, Table, cast, func, or_, select

from workers.ledger import audit as entries
from workers.ledger import cases as standing
from workers.ledger import outbox
from workers.ledger import runs as executed
from workers.ledger.audit import Entry
from workers.ledger.cases import Known
from workers.ledger.outbox import Message
from workers.ledger.runs import Run
from workers.ledger.schema import audit, cases, messages, runs
from workers.ledger.statuses import CaseState, MessageStatus, RunStatus


@dataclass(frozen=True)
class Wanted:
    """Which rows; what is None or empty says nothing."""

    tenant: str | None = None
    company_id: int | None = None
    job: str | None = None
    #: an address, in any case; of a case its owner or whom it is told to
    person: str | None = None
    #: the id or name of a record in Odoo
    record: str | None = None
    #: nothing older
    since: datetime | None = None
    limit: int = 50


def find_runs(
    connection: Connection, wanted: Wanted, status: RunStatus | None = None
) -> Sequence[Run]:
    """Runs by when they were opened."""
    found = _of(select(runs), runs, wanted, runs.c.created_at)
    if status is not None:
        found = found.where(runs.c.status == status)
    return [executed.of_row(row) for row in connection.execute(found)]


def find_cases(
    connection: Connection, wanted: Wanted, state: CaseState | None = CaseState.OPEN
) -> Sequence[tuple[Known, str, str, int]]:
    """Cases by when they were last seen, each with its job, tenant and company."""
    found = _of(select(cases), cases, wanted, cases.c.last_seen_at)
    if state is not None:
        found = found.where(cases.c.state == state)
    if wanted.person:
        found = found.where(_holds(cases.c.finding, wanted.person))
    if wanted.record:
        found = found.where(_about(wanted.record))
    return [
        (standing.known_of_row(row), row.job, row.tenant, row.company_id)
        for row in connection.execute(found)
    ]


def find_messages(
    connection: Connection, wanted: Wanted, status: MessageStatus | None = None
) -> Sequence[Message]:
    """Messages by when they were queued."""
    found = _of(select(messages), messages, wanted, messages.c.created_at)
    if status is not None:
        found = found.where(messages.c.status == status)
    if wanted.person:
        found = found.where(func.lower(messages.c.recipient) == wanted.person.lower())
    if wanted.record:
        keys = select(cases.c.key).where(_about(wanted.record)).distinct()
        told = [_holds(messages.c.finding_keys, key) for key in connection.scalars(keys)]
        found = found.where(or_(*told)) if told else found.where(messages.c.id < 0)
    return [outbox.of_row(row) for row in connection.execute(found)]


def find_entries(connection: Connection, wanted: Wanted, event: str = "") -> Sequence[Entry]:
    """Entries of the audit; `event` is how their names start."""
    found = _of(select(audit), audit, wanted, audit.c.at)
    if event:
        found = found.where(audit.c.event.startswith(event, autoescape=True))
    if wanted.person:
        theirs = select(messages.c.id).where(
            func.lower(messages.c.recipient) == wanted.person.lower()
        )
        found = found.where(audit.c.message_id.in_(theirs) | _holds(audit.c.detail, wanted.person))
    if wanted.record:
        about = select(cases.c.id).where(_about(wanted.record))
        found = found.where(audit.c.case_id.in_(about))
    return [entries.of_row(row) for row in connection.execute(found)]


def _of(
    found: Select[tuple[object, ...]], table: Table, wanted: Wanted, at: ColumnElement[datetime]
) -> Select[tuple[object, ...]]:
    """Of the wanted job and scope and age, newest first."""
    only = {"tenant": wanted.tenant, "company_id": wanted.company_id, "job": wanted.job}
    found = found.filter_by(**{name: value for name, value in only.items() if value is not None})
    if wanted.since is not None:
        found = found.where(at >= wanted.since)
    return found.order_by(at.desc(), table.c.id.desc()).limit(wanted.limit)


def _holds(column: ColumnElement[object], text: str) -> ColumnElement[bool]:
    """Whether a JSON column has the text as one of its strings, in any case."""
    return cast(column, String).icontains(json.dumps(text), autoescape=True)


def _about(record: str) -> ColumnElement[bool]:
    """Whether a case is about the record with this id, or whose name stands in its title."""
    if record.isascii() and record.isdecimal() and len(record) < 10:
        is_it: ColumnElement[bool] = cases.c.finding["record_id"].as_integer() == int(record)
        return is_it
    named: ColumnElement[bool] = (
        cases.c.finding["title"].as_string().icontains(record, autoescape=True)
    )
    return named
