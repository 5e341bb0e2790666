"""How each act is done to a playing fleet, and undone after its time."""

import contextlib
import json
import shutil
import signal
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from tests.chaos import mailbox, proxy
from tests.chaos.evidence import rows_of
from tests.chaos.parts import TooLate
from tests.chaos.scenario import REDIS, Act, Fault
from tests.chaos.stage import Play
from workers.broker.celery_settings import make_app
from workers.config import settings
from workers.ledger import marks, schema
from workers.ledger.database import Ledger, connect
from workers.ledger.errors import LedgerUnavailable
from workers.ledger.statuses import RunStatus
from workers.wiring import Fleet

Doing = Callable[[Play, Fault], None]


def _kill_child(play: Play, fault: Fault) -> None:
    if play.part(fault.target).kill_child(fault.number):
        play.done[f"{fault.target} child killed"] += 1


def _kill(play: Play, fault: Fault) -> None:
    play.part(fault.target).kill()
    play.done[f"{fault.target} killed"] += 1
    play.later(0.1, play.part(fault.target).start)


def _stop(play: Play, fault: Fault) -> None:
    play.part(fault.target).terminate()
    play.done[f"{fault.target} stopped"] += 1
    play.part(fault.target).start()


def _second_beat(play: Play, fault: Fault) -> None:
    play.part("beat-2").start()
    play.done["second beat"] += 1


def _redis_restart(play: Play, fault: Fault) -> None:
    play.lane.redis.kill()
    play.done["redis killed"] += 1
    play.note_down("broker")
    play.later(fault.seconds, play.lane.redis.start)


def _redis_wipe(play: Play, fault: Fault) -> None:
    play.lane.redis.kill()
    for file in play.prepared.folder.glob("appendonly*"):
        # A folder of files since Redis 7.
        if file.is_dir():
            shutil.rmtree(file)
        else:
            file.unlink()
    play.done["redis wiped"] += 1
    play.later(fault.seconds, play.lane.redis.start)


def _redis_flush(play: Play, fault: Fault) -> None:
    play.lane.redis.client.flushall()
    play.done["redis flushed"] += 1


def _redis_pause(play: Play, fault: Fault) -> None:
    play.lane.redis.signal(signal.SIGSTOP)
    play.done["redis paused"] += 1
    play.later(fault.seconds, lambda: play.lane.redis.signal(signal.SIGCONT))


def _redis_full(play: Play, fault: Fault) -> None:
    play.lane.redis.client.config_set("maxmemory", "1")
    play.done["redis full"] += 1

    def heal() -> None:
        play.lane.redis.client.config_set("maxmemory", "0")

    play.later(fault.seconds, heal)


def _rabbit_restart(play: Play, fault: Fault) -> None:
    play.lane.rabbit.kill()
    play.done["rabbit killed"] += 1
    play.note_down("broker")
    play.later(fault.seconds, play.lane.rabbit.start)


def _rabbit_purge(play: Play, fault: Fault) -> None:
    play.done["rabbit messages purged"] += play.lane.rabbit.empty()
    play.done["rabbit purged"] += 1


def _rabbit_pause(play: Play, fault: Fault) -> None:
    play.lane.rabbit.freeze(True)
    play.done["rabbit paused"] += 1
    play.later(fault.seconds, lambda: play.lane.rabbit.freeze(False))


def _postgres_restart(play: Play, fault: Fault) -> None:
    play.lane.postgres.kill()
    play.done["postgres killed"] += 1
    play.note_down("ledger")
    play.later(fault.seconds, play.lane.postgres.start)


def _sqlite_lock(play: Play, fault: Fault) -> None:
    file = play.prepared.ledger.removeprefix("sqlite:///")
    connection = sqlite3.connect(file, timeout=20, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    play.done["sqlite locked"] += 1
    play.later(fault.seconds, connection.close)


def _proxy(play: Play, fault: Fault, only: bytes = b"") -> None:
    through = play.lane.proxies[fault.target]
    through.fail(proxy.Mode(fault.mode), only)
    if through.mode is proxy.Mode.REFUSE:
        through.cut()
    play.later(fault.seconds, through.heal)


def _write(play: Play, fault: Fault) -> None:
    """Only requests that write an activity fail, so that reading goes on."""
    _proxy(play, fault, rb'"mail\.activity", ?"load"')


def _effect(play: Play, fault: Fault) -> None:
    """Only requests that do an effect fail."""
    _proxy(play, fault, DOES_AN_EFFECT)


def _kill_at_effect(play: Play, fault: Fault) -> None:
    """Before a write has reached Odoo, before its answer is there, or before it is read back."""
    through = play.lane.proxies["odoo"]
    mode = proxy.Mode(f"hold_{fault.mode}")
    before = through.hits[mode]
    through.fail(mode, DOES_AN_EFFECT)
    try:
        play.wait_until(lambda: through.hits[mode] > before, 20, "a write to hold")
        for number in range(len(play.part("effects").children())):
            play.part("effects").kill_child(number)
            play.done["effects child killed"] += 1
    except TooLate:
        play.done["nothing to hold"] += 1
    finally:
        # Its sender is dead: what has not reached Odoo never will.
        through.cut()
        through.heal()


def _cut(play: Play, fault: Fault) -> None:
    play.lane.proxies[fault.target].cut()


def _half_open(play: Play, fault: Fault) -> None:
    play.lane.proxies[fault.target].half_open()


def _mail(play: Play, fault: Fault) -> None:
    play.lane.mailbox.set(mailbox.Mode(fault.mode))
    play.later(fault.seconds, lambda: play.lane.mailbox.set(mailbox.Mode.ACCEPT))


def _mail_down(play: Play, fault: Fault) -> None:
    play.lane.mailbox.kill()
    play.done["mailbox killed"] += 1
    play.later(fault.seconds, play.lane.mailbox.start)


def _kill_at_accept(play: Play, fault: Fault) -> None:
    """Between the acceptance of a mail and the sender's commit, which is the ambiguous instant."""
    before = len(_held(play))
    play.lane.mailbox.set(mailbox.Mode.HOLD)
    try:
        play.wait_until(lambda: len(_held(play)) > before, 20, "a mail to hold")
        for number in range(len(play.part(fault.target).children())):
            play.part(fault.target).kill_child(number)
            play.done[f"{fault.target} child killed"] += 1
    except TooLate:
        play.done["nothing to hold"] += 1
    finally:
        play.lane.mailbox.set(mailbox.Mode.ACCEPT)


def _held(play: Play) -> list[mailbox.Entry]:
    return [entry for entry in play.lane.mailbox.entries() if entry.mode is mailbox.Mode.HOLD]


def _in_timetable(play: Play, fault: Fault) -> None:
    """Its job does it."""
    play.done[fault.act.value] += 1


def _old_messages(play: Play, fault: Fault) -> None:
    """What a version before or after this one may have left in the queues."""
    app = make_app(Fleet(settings.load(_past_proxy(play))))
    with app.connection_for_write() as connection:
        send: dict[str, Any] = {"connection": connection, "queue": "batch"}
        app.send_task("jobs.no_such_job", (1,), **send)
        app.send_task("jobs.pulse", (), {"slot": "2020-01-01"}, **send)
        app.send_task("jobs.pulse", (10**9,), **send)
        app.send_task("fleet.dispatch", ("no_such_job",), connection=connection, queue="events")
        connection.Producer().publish(b"?", routing_key="batch", content_type="text/x-unknown")
    if play.scenario.broker == REDIS:
        play.lane.redis.client.lpush("fleet:batch", json.dumps({"body": "?", "headers": {}}))
    play.done["old messages"] += 5


def _repeat_messages(play: Play, fault: Fault) -> None:
    """Every run so far is rung for twice more, as a broker may."""
    app = make_app(Fleet(settings.load(_past_proxy(play))))
    found, _, _ = rows_of(play.prepared.ledger)
    with app.connection_for_write() as connection:
        for run in [*found, *found]:
            app.send_task(f"jobs.{run.job}", (run.id,), connection=connection, queue="batch")
            play.done["repeated messages"] += 1


def _past_proxy(play: Play) -> Mapping[str, str]:
    return {
        "FLEET_ODOO_URL": "http://127.0.0.1:9",
        "FLEET_ODOO_DB": "none",
        "FLEET_ODOO_LOGIN": "none",
        "FLEET_ODOO_API_KEY": "none",
        "FLEET_BROKER_URL": play.prepared.broker,
        "FLEET_BROKER_SECRET": play.prepared.environ["FLEET_BROKER_SECRET"],
    }


def _clock_step(play: Play, fault: Fault) -> None:
    clock = play.prepared.folder / "clock"
    clock.write_text(str(5 if fault.number % 2 else -5))
    play.done["clock stepped"] += 1
    play.later(fault.seconds, lambda: _set(clock, "0"))


def _set(file: Path, text: str) -> None:
    file.write_text(text)


def _beat_down(play: Play, fault: Fault) -> None:
    """Beat ends; hours later, as all clocks have it, it is there again."""
    play.part("beat").kill()
    play.done["beat down for hours"] += 1
    play.ahead = timedelta(seconds=fault.seconds)
    (play.prepared.folder / "clock").write_text(str(fault.seconds))
    play.part("beat").start()


def _away(play: Play, fault: Fault) -> None:
    """Something is away for long: all clocks are moved, in steps, at the shipped waits.

    Ten minutes after its return nothing is left to wait for, since no clock moves any more.
    """
    take, give_back = TAKEN[fault.target]
    take(play)
    play.done[f"{fault.target} away"] += 1
    # Without ledger or broker nothing can be done at any time.
    works = fault.target in ("odoo", "mail")
    for step in range(AWAY_STEPS):
        _rest(play, with_ledger=fault.target != "postgres", has_looked=works)
        play.move(fault.seconds / AWAY_STEPS)
        if step == 0 and fault.target == "redis":
            _await_miss(play)
    give_back(play)
    for _ in range(RETURN_MINUTES):
        _rest(play, with_ledger=True, has_looked=works)
        play.move(60)


def _await_miss(play: Play) -> None:
    """Until beat has missed the broker: nobody else tells that it was away, and only if it saw it.

    It sleeps up to a quarter of a minute, in which the clock may pass a day.
    """
    with contextlib.suppress(TooLate):
        play.wait_until(lambda: "Message Error" in play.part("beat").log, 60, "beat to miss it")


def _rest(play: Play, *, with_ledger: bool, has_looked: bool) -> None:
    """Until nobody is at work: whose lease a moved clock ends would be taken for dead.

    has_looked: and until what the clock made due was looked for and begun, however slow the
    machine is: a clock that runs away from the fleet shows an outage that nobody lived through.
    """
    if not with_ledger:
        return
    with contextlib.suppress(TooLate), closing(connect(play.prepared.ledger)) as ledger:
        play.wait_until(
            lambda: _is_at_rest(ledger) and (not has_looked or _has_looked(ledger, play.now())),
            10,
            "a fleet at rest",
        )


def _is_at_rest(ledger: Ledger) -> bool:
    held = [
        select(table.c.id).where(table.c.token.is_not(None))
        for table in (schema.runs, schema.messages, schema.effects)
    ]
    try:
        with ledger.reading() as connection:
            return all(connection.execute(each.limit(1)).first() is None for each in held)
    except LedgerUnavailable:
        return False


def _has_looked(ledger: Ledger, now: datetime) -> bool:
    """Whether every job was looked for within the last minute, and none of its runs is due."""
    runs = schema.runs
    waiting = select(runs.c.id).where(
        runs.c.status == RunStatus.PENDING, runs.c.next_attempt_at <= now
    )
    with ledger.reading() as connection:
        looks = [mark.at for mark in marks.all(connection) if mark.kind == marks.LOOK]
        return (
            min(looks, default=now) >= now - LOOKS_EVERY
            and connection.execute(waiting.limit(1)).first() is None
        )


def _refuse(name: str) -> Callable[[Play], None]:
    def refuse(play: Play) -> None:
        play.lane.proxies[name].fail(proxy.Mode.REFUSE)
        play.lane.proxies[name].cut()

    return refuse


# How each is taken away, and given back.
TAKEN: Final[Mapping[str, tuple[Callable[[Play], None], Callable[[Play], None]]]] = {
    "odoo": (_refuse("odoo"), lambda play: play.lane.proxies["odoo"].heal()),
    "mail": (lambda play: play.lane.mailbox.kill(), lambda play: play.lane.mailbox.start()),
    "postgres": (lambda play: play.lane.postgres.kill(), lambda play: play.lane.postgres.start()),
    "redis": (lambda play: play.lane.redis.kill(), lambda play: play.lane.redis.start()),
}
AWAY_STEPS: Final = 30
# A method among the arguments of a call; as the name of an option, a colon follows.
DOES_AN_EFFECT: Final = rb'"(?:load|run)" ?,'
# Each minute by beat, and what the machine takes.
LOOKS_EVERY: Final = timedelta(seconds=70)
RETURN_MINUTES: Final = 10
ACTS: Final[Mapping[Act, Doing]] = {
    Act.KILL_CHILD: _kill_child,
    Act.KILL: _kill,
    Act.STOP: _stop,
    Act.SECOND_BEAT: _second_beat,
    Act.REDIS_RESTART: _redis_restart,
    Act.REDIS_WIPE: _redis_wipe,
    Act.REDIS_FLUSH: _redis_flush,
    Act.REDIS_PAUSE: _redis_pause,
    Act.REDIS_FULL: _redis_full,
    Act.RABBIT_RESTART: _rabbit_restart,
    Act.RABBIT_PURGE: _rabbit_purge,
    Act.RABBIT_PAUSE: _rabbit_pause,
    Act.POSTGRES_RESTART: _postgres_restart,
    Act.SQLITE_LOCK: _sqlite_lock,
    Act.PROXY: _proxy,
    Act.WRITE: _write,
    Act.EFFECT: _effect,
    Act.KILL_AT_EFFECT: _kill_at_effect,
    Act.CHORE: _in_timetable,
    Act.ERRAND: _in_timetable,
    Act.RING: _in_timetable,
    Act.CUT: _cut,
    Act.HALF_OPEN: _half_open,
    Act.MAIL: _mail,
    Act.MAIL_DOWN: _mail_down,
    Act.KILL_AT_ACCEPT: _kill_at_accept,
    Act.POISON_RUN: _in_timetable,
    Act.POISON_MAIL: _in_timetable,
    Act.GLUTTON: _in_timetable,
    Act.OLD_MESSAGES: _old_messages,
    Act.REPEAT_MESSAGES: _repeat_messages,
    Act.CLOCK_STEP: _clock_step,
    Act.BEAT_DOWN: _beat_down,
    Act.AWAY: _away,
}
