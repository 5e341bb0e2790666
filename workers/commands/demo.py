"""`fleet demo`: the whole fleet at work on a small made-up firm."""

from pathlib import Path
from typing import Annotated

import typer

from workers.commands import console
from workers.commands.verbs import Verb

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet demo --keep")
def demo(
    keep: Annotated[bool, typer.Option(help="Leave everything running until Ctrl-C.")] = False,
    output: Annotated[
        Path | None, typer.Option(help="Where mails and logs go; a new temporary folder if unset.")
    ] = None,
) -> None:
    """Show the whole fleet at work on a small made-up firm; ends by itself with a summary."""
    from workers.demo import stage

    raise typer.Exit(stage.play(console.out, keep=keep, output=output))
