"""`fleet health`: whether a process of this machine is well."""

from typing import Annotated

import typer

from workers.commands import opening
from workers.commands.console import show
from workers.commands.exits import ExitCode
from workers.commands.options import Json
from workers.commands.verbs import Verb

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet health worker --level ready")
def health(
    process: Annotated[str, typer.Argument(help="worker, beat, exporter or web, on this machine.")],
    level: Annotated[
        str, typer.Option(help="live: it runs. ready: it can work. deep: its surroundings too.")
    ] = "live",
    name: Annotated[str, typer.Option(help="The worker's --name.")] = "fleet",
    as_json: Json = False,
) -> None:
    """Say whether a process of this machine is well, for whoever restarts it; exit code 0 or 4.

    `live` needs nothing but this machine, so that nobody restarts the fleet because its ledger is
    away. `ready` asks ledger and broker, `deep` also every Odoo and the mail server.
    """
    from workers.watch import examination

    checks = examination.examine(opening.fleet(), process, level, name)
    show([vars(check) for check in checks], as_json, "Checks")
    raise typer.Exit(ExitCode.DONE if all(c.passed for c in checks) else ExitCode.SOME_FAILED)
