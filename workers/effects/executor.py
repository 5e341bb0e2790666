"""Does one effect: claims it, looks where it may have been done, writes, reads back, settles.

EffectUnknown comes of an answer that was lost: the effect is looked for in Odoo before it is
written again. EffectRefused is told to who proposed it, and tried again by a person alone; of
EffectOutdated nobody is told, for the job looks anew.

What a message tells in Odoo is an effect, too, which whoever delivers the message does at once: it
was checked just now, waits as its message does, and its failure is its message's. Where that was
lost on the way, the queue of effects finds out what became of it, and writes nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import timedelta
from typing import Final

import structlog
from pydantic import ValidationError

from odoo_gateway.errors import (
    FleetError,
    OdooError,
    OdooLoginRefused,
    OdooOutdated,
    OdooUnavailable,
)
from tasks.domain.proposals import Mode
from workers import outages
from workers.config.effect_kinds import EffectKind, Result, Write, kinds
from workers.effects import telling
from workers.errors import INTERRUPTIONS, EffectOutdated, EffectRefused, EffectUnknown
from workers.holding import holding, lease
from workers.ledger import counters, effects
from workers.ledger.database import Connection
from workers.ledger.effects import Effect, NewEffect
from workers.ledger.errors import LeaseLost
from workers.ledger.statuses import EffectStatus
from workers.messages.occasion import UnknownPlace, occasion_for
from workers.tracing import traced
from workers.wiring import Fleet

log = structlog.get_logger()
# For how long one is worth trying again while Odoo is away; then it waits for a person.
USEFUL: Final = timedelta(days=7)
# May have been done: looked for before it is written.
PERHAPS_DONE: Final = (EffectStatus.WRITING, EffectStatus.UNKNOWN)


def execute_next(fleet: Fleet) -> bool:
    """Do one effect whose time has come; whether there was one."""
    environment = fleet.settings.environment
    with fleet.ledger.transaction() as connection:
        effect = effects.claim(
            connection,
            fleet.clock(),
            lease(fleet, environment.run_lease_seconds),
            environment.run_attempts,
        )
    if effect is None:
        return False
    with _held(fleet, effect):
        try:
            _execute(fleet, effect)
        except LeaseLost as error:
            log.warning("effect.taken_over", message=str(error))
    return True


def carry_out(fleet: Fleet, new: NewEffect, about_to_write: Callable[[], None]) -> None:
    """Do what a message tells, here and now; nothing where it was done before.

    It is always looked for first: whoever delivered the message before may have been of a version
    that noted nothing here. about_to_write: called right before the first byte that may have an
    effect. Raises EffectRefused, EffectUnknown, OdooUnavailable or OdooLoginRefused where nothing
    was written, or LeaseLost where another worker is at it.
    """
    length = lease(fleet, fleet.settings.environment.run_lease_seconds)
    with fleet.ledger.transaction() as connection:
        effect = effects.take(connection, new, fleet.clock(), length)
    if effect.status in (EffectStatus.DONE, EffectStatus.UNDONE):
        return
    with _held(fleet, effect):
        try:
            _do(fleet, effect, about_to_write, look=True)
        except (LeaseLost, *INTERRUPTIONS):
            raise
        except FleetError as error:
            _give_back(fleet, effect, error)
            raise
        except Exception as error:
            log.exception("effect.failed")
            unknown = EffectUnknown(f"{type(error).__name__}: {error}")
            _give_back(fleet, effect, unknown)
            raise unknown from error


def _held(fleet: Fleet, effect: Effect) -> AbstractContextManager[object]:
    """Hold what was claimed while it is done, and name it in the log."""
    with ExitStack() as stack:
        stack.enter_context(
            traced(effect.trace_id, effect=effect.id, kind=effect.kind, tenant=effect.tenant)
        )
        stack.enter_context(
            holding(
                fleet,
                fleet.settings.environment.run_lease_seconds,
                lambda connection, now, length: effects.hold(connection, effect, now, length),
            )
        )
        return stack.pop_all()


def waits(fleet: Fleet) -> bool:
    """Whether there is an effect whose time has come."""
    with fleet.ledger.reading() as connection:
        return effects.is_due(connection, fleet.clock())


def _execute(fleet: Fleet, effect: Effect) -> None:
    try:
        if effect.message_id is not None:
            _look_up(fleet, effect)
        else:
            _do(fleet, effect, look=effect.status in PERHAPS_DONE)
    except (LeaseLost, *INTERRUPTIONS):
        raise
    except EffectOutdated as error:
        log.info("effect.outdated", message=str(error))
        with fleet.ledger.transaction() as connection:
            effects.outdated(connection, effect, fleet.clock(), str(error))
            counters.add(connection, fleet.take_calls())
    except EffectRefused as error:
        log.warning("effect.refused", message=str(error))
        with fleet.ledger.transaction() as connection:
            _park(fleet, connection, effect, error)
            counters.add(connection, fleet.take_calls())
    except FleetError as error:
        _put_back(fleet, effect, error)
    except Exception as error:
        log.exception("effect.failed")
        # Whatever it was, nobody knows what Odoo did.
        _put_back(fleet, effect, EffectUnknown(f"{type(error).__name__}: {error}"), ours=True)


def _do(
    fleet: Fleet,
    effect: Effect,
    about_to_write: Callable[[], None] = lambda: None,
    *,
    look: bool,
) -> None:
    """Write it, unless it is found where `look` asks for that, and settle it as done."""
    kind, write = _write_of(fleet, effect)
    found = _found(kind, write) if look else None
    if found is not None:
        _settle_done(fleet, effect, found, "found")
        return
    _check_mode(fleet, effect)
    about_to_write()
    with fleet.ledger.transaction() as connection:
        environment = fleet.settings.environment
        length = lease(fleet, environment.run_lease_seconds)
        effects.mark_writing(connection, effect, fleet.clock(), length)
    result = _written(kind, write)
    _settle_done(fleet, effect, result, "written")


def _check_mode(fleet: Fleet, effect: Effect) -> None:
    """Raises EffectRefused for what a job proposed, where its kind is off by now."""
    mode = fleet.settings.tenant(effect.tenant).mode(effect.kind, effect.company_id)
    if effect.request is not None and mode is Mode.OFF:
        raise EffectRefused(f"{effect.kind} is off in the configuration by now")


def _look_up(fleet: Fleet, effect: Effect) -> None:
    """Find out whether it was written, where its message was lost on the way."""
    kind, write = _write_of(fleet, effect)
    found = _found(kind, write)
    if found is not None:
        _settle_done(fleet, effect, found, "found")
        return
    absent = EffectRefused("it is not in Odoo; if its message still stands, that has it written")
    with fleet.ledger.transaction() as connection:
        effects.let_go(connection, effect, fleet.clock(), absent)
        counters.add(connection, fleet.take_calls())


def _give_back(fleet: Fleet, effect: Effect, error: FleetError) -> None:
    """Note how it failed: what was perhaps written is looked for, all else is its message's."""
    now = fleet.clock()
    perhaps = isinstance(error, EffectUnknown) or (
        effect.status in PERHAPS_DONE and not isinstance(error, EffectRefused)
    )
    with fleet.ledger.transaction() as connection:
        if perhaps:
            environment = fleet.settings.environment
            at = now + outages.own_pause(environment, effect.since, now, effect.trace_id)
            effects.later(connection, effect, now, at, error, unknown=True, costs=False)
        else:
            effects.let_go(connection, effect, now, error)


def _write_of(fleet: Fleet, effect: Effect) -> tuple[EffectKind, Write]:
    kind = kinds().get(effect.kind)
    if kind is None:
        raise EffectRefused(f"there is no kind {effect.kind} in this version: deploy one that has")
    tenant = fleet.settings.tenants.get(effect.tenant)
    if tenant is None:
        raise EffectRefused(f"the tenant {effect.tenant!r} is not configured any more")
    try:
        values = kind.values.model_validate(effect.values)
    except ValidationError as error:
        raise EffectRefused(f"its values do not fit {effect.kind}: {error}") from error
    write = Write(
        fleet.session(tenant),
        effect.tenant,
        effect.company_id,
        effect.model,
        effect.record_id,
        effect.identity,
        values,
        effect.created_at,
    )
    return kind, write


def _found(kind: EffectKind, write: Write) -> Result | None:
    """What stands in Odoo. Raises EffectRefused, OdooUnavailable or OdooLoginRefused."""
    try:
        return kind.find(write)
    except (OdooUnavailable, OdooLoginRefused):
        raise
    except OdooError as error:
        raise EffectRefused(str(error)) from error


def _written(kind: EffectKind, write: Write) -> Result:
    """Write, then read back: what looks like success may be nothing at all.

    Raises EffectRefused, EffectOutdated, EffectUnknown where an answer was lost, or
    OdooLoginRefused.
    """
    try:
        result = kind.apply(write)
        found = kind.find(write)
    except OdooLoginRefused:
        raise
    except OdooUnavailable as error:
        raise EffectUnknown(str(error)) from error
    except OdooOutdated as error:
        raise EffectOutdated(str(error)) from error
    except OdooError as error:
        raise EffectRefused(str(error)) from error
    if found is None:
        raise EffectRefused("Odoo took it, and shows nothing of it: see what the fleet's user may")
    return result


def _settle_done(fleet: Fleet, effect: Effect, result: Result, how: str) -> None:
    with fleet.ledger.transaction() as connection:
        effects.done(connection, effect, fleet.clock(), result, how)
        counters.add(connection, fleet.take_calls())
    log.info("effect.done", how=how)


def _put_back(fleet: Fleet, effect: Effect, error: FleetError, *, ours: bool = False) -> None:
    """Have it tried again, or park it when that has gone on for too long.

    ours: the fault may be; what is away costs no attempt.
    """
    now, environment = fleet.clock(), fleet.settings.environment
    unknown = isinstance(error, EffectUnknown) or effect.status in PERHAPS_DONE
    with fleet.ledger.transaction() as connection:
        if now - effect.since >= USEFUL:
            _park(fleet, connection, effect, error)
        else:
            at = now + outages.own_pause(environment, effect.since, now, effect.trace_id)
            effects.later(connection, effect, now, at, error, unknown=unknown, costs=ours)
        counters.add(connection, fleet.take_calls())
    log.warning("effect.waits", error=type(error).__name__, message=str(error))


def _park(fleet: Fleet, connection: Connection, effect: Effect, error: FleetError) -> None:
    """Leave it to a person, and tell who proposed it."""
    name, now = type(error).__name__, fleet.clock()
    effects.refused(connection, effect, now, name, str(error))
    with suppress(UnknownPlace):
        occasion = occasion_for(fleet, connection, effect.place, None, effect.trace_id)
        telling.parked(connection, occasion, effect, str(error))


def undo(fleet: Fleet, effect_id: int, by: str) -> Effect:
    """Take back what was done, once. Raises EffectRefused where that cannot be, OdooError."""
    length = lease(fleet, fleet.settings.environment.run_lease_seconds)
    with fleet.ledger.transaction() as connection:
        effect = effects.get(connection, effect_id, lock=True)
        if effect is None:
            raise EffectRefused(f"there is no effect {effect_id}")
        if effect.status is not EffectStatus.DONE:
            raise EffectRefused(
                f"effect-{effect_id} is {effect.status}: only what is done is undone"
            )
        kind, write = _write_of(fleet, effect)
        if kind.undo is None:
            raise EffectRefused(f"{kind.name} is undone by a person, in Odoo")
        taken = effects.take_back(connection, effect, fleet.clock(), length)
    if taken is None:
        raise EffectRefused(f"effect-{effect_id} is being undone by somebody else")
    with _held(fleet, taken):
        try:
            kind.undo(write, taken.result or {})
        except FleetError:
            with fleet.ledger.transaction() as connection:
                effects.stays(connection, taken)
            raise
        with fleet.ledger.transaction() as connection:
            effects.undone(connection, taken, fleet.clock(), by)
    return taken
