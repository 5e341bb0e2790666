"""What waits for a person: dead runs and parked messages, to be retried, or seen and dropped."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from odoo_gateway.errors import ConfigurationError
from workers import instants
from workers.commands import opening, options, rows
from workers.commands.console import print_json, table
from workers.commands.options import (
    InZone,
    Json,
    Newest,
    OfCompany,
    OfJob,
    OfPerson,
    OfTenant,
    Reason,
    Since,
    Who,
)
from workers.commands.verbs import Verb
from workers.ledger import lookup, outbox, runs
from workers.ledger.database import Connection
from workers.ledger.lookup import Wanted
from workers.ledger.outbox import Message
from workers.ledger.runs import Run
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.wiring import Fleet

Letter = dict[str, Any]
EVERY: Final = Wanted(limit=None)
cli = typer.Typer()


class Action(StrEnum):
    """What to do with dead letters."""

    LIST = "list"
    RETRY = "retry"
    DROP = "drop"


@cli.command(
    cls=Verb,
    epilog="fleet dead retry --all --class OdooRejected --job JOB --dry-run",
)
def dead(
    action: Annotated[Action, typer.Argument()] = Action.LIST,
    names: Annotated[list[str] | None, typer.Argument(help="Such as run-12 message-7.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that the filters leave.")] = False,
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    person: OfPerson = None,
    error_class: Annotated[
        str | None, typer.Option("--class", help="Given up for this error, like OdooRejected.")
    ] = None,
    since: Since = None,
    older: Annotated[str | None, typer.Option(help="Older than this, such as 12h or 7d.")] = None,
    reason: Reason = "",
    who: Who = "",
    dry_run: Annotated[bool, typer.Option(help="Show what it would be done to; no more.")] = False,
    limit: Newest = 200,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Show what waits for a person, dead runs and parked messages; retry it, or drop it.

    retry: makes it due again, with all its attempts. A reminder parked as Unknown may have arrived:
    retrying it can send it twice. drop: has been seen; a message is never sent, a run waits for
    nobody. A dead run waits for nobody either once a later slot of its job and company has
    succeeded. Metrics, boards and alerts count what this lists.
    """
    fleet = opening.fleet(logging.WARNING)
    most = limit if action is Action.LIST else None
    wanted = options.wanted(
        fleet, tenant, company, job, person, since=since, older=older, limit=most
    )
    filtered = wanted != replace(Wanted(), limit=most) or error_class is not None
    if action is not Action.LIST and (bool(names) == every or (names and filtered)):
        raise ConfigurationError(
            f"fleet dead {action}: name what `fleet dead` lists, or say --all, which filters such "
            f"as --job narrow"
        )
    if action is Action.LIST and (names or every):
        raise ConfigurationError("fleet dead list takes filters only: see --help")
    letters = named(fleet, names) if names else listed(fleet, wanted, error_class)
    chosen = [letter["name"] for letter in letters]
    title = {Action.RETRY: "Retried", Action.DROP: "Dropped"}.get(action, "Dead")
    if action is Action.RETRY and not dry_run:
        retry(fleet, chosen, options.who(who))
    elif action is Action.DROP and not dry_run:
        drop(fleet, chosen, options.who(who), reason)
    if as_json:
        print_json({"schema": 1, "dry_run": dry_run, title.lower(): letters})
        return
    table(letters, f"To be {title.lower()}" if dry_run else title)


def listed(
    fleet: Fleet, wanted: Wanted = EVERY, error_class: str | None = None
) -> Sequence[Letter]:
    """Each with its name, such as run-12 or message-7, and why it was given up; newest first.

    wanted: a person is the reader of a message, and of no run. error_class: as errors begin.
    """
    with fleet.ledger.reading() as connection:
        return _found(connection, wanted, error_class)


def retry(fleet: Fleet, names: Sequence[str], who: str) -> Sequence[Letter]:
    """Make them due now, with all their attempts; all or none. Returns what they were.

    Raises ConfigurationError when a name is not one of a dead letter.
    """
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        before = _named(connection, names)
        for kind, number in map(_parsed, names):
            revive = runs.revive if kind == "run" else outbox.revive
            revive(connection, number, now, by=who)
    return before


def drop(fleet: Fleet, names: Sequence[str], who: str, reason: str) -> Sequence[Letter]:
    """Give messages up for good, and have runs wait for nobody; all or none, as `retry`.

    Raises ConfigurationError as `retry` does, and without a reason.
    """
    if not reason.strip():
        raise ConfigurationError("fleet dead drop: say why with --reason; the audit keeps it")
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        before = _named(connection, names)
        for kind, number in map(_parsed, names):
            end = runs.clear if kind == "run" else outbox.discard
            end(connection, number, now, by=who, reason=reason)
    return before


def named(fleet: Fleet, names: Sequence[str]) -> Sequence[Letter]:
    """The letters of these names. Raises ConfigurationError as `retry` does."""
    with fleet.ledger.reading() as connection:
        return _named(connection, names)


def _found(connection: Connection, wanted: Wanted, error_class: str | None) -> Sequence[Letter]:
    dead = () if wanted.person is not None else lookup.find_runs(connection, wanted, RunStatus.DEAD)
    parked = lookup.find_messages(connection, wanted, MessageStatus.PARKED)
    return [
        *(_of_run(run) for run in dead if error_class in (None, run.error_class)),
        *(_of_message(each) for each in parked if error_class in (None, each.error_class)),
    ]


def _named(connection: Connection, names: Sequence[str]) -> Sequence[Letter]:
    for name in names:
        _parsed(name)
    dead = {letter["name"]: letter for letter in _found(connection, EVERY, None)}
    for name in names:
        if name not in dead:
            raise ConfigurationError(
                f"{name} is not a dead letter: `fleet dead` lists those there are"
            )
    return [dead[name] for name in names]


def _of_run(run: Run) -> Letter:
    return _letter(f"run-{run.id}", run, f"slot {instants.written(run.slot)}")


def _of_message(message: Message) -> Letter:
    about = f"{message.step} for {message.recipient}"
    return _letter(f"message-{message.id}", message, about)


def _letter(name: str, given_up: Run | Message, about: str) -> Letter:
    return {
        "name": name,
        **rows.of(given_up.place),
        "about": about,
        "attempts": given_up.attempts,
        "error": f"{given_up.error_class}: {given_up.error}",
    }


def _parsed(name: str) -> tuple[str, int]:
    return options.number_in(name, "run", "message", listed_by="fleet dead")
