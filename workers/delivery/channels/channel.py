"""What every way out has in common."""

from collections.abc import Callable
from typing import Protocol

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
