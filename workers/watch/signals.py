"""What Celery's own signals tell that nobody else knows: publications, heartbeats, discards."""

import os
import signal
import socket
from collections.abc import Iterable
from typing import Any

import structlog
from celery import beat, signals

from monitoring import metrics
from workers import notes as watching
from workers import outages, wiring
from workers.broker import signed
from workers.broker.held_messages import HeldMessages
from workers.broker.queues import PUBLISHED_AT
from workers.ledger import counters, marks
from workers.ledger.errors import LedgerError
from workers.watch import reloading

log = structlog.get_logger()

HEARTBEAT_SECONDS = 15


class BeatingScheduler(beat.Scheduler):  # type: ignore[misc]
    """Celery's scheduler, with slots in the ledger instead of a file, and a heartbeat."""

    _beaten_at = 0.0

    def setup_schedule(self) -> None:
        """Begin with nothing away."""
        super().setup_schedule()
        self._ledger = outages.Remembered(outages.LEDGER)
        self._broker = outages.Remembered(outages.BROKER)
        self._watch = reloading.Watch(wiring.fleet(), f"beat@{socket.gethostname()}")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Run what is due; returns seconds until the next time."""
        self._follow_the_clock()
        seconds: float = super().tick(*args, **kwargs)
        fleet = wiring.fleet()
        asked_at = fleet.clock()
        now = asked_at.timestamp()
        pause = min(HEARTBEAT_SECONDS, fleet.settings.environment.tick_seconds)
        if not 0 <= now - self._beaten_at < pause:
            error = watching.beat(fleet, marks.BEAT, socket.gethostname(), {})
            if error is None:
                self._ledger.answered(fleet)
            else:
                self._ledger.failed(asked_at, error)
            self._beaten_at = now
        _end_if_edited(self._watch)
        return min(seconds, reloading.LOOK_SECONDS)

    def _follow_the_clock(self) -> None:
        """Have no entry wait until a clock that was put back gets there again."""
        now = self.app.now()
        ahead = [entry for entry in self.schedule.values() if entry.last_run_at > now + marks.SKEW]
        for entry in ahead:
            entry.last_run_at = now
        if ahead:
            self._heap = None

    def apply_async(self, *args: Any, **kwargs: Any) -> Any:
        """Publish one entry. Raises SchedulingError when the broker does not take it."""
        fleet = wiring.fleet()
        asked_at = fleet.clock()
        try:
            published = super().apply_async(*args, **kwargs)
        except beat.SchedulingError as error:
            self._broker.failed(asked_at, error)
            raise
        self._broker.answered(fleet)
        return published

    def close(self) -> None:
        """End in order."""
        host = socket.gethostname()
        watching.depart(wiring.fleet(), marks.BEAT, host)
        if reloading.ends_to_start_anew():
            watching.comes(wiring.fleet(), marks.BEAT, host, watching.TAKES_UP)
        super().close()


class WorkerHeart:
    """The heartbeat of one worker, left now and then by its parent process."""

    def __init__(
        self, name: str, queues: Iterable[str], processes: int, tenants: Iterable[str] = ()
    ) -> None:
        self._name = name
        self._detail: dict[str, Any] = {
            "queues": sorted(queues),
            "processes": processes,
            "tenants": sorted(tenants),
        }
        self._beaten_at = 0.0

    def beat(self, **_: object) -> None:
        """Leave a heartbeat unless the last one is young."""
        fleet = wiring.fleet()
        now = fleet.clock().timestamp()
        # A clock that is put back is not a reason to be silent until it gets there again.
        if not 0 <= now - self._beaten_at < HEARTBEAT_SECONDS:
            watching.beat(fleet, marks.WORKER, self._name, self._detail)
            self._beaten_at = now

    def stop(self, **_: object) -> None:
        """The worker was told to end."""
        watching.depart(wiring.fleet(), marks.WORKER, self._name)
        if reloading.ends_to_start_anew():
            self.ends_to_start_anew()

    def ends_to_start_anew(self) -> None:
        """It ends what it does, takes nothing more meanwhile, and comes again."""
        queues = self._detail["queues"]
        watching.comes(wiring.fleet(), marks.WORKER, self._name, watching.TAKES_UP, queues)


def connect() -> None:
    """Listen to the signals of this process."""
    signals.before_task_publish.connect(_stamp)
    signals.worker_ready.connect(_begin)
    signals.task_postrun.connect(_count_calls)
    signals.task_revoked.connect(_revoked)
    signals.task_rejected.connect(_rejected)
    signals.task_unknown.connect(_unknown)
    signed.refused.connect(_refused)
    # Celery asks once, when its consumer is made, whether anybody listens to heartbeats.
    signals.heartbeat_sent.connect(_heartbeat)
    signals.worker_shutdown.connect(_stop)


_hearts: list[WorkerHeart] = []
_held: list[HeldMessages] = []
_watches: list[reloading.Watch] = []
_discards: list[metrics.Increment] = []


def _begin(sender: Any, **_: object) -> None:
    heart = WorkerHeart(
        sender.hostname,
        (queue.name for queue in sender.task_consumer.queues),
        sender.pool.num_processes,
        wiring.fleet().settings.tenants,
    )
    _hearts[:] = [heart]
    _held[:] = [HeldMessages(sender)]
    if not _watches:
        _watches.append(reloading.Watch(wiring.fleet(), f"worker {sender.hostname}"))
    heart.beat()


def _heartbeat(**_: object) -> None:
    _count_discards()
    for heart in _hearts:
        heart.beat()
    for held in _held:
        held.look()
    for watch in _watches:
        _end_if_edited(watch)


def _end_if_edited(watch: reloading.Watch) -> None:
    if watch.look():
        reloading.end_to_start_anew()
        _watches.clear()
        for heart in _hearts:
            heart.ends_to_start_anew()
        # Celery ends in order, when what it works on is done.
        os.kill(os.getpid(), signal.SIGTERM)


def _stop(**_: object) -> None:
    _count_discards()
    for heart in _hearts:
        heart.stop()
    _hearts.clear()


def _stamp(headers: dict[str, Any] | None = None, **_: object) -> None:
    if headers is not None:
        headers[PUBLISHED_AT] = wiring.utc_now().timestamp()


def _count_calls(**_: object) -> None:
    watching.count_calls(wiring.fleet())


def _revoked(sender: Any, expired: bool, **_: object) -> None:
    _discarded(sender.name, "expired" if expired else "revoked")


def _rejected(sender: Any, message: Any, **_: object) -> None:
    # A label must be bounded, whatever name a message has.
    task = message.headers.get("task")
    _discarded(task if task in sender.app.tasks else "unknown", "rejected")


def _unknown(**_: object) -> None:
    _discarded("unknown", "rejected")


def _refused(reason: str, **_: object) -> None:
    _discarded("unknown", reason)


def _discarded(task: str, reason: str) -> None:
    # Written now and then: a worker that is behind discards what expired meanwhile, and would
    # never catch up if that took as long as the work itself.
    _discards[:] = metrics.summed([*_discards, metrics.task_discarded(task, reason)])


def _count_discards() -> None:
    if not _discards:
        return
    try:
        with wiring.fleet().ledger.transaction() as connection:
            counters.add(connection, _discards)
        for refused in _discards:
            if refused.labels["reason"] in metrics.REFUSED:
                # However many: who pushes a million of them fills no disk.
                log.warning("messages.refused", number=refused.amount, **refused.labels)
        _discards.clear()
    except LedgerError as error:
        log.warning("discards.uncounted", error=str(error))
