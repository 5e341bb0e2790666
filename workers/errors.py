"""What a channel or a write may answer; the class alone decides what happens to what was sent.

DeliveryError
  DeliveryFailed     not accepted now: tried again later, at no attempt's cost
    DeliveryUnavailable  the way out itself is away: nobody else tries it until it is back
      DeliveryClosed       it lets us in no more: ops are told at once
  DeliveryRefused    never: parked, an operator is told
  DeliveryUnknown    the answer was lost: the message's guarantee decides
EffectError
  EffectRefused      Odoo or a precondition says no: told to who proposed it
    EffectOutdated     of a record that is another one by now: not asked for any more
  EffectUnknown      the answer was lost: looked for before it is written again
"""

from typing import Final

from billiard.exceptions import SoftTimeLimitExceeded

from odoo_gateway.errors import FleetError

# Raised in the middle of anything when a task has taken too long: nobody takes it for a failure.
INTERRUPTIONS: Final = (SoftTimeLimitExceeded,)


class DeliveryError(FleetError):
    """A message did not certainly arrive."""


class DeliveryFailed(DeliveryError):
    """Not accepted now; `retry_after` in seconds when the other side named one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeliveryUnavailable(DeliveryFailed):
    """Whoever takes messages is away, for this one as for any other."""


class DeliveryClosed(DeliveryUnavailable):
    """Whoever takes messages refuses our login or our sender; the messages are right."""


class DeliveryRefused(DeliveryError):
    """Refused for good."""


class DeliveryUnknown(DeliveryError):
    """Handed over, but the answer never came: it may have been accepted."""


class EffectError(FleetError):
    """Something in Odoo was not certainly changed."""


class EffectRefused(EffectError):
    """It was not changed, and asking again cannot help."""


class EffectOutdated(EffectRefused):
    """It was not changed, and nobody asks for it any more; its job asks anew if it still does."""


class EffectUnknown(EffectError):
    """Asked for, but the answer never came: it may have been changed."""
