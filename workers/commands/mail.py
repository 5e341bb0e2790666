"""`fleet mail`: what would be sent, before it is; and what was sent, once more."""

import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from tasks.domain.plurals import counted
from workers import wiring
from workers.commands import by_hand, preview
from workers.commands.by_hand import show_failure
from workers.commands.console import err, out, say, write
from workers.commands.exits import ExitCode
from workers.commands.options import CompanyIds, JobName, TenantName
from workers.commands.preview import WouldSend
from workers.commands.verbs import Verb
from workers.language.language import languages, speaks

cli = typer.Typer(
    name="mail",
    no_args_is_help=True,
    help="Look at mails: before they are sent, and after.",
)


@cli.command(name="preview", cls=Verb, epilog="fleet mail preview JOB --sandbox --output mails")
def show(
    job: JobName,
    tenant: TenantName = None,
    company: CompanyIds = None,
    language: Annotated[str, typer.Option(help="Like de or en_GB; the readers' if unset.")] = "",
    output: Annotated[Path | None, typer.Option(help="Folder for the files.")] = None,
    sandbox: Annotated[bool, typer.Option(help="Of the made-up firm: needs no Odoo.")] = False,
    serve: Annotated[
        int, typer.Option(min=0, max=65535, help="Show them on this local port until Ctrl-C.")
    ] = 0,
) -> None:
    """Write the mails that a run now would send into a folder. Sends and records nothing.

    What was sent before is taken from the ledger; without one they are those of a first run.
    """
    if language and not speaks(language):
        raise ConfigurationError(
            f"--language {quoted(language)}: there are words for {', '.join(languages())}; "
            "a territory may follow, as in en_GB"
        )
    if sandbox:
        fleet = preview.sandbox_fleet(Path(tempfile.mkdtemp(prefix="fleet-sandbox-")))
    else:
        fleet = wiring.fleet()
    order = by_hand.order_of(fleet, job, tenant, company, dry_run=True)
    results = by_hand.carry_out(fleet, order)
    for result in results:
        show_failure(result)
    code = by_hand.exit_code(results)
    if code is not ExitCode.DONE and not any(result.seen for result in results):
        raise typer.Exit(code)
    told = preview.would_send(fleet, order, results, language)
    folder = output or Path(tempfile.mkdtemp(prefix="fleet-mails-"))
    try:
        paths, refused = preview.save(fleet, told.mails, folder)
    except OSError as error:
        raise ConfigurationError(f"--output {folder}: {error.strerror}: name a folder") from error
    for path in paths:
        say(str(path))
    for problem in refused:
        say(problem, "red", "would be parked")
    for reason in told.silent:
        say(reason, "yellow", "not told")
    for reason in told.waits:
        say(reason, "yellow", "waits")
    say(_summary(told, len(paths)))
    say(f"open {folder / 'index.html'}")
    if serve:
        serve_folder(folder, serve)
    if refused and code is ExitCode.DONE:
        code = ExitCode.SOME_FAILED
    raise typer.Exit(code)


def _summary(told: WouldSend, written: int) -> str:
    which = "a first run" if told.first else "a run now"
    summary = f"{counted(written, 'mail')} that {which} would send"
    if told.first:
        summary += ": no run has succeeded here yet, or no ledger remembers one"
    if told.elsewhere:
        summary += f"; {counted(told.elsewhere, 'message')} by other channels"
    return summary


@cli.command(cls=Verb, epilog="fleet mail replay 7")
def replay(
    message: Annotated[
        int, typer.Argument(min=1, max=2**63 - 1, help="The message's number, as in message-7.")
    ],
) -> None:
    """Print a sent mail, rebuilt from what it was made of, and say whether it is the same.

    Exit code 4 when the templates or settings have changed since, so that it is not.
    """
    found = preview.replay(wiring.fleet(), message)
    write(found.mail.as_bytes())
    if found.same:
        err.print("[green]the same bytes that went out[/]")
        return
    err.print("[yellow]not the bytes that went out: templates, secret or settings have changed[/]")
    raise typer.Exit(ExitCode.SOME_FAILED)


def serve_folder(folder: Path, port: int) -> None:
    """Show the files until Ctrl-C. Raises ConfigurationError where the port is taken."""
    serving = partial(SimpleHTTPRequestHandler, directory=str(folder))
    try:
        listening = ThreadingHTTPServer(("127.0.0.1", port), serving)
    except OSError as error:
        raise ConfigurationError(
            f"--serve: port {port} cannot be listened on: {error.strerror}. Give another port"
        ) from None
    with listening as server:
        out.print(f"http://127.0.0.1:{port}/ until Ctrl-C", highlight=False)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
