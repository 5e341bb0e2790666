"""The `fleet` command: tables and colours for people, `--json` for programs."""

import errno
import os
import sys
from importlib.metadata import version
from typing import Annotated, Final, NoReturn

import typer

from odoo_gateway.errors import ConfigurationError, FleetError
from workers.commands import (
    audit,
    cases,
    config,
    dead,
    demo,
    doctor,
    explain,
    health,
    jobs,
    kpi,
    late,
    mail,
    new_job,
    outbox,
    pausing,
    person,
    policies,
    processes,
    resend,
    restored,
    run,
    runs,
    schedule,
    status,
    upkeep,
    why,
)
from workers.commands.console import degrade, drop, print_json, say, tell
from workers.commands.exits import ExitCode
from workers.commands.verbs import Verbs
from workers.ledger.errors import LedgerUnavailable

# What keeps a command from printing on, whatever it printed.
UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})

cli = typer.Typer(
    name="fleet",
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches a professional-services firm's Odoo and carries work across its handoffs.\n\n"
    "Try `fleet demo`: it needs no Odoo, no network and no set-up.",
)
# In the order of `fleet --help`; a verb's file has its options, and what it does.
for each in (
    restored,
    run,
    jobs,
    explain,
    policies,
    schedule,
    status,
    doctor,
    health,
    kpi,
    runs,
    late,
    cases,
    outbox,
    audit,
    why,
    resend,
    upkeep,
    dead,
    pausing,
    processes,
    new_job,
    demo,
    mail,
    person,
    config,
):
    # A group's own panel is lost where it is not given again.
    cli.add_typer(each.cli, rich_help_panel=each.cli.rich_help_panel)


def _tell_version(wanted: bool) -> None:
    if wanted:
        say(f"fleet {version('odoo-ops-fleet')}")
        raise typer.Exit


@cli.callback()
def begin(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_tell_version,
            help="Say which version this is, and end.",
        ),
    ] = False,
) -> None:
    """What stands before the verb."""


def main() -> None:
    """Run the command; every expected error is one clear message and an exit code."""
    degrade()
    try:
        # Where the locale is no UTF-8, Python takes what was typed for bytes.
        sys.argv = [os.fsencode(word).decode() for word in sys.argv]
    except UnicodeError:
        _fail(ExitCode.CONFIGURATION, "what you typed is no UTF-8 text; type it anew")
    try:
        try:
            cli()
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except BrokenPipeError:
        drop(sys.stdout)
    except ConfigurationError as error:
        _fail(ExitCode.CONFIGURATION, *error.problems)
    except LedgerUnavailable as error:
        _fail(ExitCode.CONFIGURATION, f"the ledger cannot be used: {error}")
    except FleetError as error:
        _fail(ExitCode.SOME_FAILED, str(error))
    except OSError as error:
        # What names a file is not what is printed.
        if error.filename or error.errno not in UNWRITABLE:
            raise
        drop(sys.stdout)
        _fail(ExitCode.CONFIGURATION, f"what this prints cannot be written: {error.strerror}")


def _fail(code: ExitCode, *messages: str) -> NoReturn:
    """Say why nothing could be told; to a program also as the document that it waits for."""
    for message in messages:
        tell(message)
    if "--json" in sys.argv:
        print_json({"schema": 1, "error": "\n".join(messages), "exit_code": int(code)})
    raise SystemExit(code)
