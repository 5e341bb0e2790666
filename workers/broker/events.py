"""Celery's events, sent by workers that do not try for ever.

After its connection to RabbitMQ broke, Celery's dispatcher may go on declaring its exchange on a
channel of the lost connection, and connects anew between tries without end (kombu 5.7). It does so
in the worker's parent process, which takes no task meanwhile.
"""

from typing import Any, Final

from celery.app import events
from celery.events.dispatcher import EventDispatcher
from kombu.messaging import Producer

TRIES: Final = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 0.5}


class Dispatcher(EventDispatcher):  # type: ignore[misc]
    """Keeps what it could not send, and sends it with the next on a channel of its own."""

    def _publish(
        self,
        event: Any,
        producer: Any,
        routing_key: str,
        retry: bool = False,
        retry_policy: Any = None,
        **named: Any,
    ) -> None:
        kept = len(self._outbound_buffer)
        super()._publish(event, producer, routing_key, retry, retry_policy or TRIES, **named)
        if len(self._outbound_buffer) > kept:
            self.producer = Producer(
                self.connection,
                exchange=self.exchange,
                serializer=self.serializer,
                auto_declare=False,
            )


class Events(events.Events):  # type: ignore[misc]
    """Where Celery looks up its dispatcher."""

    dispatcher_cls = f"{__name__}:Dispatcher"
