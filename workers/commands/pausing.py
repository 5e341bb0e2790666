"""`fleet pause` and `fleet resume`: what the fleet leaves alone for a while, and who said so."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from workers import instants
from workers.commands import by_hand, opening, options
from workers.commands.console import say, show
from workers.commands.options import InZone, Json, OfCompany, OfJob, OfTenant, Reason, Who
from workers.commands.verbs import Verb
from workers.ledger import pauses, scopes
from workers.ledger.pauses import Pause
from workers.ledger.places import EVERY_PLACE, Places
from workers.wiring import Fleet

# What is left alone for longer was forgotten.
LONGEST_PAUSE: Final = timedelta(days=366)
cli = typer.Typer()


@cli.command(
    cls=Verb,
    epilog='fleet pause --job JOB --tenant acme --for 3d --reason "month end, finance asked"',
)
def pause(
    job: OfJob = None,
    tenant: OfTenant = None,
    company: OfCompany = None,
    reason: Reason = "",
    until: Annotated[
        datetime | None,
        options.day(
            "--until",
            "When it ends, in UTC unless it ends with an offset such as +01:00.",
            datetime.fromisoformat,
            "2026-12-01 or 2026-11-30T13:00:00Z",
            "YYYY-MM-DD[THH:MM]",
        ),
    ] = None,
    length: Annotated[
        str | None, typer.Option("--for", help="How long it lasts, such as 90m, 12h or 3d.")
    ] = None,
    who: Who = "",
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Leave a job, tenant, company or their combination alone for a while.

    No run of it begins and no mail of it goes out, but for what ops are told; what is going on
    ends. It ends by itself: then its mails go out if they still stand, and slots that passed are
    caught up with, as those that the fleet missed. Pausing the same again changes reason and end.
    """
    fleet = opening.fleet(logging.WARNING)
    fleet.ledger.check()
    if until is not None and length is not None:
        raise ConfigurationError("fleet pause: give --until or --for, not both")
    over = until and until.replace(tzinfo=until.tzinfo or UTC)
    if length is not None:
        over = fleet.clock() + options.span("--for", length, LONGEST_PAUSE)
    what = Places(job, tenant, company)
    begun, replaced = begin(fleet, what, over, reason, options.who(who))
    before = [f"pause-{each.id} (until {instants.written(each.until)})" for each in replaced]
    if as_json:
        rows = [{**row, "replaces": before} for row in listed([begun])]
        show(rows, as_json, "Paused")
        return
    show(listed([begun]), as_json, "Paused")
    for each in before:
        say(f"replaces {each}")


@cli.command(cls=Verb, epilog="fleet resume --job JOB --tenant acme")
def resume(
    names: Annotated[list[str] | None, typer.Argument(help="Such as pause-3.")] = None,
    job: OfJob = None,
    tenant: OfTenant = None,
    company: OfCompany = None,
    reason: Reason = "",
    who: Who = "",
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """End a pause before its time, by its name or by exactly what it pauses."""
    fleet = opening.fleet(logging.WARNING)
    fleet.ledger.check()
    what = Places(job, tenant, company)
    if bool(names) == (what != EVERY_PLACE):
        raise ConfigurationError("fleet resume: name pauses, or what is paused: see --help")
    ended = end(fleet, names or (), what, options.who(who), reason or "resumed")
    show(listed(ended), as_json, "Resumed")


def begin(
    fleet: Fleet, what: Places, until: datetime | None, reason: str, person: str
) -> tuple[Pause, Sequence[Pause]]:
    """Pause it until an instant ahead, within a year; with the pauses of the same that it replaces.

    Raises ConfigurationError for what there is none of, and without such an end or a reason.
    """
    now = fleet.clock()
    what = _checked(fleet, what)
    if not reason.strip():
        raise ConfigurationError("fleet pause: say why with --reason; status and audit show it")
    if until is None:
        raise ConfigurationError("fleet pause: say when it ends, --for 3d or --until 2026-12-01")
    if until <= now:
        raise ConfigurationError(f"fleet pause: {instants.written(until)} is over")
    if until > now + LONGEST_PAUSE:
        raise ConfigurationError(
            f"fleet pause: {until:%Y-%m-%d} is more than {LONGEST_PAUSE.days} days ahead; pause it "
            "for less, and again then, or set disabled_jobs in the configuration"
        )
    with fleet.ledger.transaction() as connection:
        standing = pauses.standing(connection, now)
        replaced = [each for each in standing if each.places == what]
        return pauses.begin(connection, what, reason, person, now, until), replaced


def end(
    fleet: Fleet, names: Sequence[str], what: Places, person: str, reason: str
) -> Sequence[Pause]:
    """End the pauses of these names, such as pause-3, or the one of exactly that; all or none.

    Raises ConfigurationError when one does not stand.
    """
    now = fleet.clock()
    if not names:
        what = _checked(fleet, what)
    with fleet.ledger.transaction() as connection:
        standing = pauses.standing(connection, now)
        wanted = [_named(standing, name) for name in names] or [_of(standing, what)]
        for each in wanted:
            pauses.end(connection, each.id, now, person, reason)
    return wanted


def standing(fleet: Fleet) -> Sequence[Pause]:
    """The pauses that stand."""
    with fleet.ledger.reading() as connection:
        return pauses.standing(connection, fleet.clock())


def listed(found: Sequence[Pause]) -> Sequence[dict[str, Any]]:
    """Pauses as commands show them."""
    return [
        {
            "name": f"pause-{each.id}",
            "job": each.job,
            "tenant": each.tenant,
            "company": each.company_id,
            "until": instants.written(each.until),
            "reason": each.reason,
            "by": each.person,
            "since": instants.written(each.since),
        }
        for each in found
    ]


def _checked(fleet: Fleet, what: Places) -> Places:
    if what == EVERY_PLACE:
        raise ConfigurationError("fleet pause: name a job, a tenant or a company: see --help")
    if what.job is not None:
        by_hand.job_named(what.job)
    if what.company_id is not None and what.tenant is None:
        what = Places(what.job, by_hand.only_tenant(fleet), what.company_id)
    if what.tenant is not None and what.tenant not in fleet.settings.names:
        raise ConfigurationError(f"--tenant: name one of {', '.join(fleet.settings.names)}")
    if what.tenant is not None and what.company_id is not None:
        with fleet.ledger.reading() as connection:
            known = scopes.of_tenant(connection, what.tenant)
        if what.company_id not in {scope.company_id for scope in known}:
            there = ", ".join(f"{scope.company_id} ({scope.name})" for scope in known)
            raise ConfigurationError(
                f"--company {what.company_id}: tenant {what.tenant} has {there or 'none yet'}"
            )
    return what


def _of(found: Sequence[Pause], what: Places) -> Pause:
    for each in found:
        if each.places == what:
            return each
    names = ", ".join(f"pause-{each.id}" for each in found)
    raise ConfigurationError(
        f"nothing is paused by exactly that; {names or 'nothing'} stands: see `fleet status`"
    )


def _named(found: Sequence[Pause], name: str) -> Pause:
    for each in found:
        if name == f"pause-{each.id}":
            return each
    raise ConfigurationError(f"{quoted(name)}: no such pause stands: see `fleet status`")
