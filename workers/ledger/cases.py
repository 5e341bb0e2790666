"""Cases: the findings that we remember, per job, scope and key."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, select, union_all, update

from tasks.domain.cases import Change, ChangeKind, ClosedCase, OpenCase, Reconciliation
from tasks.domain.findings import Finding
from workers.ledger import audit
from workers.ledger.errors import StaleCases
from workers.ledger.inserts import upsert
from workers.ledger.places import Place
from workers.ledger.schema import case_is_open, cases, runs
from workers.ledger.statuses import CaseState

Step = tuple[ChangeKind | None, Finding]

_FINDING = TypeAdapter(Finding)

_OF_PLACE = select(cases).where(
    *(cases.c[name] == bindparam(name) for name in ("job", "tenant", "company_id"))
)
_STANDING = _OF_PLACE.where(case_is_open).order_by(cases.c.id)
_LOCKED = _STANDING.with_for_update()
# One question to the ledger, each half with an index of its own.
_REMEMBERED = union_all(
    _OF_PLACE.where(case_is_open), _OF_PLACE.where(cases.c.resolved_at > bindparam("since"))
)


def to_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON values; nothing is lost, amounts are text."""
    values: dict[str, Any] = _FINDING.dump_python(finding, mode="json")
    return values


def from_json(values: Mapping[str, Any]) -> Finding:
    """What `to_json` wrote; fields that findings have lost since are passed over."""
    return _FINDING.validate_python(values)


def open_cases(connection: Connection, place: Place, *, lock: bool = False) -> tuple[OpenCase, ...]:
    """The cases that stand, oldest first; with `lock` they stay as they are until the commit."""
    statement = _LOCKED if lock else _STANDING
    return tuple(map(_open, connection.execute(statement, place.columns)))


def remembered(
    connection: Connection, place: Place, since: datetime, zone: ZoneInfo
) -> tuple[tuple[OpenCase, ...], tuple[ClosedCase, ...]]:
    """The cases that stand, oldest first, and those that were resolved since, in that order."""
    rows = connection.execute(_REMEMBERED, {**place.columns, "since": since}).all()
    standing = sorted((row for row in rows if row.state is CaseState.OPEN), key=lambda row: row.id)
    resolved = [row for row in rows if row.state is not CaseState.OPEN]
    resolved.sort(key=lambda row: (row.resolved_at, row.id))
    return tuple(map(_open, standing)), tuple(_closed(row, zone) for row in resolved)


def _open(row: Row[Any]) -> OpenCase:
    return OpenCase(from_json(row.finding), row.opened_on, row.spoken_on)


def _closed(row: Row[Any], zone: ZoneInfo) -> ClosedCase:
    day = row.resolved_at.astimezone(zone).date()
    return ClosedCase(from_json(row.finding), row.opened_on, day)


@dataclass(frozen=True)
class Known:
    """A case as the ledger has it, open or resolved."""

    id: int
    state: CaseState
    finding: Finding
    opened_on: date
    last_seen_at: datetime
    resolved_at: datetime | None


def newest(connection: Connection, place: Place, key: str) -> Known | None:
    """The case that was opened last under a key, whatever became of it."""
    about = select(cases).filter_by(**place.columns, key=key)
    row = connection.execute(about.order_by(cases.c.id.desc()).limit(1)).first()
    return None if row is None else known_of_row(row)


def known_of_row(row: Row[Any]) -> Known:
    """A case from a whole row."""
    finding = from_json(row.finding)
    return Known(row.id, row.state, finding, row.opened_on, row.last_seen_at, row.resolved_at)


def apply(
    connection: Connection,
    place: Place,
    run_id: int,
    reconciliation: Reconciliation,
    today: date,
    now: datetime,
) -> None:
    """Write what became of the cases, and audit each change. `today` is the scope's.

    Raises StaleCases when a case to be opened stands already, or one to be continued or resolved
    does not: read the cases and reconcile again.
    """
    if not (reconciliation.changes or reconciliation.unchanged):
        return
    rows = connection.execute(_LOCKED, place.columns)
    standing = {row.key: row for row in rows}
    steps = [(change.kind, change.finding) for change in reconciliation.changes]
    unchanged = [(None, finding) for finding in reconciliation.unchanged]
    _refuse_stale([*steps, *unchanged], standing)
    opened = [
        {**place.columns, "opened_run_id": run_id, **_opened(finding, today, now)}
        for kind, finding in steps
        if kind is ChangeKind.OPENED
    ]
    continued = [
        _continued(standing[finding.key], kind, finding, today, now)
        for kind, finding in [*steps, *unchanged]
        if kind is not ChangeKind.OPENED
    ]
    ids = {key: row.id for key, row in standing.items()} | _insert(connection, opened)
    _update(connection, continued)
    trace_id = connection.scalar(select(runs.c.trace_id).where(runs.c.id == run_id))
    about = audit.Entry("", now, **place.columns, run_id=run_id, detail={"trace_id": trace_id})
    audit.note(connection, *(_entry(change, about, ids) for change in reconciliation.changes))


def _refuse_stale(steps: Iterable[Step], standing: Container[str]) -> None:
    moved = [
        finding.key
        for kind, finding in steps
        if (kind is ChangeKind.OPENED) == (finding.key in standing)
    ]
    if moved:
        raise StaleCases(f"cases changed since they were read: {', '.join(moved[:5])}")


def _opened(finding: Finding, today: date, now: datetime) -> dict[str, Any]:
    return {
        **_content(finding),
        "state": CaseState.OPEN,
        "opened_on": today,
        "spoken_on": today,
        "last_seen_at": now,
    }


def _continued(
    row: Row[Any], kind: ChangeKind | None, finding: Finding, today: date, now: datetime
) -> dict[str, Any]:
    resolved = kind is ChangeKind.RESOLVED
    return {
        **_content(finding),
        "case_id": row.id,
        "state": CaseState.RESOLVED if resolved else CaseState.OPEN,
        "resolved_at": now if resolved else None,
        "spoken_on": today if kind else row.spoken_on,
        "last_seen_at": row.last_seen_at if resolved else now,
    }


def _content(finding: Finding) -> dict[str, Any]:
    return {"finding": to_json(finding), **_weight(finding)}


def _weight(finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "severity": finding.severity,
        "amount": None if finding.amount is None else str(finding.amount),
        "currency": finding.currency,
    }


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    if not rows:
        return {}
    unless_open = upsert(connection, cases).on_conflict_do_nothing()
    inserted = connection.execute(unless_open.returning(cases.c.key, cases.c.id), rows)
    ids = {row.key: row.id for row in inserted}
    if len(ids) < len(rows):
        raise StaleCases("another transaction opened some of these cases meanwhile")
    return ids


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(update(cases).where(cases.c.id == bindparam("case_id")), rows)


def _entry(change: Change, about: audit.Entry, ids: Mapping[str, int]) -> audit.Entry:
    finding = change.finding
    detail = {**about.detail, "step": change.step, **_weight(finding)}
    event = f"case.{change.kind}"
    return replace(about, event=event, case_id=ids[finding.key], detail=detail)
