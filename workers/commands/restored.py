"""`fleet restored`: what waits in a restored ledger may have gone out since its backup."""

import logging
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from workers import notes as watching
from workers import outages
from workers.commands import opening
from workers.commands.console import print_json, say, table
from workers.commands.options import Json
from workers.commands.outbox import row
from workers.commands.verbs import Verb
from workers.ledger import lookup, marks, outbox
from workers.ledger import outages as standing_outages
from workers.ledger.lookup import Wanted
from workers.ledger.outbox import Message
from workers.ledger.statuses import RESTORED
from workers.wiring import Fleet

WHY: Final = "it waited in the backup, and may have gone out since"
BATCH: Final = 500
cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet restored --dry-run")
def restored(
    dry_run: Annotated[bool, typer.Option(help="Only list what would be held.")] = False,
    as_json: Json = False,
) -> None:
    """After a restore, and before workers start: hold what the ledger would send again.

    What went out since the backup waits in it still, and would go out again under the same
    Message-ID. The order: stop all processes, restore, `fleet upgrade`, `fleet restored`, look for
    each Message-ID in the mail server's log, `fleet dead drop` those that it has sent, `fleet dead
    retry` the others, start the processes. Until the last of them is dropped or retried, `fleet
    status` names them, and until the processes run, that they do not.

    Outages that stood when the backup was made are forgotten, and nobody is told that they ended:
    what is away still is found so anew.
    """
    fleet = opening.fleet(logging.WARNING)
    fleet.ledger.check()
    found = _waiting(fleet) if dry_run else list(_held(fleet))
    over = _of_the_past(fleet)
    if over and not dry_run:
        outages.forget(fleet, over)
    rows = [{**row(each), "message_id": each.message_id} for each in found]
    if as_json:
        print_json({"schema": 1, "held": rows, "forgotten": over})
        return
    table(rows, "Held")
    if over:
        say(f"outages of the backup {'to be ' if dry_run else ''}forgotten: {', '.join(over)}")
    if found and not dry_run:
        say("look for each Message-ID in the mail server's log, then: fleet dead drop, or retry")


def _waiting(fleet: Fleet) -> list[Message]:
    every = Wanted(limit=1_000_000)
    with fleet.ledger.reading() as connection:
        return [
            each
            for status in outbox.GOING
            for each in lookup.find_messages(connection, every, status)
        ]


def _of_the_past(fleet: Fleet) -> Sequence[str]:
    """The outages of the backup; those that stand while the fleet works are of now."""
    with fleet.ledger.reading() as connection:
        if watching.anybody_works(marks.all(connection), fleet.clock()):
            return ()
        return list(standing_outages.standing(connection))


def _held(fleet: Fleet) -> Iterator[Message]:
    while True:
        with fleet.ledger.transaction() as connection:
            found = outbox.set_aside(connection, fleet.clock(), RESTORED, WHY, BATCH)
        yield from found
        if len(found) < BATCH:
            return
