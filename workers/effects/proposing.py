"""What becomes of a proposal: told, proposed, put to the matrix, or done; by its kind's mode."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.reader import Reader
from tasks.domain.deciding import Answer, Circle, Seat, StandIn, Standing, State
from tasks.domain.matrix import Level, Matrix, Request, verdict
from tasks.domain.proposals import Mode, Proposal, Proposed
from tasks.domain.texts import Text
from workers.config.effect_kinds import kinds
from workers.config.tenants import Tenant
from workers.effects import splitting, telling
from workers.effects.patience import hours_had
from workers.language.language import language
from workers.ledger import decisions, effects
from workers.ledger.database import Connection
from workers.ledger.decisions import Decided
from workers.ledger.effects import Effect, NewEffect
from workers.ledger.statuses import EffectStatus
from workers.messages.occasion import Occasion, UnknownPlace, occasion_for
from workers.wiring import Fleet

log = structlog.get_logger()
# By what is withdrawn that was proposed under another mode.
MODE_CHANGED: Final = "mode"
# The seat of what a matrix lets pass at once.
AT_ONCE: Final = "own_authority"
# What waits for people.
OPEN: Final = (EffectStatus.PROPOSED, EffectStatus.WAITING)
MOST_WAITING: Final = 10_000
NOBODY_LEFT: Final = Text("nobody is left who may decide it")
TIME_IS_OVER: Final = Text("all who may decide it have had their time, and nobody has decided")


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
    # What stands in Odoo is in the company's language.
    said = language(tenant.language("", place.company_id))
    given = {n: said.say(v) if isinstance(v, Text) else v for n, v in proposal.values.items()}
    values = kind.values.model_validate(given)
    is_decided = mode is Mode.APPROVE and not proposal.at_once
    name, matrix = tenant.matrix_of(proposal.kind) if is_decided else ("", None)
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
        EffectStatus.READY if proposal.at_once else _first_status(mode),
        proposal.request or Request(proposal.kind, now.date()),
        name,
        matrix.version if matrix else "",
        occasion.run_id,
        occasion.trace_id,
    )
    found = effects.propose(connection, new, now)
    if found is None and _withdrawn(connection, tenant, new, now):
        found = effects.propose(connection, new, now)
    if found is None:
        effects.renew(connection, new)
    if found is not None and matrix is not None:
        _put_to(connection, occasion, matrix, found)
    return found


def _withdrawn(connection: Connection, tenant: Tenant, new: NewEffect, now: datetime) -> bool:
    """Whether the same was open under another mode than that of now, and is not any more."""
    found = effects.same(connection, new)
    is_old = found is not None and found.status in OPEN and not is_of_now(tenant, found)
    if found is not None and is_old:
        effects.withdraw(connection, found, now, MODE_CHANGED)
    return is_old


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
    for split in splitting.suspected(connection, occasion.tenant, effect):
        effects.note_split(connection, effect, occasion.now, split)
    if here.verdict.levels:
        telling.ask(connection, occasion, effect, here)
        if here.state is State.STUCK:
            telling.stuck(connection, occasion, effect, NOBODY_LEFT)
        return
    _pass(connection, occasion, effect, here)


def _pass(connection: Connection, occasion: Occasion, effect: Effect, here: Standing) -> None:
    """Release what is within its requester's own authority, and record that."""
    decisions.record(
        connection,
        effect,
        Seat(AT_ONCE, AT_ONCE, here.request.requester),
        Answer.APPROVED,
        occasion.now,
        matrix=(effect.matrix, here.matrix.version),
        rule=here.verdict.rule,
        verdict=here.verdict.why,
        reason="",
        nonce=f"{AT_ONCE} {effect.id}",
        perhaps_split=splitting.told(connection, occasion.tenant, effect),
    )
    effects.release(connection, effect, occasion.now, EffectStatus.READY, here.verdict.rule)


def is_of_now(tenant: Tenant, effect: Effect) -> bool:
    """Whether the mode that an effect was proposed under is that of its kind now."""
    return effect.mode is tenant.mode(effect.kind, effect.company_id)


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
    made = decisions.standing(connection, effect)
    here = Standing(
        matrix,
        request,
        verdict(matrix, request, tenant.people(effect.company_id, request.held)),
        tuple(each.decision for each in made),
        circle(tenant, effect.company_id, request),
        now.astimezone(occasion.scope.zone).date(),
    )
    if here.level is None:
        return here
    return replace(here, overdue=frozenset(effect.silent))


def anybody_waits(fleet: Fleet) -> bool:
    """Whether there is anything that people are to decide."""
    with fleet.ledger.reading() as connection:
        return bool(effects.find(connection, [EffectStatus.WAITING], limit=1))


def remind(fleet: Fleet) -> None:
    """Ask those who may decide by now: who came back, and who decides where time is over.

    Where nobody is left who may, or the highest level has had its time, the job's role is told.
    What needs nobody's agreement any more, by the matrix of now, is released. What was proposed
    under another mode than that of now is withdrawn: its job proposes it anew if it still does.
    """
    with fleet.ledger.reading() as connection:
        waiting = effects.find(connection, [EffectStatus.WAITING], limit=MOST_WAITING)
    for effect in reversed(waiting):
        with suppress(UnknownPlace):
            _remind(fleet, effect)


def _remind(fleet: Fleet, effect: Effect) -> None:
    silent = _silent(fleet, effect)
    with fleet.ledger.transaction() as connection:
        held = effects.get(connection, effect.id, lock=True)
        if held is None or held.status is not EffectStatus.WAITING:
            return
        occasion = occasion_for(fleet, connection, held.place, None, held.trace_id)
        if not is_of_now(occasion.tenant, held):
            effects.withdraw(connection, held, occasion.now, MODE_CHANGED)
            return
        if silent is not None:
            effects.note_silent(connection, held, silent.name, occasion.now)
            held = replace(held, silent={**held.silent, silent.name: occasion.now.isoformat()})
        here = standing(connection, occasion, held)
        if here is None:
            return
        if here.state is State.WAITING:
            telling.ask(connection, occasion, held, here)
        if here.state is State.APPROVED and not here.verdict.levels:
            _pass(connection, occasion, held, here)
        elif here.state is State.APPROVED:
            rule = here.verdict.rule
            effects.release(connection, held, occasion.now, EffectStatus.READY, rule)
        elif here.state is State.STUCK:
            telling.stuck(connection, occasion, held, NOBODY_LEFT)
        elif here.state is State.WAITING and here.timed is None:
            telling.stuck(connection, occasion, held, TIME_IS_OVER)


def _silent(fleet: Fleet, effect: Effect) -> Level | None:
    """The level that has had its time by now, by the working hours of its people."""
    with fleet.ledger.reading() as connection:
        occasion = occasion_for(fleet, connection, effect.place, None, effect.trace_id)
        here = standing(connection, occasion, effect)
        made = decisions.standing(connection, effect)
    level = here.timed if here is not None and here.state is State.WAITING else None
    if here is None or level is None:
        return None
    since, now = _since(here, made, effect), occasion.now
    if now - since < timedelta(hours=level.hours):
        return None
    odoo = Reader(fleet.session(occasion.tenant), effect.company_id)
    zone, off = occasion.scope.zone, occasion.tenant.settings.mail.quiet_days
    asked = {seat.person: _asked_since(here, seat, since, zone) for seat in here.seats_at(level)}
    try:
        had = hours_had(odoo, asked, now, zone, off)
    except OdooUnavailable as error:
        log.warning("effect.calendars_unknown", effect=effect.id, message=str(error))
        return None
    return level if had >= level.hours else None


def _since(here: Standing, made: Sequence[Decided], effect: Effect) -> datetime:
    """When the time of the level began: when those below had agreed, or had had theirs."""
    level = here.timed or here.matrix.levels[-1]
    below = [each.name for each in here.matrix.levels[: here.matrix.height(level.name)]]
    agreed = [e.at for e in made if e.answer is Answer.APPROVED and e.level in below]
    over = [datetime.fromisoformat(at) for name, at in effect.silent.items() if name in below]
    return max([effect.created_at, *agreed, *over])


def _asked_since(here: Standing, seat: Seat, since: datetime, zone: ZoneInfo) -> datetime:
    """When somebody was asked; who stands in for another, on the first day of that."""
    days = [
        each.first
        for each in here.circle.stand_ins
        if (each.by, each.person) == (seat.person, seat.instead_of) and each.first is not None
    ]
    return max([since, *(datetime.combine(day, time(), zone) for day in days)])


def withdraw(connection: Connection, occasion: Occasion, proposed: Proposed) -> None:
    """Have nobody decide any more what its job proposed before."""
    place = occasion.place
    found = effects.find(
        connection,
        OPEN,
        **place.columns,
        kind=proposed.kind,
        model=proposed.model,
        record_id=proposed.record_id,
        identity=proposed.identity,
    )
    for effect in found:
        effects.withdraw(connection, effect, occasion.now, place.job)


def circle(tenant: Tenant, company_id: int, request: Request) -> Circle:
    """Who holds each role in a company for a request, and who stands in for whom."""
    away = (
        StandIn(each.person.lower(), each.by.lower(), each.since, each.until)
        for each in tenant.settings.stand_ins
    )
    return Circle(tenant.people(company_id, request.held), tuple(away))
