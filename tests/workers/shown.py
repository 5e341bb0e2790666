"""What every command prints, kept in docs/commands: `python -m tests.workers.shown` writes it anew.

On the sandbox's made-up firm, at a fixed instant, after a night in which something went wrong.
"""

import io
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest.mock import patch

import typer
from rich.console import Console

from monitoring import logs
from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.procedures import wanted
from odoo_gateway.procedures.wanted import Capabilities
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.transport import Transport
from tasks import catalogue
from tasks.domain.deciding import Answer
from tests.fakes import effects, in_odoo
from tests.fakes.clock import Clock
from tests.fakes.events import event
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from workers import dispatch, outages, runner, wiring
from workers import notes as watching
from workers.broker import queues
from workers.broker import transport as broker
from workers.broker.queues import Depth
from workers.commands import cli, console, opening, pausing
from workers.config import administrator
from workers.effects.deciding import decide
from workers.intake import hearing
from workers.ledger import inbox, marks, outbox, runs
from workers.ledger.places import Place, Places
from workers.smtp import SmtpServer
from workers.wiring import Fleet

FOLDER: Final = Path(__file__).parents[2] / "docs" / "commands"
MONDAY: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
FILE: Final = f"""{TENANT}\
recipients.finance = ["finance@nordwind.example"]
recipients.delivery = ["delivery@nordwind.example"]
recipients.ops = ["ops@nordwind.example"]
roles.director = ["dana@nordwind.example", "dirk.maes@nordwind.example"]
effects.follow_up = "propose"

[tenants.firm.matrices.changes]
about = ["change_request"]
levels = [
  {{ name = "director", roles = ["director"] }}, {{ name = "finance", roles = ["finance"] }}
]
rules = [{{ name = "small", levels = ["director"], currency = "EUR", amount_up_to = 5000 }}]
"""
# Each by the name of its file.
COMMANDS: Final = {
    "jobs": "jobs",
    "schedule": "schedule",
    "status": "status",
    "run": "run pending_approvals --dry-run",
    "explain": "explain invoice_readiness S00002",
    "explain-not-listed": "explain invoice_readiness S00020",
    "policies": "policies invoice_readiness",
    "runs": "runs --limit 4",
    "late": "late",
    "cases": "cases --job pending_approvals --limit 3",
    "outbox": "outbox --limit 3",
    "effects": "effects list",
    "decisions": "decisions",
    "matrix": "matrix check",
    "events": "events --limit 3",
    "systems": "systems",
    "audit": "audit --event run",
    "why": "why marco.bianchi@nordwind.example --limit 3",
    "dead": "dead",
    "kpi": "kpi approvals_pending",
    "dead-retry": "dead retry --all --class DeliveryRefused --dry-run",
    "dead-drop": 'dead drop run-1 --reason "known outage" --who ann',
    "pause": 'pause --job wip_aging --for 3d --reason "month end" --who ann',
    "resume": "resume pause-1 --who ann",
    "resend": 'resend message-2 --reason "deleted by mistake" --who ann',
    "trim": "trim",
    "doctor": "doctor",
    "odoo-install": "odoo install --login admin --dry-run",
    "odoo-check": "odoo check",
    "odoo-remove": "odoo remove --login admin --dry-run",
    "config-show": "config show --tenant firm --json",
    "mail-preview": "mail preview pending_approvals --output mails",
    "person-export": "person export marco.bianchi@nordwind.example --output marco.json",
    "person-erase": 'person erase marco.bianchi@nordwind.example --reason "no. 17" --dry-run',
    "restored": "restored --dry-run",
    "upgrade": "upgrade",
}
# The fields that rules watch, in the Odoo of `fleet odoo`; and what was edited there.
KEPT: Final[Mapping[str, Sequence[str]]] = {
    "hr.expense": ["state"],
    "hr.employee": ["active", "user_id"],
    **dict.fromkeys(("account.move", "crm.lead", "project.task", "sale.order"), ()),
}
EDITS: Final = {
    "draft_invoice": {"code": "action = {}"},
    "event_hr_expense_changed": None,
    "gate_invoice_release": {"active": False},
}
# Where the files of the fleet are on these pages, whatever folder it was.
PLACE: Final = "/var/lib/fleet"


def prepared(folder: Path) -> Fleet:
    """A fleet on Monday at nine: a run died, a mail was refused, one was sent, the others wait."""
    clock = Clock(MONDAY)
    odoo = Switchable(Sandbox(MONDAY.date()))
    fleet = fleet_on(folder, clock, odoo, file=FILE)
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    odoo.error = OdooRejected("fleet may not read sale.order: give it the right to")
    _execute(fleet, "invoice_readiness", 1)
    odoo.error = None
    for job in ("pending_approvals", "timesheet_reminders"):
        _execute(fleet, job, 1)
    _deliver_two(fleet)
    number = effects.proposed(fleet, effects.follow_up())
    decide(fleet, number or 0, "finance@nordwind.example", Answer.ASKED_BACK, "by when?", "n-1")
    _hear(fleet)
    outages.begin(fleet, outages.of_odoo("firm"), OdooUnavailable("no answer within 60 s"))
    watching.beat(fleet, marks.BEAT, "host", {})
    watching.beat(fleet, marks.WORKER, "fleet@host", {"queues": broker.QUEUES, "processes": 2})
    for declared in catalogue.jobs().values():
        watching.note_look(fleet, declared)
    until = MONDAY + timedelta(days=2)
    what = Places(job="utilization_variance", tenant="firm")
    pausing.begin(fleet, what, until, "new calendars are entered", "bob")
    return fleet


def _execute(fleet: Fleet, job: str, company_id: int) -> None:
    slot = fleet.clock() - timedelta(hours=3)
    with fleet.ledger.transaction() as connection:
        run = runs.open_slot(
            connection, Place(job, "firm", company_id), slot, fleet.clock(), f"trace-{job}"
        )
    assert run is not None
    runner.execute(fleet, run)


def _hear(fleet: Fleet) -> None:
    """Events of an expense, of what is there no more, and of what no job wakes for."""
    told = [
        event(1, tenant="firm", occurred_at=fleet.clock()),
        event(2, tenant="firm", occurred_at=fleet.clock(), kind="crm.lead.won", model="crm.lead"),
    ]
    with fleet.ledger.transaction() as connection:
        inbox.receive(connection, told, fleet.clock())
        unfit = event(3, tenant="firm", occurred_at=fleet.clock(), record_id=0)
        inbox.receive(connection, [unfit], fleet.clock(), {"event-3": "its record has no id"})
    hearing.hear(fleet, fleet.settings.tenant("firm"))


def _deliver_two(fleet: Fleet) -> None:
    """One mail is refused for good, the next is sent; without a mail server."""
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        waiting = outbox.claim(connection, now + timedelta(days=2), timedelta(hours=1), 500, 8)
        first, second, *rest = sorted(waiting, key=lambda message: message.id)
        outbox.park(connection, first, now, "DeliveryRefused", "550 5.1.1 no such user")
        lease = timedelta(days=3)
        outbox.mark_sending(connection, second, now, lease, second.message_id)
        outbox.sent(connection, second, now)
        outbox.release(connection, rest)


def odoo_of(name: str) -> Transport:
    """What a command asks: the sandbox, or one in which something of ours stands."""
    sandbox = Sandbox(MONDAY.date())
    if name == "odoo-install":
        return in_odoo.empty(sandbox, KEPT)
    if name in ("odoo-check", "odoo-remove"):
        here = Capabilities(19, True, {*KEPT, "res.partner"}, KEPT)
        events = {wake.event for job in catalogue.jobs().values() for wake in job.wakes}
        pieces = wanted.pieces(here, events, ["invoice_release"])
        if name == "odoo-remove":
            return in_odoo.holding(sandbox, KEPT, pieces)
        return in_odoo.installed_in(sandbox, pieces, KEPT, EDITS)
    return sandbox


@contextmanager
def on_sandbox(folder: Path, copy: Path, name: str = "") -> Iterator[Fleet]:
    """A copy of the fleet prepared in the folder is that of every command, and its broker answers.

    A command that changes something changes the copy.
    """
    copy.mkdir()
    shutil.copy(folder / "fleet.db", copy)
    clock = Clock(MONDAY)
    fleet = fleet_on(copy, clock, odoo_of(name), file=FILE, upgraded=False)
    depths = {queue: Depth(0, 0) for queue in broker.QUEUES}
    with (
        patch.object(opening, "fleet", lambda level=0: fleet),
        patch.object(wiring, "fleet", lambda: fleet),
        patch.object(wiring, "ledger_alone", lambda: fleet.ledger),
        patch.object(logs, "configure", lambda *_: None),
        patch.object(queues, "depths", lambda url: depths),
        patch.object(broker, "waiting", lambda url: depths),
        patch.object(SmtpServer, "probe", lambda self: None),
        patch.object(administrator, "given", lambda: ("", "secret")),
        chdir(copy),
    ):
        yield fleet
    fleet.ledger.close()


def printed(command: str, made: Callable[[io.TextIOWrapper], Console], encoding: str) -> str:
    """What a command prints on a console, and its exit code if that is not 0."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    with patch.object(console, "out", made(file)), patch.object(sys, "stdout", file):
        try:
            code = cli.cli(shlex.split(command), standalone_mode=False)
        except typer.Exit as ended:
            code = ended.exit_code
    file.flush()
    text = raw.getvalue().decode(encoding)
    lines = [re.sub(r" +$", "", line) for line in text.splitlines()]
    told = [f"(exit code {int(code)})"] if code else []
    return "\n".join([*lines, *told]) + "\n"


def on_terminal(width: int, *, colours: bool | None) -> Callable[[io.TextIOWrapper], Console]:
    """A terminal; with None it has colours unless NO_COLOR is set."""
    return lambda file: Console(
        file=file,
        width=width,
        force_terminal=True,
        color_system=None if colours is False else "truecolor",
        no_color=None if colours is None else not colours,
        legacy_windows=False,
    )


def in_pipe(file: io.TextIOWrapper) -> Console:
    """A pipe, as the command makes one of it."""
    return Console(file=file, width=console.PIPE_WIDTH)


def shown(name: str, folder: Path, copies: Path) -> str:
    """The page of one command: on a narrow and a wide terminal, in a pipe, and in ASCII."""
    command = COMMANDS[name]
    ways = {
        "80 columns": (on_terminal(80, colours=False), "utf-8"),
        "140 columns": (on_terminal(140, colours=False), "utf-8"),
        "a pipe": (in_pipe, "utf-8"),
        "80 columns, ASCII": (on_terminal(80, colours=False), "ascii"),
    }
    parts = [f"$ fleet {command}\n"]
    for number, (where, (made, encoding)) in enumerate(ways.items()):
        copy = copies / f"{name}-{number}"
        with on_sandbox(folder, copy, name):
            text = printed(command, made, encoding).replace(str(copy), PLACE)
            parts.append(f"--- {where}\n\n{text}")
    return "\n".join(parts)


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepared(folder).ledger.close()
        for name in COMMANDS:
            text = shown(name, folder, folder)
            (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
