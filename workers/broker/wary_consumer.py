"""A worker's consumer, which works on signed tasks alone and can be asked, not commanded."""

from collections.abc import Callable
from typing import Any, Final

import structlog
from celery.worker.consumer import consumer
from celery.worker.control import Panel
from kombu.exceptions import ContentDisallowed

from monitoring import metrics
from workers.broker import signed

log = structlog.get_logger()

# What Flower shows of a worker. None of these changes anything.
ASKED: Final = frozenset(
    {"ping", "stats", "conf", "active_queues", "registered", "scheduled", "active", "reserved"}
    | {"revoked"}
)
for _name in set(Panel.data) - ASKED:
    del Panel.data[_name]


class Consumer(consumer.Consumer):  # type: ignore[misc]
    """Celery's, wary of what it takes out of the broker."""

    def create_task_handler(self, *arguments: Any) -> Callable[[Any], Any]:
        """What takes up each message, once its signature was seen to."""
        take_up = super().create_task_handler(*arguments)

        def take_up_signed(message: Any) -> Any:
            try:
                signed.believe(message)
            except Exception as error:
                # Anybody may have written it, and whatever it raises must not end the worker.
                return self.on_decode_error(message, error)
            return take_up(message)

        return take_up_signed

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Put away what nobody with our secret has sent."""
        reason = metrics.UNSIGNED if isinstance(exc, ContentDisallowed) else metrics.FORGED
        signed.refused.send(sender=self, reason=reason)
        message.reject_log_error(log, self.connection_errors)
