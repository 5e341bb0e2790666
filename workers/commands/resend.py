"""`fleet resend`: what was sent goes out once more, because a person says so."""

import logging
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import uuid4

import typer

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from workers.commands import opening, options, rows
from workers.commands.console import print_json, say, table
from workers.commands.options import Json, Reason, Who
from workers.commands.verbs import Verb
from workers.config.channel_kinds import in_odoo
from workers.ledger import outbox
from workers.ledger.database import Connection
from workers.ledger.outbox import Message
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

cli = typer.Typer()


@cli.command(
    cls=Verb,
    epilog='fleet resend message-7 --reason "deleted by mistake, asked by phone"',
)
def resend(
    names: Annotated[list[str], typer.Argument(help="Such as message-7, as `fleet outbox` lists.")],
    reason: Reason = "",
    who: Who = "",
    dry_run: Annotated[bool, typer.Option(help="Show who would see it again; no more.")] = False,
    as_json: Json = False,
) -> None:
    """Send messages once more that were sent. Their readers see them again.

    Each goes out as it was, by itself, under a new Message-ID, outside of quiet hours; what its job
    tells later does not change by it. What stands in Odoo, activities and notes, is not written
    twice.
    """
    fleet = opening.fleet(logging.WARNING)
    fleet.ledger.check()
    if dry_run:
        messages = chosen(fleet, names)
    else:
        messages = queue_again(fleet, names, options.who(who), reason)
    title = "To be resent" if dry_run else "Resent"
    if as_json:
        found = listed(messages)
        print_json({"schema": 1, "dry_run": dry_run, "resent": found})
        return
    table(listed(messages), title)
    readers = ", ".join(sorted({message.recipient for message in messages}))
    say(f"{'would see' if dry_run else 'will see'} it again: {readers}")


def chosen(fleet: Fleet, names: Sequence[str]) -> Sequence[Message]:
    """The messages of these names, such as message-7.

    Raises ConfigurationError for one that was not sent, cannot be sent again, or is just now.
    """
    with fleet.ledger.reading() as connection:
        return [_sent(fleet, connection, name, lock=False) for name in dict.fromkeys(names)]


def queue_again(fleet: Fleet, names: Sequence[str], who: str, reason: str) -> Sequence[Message]:
    """Queue a copy of each, as it was, under a Message-ID of its own; all or none.

    A copy that bore the same Message-ID would be taken for one that was delivered, and thrown away
    by mail servers and receivers. Raises ConfigurationError as `chosen`, and without a reason.
    """
    if not reason.strip():
        raise ConfigurationError("fleet resend: say why with --reason; the audit keeps it")
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        messages = [_sent(fleet, connection, name, lock=True) for name in dict.fromkeys(names)]
        return [
            outbox.resend(
                connection,
                message,
                f"<{uuid4().hex}@{fleet.mail.domain}>",
                now,
                by=who,
                reason=reason,
            )
            for message in messages
        ]


def listed(messages: Sequence[Message]) -> Sequence[dict[str, Any]]:
    """Messages as the command shows them."""
    return [
        {
            "name": f"message-{message.id}",
            **rows.of(message.place),
            "recipient": message.recipient,
            "channel": message.channel,
            "about": message.period or message.told_step,
        }
        for message in messages
    ]


def _sent(fleet: Fleet, connection: Connection, name: str, *, lock: bool) -> Message:
    _, number = options.number_in(name, "message", listed_by="fleet outbox")
    found = outbox.find(connection, 1, id=number)
    if not found:
        raise ConfigurationError(f"{name}: there is none; `fleet outbox` lists those there are")
    (message,) = found
    if message.status is not MessageStatus.SENT:
        remedy = "; `fleet dead retry` sends it" if message.status is MessageStatus.PARKED else ""
        raise ConfigurationError(f"{name} is {message.status}, so it was not sent{remedy}")
    if message.channel in in_odoo():
        raise ConfigurationError(f"{name} was written into Odoo, where it stands once: look there")
    if message.tenant in fleet.settings.unusable:
        raise ConfigurationError(
            f"{name}: the configuration of its tenant {message.tenant} cannot be used; correct it"
        )
    if message.tenant not in fleet.settings.tenants or message.job not in catalogue.jobs():
        raise ConfigurationError(f"{name}: its tenant or its job is gone, so nobody can send it")
    if copy := outbox.copy_under_way(connection, message, lock=lock):
        raise ConfigurationError(f"{name} is on its way once more already, as message-{copy.id}")
    return message
