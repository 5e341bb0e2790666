"""Bare Celery with the fleet's settings: a task that does nothing, and one of two statements."""

import os
import time

import psycopg
from celery import Celery

from benchmarks.fleet import ends

SETTINGS = {
    "task_default_queue": "batch",
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    "task_reject_on_worker_lost": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "task_ignore_result": True,
    "task_time_limit": 900,
    "task_soft_time_limit": 810,
    "worker_max_tasks_per_child": 500,
    "worker_max_memory_per_child": 400 * 1024,
    "broker_connection_retry_on_startup": True,
    "worker_send_task_events": os.environ.get("BENCH_EVENTS") == "1",
    "task_send_sent_event": os.environ.get("BENCH_EVENTS") == "1",
    "timezone": "UTC",
}
app = Celery("bare", broker=os.environ["FLEET_BROKER_URL"])
app.conf.update(SETTINGS)
if "BENCH_ENDS" in os.environ:
    ends.note(os.environ["BENCH_ENDS"])
_connections: dict[int, psycopg.Connection] = {}


@app.task(name="nothing")
def nothing(number: int) -> None:
    """Does nothing."""


@app.task(name="two_rows")
def two_rows(number: int) -> None:
    """Notes that it began and that it ended, in a transaction each."""
    connection = _connections.get(os.getpid())
    if connection is None:
        url = os.environ["FLEET_DATABASE_URL"]
        connection = _connections[os.getpid()] = psycopg.connect(url)
    begun = "INSERT INTO bare (number, status) VALUES (%s, 'running') RETURNING id"
    (row,) = connection.execute(begun, (number,))
    connection.commit()
    connection.execute("UPDATE bare SET status = 'succeeded' WHERE id = %s", (row[0],))
    connection.commit()


def publish(task: str, count: int, every: float) -> None:
    """Publish so many tasks, one every so many seconds."""
    chosen = {"nothing": nothing, "two_rows": two_rows}[task]
    for number in range(count):
        chosen.apply_async((number,), headers={ends.PUBLISHED: time.time()})
        time.sleep(every)
