"""Structured logs on stderr: one stable event name per line, secrets left out."""

import logging
import sys
from typing import Final

import stamina
import structlog

from odoo_gateway.errors import harmless

# What Celery says of each task that begins and ends, beside what it says itself, at INFO.
OF_EACH_TASK: Final = ("celery.app.trace", "celery.worker.strategy")


def configure(log_format: str = "console", level: int | str = logging.INFO) -> None:
    """Send structlog, the standard library's loggers and warnings through one renderer.

    What Celery says of each task that begins and ends is said at the level DEBUG alone.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_commands,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(True)
    quiet = logging.WARNING
    logging.getLogger("alembic").setLevel(quiet)
    for name in OF_EACH_TASK:
        logging.getLogger(name).setLevel(logging.NOTSET if root.level <= logging.DEBUG else quiet)
    stamina.instrumentation.set_on_retry_hooks([_retried])
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _without_commands(
    logger: object, name: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Names from Odoo command no terminal on which somebody reads the log, and begin no line."""
    for key, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[key] = harmless(value)
    # Other values are quoted where they have more lines than one.
    event["event"] = str(event["event"]).replace("\n", "\n  ")
    return event


def _retried(details: stamina.instrumentation.RetryDetails) -> None:
    structlog.get_logger().warning(
        "odoo.retried", attempt=details.retry_num, error=str(details.caused_by)
    )
