"""`fleet effects`: what was proposed, waits, was done or failed, and what to do with it."""

import logging
from typing import Annotated, Any

import typer

from odoo_gateway.errors import ConfigurationError
from tasks.domain.proposals import Mode
from workers.commands import opening, options, rows
from workers.commands.console import say, show
from workers.commands.options import Json, Newest, OfCompany, OfJob, OfTenant, Who
from workers.commands.rows import Row
from workers.commands.verbs import Verb
from workers.effects import executor
from workers.ledger import effects
from workers.ledger.database import Connection
from workers.ledger.effects import Effect
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

cli = typer.Typer(help="What the fleet would change in Odoo, waits to, and did.")
Name = Annotated[str, typer.Argument(help="Such as effect-3.")]


@cli.command(name="list", cls=Verb, epilog="fleet effects list --status waiting")
def list_(
    status: Annotated[
        list[EffectStatus] | None, typer.Option(help="Such as proposed; may be repeated.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Such as follow_up.")] = None,
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    limit: Newest = 50,
    as_json: Json = False,
) -> None:
    """List the effects, newest first: what each would change, how it stands and why."""
    fleet = opening.fleet(logging.WARNING)
    with fleet.ledger.reading() as connection:
        found = effects.find(
            connection, status or (), limit, kind=kind, tenant=tenant, company_id=company, job=job
        )
    show([row(effect) for effect in found], as_json, "Effects")


@cli.command(name="run", cls=Verb, epilog="fleet effects run effect-3")
def run(
    name: Name,
    who: Who = "",
    dry_run: Annotated[bool, typer.Option(help="Say what it would do; write nothing.")] = False,
) -> None:
    """Have an effect done that was proposed or failed; what a matrix decides stays its own."""
    fleet = opening.fleet(logging.WARNING)
    number, by = number_of(name), options.who(who)
    with fleet.ledger.transaction() as connection:
        effect = _known(connection, number)
        if effect.status not in (EffectStatus.PROPOSED, EffectStatus.PARKED):
            raise ConfigurationError(
                f"{name} is {effect.status.value}: only what is proposed or parked is run by hand"
            )
        _check_mode(fleet, effect)
        if dry_run:
            say(f"would do, in {effect.model} {effect.record_id}: {effect.preview}")
            return
        now = fleet.clock()
        if effect.status is EffectStatus.PARKED:
            effects.again(connection, effect, now, by)
        else:
            effects.release(connection, effect, now, EffectStatus.READY, by)
    _show(fleet, number)


@cli.command(name="undo", cls=Verb, epilog="fleet effects undo effect-3")
def undo(name: Name, who: Who = "") -> None:
    """Take back what was done, where its kind can."""
    fleet = opening.fleet(logging.WARNING)
    executor.undo(fleet, number_of(name), options.who(who))
    _show(fleet, number_of(name))


def row(effect: Effect) -> Row:
    """An effect as lists show it."""
    told: dict[str, Any] = {
        "effect": f"effect-{effect.id}",
        "kind": effect.kind,
        "status": effect.status.value,
        "since": rows.instant(effect.since),
        "about": f"{effect.model},{effect.record_id}",
        "what": effect.preview,
        "why": effect.why,
        "mode": effect.mode.value,
        "matrix": effect.matrix,
        "error": effect.error or "",
        "attempts": effect.attempts,
    }
    return {**rows.of(effect.place), **told}


def number_of(name: str) -> int:
    """The number in an effect's name. Raises ConfigurationError."""
    _, number = options.number_in(name, "effect", listed_by="fleet effects")
    return number


def _check_mode(fleet: Fleet, effect: Effect) -> None:
    """Raises ConfigurationError for what people are to agree to by now, and were never asked."""
    tenant = fleet.settings.tenant(effect.tenant)
    now = tenant.mode(effect.kind, effect.company_id)
    if now is Mode.APPROVE and effect.mode is not now:
        raise ConfigurationError(
            f"effect-{effect.id} came under the mode {effect.mode.value}, and people must agree to "
            f"{effect.kind} by now: its job asks them at its next run where it is proposed; what "
            "is parked is done in Odoo, or under its mode before"
        )


def _known(connection: Connection, number: int) -> Effect:
    found = effects.get(connection, number, lock=True)
    if found is None:
        raise ConfigurationError(f"there is no effect-{number}")
    return found


def _show(fleet: Fleet, number: int) -> None:
    with fleet.ledger.reading() as connection:
        found = effects.get(connection, number)
    assert found is not None
    show([row(found)], False, "Effects")
