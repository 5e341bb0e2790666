"""What a channel may answer; the class alone decides what happens to the message.

DeliveryError
  DeliveryFailed     not accepted now: tried again later
  DeliveryRefused    never: parked, an operator is told
  DeliveryUnknown    the answer was lost: the message's guarantee decides
"""

from odoo_gateway.errors import FleetError


class DeliveryError(FleetError):
    """A message did not certainly arrive."""


class DeliveryFailed(DeliveryError):
    """Not accepted now; `retry_after` in seconds when the other side named one."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeliveryRefused(DeliveryError):
    """Refused for good."""


class DeliveryUnknown(DeliveryError):
    """Handed over, but the answer never came: it may have been accepted."""
