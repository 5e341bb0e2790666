"""`fleet jobs`: what is watched."""

import typer

from tasks import catalogue
from workers.commands.console import show, tell_left_out
from workers.commands.exits import ExitCode
from workers.commands.options import Json
from workers.commands.verbs import Verb

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet jobs")
def jobs(as_json: Json = False) -> None:
    """List the jobs: what each watches, when, and who hears of it.

    A job of another installed package that cannot be used is named: exit code 4.
    """
    found = [
        {
            "job": job.name,
            "title": job.title,
            "crontab": job.cron.line,
            "audience": job.audience.value,
            "owner": job.owner,
            "why": job.why,
        }
        for job in catalogue.jobs().values()
    ]
    show(found, as_json, "Jobs")
    tell_left_out({})
    raise typer.Exit(ExitCode.SOME_FAILED if catalogue.outside().refused else ExitCode.DONE)
