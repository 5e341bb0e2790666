"""The `fleet` command: tables and colours for people, `--json` for programs."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final, NamedTuple, NoReturn, TextIO

import typer
from typer.core import TyperCommand
from typer.main import get_group

from odoo_gateway.errors import ConfigurationError, FleetError
from workers.commands.console import degrade, drop, print_json, say, tell
from workers.commands.exits import ExitCode
from workers.commands.verbs import ACT, ASK, KEEP, PROCESSES, Verbs
from workers.ledger.errors import LedgerUnavailable

# What keeps a command from printing on, whatever it printed.
UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class Told(NamedTuple):
    """A verb as `fleet --help` tells of it."""

    verb: str
    #: The module beside this one that has its options, and does it.
    module: str
    panel: str
    #: What it does: the first sentence of its own help.
    does: str


# In the order of `fleet --help`. Told here too, so that help and completion load none of them.
VERBS: Final = (
    Told(
        "restored",
        "restored",
        ACT,
        "After a restore, and before workers start: hold what the ledger would send again.",
    ),
    Told("run", "run", ACT, "Run one job now, in this process, and show what it saw."),
    Told("jobs", "jobs", ASK, "List the jobs: what each watches, when, and who hears of it."),
    Told(
        "explain",
        "explain",
        ASK,
        "Explain a line: what was read, which policy judged it, what it waits for. Writes nothing.",
    ),
    Told(
        "policies",
        "policies",
        ASK,
        "Show the policies in force, with the versions that rows name; per company and unit.",
    ),
    Told(
        "schedule",
        "schedule",
        ASK,
        "Show when each job runs next in each company; its crontab counts in the company's zone.",
    ),
    Told(
        "status",
        "status",
        ASK,
        "Say on one screen whether all is well: what runs, what waits, what goes out next.",
    ),
    Told(
        "doctor",
        "doctor",
        KEEP,
        "Reach everything the fleet needs; prove the Odoo user's rights and that it sees all rows.",
    ),
    Told(
        "health",
        "health",
        KEEP,
        "Say whether a process of this machine is well, for whoever restarts it; exit code 0 or 4.",
    ),
    Told(
        "kpi",
        "kpi",
        ASK,
        "Show what is measured and how, or the samples of a measure, newest first.",
    ),
    Told(
        "runs",
        "runs",
        ASK,
        "List the runs: which slot, how it went, when it is tried again and why.",
    ),
    Told(
        "late",
        "late",
        ASK,
        "List what of the fleet's own work is late, the longest first: since when, and why.",
    ),
    Told(
        "cases",
        "cases",
        ASK,
        "List the cases: what stands, since when, whose it is, who was told and who will be.",
    ),
    Told(
        "effects",
        "effects",
        ACT,
        "What the fleet would change in Odoo, waits to, and did.",
    ),
    Told(
        "decisions",
        "decisions",
        ASK,
        "List the decisions, newest first; nothing of them is ever changed.",
    ),
    Told(
        "matrix",
        "matrix",
        ASK,
        "The approval matrices: what is wrong with them, and what they decided.",
    ),
    Told(
        "outbox",
        "outbox",
        ASK,
        "List the messages: to whom, about what, sent or waiting until when.",
    ),
    Told(
        "events",
        "events",
        ASK,
        "List the events: what told of which record, when, and which runs look at it.",
    ),
    Told(
        "systems",
        "systems",
        ASK,
        "List which system holds the truth about each kind of record, and who tells of changes "
        "there.",
    ),
    Told("audit", "audit", ASK, "List what happened, newest first; nothing of it is ever changed."),
    Told(
        "why",
        "why",
        ASK,
        "Say why somebody got, or got no, mail, or what became of a record, and show all of it.",
    ),
    Told(
        "resend",
        "resend",
        ACT,
        "Send messages once more that were sent. Their readers see them again.",
    ),
    Told(
        "upgrade",
        "upkeep",
        KEEP,
        "Bring the ledger's schema to this version; safe to repeat and to do at the same time.",
    ),
    Told(
        "trim",
        "upkeep",
        KEEP,
        "Forget what the ledger has kept for FLEET_RETENTION_DAYS; the fleet does so every night.",
    ),
    Told(
        "dead",
        "dead",
        ACT,
        "Show what waits for a person, dead runs and parked messages; retry it, or drop it.",
    ),
    Told(
        "pause",
        "pausing",
        ACT,
        "Leave a job, tenant, company or their combination alone for a while.",
    ),
    Told(
        "resume",
        "pausing",
        ACT,
        "End a pause before its time, by its name or by exactly what it pauses.",
    ),
    Told("worker", "processes", PROCESSES, "Start a worker that executes runs and sends messages."),
    Told(
        "beat",
        "processes",
        PROCESSES,
        "Start beat, which looks for due slots; any number of them may run.",
    ),
    Told(
        "flower",
        "processes",
        PROCESSES,
        "Start Flower, behind a login: user `ops`, password from FLEET_FLOWER_PASSWORD.",
    ),
    Told("exporter", "processes", PROCESSES, "Serve /metrics for Prometheus."),
    Told(
        "web",
        "processes",
        PROCESSES,
        "Serve the pages that mails link to: see a case, acknowledge, snooze, hold or hand over.",
    ),
    Told(
        "new-job",
        "new_job",
        KEEP,
        "Write the skeleton of a job and its test, which passes, into the checkout in this folder.",
    ),
    Told(
        "demo",
        "demo",
        KEEP,
        "Show the whole fleet at work on a small made-up firm; ends by itself with a summary.",
    ),
    Told("mail", "mail", ASK, "Look at mails: before they are sent, and after."),
    Told("person", "person", ACT, "What is kept about a person, and its erasure."),
    Told("config", "config", KEEP, "Which configuration is in effect."),
    Told("odoo", "odoo", KEEP, "What of the fleet stands in an Odoo."),
)
BY_VERB: Final = {told.verb: told for told in VERBS}


class AllVerbs(Verbs):
    """All verbs, of which the one that is asked for is loaded."""

    _tells = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the help."""
        return list(BY_VERB)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb; None where there is none of that name."""
        told = BY_VERB.get(cmd_name)
        if told is None:
            return None
        if self._tells:
            return TyperCommand(cmd_name, help=told.does, rich_help_panel=told.panel)
        group = get_group(import_module(f"workers.commands.{told.module}").cli)
        return group.commands.get(cmd_name, group)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """By the table alone."""
        with self._telling():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """By the table alone."""
        with self._telling():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        self._tells = True
        try:
            yield
        finally:
            self._tells = False


cli = typer.Typer(
    name="fleet",
    cls=AllVerbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Watches a professional-services firm's Odoo and carries work across its handoffs.\n\n"
    "Try `fleet demo`: it needs no Odoo, no network and no set-up.",
)


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
        # Where the locale is not UTF-8, Python takes what was typed for bytes.
        sys.argv = [os.fsencode(word).decode() for word in sys.argv]
    except UnicodeError:
        _fail(ExitCode.CONFIGURATION, "what you typed is not UTF-8; type it anew")
    try:
        try:
            cli()
        finally:
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
    with _as_far_as_it_goes(sys.stderr):
        for message in messages:
            tell(message)
    if "--json" in sys.argv:
        with _as_far_as_it_goes(sys.stdout):
            print_json({"schema": 1, "error": "\n".join(messages), "exit_code": int(code)})
    raise SystemExit(code)


@contextmanager
def _as_far_as_it_goes(stream: TextIO) -> Iterator[None]:
    """The exit code says it still where what is printed cannot be written."""
    try:
        yield
    except OSError:
        drop(stream)
