"""What every channel but mail has in common, and what it is opened with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from workers.delivery.channels.posting import Endpoint
from workers.ledger.effects import NewEffect
from workers.ledger.outbox import Message


class Channel(Protocol):
    """A way out."""

    @property
    def name(self) -> str:
        """What messages and routes call it."""

    def send(self, message: Message, about_to_send: Callable[[], None]) -> None:
        """Deliver one message.

        Calls about_to_send() right before the first byte that may have an effect, so that the
        caller can write down that it is going out. Raises DeliveryFailed (tried again, perhaps
        after a named time), DeliveryRefused (never) or DeliveryUnknown (the answer was lost).
        """


@dataclass(frozen=True)
class InOdoo:
    """What a channel into Odoo is opened with: nothing is written there but effects."""

    #: `workers.effects.executor.carry_out` of the fleet.
    carry_out: Callable[[NewEffect, Callable[[], None]], None]


@dataclass(frozen=True)
class Server:
    """What a channel to somebody else's server is opened with."""

    endpoint: Endpoint
    #: Several while a receiver changes from one to the next, the newest first.
    secrets: Sequence[str] = field(default=(), repr=False)
