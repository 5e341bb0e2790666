"""How Celery is set up; every reliability setting has its reason."""

from celery import Celery

import beat_schedule
from tasks import catalogue
from workers.broker import signed
from workers.broker.transport import DELIVERY, EFFECTS, EVENTS, WOKEN, transport_options
from workers.wiring import Fleet


def make_app(fleet: Fleet) -> Celery:
    """An app bound to the broker of this fleet; it signs with this fleet's secrets."""
    environment = fleet.settings.environment
    signed.install(lambda: fleet.broker_secrets)
    app = Celery(
        "fleet",
        broker=environment.broker_url,
        include=["workers.shells"],
        events="workers.broker.events:Events",
    )
    app.conf.update(
        task_default_queue="batch",
        task_routes=_routes(),
        broker_transport_options=transport_options(
            environment.broker_url, environment.broker_timeout_seconds
        ),
        # AMQP's own; how long a worker waits on a half-open connection.
        broker_heartbeat=max(1, round(environment.broker_timeout_seconds)),
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # Redis out of memory, or with something else where a queue was: connect anew, do not end.
        broker_channel_error_retry=True,
        # Remote control has the serializer of tasks.
        task_serializer=signed.NAME,
        accept_content=[signed.NAME],
        worker_consumer="workers.broker.wary_consumer:Consumer",
        # The ledger makes a second delivery harmless, so a task is acknowledged when it is done.
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        # A killed child's run comes back through the ledger's lease, not through a poison loop.
        task_reject_on_worker_lost=False,
        # On Redis, True loses tasks when the connection drops (Celery 5.7.0).
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_ignore_result=True,
        task_time_limit=environment.run_lease_seconds,
        task_soft_time_limit=environment.run_lease_seconds * 0.9,
        worker_soft_shutdown_timeout=30,
        worker_max_tasks_per_child=500,
        worker_max_memory_per_child=environment.worker_memory_mb * 1024,
        # For Flower alone: our own metrics come from the ledger.
        worker_send_task_events=environment.task_events,
        task_send_sent_event=environment.task_events,
        worker_hijack_root_logger=False,
        timezone="UTC",
        beat_schedule=beat_schedule.entries(environment.tick_seconds, _events_seconds(fleet)),
        beat_max_loop_interval=max(1, min(environment.tick_seconds, 60)),
    )
    return app


def _events_seconds(fleet: Fleet) -> float | None:
    """How often events are taken up; None where no tenant has a source of any."""
    anybody = any(tenant.sources for tenant in fleet.settings.tenants.values())
    return fleet.settings.environment.events_seconds if anybody else None


def _routes() -> dict[str, dict[str, str]]:
    jobs = {f"jobs.{job.name}": {"queue": job.queue} for job in catalogue.jobs().values()}
    return {
        **jobs,
        "fleet.dispatch": {"queue": EVENTS},
        "fleet.recover": {"queue": EVENTS},
        "fleet.compare": {"queue": EVENTS},
        "fleet.listen": {"queue": EVENTS},
        "fleet.feed": {"queue": EVENTS},
        "fleet.hear": {"queue": WOKEN},
        "fleet.poll": {"queue": WOKEN},
        "fleet.learn": {"queue": "batch"},
        "fleet.probe": {"queue": "batch"},
        "fleet.trim": {"queue": "batch"},
        "fleet.deliver": {"queue": DELIVERY},
        "fleet.effect": {"queue": EFFECTS},
        "fleet.remind": {"queue": EFFECTS},
    }
