"""The Celery app of this process: `celery -A workers.app worker`."""

from contextlib import suppress

import structlog
from celery.apps import worker
from celery.signals import setup_logging

from monitoring import logs
from workers import wiring
from workers.broker.celery_settings import make_app
from workers.watch import signals

fleet = wiring.fleet()


@setup_logging.connect
def _use_our_logs(**_: object) -> None:
    environment = fleet.settings.environment
    logs.configure(environment.log_format, environment.log_level.upper())
    worker.safe_say = _say


def _say(text: str, *_: object) -> None:
    """What a worker says as it ends, which it would print among the lines of the log."""
    # It is said by a signal's handler, which may interrupt a line.
    with suppress(RuntimeError):
        structlog.get_logger().info("worker.says", message=text)


app = make_app(fleet)
signals.connect()
