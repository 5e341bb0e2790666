"""`fleet config`: which configuration is in effect, and where each value of it comes from."""

import logging
from typing import Annotated

import typer

from monitoring import logs
from workers import wiring
from workers.commands.console import show, tell_left_out
from workers.commands.exits import ExitCode
from workers.commands.options import Json
from workers.commands.verbs import Verb
from workers.config.effective import effective

cli = typer.Typer(
    name="config",
    no_args_is_help=True,
    help="Which configuration is in effect.",
)


@cli.callback()
def begin() -> None:
    """Which configuration is in effect."""


@cli.command(name="show", cls=Verb, epilog="fleet config show --json")
def shown(
    tenant: Annotated[
        str | None, typer.Option("--tenant", help="What the file says of this one alone.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show each setting with its value and where it comes from; never a secret.

    source: the environment, the file of a variable, a line of the configuration's file, or the
    default. It is what a process that starts now would work with; `fleet status` names those that
    go on with the one before. Exit code 4 where a tenant is left out: it is named.
    """
    fleet = wiring.fleet()
    logs.configure(fleet.settings.environment.log_format, logging.WARNING)
    tell_left_out(fleet.settings.unusable)
    found = effective(fleet.settings, tenant)
    show([vars(setting) for setting in found], as_json, "Configuration")
    left_out = tenant is None and fleet.settings.unusable
    raise typer.Exit(ExitCode.SOME_FAILED if left_out else ExitCode.DONE)
