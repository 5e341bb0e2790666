"""`fleet odoo`: what an administrator puts into an Odoo once, compares and takes out again."""

import logging
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from odoo_gateway.procedures import installing, membership
from odoo_gateway.procedures.comparing import Standing, State
from odoo_gateway.procedures.membership import Member
from odoo_gateway.procedures.pieces import FIELD
from odoo_gateway.procedures.wanted import GATES
from odoo_gateway.session import Session
from tasks.domain.plurals import counted
from workers.commands import opening
from workers.commands.console import print_json, say, table
from workers.commands.exits import ExitCode
from workers.commands.options import Json, TenantName
from workers.commands.verbs import Verb
from workers.config import administrator
from workers.config.tenants import Tenant
from workers.watch import installed
from workers.watch.installed import WITHOUT_RULES, Installation
from workers.wiring import Fleet

NO_GATE: Final = "none"
DOES: Final = {
    State.MISSING: "make",
    State.EDITED: "mend",
    State.OFF: "switch on",
    State.NEEDLESS: "remove",
}
cli = typer.Typer(
    name="odoo",
    no_args_is_help=True,
    help="What of the fleet stands in an Odoo.",
)
DryRun = Annotated[bool, typer.Option(help="Only say what would be done; writes nothing.")]
Login = Annotated[
    str | None,
    typer.Option(
        "--login", help="An administrator's; FLEET_ADMIN_LOGIN, or asked for, if left out."
    ),
]


@cli.callback()
def begin() -> None:
    """What of the fleet stands in an Odoo."""


@cli.command(cls=Verb, epilog="fleet odoo install --dry-run")
def install(
    tenant: TenantName = None,
    gates: Annotated[
        str | None,
        typer.Option(
            metavar="GATE,...",
            help=f"Those that shall stand: {', '.join(GATES)}, or none; as they do if left out.",
        ),
    ] = None,
    login: Login = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put into Odoo what tells of changes and writes once; an administrator runs it, once.

    The key comes from FLEET_ADMIN_KEY (or FLEET_ADMIN_KEY_FILE), or is asked for; it is used by
    this command alone and kept nowhere. It may be repeated: what stands as it should is left alone,
    what was edited, switched off or is of an older version is mended, and what no job needs any
    more is removed. docs/odoo-install.md says what stands there then, and with which rights.
    """
    chosen = None if gates is None else _gates(gates)
    of, session = _as_administrator(tenant, login)
    here = installed.seen(session, of, by_administrator=True, gates=chosen)
    if here.gates and not here.found.odoo.has_rules:
        raise ConfigurationError(f"--gates {','.join(here.gates)}: {WITHOUT_RULES}")
    who = membership.member(session, of.settings.login)
    if not dry_run:
        installing.install(session, here.pieces, here.standings)
        if not who.is_in:
            membership.join(session, who)
    steps, warnings = _steps(here, who), _warnings(here, who)
    if as_json:
        more = {"gates": here.gates, "untold": here.untold, "warnings": warnings}
        print_json({"schema": 1, "tenant": of.name, "dry_run": dry_run, "steps": steps, **more})
        return
    # A table comes with its fields.
    told = [step for step in steps if (step["do"], step["in"]) != (DOES[State.MISSING], FIELD)]
    _tell(told, "To be done" if dry_run else "Done", "nothing to do: all stands as it should")
    for warning in warnings:
        say(warning, "yellow", "warning")


@cli.command(cls=Verb, epilog="fleet odoo check --json")
def check(
    tenant: TenantName = None,
    as_administrator: Annotated[
        bool, typer.Option(help="Ask as one, whom no procedure of ours can tell a wrong thing.")
    ] = False,
    login: Login = None,
    as_json: Json = False,
) -> None:
    """Say what of ours in Odoo was edited, switched off or is missing; exit code 1 if anything is.

    The fleet's own user is told by one of our procedures, which an administrator could edit, too:
    --as-administrator reads Odoo's own tables. As the fleet's user it is not seen who is a member
    of our groups, beside that user itself.
    """
    asks_as_one = as_administrator or bool(login)
    if asks_as_one:
        of, session = _as_administrator(tenant, login)
    else:
        fleet = opening.fleet(logging.WARNING)
        of = _tenant(fleet, tenant)
        session = fleet.session(of)
    here = installed.seen(session, of, by_administrator=asks_as_one, gates=None)
    wrong = [_row(each) for each in here.wrong]
    if asks_as_one and not membership.member(session, of.settings.login).is_in:
        why = f"{of.settings.login} is not in our group: run `fleet odoo install`"
        wrong.append({"piece": "group", "in": "res.users", "state": "missing", "told": why})
    if as_json:
        told = {"pieces": len(here.pieces), "gates": here.gates, "untold": here.untold}
        print_json({"schema": 1, "tenant": of.name, **told, "wrong": wrong})
    else:
        stand = f"all {counted(len(here.pieces), 'piece')} stand as we put them"
        _tell(wrong, "Wrong", f"{stand}; each field of a table is one")
        if here.untold:
            say(f"no rule tells {', '.join(here.untold)}: jobs look by their schedules")
    raise typer.Exit(ExitCode.NEEDS_A_PERSON if wrong else ExitCode.DONE)


@cli.command(cls=Verb, epilog="fleet odoo remove --dry-run")
def remove(
    tenant: TenantName = None,
    login: Login = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take out of Odoo all that `fleet odoo install` put there, and nothing else.

    Events that nobody has taken yet go with their table, decisions with theirs: jobs look by their
    schedules again.
    """
    of, session = _as_administrator(tenant, login)
    here = installed.seen(session, of, by_administrator=True, gates=None)
    if not dry_run:
        installing.remove(session, here.found)
    steps = [
        {"do": "remove", "piece": name, "in": model}
        for name, (model, _) in sorted(here.found.pieces.items())
    ]
    if as_json:
        print_json({"schema": 1, "tenant": of.name, "dry_run": dry_run, "steps": steps})
    else:
        _tell(steps, "To be removed" if dry_run else "Removed", "nothing of ours is there")


def _gates(given: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",")))
    if names == (NO_GATE,):
        return ()
    for name in names:
        if name not in GATES:
            raise ConfigurationError(
                f"--gates {quoted(name)}: there is no such gate; there are {', '.join(GATES)}, "
                f"and {NO_GATE} for none of them"
            )
    return names


def _tenant(fleet: Fleet, name: str | None) -> Tenant:
    if name is None and len(fleet.settings.names) > 1:
        raise ConfigurationError(f"--tenant: name one; there are {', '.join(fleet.settings.names)}")
    return fleet.settings.tenant(name or fleet.settings.names[0])


def _as_administrator(name: str | None, login: str | None) -> tuple[Tenant, Session]:
    """A session of its own, which ends with the command. Raises OdooRejected for anybody else."""
    fleet = opening.fleet(logging.WARNING)
    tenant = _tenant(fleet, name)
    known_login, key = administrator.given()
    login = login or known_login or _asked("Login of an administrator of Odoo", hidden=False)
    key = key or _asked(f"Password or API key of {login}", hidden=True)
    as_one = administrator.instead(tenant, login, key)
    session = Session(fleet.connect_odoo(as_one), tenant.address.url)
    installing.check_administrator(session)
    return tenant, session


def _asked(what: str, *, hidden: bool) -> str:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "an administrator of Odoo is needed, and nobody is here to be asked: set "
            "FLEET_ADMIN_LOGIN, and FLEET_ADMIN_KEY or FLEET_ADMIN_KEY_FILE, for this command alone"
        )
    found: str = typer.prompt(what, hide_input=hidden, err=True)
    return found


def _row(standing: Standing) -> dict[str, Any]:
    return {
        "piece": standing.name,
        "in": standing.model,
        "state": standing.state.value,
        "told": installed.told(standing),
    }


def _steps(here: Installation, who: Member) -> list[dict[str, Any]]:
    steps = [
        {"do": DOES[each.state], "piece": each.name, "in": each.model, "what": each.says}
        for each in here.wrong
    ]
    if not who.is_in:
        what = f"{who.login} joins the fleet's group"
        steps.append({"do": "add", "piece": "group", "in": "res.users", "what": what})
    return steps


def _warnings(here: Installation, who: Member) -> list[str]:
    found = []
    if not here.found.odoo.has_rules:
        found.append(WITHOUT_RULES)
    elif here.untold:
        told = f"no rule tells {', '.join(here.untold)} in this Odoo: jobs look by their schedules"
        found.append(told)
    if who.is_administrator:
        found.append(
            f"{who.login}, as whom the fleet logs in, is an administrator: give it the rights that "
            "docs/install.md names, and no more"
        )
    return found


def _tell(rows: Sequence[dict[str, Any]], title: str, otherwise: str) -> None:
    if rows:
        table(rows, title)
    else:
        say(otherwise)
