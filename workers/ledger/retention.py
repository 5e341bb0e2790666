"""What the ledger may forget: what was settled long ago and nothing else in it speaks of.

Dead letters that wait for a person are kept: parked messages. Audit, acts, effects and decisions
are kept longer than all else, and what holds as long as it does; an effect stays while its job has
an open case about its record, because it is what keeps it from being done again. A message stays
while a case is open that it told of
for the case's own period, because it is what keeps the next run from telling it again; and the last
of each kind that a reader got, because the next one tells what is new since. A run stays until its
job and company have succeeded later: its slot is what dispatch counts from, and what it measured is
the newest that is known.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    select,
)

from tasks.declaration import SIGNED
from tasks.domain.acts import Act, stands, unended
from workers.ledger import acts as done
from workers.ledger import audit as entries
from workers.ledger.places import Place
from workers.ledger.schema import (
    acts,
    audit,
    case_is_open,
    cases,
    decisions,
    effects,
    inbox,
    measures,
    messages,
    metadata,
    runs,
    woken,
)
from workers.ledger.statuses import (
    SETTLED_RUNS,
    CaseState,
    EffectStatus,
    EventStatus,
    MessageStatus,
    Origin,
    RunStatus,
)

# Said as what is not settled: asked for by status, SQLite sorts all of a large table for a page.
UNSETTLED_MESSAGES = set(MessageStatus) - {MessageStatus.SENT, MessageStatus.DROPPED}
# What a run measured, and which events it looked at, goes with it; the latter with those, too.
GOES_ALONG = {measures.name, woken.name}
PAGE = 1000
# Nobody does anything about these any more.
OVER = (
    EffectStatus.DONE,
    EffectStatus.UNDONE,
    EffectStatus.DECLINED,
    EffectStatus.WITHDRAWN,
)
UNSETTLED_EVENTS = (EventStatus.WAITING, EventStatus.CLAIMED, EventStatus.PARKED)


@dataclass(frozen=True)
class Forgettable:
    """Ids of rows that may go, a batch at most of each table."""

    messages: Sequence[int]
    cases: Sequence[int]
    runs: Sequence[int]
    inbox: Sequence[int] = ()
    acts: Sequence[int] = ()
    audit: Sequence[int] = ()
    effects: Sequence[int] = ()
    decisions: Sequence[int] = ()

    def counts(self) -> Mapping[str, int]:
        """How many rows of each table."""
        return {name: len(ids) for name, ids in vars(self).items()}


def forgettable(
    connection: Connection, before: datetime, limit: int, noted_before: datetime
) -> Forgettable:
    """Up to `limit` rows of each table that were settled before that instant and may go.

    noted_before: the same of audit, acts, effects and decisions.
    """
    return Forgettable(
        messages=_first(_messages(connection, before), limit),
        cases=_ids(connection, _resolved(before), limit),
        runs=_ids(connection, _finished(before), limit),
        inbox=_ids(connection, _heard(before), limit),
        acts=_first(_ended(connection, noted_before), limit),
        audit=_first(_noted(connection, noted_before, limit), limit),
        effects=_first(_done(connection, noted_before), limit),
        decisions=_ids(connection, _said(noted_before), limit),
    )


def forget(connection: Connection, chosen: Forgettable, now: datetime) -> None:
    """Delete these rows. What was settled stays so, but for a dead run that was revived."""
    still_settled = runs.c.status.in_(SETTLED_RUNS)
    ids = select(runs.c.id).where(runs.c.id.in_(chosen.runs), still_settled)
    connection.execute(delete(messages).where(messages.c.id.in_(chosen.messages)))
    connection.execute(delete(cases).where(cases.c.id.in_(chosen.cases)))
    connection.execute(delete(measures).where(measures.c.run_id.in_(ids)))
    of_events = woken.c.event_id.in_(chosen.inbox)
    connection.execute(delete(woken).where(woken.c.run_id.in_(ids) | of_events))
    connection.execute(delete(inbox).where(inbox.c.id.in_(chosen.inbox)))
    connection.execute(delete(runs).where(runs.c.id.in_(chosen.runs), still_settled))
    connection.execute(
        delete(effects).where(effects.c.id.in_(chosen.effects), effects.c.status.in_(OVER))
    )
    if chosen.acts or chosen.audit or chosen.decisions:
        with entries.rewriting(connection, now):
            connection.execute(delete(acts).where(acts.c.id.in_(chosen.acts)))
            connection.execute(delete(audit).where(audit.c.id.in_(chosen.audit)))
            connection.execute(delete(decisions).where(decisions.c.id.in_(chosen.decisions)))


def _messages(connection: Connection, before: datetime) -> Iterator[int]:
    standing = _open_cases(connection)
    place = (messages.c.job, messages.c.tenant, messages.c.company_id)
    old = and_(
        messages.c.status.not_in(UNSETTLED_MESSAGES),
        messages.c.created_at < before,
        (messages.c.status != MessageStatus.SENT) | _sent_again_since(),
        _unreferenced(messages),
    )
    page_after = select(messages.c.id, *place, messages.c.period, messages.c.finding_keys).where(
        old
    )
    after = 0
    while page := connection.execute(
        page_after.where(messages.c.id > after).order_by(messages.c.id).limit(PAGE)
    ).all():
        for row in page:
            told = {(key, row.period) for key in row.finding_keys}
            if standing[Place(row.job, row.tenant, row.company_id)].isdisjoint(told):
                yield row.id
        after = page[-1].id


def _open_cases(connection: Connection) -> Mapping[Place, set[tuple[str, str]]]:
    """Keys and periods; findings without a period of their own are told of day by day."""
    found: dict[Place, set[tuple[str, str]]] = defaultdict(set)
    period = cases.c.finding["period"].as_string()
    standing = select(cases.c.job, cases.c.tenant, cases.c.company_id, cases.c.key, period)
    for job, tenant, company_id, *case in connection.execute(standing.where(case_is_open)):
        found[Place(job, tenant, company_id)].add(tuple(case))
    return found


def _sent_again_since() -> ColumnElement[bool]:
    later = messages.alias("later")
    same = ("job", "tenant", "company_id", "recipient", "step", "channel", "status")
    return exists().where(
        *(later.c[name] == messages.c[name] for name in same), later.c.id > messages.c.id
    )


def _resolved(before: datetime) -> Select[tuple[int]]:
    old = (cases.c.state == CaseState.RESOLVED) & (cases.c.resolved_at < before)
    return select(cases.c.id).where(old, _unreferenced(cases)).order_by(cases.c.id)


def _finished(before: datetime) -> Select[tuple[int]]:
    later = runs.alias("later")
    succeeded_later = exists().where(
        *(later.c[name] == runs.c[name] for name in ("job", "tenant", "company_id")),
        later.c.slot > runs.c.slot,
        later.c.status == RunStatus.SUCCEEDED,
        later.c.origin == Origin.SLOT,
    )
    old = runs.c.finished_at < before
    return (
        select(runs.c.id)
        .where(old, succeeded_later, _unreferenced(runs))
        .order_by(runs.c.finished_at, runs.c.id)
    )


def _heard(before: datetime) -> Select[tuple[int]]:
    """Events that were dealt with, and not those of a run that is under way."""
    under_way = exists().where(
        woken.c.event_id == inbox.c.id,
        woken.c.run_id == runs.c.id,
        runs.c.status.not_in(SETTLED_RUNS),
    )
    old = (inbox.c.received_at < before) & inbox.c.status.not_in(UNSETTLED_EVENTS)
    # That a customer signed is evidence as long as what was signed is looked at.
    old &= ~inbox.c.kind.endswith(f".{SIGNED}", autoescape=True)
    return select(inbox.c.id).where(old, ~under_way).order_by(inbox.c.received_at, inbox.c.id)


def _ended(connection: Connection, before: datetime) -> Iterator[int]:
    """Acts that hold no longer: expired, taken back, followed by another, or of no open case."""
    if connection.scalar(select(acts.c.id).where(acts.c.at < before).limit(1)) is None:
        return
    standing = connection.execute(_keys_of_open_cases())
    open_keys = {(row.job, row.tenant, row.company_id, row.key) for row in standing}
    scopes: dict[tuple[str, int], list[Act]] = defaultdict(list)
    every = {
        row.id: done.of_row(row) for row in connection.execute(select(acts).order_by(acts.c.id))
    }
    for act in every.values():
        scopes[act.tenant, act.company_id].append(act)
    holding = {
        id(act)
        for of_scope in scopes.values()
        for act in unended(of_scope)
        if stands(act, before.date())
        and (
            act.kind not in done.OF_THE_CASE
            or (act.job, act.tenant, act.company_id, act.key) in open_keys
        )
    }
    for act_id, act in every.items():
        if act.at < before and id(act) not in holding:
            yield act_id


def _noted(connection: Connection, before: datetime, limit: int) -> Iterator[int]:
    """The first entries of the audit are the oldest."""
    for row in connection.execute(select(audit.c.id, audit.c.at).order_by(audit.c.id).limit(limit)):
        if row.at < before:
            yield row.id


def _done(connection: Connection, before: datetime) -> Iterator[int]:
    """Effects that are over, and that no open case of their job has proposed anew."""
    place = (effects.c.job, effects.c.tenant, effects.c.company_id)
    old = effects.c.status.in_(OVER) & (effects.c.since < before)
    asked = select(effects.c.id, *place, effects.c.model, effects.c.record_id).where(old)
    about: set[tuple[str, str, int, str, int]] | None = None
    for number, *subject in connection.execute(asked):
        if about is None:
            about = _subjects_of_open_cases(connection)
        if tuple(subject) not in about:
            yield number


def _subjects_of_open_cases(connection: Connection) -> set[tuple[str, str, int, str, int]]:
    model = cases.c.finding["model"].as_string()
    number = cases.c.finding["record_id"].as_integer()
    found = select(cases.c.job, cases.c.tenant, cases.c.company_id, model, number)
    return {tuple(row) for row in connection.execute(found.where(case_is_open))}


def _said(before: datetime) -> Select[tuple[int]]:
    """Decisions about effects that are gone."""
    of_one = exists().where(effects.c.id == decisions.c.effect_id)
    old = (decisions.c.at < before) & ~of_one
    return select(decisions.c.id).where(old).order_by(decisions.c.id)


def _keys_of_open_cases() -> Select[tuple[str, str, int, str]]:
    found = select(cases.c.job, cases.c.tenant, cases.c.company_id, cases.c.key)
    return found.where(case_is_open)


def _unreferenced(table: Table) -> ColumnElement[bool]:
    """No row of another table points to this one: as the schema has it, now and later."""
    pointing = [
        ~exists().where(key.parent == table.c.id)
        for other in metadata.tables.values()
        if other.name not in GOES_ALONG
        for key in other.foreign_keys
        if key.column is table.c.id
    ]
    return and_(True, *pointing)


def _ids(connection: Connection, statement: Select[tuple[int]], limit: int) -> Sequence[int]:
    return list(connection.scalars(statement.limit(limit)))


def _first(found: Iterator[int], limit: int) -> Sequence[int]:
    return [row_id for row_id, _ in zip(found, range(limit), strict=False)]
