"""`fleet matrix`: what is wrong with the approval matrices, and what they make of requests."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from tasks.domain.deciding import Answer
from tasks.domain.matrix import FIELDS, Verdict, verdict
from tasks.domain.matrix_faults import faults
from tasks.domain.splitting import splits
from workers.commands import exits, opening
from workers.commands.console import show
from workers.commands.exits import ExitCode
from workers.commands.options import Json, OfTenant
from workers.commands.verbs import Verb
from workers.config.tenants import Tenant
from workers.effects import proposing, splitting
from workers.ledger import decisions, effects
from workers.ledger.effects import Effect
from workers.wiring import Fleet

Row = Mapping[str, Any]
# More than a firm asks for in years.
MOST: Final = 100_000
# Whoever a field of a record names: somebody else for each of them.
SOMEBODY: Final = {field: (field,) for field in FIELDS}
cli = typer.Typer(help="The approval matrices: what is wrong with them, and what they decided.")
OfMatrix = Annotated[str | None, typer.Argument(help="All matrices if left out.")]


@cli.command(cls=Verb, epilog="fleet matrix check")
def check(name: OfMatrix = None, tenant: OfTenant = None, as_json: Json = False) -> None:
    """Tell gaps, overlaps, rules that nothing reaches, roles that nobody holds, and clashes.

    Exit code 4 where requests would come to nobody who may decide them as the rules say.
    """
    fleet = opening.fleet(logging.WARNING)
    found = [
        {
            "tenant": each.name,
            "matrix": called,
            "fault": fault.kind.value,
            "of": fault.of,
            "what": fault.what,
            "safe": fault.kind.is_safe,
        }
        for each, called in named(fleet, tenant, name)
        for fault in faults(each.settings.matrices[called], each.people(0, SOMEBODY))
    ]
    show(found, as_json, "Faults")
    sound = all(row["safe"] for row in found)
    raise typer.Exit(_ending(fleet, tenant) if sound else ExitCode.SOME_FAILED)


@cli.command(cls=Verb, epilog="fleet matrix replay")
def replay(name: OfMatrix = None, tenant: OfTenant = None, as_json: Json = False) -> None:
    """Show how the matrices as configured would decide what was decided: what differs is marked.

    To try another matrix, have FLEET_CONFIG name an edited copy of the configuration. Writes
    nothing.
    """
    fleet = opening.fleet(logging.WARNING)
    found: list[Row] = []
    for each, called in named(fleet, tenant, name):
        for effect in _asked_of(fleet, each, called):
            request = effect.request
            assert request is not None
            people = each.people(effect.company_id, request.held)
            now = verdict(each.settings.matrices[called], request, people)
            found.append({**_replayed(fleet, effect, now), "matrix": called})
    show(found, as_json, "Replayed")
    raise typer.Exit(_ending(fleet, tenant))


@cli.command(name="splits", cls=Verb, epilog="fleet matrix splits")
def splits_(name: OfMatrix = None, tenant: OfTenant = None, as_json: Json = False) -> None:
    """List requests within 30 days that would have needed a higher level as one."""
    fleet = opening.fleet(logging.WARNING)
    found = [
        {
            "tenant": each.name,
            "matrix": called,
            "requester": split.requester,
            "contract": split.contract,
            "effects": ", ".join(f"effect-{number}" for number in split.ids),
            "first": str(split.first),
            "last": str(split.last),
            "amount": f"{split.amount:f}",
            "currency": split.currency,
            "together": ", ".join(level.name for level in split.together.levels),
        }
        for each, called in named(fleet, tenant, name)
        for split in splits(
            each.settings.matrices[called],
            splitting.asked(_asked_of(fleet, each, called)),
            each.people(0),
        )
    ]
    show(found, as_json, "Splits")
    raise typer.Exit(_ending(fleet, tenant))


def _ending(fleet: Fleet, tenant: str | None) -> ExitCode:
    """Matrices of a tenant that is left out were not looked at."""
    return exits.whole(fleet) if tenant is None else ExitCode.DONE


def named(fleet: Fleet, tenant: str | None, matrix: str | None) -> Sequence[tuple[Tenant, str]]:
    """The matrices of a name, or all, of a tenant or all. Raises ConfigurationError for none."""
    tenants = [fleet.settings.tenant(tenant)] if tenant else list(fleet.settings.tenants.values())
    found = [
        (each, name)
        for each in tenants
        for name in each.settings.matrices
        if matrix in (None, name)
    ]
    if matrix and not found:
        known = sorted({name for each in tenants for name in each.settings.matrices})
        there_are = ", ".join(known) or "none at all"
        raise ConfigurationError(f"no matrix {quoted(matrix)}; there are: {there_are}")
    return found


def _asked_of(fleet: Fleet, tenant: Tenant, matrix: str) -> Iterator[Effect]:
    """What was put to a matrix of a tenant, or is about what this one is about."""
    with fleet.ledger.reading() as connection:
        found = effects.find(connection, limit=MOST, tenant=tenant.name)
    for effect in found:
        about = effect.kind in tenant.settings.matrices[matrix].about
        if effect.request is not None and effect.matrix and about:
            yield effect


def _replayed(fleet: Fleet, effect: Effect, now: Verdict) -> Row:
    with fleet.ledger.reading() as connection:
        made = decisions.about(connection, effect.id)
    agreed = [each.level for each in made if each.answer is Answer.APPROVED]
    levels = [level.name for level in now.levels]
    before = [level for level in agreed if level != proposing.AT_ONCE]
    request = effect.request
    return {
        "effect": f"effect-{effect.id}",
        "status": effect.status.value,
        "amount": "" if request is None or request.amount is None else f"{request.amount:f}",
        "currency": (request and request.currency) or "",
        "rule_then": made[-1].rule if made else "",
        "agreed_then": ", ".join(before),
        "rule_now": now.rule,
        "levels_now": ", ".join(levels),
        "differs": bool(made) and before != levels,
    }
