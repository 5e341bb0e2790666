"""What becomes of a proposal: told, proposed, put to the matrix, or done; by its kind's mode."""

from datetime import datetime
from typing import Final

from tasks.domain.deciding import Answer, Circle, Seat, StandIn, Standing
from tasks.domain.matrix import Matrix, Request, Verdict, verdict
from tasks.domain.proposals import Mode, Proposal
from workers.config.effect_kinds import kinds
from workers.config.tenants import Tenant
from workers.ledger import decisions, effects
from workers.ledger.database import Connection
from workers.ledger.effects import Effect, NewEffect
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus

# The seat of what a matrix lets pass at once.
AT_ONCE: Final = "own_authority"


def propose(
    connection: Connection,
    tenant: Tenant,
    place: Place,
    proposal: Proposal,
    now: datetime,
    *,
    run_id: int | None,
    trace_id: str,
) -> int | None:
    """Keep a proposal that its mode does not leave out; its id, None where there is nothing new.

    Raises ValidationError where its values do not fit its kind, KeyError where there is no such
    kind: the job is wrong.
    """
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
        run_id,
        trace_id,
    )
    found = effects.propose(connection, new, now)
    if found is not None and matrix is not None:
        _pass_at_once(connection, tenant, matrix, found, now)
    return found


def _first_status(mode: Mode) -> EffectStatus:
    if mode is Mode.AUTOMATIC:
        return EffectStatus.READY
    return EffectStatus.PROPOSED if mode is Mode.PROPOSE else EffectStatus.WAITING


def _pass_at_once(
    connection: Connection, tenant: Tenant, matrix: Matrix, effect_id: int, now: datetime
) -> None:
    """Release what is within its requester's own authority, and record that it was."""
    effect = effects.get(connection, effect_id, lock=True)
    assert effect is not None
    found = verdict_on(tenant, matrix, effect)
    if not found.levels:
        seat = Seat(AT_ONCE, AT_ONCE, request_of(effect).requester)
        decisions.record(
            connection,
            effect,
            seat,
            Answer.APPROVED,
            now,
            matrix=(effect.matrix, effect.matrix_version),
            rule=found.rule,
            verdict=found.why,
            reason="",
            nonce=f"{AT_ONCE} {effect.id}",
        )
        effects.release(connection, effect, now, EffectStatus.READY, found.rule)


def request_of(effect: Effect) -> Request:
    """What a matrix is asked about it."""
    return effect.request or Request(effect.kind, effect.created_at.date())


def verdict_on(tenant: Tenant, matrix: Matrix, effect: Effect) -> Verdict:
    """The verdict of a matrix on an effect."""
    return verdict(matrix, request_of(effect), tenant.people(effect.company_id))


def standing(
    connection: Connection, tenant: Tenant, effect: Effect, now: datetime
) -> Standing | None:
    """How an effect stands among those who decide it; None where no matrix of the tenant does."""
    _, matrix = tenant.matrix_of(effect.kind)
    if matrix is None or effect.mode is not Mode.APPROVE:
        return None
    made = tuple(each.decision for each in decisions.about(connection, effect.id))
    return Standing(
        matrix,
        request_of(effect),
        verdict_on(tenant, matrix, effect),
        made,
        circle(tenant, effect.company_id),
        now.date(),
    )


def circle(tenant: Tenant, company_id: int) -> Circle:
    """Who holds each role in a company, and who stands in for whom."""
    away = (
        StandIn(each.person.lower(), each.by.lower(), each.since, each.until)
        for each in tenant.settings.stand_ins
    )
    return Circle(tenant.people(company_id), tuple(away))
