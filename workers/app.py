"""The Celery app of this process: `celery -A workers.app worker`."""

from celery.signals import setup_logging

from monitoring import logs
from workers import settings, signals
from workers.celery_settings import make_app

environment = settings.load().environment


@setup_logging.connect
def _use_our_logs(**_: object) -> None:
    logs.configure(environment.log_format)


app = make_app(environment)
signals.connect()
