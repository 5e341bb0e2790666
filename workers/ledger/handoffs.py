"""What is remembered of handoffs: what people said to them, and which wait to be accepted."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from tasks.domain.acts import VERDICTS, Act
from tasks.domain.handoffs import Handoffs
from tasks.domain.news import Subject
from workers.ledger import acts
from workers.ledger.places import Place
from workers.ledger.schema import cases, runs
from workers.ledger.statuses import CaseState, Origin, RunStatus


def of_places(
    connection: Connection,
    places: Sequence[Place],
    kinds: Collection[str],
    kept_since: datetime,
) -> Handoffs:
    """Of jobs in one company that have handoffs accepted by findings of these kinds.

    kept_since: cases that were closed before may be forgotten (UTC).
    """
    said: dict[Subject, list[Act]] = {}
    standing: dict[Subject, set[str]] = {}
    closed: set[Subject] = set()
    for place in places:
        for act in acts.standing(connection, place):
            if act.kind in VERDICTS and act.job == place.job:
                said.setdefault((act.model, act.record_id), []).append(act)
        finding = cases.c.finding
        about = (finding["model"].as_string(), finding["record_id"].as_integer())
        is_of = finding["kind"].as_string().in_(sorted(kinds))
        found = select(cases.c.key, cases.c.state, *about).where(_of(cases, place), is_of)
        for key, state, *subject in connection.execute(found):
            if state is CaseState.OPEN:
                standing.setdefault(tuple(subject), set()).add(key)
            else:
                closed.add(tuple(subject))
    looked = [_looked_at(connection, place) for place in places]
    return Handoffs(
        said={subject: sorted(of, key=lambda act: act.at) for subject, of in said.items()},
        standing=standing,
        closed=frozenset(closed),
        kept_since=kept_since,
        # What one of them has not looked at yet is not known.
        looked_at=None if None in looked else min(filter(None, looked), default=None),
    )


def _looked_at(connection: Connection, place: Place) -> datetime | None:
    """When a run by the timetable that succeeded was begun last."""
    done = (runs.c.status == RunStatus.SUCCEEDED) & (runs.c.origin == Origin.SLOT)
    found = select(func.max(runs.c.started_at)).where(_of(runs, place), done)
    at: datetime | None = connection.execute(found).scalar()
    return at


def _of(table: Table, place: Place) -> ColumnElement[bool]:
    same = (table.c[name] == value for name, value in place.columns.items())
    return and_(*same)
