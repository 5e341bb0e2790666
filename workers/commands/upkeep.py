"""`fleet upgrade` and `fleet trim`: the upkeep of the ledger."""

import typer

from workers import trimming, wiring
from workers.commands import opening
from workers.commands.console import say, show
from workers.commands.options import Json
from workers.commands.verbs import Verb

cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet upgrade")
def upgrade() -> None:
    """Bring the ledger's schema to this version; safe to repeat and to do at the same time.

    It needs no tenant: API keys may be missing.
    """
    ledger = wiring.ledger_alone()
    before = ledger.upgrade()
    done = "was created" if before is None else "is up to date"
    say(f"The ledger at {ledger.address} {done}.")


@cli.command(cls=Verb, epilog="fleet trim")
def trim(as_json: Json = False) -> None:
    """Forget what the ledger has kept for FLEET_RETENTION_DAYS; the fleet does so every night.

    Audit, acts, effects and decisions go after FLEET_AUDIT_RETENTION_DAYS. Open cases and what was
    told of them, parked messages, and holds that stand are kept.
    """
    fleet = opening.fleet()
    fleet.ledger.check()
    show([dict(trimming.trim_all(fleet))], as_json, "Trimmed")
