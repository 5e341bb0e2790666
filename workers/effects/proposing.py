"""What becomes of a proposal: told, proposed, put to the matrix, or done; by its kind's mode."""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from tasks.domain.deciding import Answer, Circle, Seat, StandIn, Standing, State, office_hours
from tasks.domain.matrix import Matrix, Request, verdict
from tasks.domain.proposals import Mode, Proposal
from workers.config.effect_kinds import kinds
from workers.config.tenants import Tenant
from workers.effects import telling
from workers.ledger import decisions, effects
from workers.ledger.database import Connection
from workers.ledger.effects import Effect, NewEffect
from workers.ledger.statuses import EffectStatus
from workers.messages.occasion import Occasion, UnknownPlace, occasion_for
from workers.wiring import Fleet

# The seat of what a matrix lets pass at once.
AT_ONCE: Final = "own_authority"


def propose(
    connection: Connection,
    occasion: Occasion,
    proposal: Proposal,
) -> int | None:
    """Keep a proposal that its mode does not leave out; its id, None where there is nothing new.

    Raises ValidationError where its values do not fit its kind, KeyError where there is no such
    kind: the job is wrong.
    """
    tenant, place, now = occasion.tenant, occasion.place, occasion.now
    mode = tenant.mode(proposal.kind, place.company_id)
    if mode is Mode.OFF:
        return None
    kind = kinds()[proposal.kind]
    values = kind.values.model_validate(proposal.values)
    name, matrix = tenant.matrix_of(proposal.kind) if mode is Mode.APPROVE else ("", None)
    new = NewEffect(
        place,
        proposal.kind,
        proposal.model,
        proposal.record_id,
        proposal.identity,
        values.model_dump(mode="json"),
        proposal.why,
        kind.preview(values),
        mode,
        _first_status(mode),
        proposal.request or Request(proposal.kind, now.date()),
        name,
        matrix.version if matrix else "",
        occasion.run_id,
        occasion.trace_id,
    )
    found = effects.propose(connection, new, now)
    if found is not None and matrix is not None:
        _put_to(connection, occasion, matrix, found)
    return found


def _first_status(mode: Mode) -> EffectStatus:
    if mode is Mode.AUTOMATIC:
        return EffectStatus.READY
    return EffectStatus.PROPOSED if mode is Mode.PROPOSE else EffectStatus.WAITING


def _put_to(connection: Connection, occasion: Occasion, matrix: Matrix, effect_id: int) -> None:
    """Ask who decides; release what is within its requester's own authority, and record that."""
    effect = effects.get(connection, effect_id, lock=True)
    assert effect is not None
    here = standing(connection, occasion, effect)
    assert here is not None
    if here.verdict.levels:
        telling.ask(connection, occasion, effect, here)
        return
    decisions.record(
        connection,
        effect,
        Seat(AT_ONCE, AT_ONCE, here.request.requester),
        Answer.APPROVED,
        occasion.now,
        matrix=(effect.matrix, matrix.version),
        rule=here.verdict.rule,
        verdict=here.verdict.why,
        reason="",
        nonce=f"{AT_ONCE} {effect.id}",
    )
    effects.release(connection, effect, occasion.now, EffectStatus.READY, here.verdict.rule)


def request_of(effect: Effect) -> Request:
    """What a matrix is asked about it."""
    return effect.request or Request(effect.kind, effect.created_at.date())


def standing(connection: Connection, occasion: Occasion, effect: Effect) -> Standing | None:
    """How an effect stands among those who decide it; None where no matrix of the tenant does."""
    tenant, now = occasion.tenant, occasion.now
    _, matrix = tenant.matrix_of(effect.kind)
    if matrix is None or effect.mode is not Mode.APPROVE:
        return None
    request = request_of(effect)
    made = decisions.about(connection, effect.id)
    here = Standing(
        matrix,
        request,
        verdict(matrix, request, tenant.people(effect.company_id)),
        tuple(each.decision for each in made),
        circle(tenant, effect.company_id),
        now.astimezone(occasion.scope.zone).date(),
    )
    if here.level is None:
        return here
    # A level's time begins when those below it have agreed.
    below = [level.name for level in matrix.levels[: matrix.height(here.level.name)]]
    agreed = (e.at for e in made if e.answer is Answer.APPROVED and e.level in below)
    since = max(agreed, default=effect.created_at)
    waited = office_hours(since, now, occasion.scope.zone, tenant.settings.mail.quiet_days)
    return replace(here, overdue=here.overdue_after(waited))


def remind(fleet: Fleet) -> None:
    """Ask those who may decide by now: who came back, and who decides where time is over."""
    with fleet.ledger.reading() as connection:
        waiting = effects.find(connection, [EffectStatus.WAITING])
    for effect in waiting:
        with fleet.ledger.transaction() as connection, suppress(UnknownPlace):
            occasion = occasion_for(fleet, connection, effect.place, None, effect.trace_id)
            here = standing(connection, occasion, effect)
            if here is not None and here.state is State.WAITING:
                telling.ask(connection, occasion, effect, here)


def circle(tenant: Tenant, company_id: int) -> Circle:
    """Who holds each role in a company, and who stands in for whom."""
    away = (
        StandIn(each.person.lower(), each.by.lower(), each.since, each.until)
        for each in tenant.settings.stand_ins
    )
    return Circle(tenant.people(company_id), tuple(away))
