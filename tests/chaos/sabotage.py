"""Fleets that are broken on purpose, each as somebody might have written it; all must be caught."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Update, select

from odoo_gateway import writer
from workers import slots, smtp
from workers.delivery import dispatcher
from workers.delivery.channels import odoo_activity
from workers.effects import executor
from workers.ledger import effects, leases, outbox, runs
from workers.ledger.schema import messages
from workers.ledger.statuses import MessageStatus


def no_claim() -> None:
    """The dispatcher takes what is due without saying so, and settles it by whoever comes."""

    def claim(
        connection: Connection,
        now: datetime,
        lease: timedelta,
        limit: int,
        max_attempts: int,
        *,
        without: Collection[str] = (),
        gather: timedelta = timedelta(0),
    ) -> tuple[outbox.Message, ...]:
        due = select(messages).where(messages.c.status.in_(("queued", "sending"))).limit(limit)
        return tuple(outbox.of_row(row) for row in connection.execute(due))

    def change(
        connection: Connection, held: Update, row_id: int, token: str, values: dict[str, Any]
    ) -> None:
        kept = {name: value for name, value in values.items() if name != "at"}
        leases.mark(connection, held.entity_description["table"], [row_id], **kept)

    outbox.claim = claim
    leases._change = change


def sent_before_sending() -> None:
    """A message is marked as sent, and then sent."""
    send = smtp.send

    def mark_sent(
        connection: Connection, message: outbox.Message, now: datetime, lease: timedelta, mail: str
    ) -> None:
        outbox.sent(connection, message, now)

    def send_and_forget(session: Any, mail: Any, ours: str, used: bool = False) -> None:
        try:
            send(session, mail, ours, used)
        except Exception:
            dispatcher.log.warning("not sent")

    def settled(fleet: Any, mailed: Any, digest: str) -> dispatcher.Outcomes:
        return dispatcher.Outcomes(sent=len(mailed))

    outbox.mark_sending = mark_sent
    smtp.send = send_and_forget
    dispatcher._sent = settled


def no_recovery() -> None:
    """A run is published once, and the broker is trusted with it."""
    to_publish = runs.to_publish

    def once(
        connection: Connection, now: datetime, quiet: timedelta, limit: int, **chosen: Any
    ) -> tuple[runs.Run, ...]:
        return to_publish(connection, now, timedelta(days=1), limit, **chosen)

    runs.to_publish = once


def only_the_newest_slot() -> None:
    """Slots that passed meanwhile are forgotten."""
    due = slots.due

    def newest(*arguments: Any) -> Sequence[datetime]:
        return due(*arguments)[-1:]

    slots.due = newest  # type: ignore[assignment]


def endless_attempts() -> None:
    """Attempts are counted when a run fails by itself, not when it is claimed."""

    def uncounted(
        connection: Connection, table: Any, ids: Sequence[int], until: datetime, **values: Any
    ) -> Sequence[Any]:
        lease = {"token": "mine", "lease_until": until}
        return leases.mark(connection, table, ids, **lease, **values)

    leases.take = uncounted


def resend_when_unsure() -> None:
    """Whatever may not have been sent is sent again, reminders too."""
    claim = outbox.claim

    def careless(connection: Connection, now: datetime, *rest: Any, **named: Any) -> Any:
        free = leases.abandoned(messages, MessageStatus.SENDING, now)
        ids = [row.id for row in leases.pick(connection, messages, free, 100)]
        leases.mark(connection, messages, ids, status=MessageStatus.QUEUED, **leases.LET_GO)
        return claim(connection, now, *rest, **named)

    outbox.claim = careless


def another_id_each_time() -> None:
    """What is written in Odoo again is not known to be the same."""
    odoo_activity.external_id = lambda *_: f"__fleet__.activity_{uuid4().hex}"  # type: ignore[attr-defined]


def no_look() -> None:
    """Whoever takes an effect over writes it, as if nobody had; Odoo is not told that it is one."""
    load = writer.Writer._load

    def created(self: Any, model: str, name: str, *rest: Any) -> int:
        return load(self, model, f"__fleet__.new_{uuid4().hex}", *rest)

    changed: dict[Any, Mapping[str, Any]] = {
        executor: {"PERHAPS_DONE": ()},
        # Its answer is taken for the proof.
        writer.Writer: {"_load": created, "find_note": _any, "find_activity": _any},
    }
    for owner, values in changed.items():
        for name, value in values.items():
            setattr(owner, name, value)


def _any(*_: Any) -> int:
    return 1


def done_before_written() -> None:
    """An effect is settled as done, and then written."""
    mark_writing = effects.mark_writing

    def settled(connection: Connection, effect: Any, now: datetime, lease: timedelta) -> None:
        mark_writing(connection, effect, now, lease)
        effects.done(connection, effect, now, {}, "written")

    def nothing(*_: Any, **__: Any) -> None:
        return None

    effects.mark_writing = settled
    for name in ("_settle_done", "_put_back"):
        setattr(executor, name, nothing)


# The faults that each cannot stand, and how it must be caught.
CAUGHT: Final[Mapping[str, tuple[str, str]]] = {
    "no_claim": ("two_beats", "mail doubled"),
    "sent_before_sending": ("mail_never", "mail lost"),
    "no_recovery": ("redis_flushed", "is still pending"),
    "only_the_newest_slot": ("two_beats", "slot lost"),
    "endless_attempts": ("poison_run", "0 attempts, 0 failed"),
    "resend_when_unsure": ("sender_killed_at_accept", "mail doubled"),
    "another_id_each_time": ("write_cut_after", "mail doubled"),
    "no_look": ("effect_cut_after", "effect doubled"),
    "done_before_written": ("effect_cut_before", "effect lost"),
}
# A broken fleet never comes to rest.
SECONDS: Final = 20

SABOTAGES: Final[Mapping[str, Callable[[], None]]] = {
    "no_claim": no_claim,
    "sent_before_sending": sent_before_sending,
    "no_recovery": no_recovery,
    "only_the_newest_slot": only_the_newest_slot,
    "endless_attempts": endless_attempts,
    "resend_when_unsure": resend_when_unsure,
    "another_id_each_time": another_id_each_time,
    "no_look": no_look,
    "done_before_written": done_before_written,
}
