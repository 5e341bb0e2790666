"""What people ask of the ledger: rows by tenant, company, job, person and age, newest first."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    and_,
    cast,
    func,
    or_,
    select,
    tuple_,
    union,
)

from workers.ledger import audit as entries
from workers.ledger import cases as standing
from workers.ledger import inbox as heard
from workers.ledger import outbox
from workers.ledger import runs as executed
from workers.ledger.audit import Entry
from workers.ledger.cases import Known
from workers.ledger.inbox import Received
from workers.ledger.outbox import Message
from workers.ledger.places import Place, Places
from workers.ledger.runs import Run
from workers.ledger.schema import audit, cases, inbox, messages, runs, scopes
from workers.ledger.statuses import CaseState, EventStatus, MessageStatus, RunStatus

# What the columns hold.
MOST: Final = 2**31 - 1
# By how much at most a day begins earlier somewhere than in UTC.
AHEAD: Final = timedelta(hours=14)
# The id of a record, perhaps with its model before it, as Odoo writes references.
RECORD: Final = re.compile(r"(?:([a-z][a-z0-9_.]*),)?([0-9]{1,9})", re.ASCII)


#: A case, and the place of its job.
Found = tuple[Known, Place]


@dataclass(frozen=True)
class Readers:
    """Who was told of a case, and for whom a message of it is queued."""

    told: tuple[str, ...] = ()
    queued: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """Which rows; what is None says nothing."""

    tenant: str | None = None
    company_id: int | None = None
    job: str | None = None
    #: an address, in any case; of a case its owner or whom it is told to
    person: str | None = None
    #: a record in Odoo by its id, name or `model,id`; or the key of a case
    record: str | None = None
    #: nothing older
    since: datetime | None = None
    #: nothing younger
    before: datetime | None = None
    limit: int | None = 50

    @property
    def places(self) -> Places:
        """Of which places."""
        return Places(self.job, self.tenant, self.company_id)


@dataclass(frozen=True)
class WantedEvents:
    """Which events; what is None says nothing."""

    of: Wanted = Wanted()
    status: EventStatus | None = None
    source: str | None = None
    kind: str | None = None
    missed: bool | None = None


def find_runs(
    connection: Connection, wanted: Wanted, status: RunStatus | None = None
) -> Sequence[Run]:
    """Runs by when they were opened."""
    found = _of(select(runs), runs, wanted, runs.c.created_at)
    if status is not None:
        found = found.where(runs.c.status == status)
    return [executed.of_row(row) for row in connection.execute(found)]


def find_events(connection: Connection, wanted: WantedEvents) -> Sequence[Received]:
    """Events by when they came."""
    found = _of(select(inbox), inbox, wanted.of, inbox.c.received_at)
    asked = {
        "status": wanted.status,
        "source": wanted.source,
        "kind": wanted.kind,
        "missed": wanted.missed,
    }
    found = found.filter_by(**{name: value for name, value in asked.items() if value is not None})
    return [heard.of_row(row) for row in connection.execute(found)]


def find_cases(
    connection: Connection, wanted: Wanted, state: CaseState | None = CaseState.OPEN
) -> Sequence[Found]:
    """Cases by when they were last seen."""
    found = _of(select(cases), cases, wanted, cases.c.last_seen_at)
    if state is not None:
        found = found.where(cases.c.state == state)
    if wanted.person is not None:
        found = found.where(_holds(cases.c.finding, wanted.person))
    if wanted.record is not None:
        found = found.where(_about(wanted.record))
    rows = connection.execute(found)
    return [(standing.known_of_row(row), _place_of(row)) for row in rows]


def models_of(connection: Connection, wanted: Wanted) -> Sequence[str]:
    """The models whose records the wanted record's id or name leads to, by name."""
    model = cases.c.finding["model"].as_string()
    every = replace(wanted, limit=None)
    found = _of(select(cases), cases, every, cases.c.last_seen_at).where(
        _about(wanted.record or "")
    )
    told = found.with_only_columns(model).order_by(None).distinct()
    return sorted(connection.scalars(told))


def find_messages(
    connection: Connection, wanted: Wanted, status: MessageStatus | None = None
) -> Sequence[Message]:
    """Messages by when they were queued."""
    found = _of(select(messages), messages, wanted, messages.c.created_at)
    if status is not None:
        found = found.where(messages.c.status == status)
    if wanted.person is not None:
        found = found.where(func.lower(messages.c.recipient) == wanted.person.lower())
    if wanted.record is not None:
        keys = select(cases.c.key).where(_about(wanted.record)).distinct()
        told = [_holds(messages.c.finding_keys, key) for key in connection.scalars(keys)]
        found = found.where(or_(*told)) if told else found.where(messages.c.id < 0)
    return [outbox.of_row(row) for row in connection.execute(found)]


def messages_about(
    connection: Connection, wanted: Wanted, found: Sequence[Found]
) -> Sequence[Message]:
    """Messages that speak of any of these cases, to whomever, by when they were queued."""
    if not found:
        return []
    m = messages.c
    told = [
        and_(
            *(m[name] == value for name, value in place.columns.items()),
            _holds(m.finding_keys, case.finding.key),
        )
        for case, place in found
    ]
    speaking = _of(select(messages), messages, wanted, m.created_at).where(or_(*told))
    return [outbox.of_row(row) for row in connection.execute(speaking)]


def readers_of(connection: Connection, found: Sequence[Found]) -> Mapping[int, Readers]:
    """Who was told of each case since it was opened, and who will be, by the case's id."""
    if not found:
        return {}
    m = messages.c
    places = {astuple(place) for _, place in found}
    first = datetime.combine(min(case.opened_on for case, *_ in found), time(), UTC) - AHEAD
    speaking = (
        select(m.job, m.tenant, m.company_id, m.finding_keys, m.recipient, m.status, m.created_at)
        .where(tuple_(m.job, m.tenant, m.company_id).in_(sorted(places)), m.created_at >= first)
        .where(m.status.in_((MessageStatus.SENT, *outbox.GOING)))
        .order_by(m.id)
    )
    of_keys = defaultdict[tuple[Place, str], list[Any]](list)
    for row in connection.execute(speaking):
        for key in row.finding_keys:
            of_keys[_place_of(row), key].append(row)
    return {case.id: _readers(case, of_keys[place, case.finding.key]) for case, place in found}


def _readers(case: Known, speaking: Sequence[Any]) -> Readers:
    opened = datetime.combine(case.opened_on, time(), UTC) - AHEAD
    since = [row for row in speaking if row.created_at >= opened]
    told = [row.recipient for row in since if row.status == MessageStatus.SENT]
    queued = [row.recipient for row in since if row.status != MessageStatus.SENT]
    return Readers(tuple(dict.fromkeys(told)), tuple(dict.fromkeys(queued)))


def entries_about(
    connection: Connection,
    wanted: Wanted,
    found: Sequence[Found],
    told: Sequence[Message],
) -> Sequence[Entry]:
    """Entries of the audit about any of these cases or messages, newest first."""
    of_cases = audit.c.case_id.in_([case.id for case, _ in found])
    of_messages = audit.c.message_id.in_([message.id for message in told])
    noted = _of(select(audit), audit, wanted, audit.c.at).where(of_cases | of_messages)
    return [entries.of_row(row) for row in connection.execute(noted)]


def find_entries(connection: Connection, wanted: Wanted, event: str = "") -> Sequence[Entry]:
    """Entries of the audit; `event` is how their names start."""
    found = _of(select(audit), audit, wanted, audit.c.at)
    if event:
        found = found.where(audit.c.event.startswith(event, autoescape=True))
    if wanted.person is not None:
        theirs = select(messages.c.id).where(
            func.lower(messages.c.recipient) == wanted.person.lower()
        )
        found = found.where(audit.c.message_id.in_(theirs) | _holds(audit.c.detail, wanted.person))
    if wanted.record is not None:
        about = select(cases.c.id).where(_about(wanted.record))
        found = found.where(audit.c.case_id.in_(about))
    return [entries.of_row(row) for row in connection.execute(found)]


def events(connection: Connection) -> frozenset[str]:
    """The names of events that the audit holds."""
    return frozenset(connection.scalars(select(audit.c.event).distinct()))


def names(connection: Connection, column: str, **of: str) -> frozenset[Any]:
    """Every tenant, job or company_id that the ledger speaks of; `of` as in a column."""
    tables = [table for table in (scopes, runs, cases, messages, audit) if column in table.c]
    found = union(*(select(table.c[column]).filter_by(**of) for table in tables))
    return frozenset(connection.scalars(found)) - {None}


def _of(
    found: Select[tuple[object, ...]], table: Table, wanted: Wanted, at: ColumnElement[datetime]
) -> Select[tuple[object, ...]]:
    """Of the wanted job and scope and age, newest first."""
    found = found.filter_by(**wanted.places.columns)
    if wanted.since is not None:
        found = found.where(at >= wanted.since)
    if wanted.before is not None:
        found = found.where(at < wanted.before)
    return found.order_by(at.desc(), table.c.id.desc()).limit(wanted.limit)


def _place_of(row: Any) -> Place:
    return Place(row.job, row.tenant, row.company_id)


def _holds(column: ColumnElement[object], text: str) -> ColumnElement[bool]:
    """Whether a JSON column has the text as one of its strings, in any case."""
    return cast(column, String).icontains(json.dumps(text), autoescape=True)


def _about(record: str) -> ColumnElement[bool]:
    """Whether a case has this key, or is about this record, whose name stands in its title."""
    if found := RECORD.fullmatch(record):
        model, number = found.groups()
        is_it: ColumnElement[bool] = cases.c.finding["record_id"].as_integer() == int(number)
        return is_it & (cases.c.finding["model"].as_string() == model) if model else is_it
    title = cases.c.finding["title"].as_string()
    # In a title that keeps its values it stands as JSON has it.
    kept = title.icontains(json.dumps(record)[1:-1], autoescape=True)
    named: ColumnElement[bool] = kept | title.icontains(record, autoescape=True)
    return named | (cases.c.key == record)
