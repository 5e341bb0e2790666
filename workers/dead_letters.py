"""What the fleet has given up: dead runs and parked messages, to be retried or dropped."""

from collections.abc import Sequence
from typing import Any

from odoo_gateway.errors import ConfigurationError
from workers.ledger import outbox, runs
from workers.ledger.statuses import MessageStatus, RunStatus
from workers.wiring import Fleet

LISTED = 200


def listed(fleet: Fleet) -> Sequence[dict[str, Any]]:
    """Each with its name, such as run-12 or message-7, and why it was given up; newest first."""
    with fleet.ledger.reading() as connection:
        dead = runs.find(connection, LISTED, RunStatus.DEAD)
        parked = outbox.find(connection, LISTED, MessageStatus.PARKED)
    return [
        {
            "name": f"run-{run.id}",
            "job": run.job,
            "tenant": run.tenant,
            "about": f"slot {run.slot:%Y-%m-%d %H:%M} UTC",
            "attempts": run.attempts,
            "error": f"{run.error_class}: {run.error}",
        }
        for run in dead
    ] + [
        {
            "name": f"message-{message.id}",
            "job": message.job,
            "tenant": message.tenant,
            "about": f"{message.step} for {message.recipient}",
            "attempts": message.attempts,
            "error": f"{message.error_class}: {message.error}",
        }
        for message in parked
    ]


def retry(fleet: Fleet, names: Sequence[str]) -> None:
    """Make them due now, with all their attempts; all or none.

    Raises ConfigurationError when a name is not one of a dead letter.
    """
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        for name in names:
            kind, number = _parsed(name)
            revive = runs.revive if kind == "run" else outbox.revive
            if not revive(connection, number, now):
                raise _not_dead(name)


def drop(fleet: Fleet, names: Sequence[str]) -> None:
    """Give up messages for good; all or none.

    A run needs no dropping: the next slot judges anew. Raises ConfigurationError as `retry` does.
    """
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        for name in names:
            kind, number = _parsed(name)
            if kind == "run":
                raise ConfigurationError(f"{name}: only messages can be dropped; a run stays dead")
            if not outbox.discard(connection, number, now):
                raise _not_dead(name)


def _parsed(name: str) -> tuple[str, int]:
    kind, _, number = name.partition("-")
    if kind not in ("run", "message") or not number.isdecimal():
        raise ConfigurationError(f"{name!r}: name dead letters as `fleet dead` lists them")
    return kind, int(number)


def _not_dead(name: str) -> ConfigurationError:
    return ConfigurationError(f"{name} is no dead letter: `fleet dead` lists those there are")
