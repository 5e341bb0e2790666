"""`fleet person`: what is kept about somebody, and its erasure."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from monitoring import logs
from tasks.domain.plurals import counted
from workers import wiring
from workers.commands import personal_data
from workers.commands.console import err, print_json, say, table
from workers.commands.exits import ExitCode
from workers.commands.options import Json
from workers.commands.personal_data import Asked, Found
from workers.commands.verbs import Verb
from workers.wiring import Fleet

cli = typer.Typer(
    name="person",
    no_args_is_help=True,
    help="What is kept about a person, and its erasure.",
)
Address = Annotated[str, typer.Argument(help="Their e-mail address.")]
OfTenant = Annotated[str | None, typer.Option("--tenant", help="In this one; in all if left out.")]
Names = Annotated[
    list[str] | None, typer.Option("--name", help="They are called so, too; may be repeated.")
]
Also = Annotated[
    list[str] | None, typer.Option("--also", help="A further address of theirs; may be repeated.")
]


@cli.command(cls=Verb, epilog="fleet person export ann@acme.example --output ann.json")
def export(
    address: Address,
    tenant: OfTenant = None,
    name: Names = None,
    also: Also = None,
    output: Annotated[Path | None, typer.Option(help="A file; the screen if left out.")] = None,
) -> None:
    """Print all that is kept about a person as one JSON document: theirs, and what names them.

    What they are called is asked of each Odoo; exit code 4 where one did not tell.
    """
    fleet, asked, found = _found(address, tenant, name, also)
    document = personal_data.exported(fleet, asked, found)
    if not personal_data.is_known(document):
        err.print(f"neither Odoo nor the ledger knows {asked.address}", markup=False)
    if output is None:
        print_json(document)
    else:
        personal_data.save(document, output)
        say(f"written to {output}: read it before you hand it on, others may be named in it")
    raise typer.Exit(ExitCode.SOME_FAILED if found.not_asked else ExitCode.DONE)


@cli.command(cls=Verb, epilog='fleet person erase ann@acme.example --reason "request 17" --dry-run')
def erase(
    address: Address,
    reason: Annotated[str, typer.Option(help="Why, for the audit; name nobody in it.")],
    tenant: OfTenant = None,
    name: Names = None,
    also: Also = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would be changed.")] = False,
    as_json: Json = False,
) -> None:
    """Put a pseudonym in place of a person in every table; what waits for them is not sent.

    Whatever stops it, run it again: it does the rest. Exit code 4 while a message to them is being
    sent just now; run it again a little later.
    """
    fleet, asked, found = _found(address, tenant, name, also)
    if dry_run:
        personal_data.refuse_unknown(found, asked)
        done = personal_data.to_erase(fleet, asked, found)
    else:
        done = personal_data.erased(fleet, asked, found, reason)
    if as_json:
        print_json({"schema": 1, "dry_run": dry_run, **done})
    else:
        _tell(done, dry_run=dry_run)
    raise typer.Exit(ExitCode.SOME_FAILED if done["in_flight"] else ExitCode.DONE)


def _found(
    address: str, tenant: str | None, names: list[str] | None, also: list[str] | None
) -> tuple[Fleet, Asked, Found]:
    fleet = wiring.fleet()
    logs.configure(fleet.settings.environment.log_format, logging.WARNING)
    asked = Asked(address.strip(), tenant, names or (), also or ())
    found = personal_data.find(fleet, asked)
    for where, why in found.not_asked.items():
        say(f"tenant {where}: {why}", "yellow", "not asked")
    return fleet, asked, found


def _tell(done: Mapping[str, Any], *, dry_run: bool) -> None:
    for word in done["names"]:
        say(word, "dim", "known as")
    for word in done["names_of_one_word"]:
        say(f"{word}: one word, which may be anybody's; erased only with --name", "yellow", "left")
    table([{"table": t, "rows": n} for t, n in done["rows"].items()], "Rows that name them")
    if dry_run:
        say("nothing was changed")
        return
    say(f"now {done['pseudonym']}; {counted(done['dropped'], 'message')} to them will not be sent")
    for place in done["configuration"]:
        say(f"{place} names them still, and the next run will again", "yellow", "configuration")
    if done["in_flight"]:
        say(
            f"just now going out: {counted(done['in_flight'], 'message')}; run this again", "yellow"
        )
