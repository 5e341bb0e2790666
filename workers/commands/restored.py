"""`fleet restored`: what waits in a restored ledger may have gone out since its backup."""

import logging
from collections.abc import Iterator
from typing import Annotated, Final

import typer

from monitoring import logs
from workers import wiring
from workers.commands import lists
from workers.commands.console import say, show, tell_left_out
from workers.ledger import lookup, outbox
from workers.ledger.lookup import Wanted
from workers.ledger.outbox import Message
from workers.wiring import Fleet

ERROR_CLASS: Final = "Restored"
WHY: Final = "it waited in the backup, and may have gone out since"
BATCH: Final = 500


def restored(
    dry_run: Annotated[bool, typer.Option(help="Only list what would be held.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """After a restore, and before workers start: hold what the ledger would send again.

    What went out since the backup waits in it still, and would go out again under the same
    Message-ID. Held messages are listed by `fleet dead`: retry those that never went out, drop the
    others.
    """
    fleet = wiring.fleet()
    logs.configure(fleet.settings.environment.log_format, logging.WARNING)
    tell_left_out(fleet.settings.unusable)
    fleet.ledger.check()
    found = _waiting(fleet) if dry_run else list(_held(fleet))
    rows = [{**lists.message_row(each), "message_id": each.message_id} for each in found]
    show(rows, as_json, "Held")
    if not as_json and found and not dry_run:
        say("look for each Message-ID in the mail server's log, then: fleet dead retry, or drop")


def _waiting(fleet: Fleet) -> list[Message]:
    every = Wanted(limit=1_000_000)
    with fleet.ledger.reading() as connection:
        return [
            each
            for status in outbox.GOING
            for each in lookup.find_messages(connection, every, status)
        ]


def _held(fleet: Fleet) -> Iterator[Message]:
    while True:
        with fleet.ledger.transaction() as connection:
            found = outbox.set_aside(connection, fleet.clock(), ERROR_CLASS, WHY, BATCH)
        yield from found
        if len(found) < BATCH:
            return
