"""What a job proposed before, as it is told of it: what became of each, and what people said."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, select

from tasks.domain.deciding import Answer, State
from tasks.domain.proposals import Proposed, Said
from workers.ledger import decisions, effects
from workers.ledger.effects import Effect
from workers.ledger.places import Place
from workers.ledger.schema import decisions as made
from workers.ledger.schema import effects as kept
from workers.ledger.statuses import EffectStatus

STATES: Final[Mapping[EffectStatus, State]] = {
    EffectStatus.PROPOSED: State.WAITING,
    EffectStatus.WAITING: State.WAITING,
    EffectStatus.DECLINED: State.REFUSED,
}


def of_place(connection: Connection, place: Place, kinds: Collection[str]) -> tuple[Proposed, ...]:
    """Oldest first; without what was withdrawn, which is as if it had not been asked for."""
    if not kinds:
        return ()
    own = (kept.c.tenant == place.tenant) & kept.c.kind.in_(sorted(kinds))
    own &= (kept.c.job == place.job) & (kept.c.company_id == place.company_id)
    statement = select(kept).where(own, kept.c.status != EffectStatus.WITHDRAWN)
    found = [effects.of_row(row) for row in connection.execute(statement.order_by(kept.c.id))]
    said = _said(connection, place, [effect.id for effect in found])
    return tuple(_proposed(effect, said.get(effect.id, ())) for effect in found)


def _said(connection: Connection, place: Place, ids: Sequence[int]) -> Mapping[int, Sequence[Said]]:
    if not ids:
        return {}
    own = (made.c.tenant == place.tenant) & (made.c.company_id == place.company_id)
    statement = select(made).where(own, made.c.effect_id >= min(ids)).order_by(made.c.id)
    found: dict[int, list[Said]] = {}
    for row in connection.execute(statement):
        each = decisions.of_row(row)
        told = Said(each.person, each.answer, each.at, each.level, each.reason)
        found.setdefault(each.effect_id, []).append(told)
    return found


def _proposed(effect: Effect, said: Sequence[Said]) -> Proposed:
    state = STATES.get(effect.status, State.APPROVED)
    last = max((each.at for each in said if each.answer is not Answer.ASKED_BACK), default=None)
    return Proposed(
        kind=effect.kind,
        model=effect.model,
        record_id=effect.record_id,
        identity=effect.identity,
        asked_at=effect.created_at,
        state=state,
        # What nobody had to say anything to was decided when it was asked for.
        decided_at=None if state is State.WAITING else last or effect.created_at,
        request=effect.request,
        said=tuple(said),
    )
