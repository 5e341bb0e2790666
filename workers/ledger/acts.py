"""Acts: what people did on their page, in order."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select

from tasks.domain.acts import Act, ActKind, unended
from workers.ledger import audit
from workers.ledger.inserts import insert_once
from workers.ledger.places import Place
from workers.ledger.schema import acts, cases, runs

# These end with their case, however often its finding comes back.
OF_THE_CASE: Final = frozenset({ActKind.ACKNOWLEDGED, ActKind.SNOOZED, ActKind.HANDED_OVER})
# These are about the order, in every job that speaks about it.
OF_THE_ORDER: Final = frozenset({ActKind.HELD, ActKind.LIFTED})
IN_DETAIL: Final = ("severity", "model", "record_id", "contents")
_OF_PLACE: Final = (
    select(acts)
    .where(acts.c.tenant == bindparam("tenant"), acts.c.company_id == bindparam("company_id"))
    .where((acts.c.job == bindparam("job")) | acts.c.kind.in_(OF_THE_ORDER))
    .order_by(acts.c.id)
)


def record(connection: Connection, act: Act, nonce: str) -> int | None:
    """Write an act down and audit it; returns its id, or None when the nonce was used before."""
    act = replace(act, person=act.person.lower())
    case = _newest_case(connection, act)
    values = asdict(act)
    kept = {name: values.pop(name) for name in IN_DETAIL}
    if not act.contents:
        del kept["contents"]
    detail = kept | _seen(case)
    trace_id = case.trace_id if case else ""
    row = {**values, "detail": detail, "nonce": nonce, "trace_id": trace_id}
    act_id = insert_once(connection, acts, row)
    if act_id is not None:
        audit.note(connection, _entry(act, case, detail))
    return act_id


def used(connection: Connection, nonce: str) -> bool:
    """Whether an act came with this nonce."""
    return connection.scalar(select(acts.c.id).filter_by(nonce=nonce)) is not None


def standing(connection: Connection, place: Place) -> tuple[Act, ...]:
    """The acts that still matter, oldest first; whether one has expired, `stands` tells by date.

    Holds and opting out stay when their case is resolved; all else ends. A hold counts in every
    job of the scope, whichever job's case it was put on by.
    """
    found = unended(of_row(row) for row in connection.execute(_OF_PLACE, place.columns))
    resolved = _resolved(connection, place, found)
    return tuple(act for act in found if act.kind not in OF_THE_CASE or not _past(act, resolved))


def _past(act: Act, resolved: Mapping[str, datetime]) -> bool:
    return act.key in resolved and act.at <= resolved[act.key]


def _resolved(
    connection: Connection, place: Place, found: tuple[Act, ...]
) -> Mapping[str, datetime]:
    """When the cases that these acts are about were last resolved, by key."""
    about = {act.key for act in found if act.kind in OF_THE_CASE}
    if not about:
        return {}
    statement = select(cases.c.key, func.max(cases.c.resolved_at))
    statement = statement.filter_by(**place.columns)
    keys = cases.c.key.in_(about)
    known = statement.where(keys, cases.c.resolved_at.is_not(None)).group_by(cases.c.key)
    return {row.key: row[1] for row in connection.execute(known)}


def _newest_case(connection: Connection, act: Act) -> Any:
    statement = (
        select(cases.c.id, cases.c.finding, cases.c.amount, cases.c.currency, runs.c.trace_id)
        .join(runs, runs.c.id == cases.c.opened_run_id)
        .where(
            cases.c.job == act.job,
            cases.c.tenant == act.tenant,
            cases.c.company_id == act.company_id,
            cases.c.key == act.key,
        )
    )
    return connection.execute(statement.order_by(cases.c.id.desc()).limit(1)).first()


def _seen(case: Row[Any] | None) -> dict[str, Any]:
    if case is None:
        return {}
    return {
        "title": case.finding["title"],
        "amount": case.amount,
        "currency": case.currency,
    }


def _entry(act: Act, case: Row[Any] | None, detail: Mapping[str, Any]) -> audit.Entry:
    about = "case" if act.key else "mails"
    return audit.Entry(
        f"{about}.{act.kind}",
        act.at,
        act.job,
        act.tenant,
        act.company_id,
        case_id=case.id if case else None,
        detail={
            "person": act.person,
            "key": act.key,
            "reason": act.reason,
            "until": act.until and act.until.isoformat(),
            **detail,
        },
    )


def of_row(row: Row[Any]) -> Act:
    """An act from a whole row."""
    return Act(
        kind=row.kind,
        person=row.person,
        job=row.job,
        tenant=row.tenant,
        company_id=row.company_id,
        key=row.key,
        at=row.at,
        reason=row.reason,
        until=row.until,
        # What is not written down has its default.
        **{name: row.detail[name] for name in IN_DETAIL if name in row.detail},
    )
