"""Notices messages that a worker holds and nobody works on, before they stop it for good.

When an acknowledgement cannot be sent, Celery logs it and goes on; kombu counts the message as held
for ever. With a prefetch of one per process, each takes a process' place, until a worker that seems
well takes nothing any more.
"""

from dataclasses import dataclass
from typing import Any, Final, NoReturn

import structlog
from celery.worker import state

log = structlog.get_logger()

# A message is between two lists for an instant, so one look proves nothing.
LOOKS: Final = 3


@dataclass
class HeldMessages:
    """What one worker's consumer holds."""

    consumer: Any
    _looks: int = 0

    def look(self) -> None:
        """Make the worker connect anew, which gives back what it holds, when that lasts."""
        forgotten = _held(self.consumer.task_consumer) - len(state.reserved_requests)
        self._looks = self._looks + 1 if forgotten > 0 else 0
        if self._looks >= LOOKS:
            self._looks = 0
            log.warning("worker.reconnects", forgotten_messages=forgotten)
            self.consumer.hub.call_soon(_connect_anew)


def _held(task_consumer: Any) -> int:
    qos: Any = getattr(getattr(task_consumer, "channel", None), "qos", None)
    # AMQP counts on the server, and a failed acknowledgement there is a lost connection.
    return len(qos._delivered) - len(qos._dirty) if hasattr(qos, "_delivered") else 0


def _connect_anew() -> NoReturn:
    raise ConnectionResetError("messages are held that nobody works on")
