"""Takes what a person says to an effect, if it is theirs to say; all else is audited and refused.

FleetError
  DecisionRefused    nothing was decided; `why` is for who asked for it
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from odoo_gateway.errors import FleetError
from tasks import catalogue
from tasks.domain.deciding import Answer, Seat, Standing, State
from tasks.domain.proposals import Mode
from tasks.domain.texts import Text
from workers.config.tenants import Tenant
from workers.effects import proposing, splitting, telling
from workers.ledger import decisions, effects
from workers.ledger.database import Connection
from workers.ledger.effects import Effect
from workers.ledger.statuses import EffectStatus
from workers.messages.occasion import occasion_for
from workers.wiring import Fleet

# The seat of those whose job proposed it.
PROPOSED: Final = "proposed"
BY_ITS_ROLE: Final = Text("the role that the job tells does what it proposes")


class DecisionRefused(FleetError):
    """Nothing was decided."""

    def __init__(self, why: Text) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Asked:
    """An effect as one person is asked about it."""

    effect: Effect
    #: None where no matrix decides.
    standing: Standing | None
    #: Where the person may decide now.
    seat: Seat | None
    zone: ZoneInfo
    #: What it may be split from, for those who do not ask for it themselves.
    perhaps_split: Sequence[Text] = ()


def question(fleet: Fleet, connection: Connection, effect: Effect, person: str) -> Asked:
    """How an effect stands to a person. Raises UnknownPlace where it is not watched any more."""
    occasion = occasion_for(fleet, connection, effect.place, None, effect.trace_id)
    standing, zone = proposing.standing(connection, occasion, effect), occasion.scope.zone
    perhaps_split: Sequence[Text] = ()
    if standing is not None and person.lower() not in standing.request.parties:
        perhaps_split = splitting.told(connection, occasion.tenant, effect)
    if effect.status not in proposing.OPEN:
        return Asked(effect, standing, None, zone, perhaps_split)
    if not proposing.is_of_now(occasion.tenant, effect):
        # As good as that: whoever looks after it next withdraws it.
        withdrawn = replace(effect, status=EffectStatus.WITHDRAWN)
        return Asked(withdrawn, standing, None, zone, perhaps_split)
    if standing is not None:
        return Asked(effect, standing, standing.seat_of(person.lower()), zone, perhaps_split)
    return Asked(effect, None, _of_proposal(occasion.tenant, effect, person.lower()), zone)


def answer_for(tenant: Tenant, effect: Effect) -> tuple[str, ...]:
    """Who stands behind the role that the effect's job tells."""
    job = catalogue.jobs().get(effect.job)
    return () if job is None else tenant.people(effect.company_id).get(job.role, ())


def _of_proposal(tenant: Tenant, effect: Effect, person: str) -> Seat | None:
    """The seat of those who answer for the job, and do what it proposes by their word alone."""
    may = effect.mode is Mode.PROPOSE and person in answer_for(tenant, effect)
    return Seat(PROPOSED, catalogue.jobs()[effect.job].role, person) if may else None


def decide(
    fleet: Fleet, effect_id: int, person: str, answer: Answer, reason: str, nonce: str
) -> Asked:
    """Record what a person says, and what follows; how it stands then.

    Raises DecisionRefused, which is audited: not theirs to decide, decided before, or a form used.
    """
    now, person = fleet.clock(), person.lower()
    with fleet.ledger.transaction() as connection:
        effect = effects.get(connection, effect_id, lock=True)
        if effect is None:
            raise DecisionRefused(Text("there is no such effect"))
        asked = question(fleet, connection, effect, person)
        why = _why_not(asked, person)
        if why is None:
            _record(fleet, connection, asked, answer, reason, nonce)
            return question(fleet, connection, _again(connection, effect), person)
        decisions.deny(connection, effect, person, answer.value, why, now)
    raise DecisionRefused(why)


def _again(connection: Connection, effect: Effect) -> Effect:
    found = effects.get(connection, effect.id)
    assert found is not None
    return found


def _why_not(asked: Asked, person: str) -> Text | None:
    if asked.seat is not None:
        return None
    if asked.effect.status is EffectStatus.WITHDRAWN:
        return Text("it is not asked for any more")
    if asked.effect.status not in proposing.OPEN:
        return Text("it is decided already")
    if asked.standing is not None and person in asked.standing.request.parties:
        return Text("you asked for it, prepared it or benefit from it: others decide")
    if asked.standing is not None and any(
        person in decision.seat.persons
        for decision in asked.standing.decisions
        if decision.answer is Answer.APPROVED
    ):
        return Text("you have agreed already: one person fills one level")
    return Text("it is not yours to decide, or not yet")


def _record(
    fleet: Fleet, connection: Connection, asked: Asked, answer: Answer, reason: str, nonce: str
) -> None:
    effect, seat, standing = asked.effect, asked.seat, asked.standing
    assert seat is not None
    now = fleet.clock()
    found = decisions.record(
        connection,
        effect,
        seat,
        answer,
        now,
        matrix=(effect.matrix, standing.matrix.version) if standing else ("", ""),
        rule=standing.verdict.rule if standing else "",
        verdict=standing.verdict.why if standing else BY_ITS_ROLE,
        reason=reason,
        nonce=nonce,
        perhaps_split=asked.perhaps_split,
    )
    if found is None:
        raise DecisionRefused(Text("this form was sent before"))
    occasion = occasion_for(fleet, connection, effect.place, None, effect.trace_id)
    after = proposing.standing(connection, occasion, effect)
    if answer is Answer.REFUSED:
        effects.release(connection, effect, now, EffectStatus.DECLINED, seat.person)
    elif answer is Answer.APPROVED and (after is None or after.state is State.APPROVED):
        effects.release(connection, effect, now, EffectStatus.READY, seat.person)
    telling.tell(connection, occasion, effect, seat, answer, reason)
    if after is not None:
        telling.ask(connection, occasion, effect, after)
