"""Tells ops what the fleet gave up, and readers that their digest could not be made."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Delivery
from tasks.domain.texts import Text
from workers.ledger import given_up, outbox
from workers.ledger.outbox import Message, NewMessage
from workers.ledger.payloads import Failure, Notice, Ops
from workers.ledger.runs import Run
from workers.messages.occasion import Occasion, UnknownPlace, message, occasion_for
from workers.wiring import Fleet

# What is older was told, or nobody was there to be told.
LATELY: Final = timedelta(days=1)
# What readers of figures are told of an error; what mends it is for ops.
AWAY: Final = Text("Odoo did not answer, so the figures could not be read")
CAUSES: Final[Mapping[str, Text]] = {
    "OdooUnavailable": AWAY,
    "CircuitOpen": AWAY,
    "OdooLoginRefused": Text("Odoo no longer lets the fleet in, so the figures could not be read"),
    "OdooRejected": Text("Odoo does not show the fleet what the figures rest on"),
    "OdooSchemaDrift": Text("Odoo has changed, so the figures could not be read as before"),
}
UNKNOWN_CAUSE: Final = Text("the fleet could not make them out; nothing in Odoo has changed by it")


def tell(fleet: Fleet) -> int:
    """Queue a message for what was given up lately and nobody was told of; returns how many.

    Safe to repeat and to do at the same time: each failure is told once to each reader.
    """
    since = fleet.clock() - LATELY
    with fleet.ledger.reading() as connection:
        dead = given_up.dead_runs(connection, since)
        parked = given_up.parked_messages(connection, since)
    told = [*_of_runs(fleet, dead), *_of_messages(fleet, parked)]
    if not told:
        return 0
    with fleet.ledger.transaction() as connection:
        queued = [outbox.enqueue(connection, each, fleet.clock()) for each in told]
    return len(queued) - queued.count(None)


def _of_runs(fleet: Fleet, dead: Iterable[Run]) -> Iterator[NewMessage]:
    for run in dead:
        occasion = _occasion(fleet, run, run.id)
        if occasion is None:
            continue
        failure = _failure(occasion, run, f"run-{run.id}", slot=run.slot.isoformat())
        yield from _to_ops(occasion, f"run-{run.id}", str(run.slot.date()), failure)
        audience = occasion.job.audience
        if audience not in (Audience.PERSON, Audience.OPS):
            yield from _notices(occasion, run, audience.value)


def _of_messages(fleet: Fleet, parked: Iterable[Message]) -> Iterator[NewMessage]:
    for each in parked:
        occasion = _occasion(fleet, each, each.run_id)
        if occasion is not None:
            failure = _failure(occasion, each, f"message-{each.id}", to=each.recipient)
            yield from _to_ops(occasion, f"message-{each.id}", each.period, failure)


def _occasion(fleet: Fleet, failed: Run | Message, run_id: int | None) -> Occasion | None:
    """None for what belongs to a tenant or a job that this version does not have."""
    if run_id is None:
        return None
    with fleet.ledger.reading() as connection, suppress(UnknownPlace):
        return occasion_for(fleet, connection, failed.place, run_id, failed.trace_id)
    return None


def _failure(
    occasion: Occasion,
    failed: Run | Message,
    name: str,
    *,
    slot: str | None = None,
    to: str | None = None,
) -> Failure:
    return Failure(
        what=name.partition("-")[0],
        name=name,
        job=failed.job,
        company=occasion.scope.name,
        slot=slot,
        to=to,
        error_class=failed.error_class or "",
        error=failed.error or "",
        trace_id=failed.trace_id,
    )


def _to_ops(
    occasion: Occasion, subject: str, period: str, failure: Failure
) -> Iterator[NewMessage]:
    for reader in occasion.readers("ops"):
        yield message(
            occasion,
            Ops(**occasion.heading(reader), failures=(failure,)),
            subject=subject,
            period=period,
            step=given_up.STEP,
            findings=(),
            guarantee=Delivery.AT_LEAST_ONCE,
        )


def _notices(occasion: Occasion, run: Run, role: str) -> Iterator[NewMessage]:
    for reader in occasion.readers(role):
        payload = Notice(
            **occasion.heading(reader),
            role=role,
            slot=run.slot.isoformat(),
            reason=CAUSES.get(run.error_class or "", UNKNOWN_CAUSE),
            ops=tuple(occasion.readers("ops")),
        )
        yield message(
            occasion,
            payload,
            subject=f"run-{run.id}",
            period=str(run.slot.date()),
            step="notice",
            findings=(),
            guarantee=Delivery.AT_LEAST_ONCE,
        )
