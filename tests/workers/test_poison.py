"""Whoever can write into Redis, and nothing else, can neither stop a worker nor give it work."""

import base64
import json
import os
import pickle
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import redis as redis_client
from celery import Celery
from pydantic import SecretStr

from monitoring import metrics
from tasks import catalogue
from tests.monitoring.running_fleet import wait_until
from workers.broker import queues
from workers.broker.celery_settings import make_app
from workers.config import settings
from workers.config.settings import Environment, Settings
from workers.demo import processes, stage
from workers.demo.processes import Started, free_port, running
from workers.demo.processes import fleet as fleet_command
from workers.ledger import counters, marks, runs, scopes
from workers.ledger.places import Place
from workers.ledger.runs import Slot
from workers.ledger.scopes import Scope
from workers.ledger.statuses import RunStatus
from workers.wiring import Fleet

pytestmark = pytest.mark.chaos

QUEUE: Final = "fleet:events"
SHELF: Final = "shelf"
COMMANDED: Final = "fleet:/0.celery.pidbox"
JOB: Final = next(iter(catalogue.jobs()))


@dataclass
class Target:
    """A worker that serves one queue, its Redis, and what they need."""

    fleet: Fleet
    url: str
    redis: Any
    worker: Started
    app: Celery

    def refused(self) -> Counter[str]:
        """How many messages were put away so far, by reason."""
        with self.fleet.ledger.reading() as connection:
            found = counters.all(connection)
        discarded = (each for each in found if each.name == metrics.DISCARDED.name)
        return sum((Counter({c.labels["reason"]: int(c.value)}) for c in discarded), Counter())

    def looked(self) -> float:
        """When the worker last looked for slots of a job, as a Unix time."""
        with self.fleet.ledger.reading() as connection:
            found = [m for m in marks.all(connection) if (m.kind, m.name) == (marks.LOOK, JOB)]
        return found[0].at.timestamp() if found else 0.0

    def works(self) -> None:
        """Fails unless the worker is the same process as ever, and does its next task."""
        before = self.looked()
        self.app.send_task("fleet.dispatch", (JOB,), queue="events")
        wait_until(lambda: self.looked() > before, 60, "the next good task")
        assert self.worker.process.poll() is None

    def raw(self, name: str = "fleet.dispatch", **options: Any) -> dict[str, Any]:
        """A message with our signature, as it stands in Redis, on its way to nobody."""
        self.app.send_task(name, (JOB,), queue=SHELF, **options)
        found: dict[str, Any] = json.loads(self.redis.rpop(f"fleet:{SHELF}"))
        return found


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("poison")
    ports = {name: free_port() for name in ("redis", "odoo", "smtp", "metrics")}
    ours = {"FLEET_LOG_FORMAT": "json", "FLEET_TASK_EVENTS": "true"}
    environ = {**stage.environment(folder, ports), **ours}
    with ExitStack() as stack:
        server = stack.enter_context(
            running("redis", processes.redis_command(ports["redis"], folder)[1], {}, folder)
        )
        server.wait_until(lambda: processes.answers(ports["redis"]), 20)
        worker = stack.enter_context(
            running(
                "worker",
                fleet_command("worker", "--queues", "events", "--concurrency", "1"),
                environ,
                folder,
            )
        )
        worker.wait_until(lambda: "ready." in worker.tail(200), 60)
        fleet = Fleet(settings.load(environ))
        url = environ["FLEET_BROKER_URL"]
        client = redis_client.Redis(port=ports["redis"])
        yield Target(fleet, url, client, worker, make_app(fleet))


def message(body: bytes, content_type: str, **headers: Any) -> dict[str, Any]:
    """What kombu would put into Redis."""
    return {
        "body": base64.b64encode(body).decode(),
        "content-type": content_type,
        "content-encoding": "utf-8",
        "headers": {"task": "fleet.dispatch", "id": "x", "lang": "py", **headers},
        "properties": {
            "correlation_id": "x",
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "events"},
            "body_encoding": "base64",
            "delivery_tag": os.urandom(8).hex(),
        },
    }


class Bomb:
    """Ends whoever unpickles it."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return os._exit, (1,)


BODY: Final = json.dumps([[JOB], {}, {"callbacks": None}]).encode()
UNSIGNED: Final = "application/json"
SIGNED: Final = "application/x-fleet-signed"
GOOD: Final = message(BODY, UNSIGNED)


def without(*path: str) -> bytes:
    """An unsigned message that lacks a part, or has it as another type."""
    changed = json.loads(json.dumps(GOOD))
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return json.dumps(changed).encode()


def changed(**parts: Any) -> bytes:
    return json.dumps({**GOOD, **parts}).encode()


def tagged(**parts: Any) -> bytes:
    return changed(properties={**GOOD["properties"], **parts})


RAW: Final = {
    "no text": (b"\xff\xfe\x00garbage", "unreadable"),
    "no JSON": (b"garbage", "unreadable"),
    "empty": (b"", "unreadable"),
    "a number": (b"7", "unreadable"),
    "null": (b"null", "unreadable"),
    "JSON without a task": (b'{"hello": "world"}', "unreadable"),
    "a list": (b"[1, 2]", "unreadable"),
    "deeply nested": (b"[" * 100_000, "unreadable"),
    "a type of kombu's": (b'{"__type__": "datetime", "__value__": "never"}', "unreadable"),
    "huge and no JSON": (b"x" * 30_000_000, "unreadable"),
    "no properties": (without("properties"), "unreadable"),
    "no delivery tag": (without("properties", "delivery_tag"), "unreadable"),
    "no delivery info": (without("properties", "delivery_info"), "unreadable"),
    "a delivery tag that is a list": (tagged(delivery_tag=["x"]), "unreadable"),
    "a body that is a number": (changed(body=5), "unreadable"),
    "a body that is not base64": (changed(body="x"), "unreadable"),
    "headers that are a list": (changed(headers=["x"]), "unreadable"),
    "no body": (changed(body=None), "unsigned"),
    "unsigned": (json.dumps(GOOD).encode(), "unsigned"),
    "huge and unsigned": (json.dumps(message(b"x" * 20_000_000, UNSIGNED)).encode(), "unsigned"),
    "pickled": (
        json.dumps(message(pickle.dumps(Bomb()), "application/x-python-serialize")).encode(),
        "unsigned",
    ),
    "an unknown content type": (json.dumps(message(BODY, "text/x-unknown")).encode(), "unsigned"),
    "a content type that is a list": (changed(**{"content-type": ["x"]}), "forged"),
    "plain data": (json.dumps(message(BODY, "application/data")).encode(), "forged"),
    "without a signature": (json.dumps(message(BODY, SIGNED)).encode(), "forged"),
    "no task in its headers": (changed(headers={}), "unsigned"),
    "a bomb": (
        json.dumps(message(zlib.compress(b"0" * 10**8), SIGNED, compression="zlib")).encode(),
        "forged",
    ),
}


def test_what_is_no_signed_message_is_put_away_and_counted(target: Target) -> None:
    before = target.refused()
    for raw, _ in RAW.values():
        target.redis.lpush(QUEUE, raw)
    target.works()
    wanted = before + Counter(reason for _, reason in RAW.values())
    wait_until(lambda: target.refused() >= wanted, 30, f"{wanted}")
    assert target.redis.hlen("fleet:unacked") == 0


def signed_by_another(target: Target) -> dict[str, Any]:
    secret = SecretStr("x" * 32)
    other = Fleet(Settings(Environment(broker_url=target.url, broker_secret=secret)))
    try:
        make_app(other).send_task("fleet.dispatch", (JOB,), queue=SHELF)
    finally:
        make_app(target.fleet)
    found: dict[str, Any] = json.loads(target.redis.rpop(f"fleet:{SHELF}"))
    return found


def with_another_body(target: Target) -> dict[str, Any]:
    good = target.raw()
    text = base64.b64decode(good["body"]).replace(JOB.encode(), b"pulse")
    return {**good, "body": base64.b64encode(text).decode()}


def a_command_as_a_task(target: Target) -> dict[str, Any]:
    """What Flower may have said, moved into the queue of tasks."""
    heard = target.redis.pubsub()
    heard.subscribe(COMMANDED)
    heard.get_message(timeout=5)
    target.app.control.broadcast("ping")
    found: dict[str, Any] = json.loads(heard.get_message(timeout=5)["data"])
    return {**found, "headers": {"task": "fleet.dispatch", "id": "x"}}


def test_what_was_signed_by_another_or_as_something_else_is_forged(target: Target) -> None:
    before = target.refused()
    for make in (signed_by_another, with_another_body, a_command_as_a_task):
        target.redis.lpush(QUEUE, json.dumps(make(target)))
    target.works()
    wait_until(lambda: target.refused() >= before + Counter(forged=3), 30, "forged")


def test_headers_that_somebody_changed_are_not_believed(target: Target) -> None:
    good = target.raw()
    good["headers"] |= {
        "task": "fleet.no_such",
        "eta": "2999-01-01T00:00:00",
        "expires": "2000-01-01",
    }
    before = target.looked()
    target.redis.lpush(QUEUE, json.dumps(good))
    wait_until(lambda: target.looked() > before, 30, "the task as it was signed")


def test_an_old_message_that_is_pushed_again_has_the_end_that_it_was_signed_with(
    target: Target,
) -> None:
    expired = target.raw(expires=-1)
    before = target.refused()
    for _ in range(3):
        target.redis.lpush(QUEUE, json.dumps(expired))
    target.works()
    wait_until(lambda: target.refused() >= before + Counter(expired=3), 30, "expired")


COMMANDS: Final = {
    "shutdown": {},
    "pool_restart": {},
    "pool_shrink": {"n": 1},
    "rate_limit": {"task_name": "fleet.dispatch", "rate_limit": "1/h"},
    "time_limit": {"task_name": "fleet.dispatch", "hard": 0.001, "soft": 0.001},
    "revoke": {"task_id": "x", "terminate": True},
    "cancel_consumer": {"queue": "events"},
    "disable_events": {},
    "election": {"id": "x", "topic": "task", "action": "x"},
}


def test_nobody_without_the_secret_commands_a_worker(target: Target) -> None:
    stranger = Celery(broker=target.url)
    stranger.conf.broker_transport_options = target.app.conf.broker_transport_options
    before = target.refused()
    for command, arguments in COMMANDS.items():
        stranger.control.broadcast(command, arguments=arguments)
    target.works()
    wanted = before + Counter(unsigned=len(COMMANDS))
    wait_until(lambda: target.refused() >= wanted, 30, f"{wanted}")


def test_whoever_has_it_can_only_ask(target: Target) -> None:
    for command, arguments in COMMANDS.items():
        target.app.control.broadcast(command, arguments=arguments)
    target.works()
    assert list(target.app.control.inspect(timeout=10).ping().values()) == [{"ok": "pong"}]


def test_what_a_worker_tells_of_its_settings_holds_no_secret(target: Target) -> None:
    (told,) = target.app.control.inspect(timeout=10).conf().values()
    (secret,) = target.fleet.broker_secrets
    assert "signed" in json.dumps(told)
    assert secret not in json.dumps(told)


def test_garbage_on_the_channel_of_commands_ends_nobody(target: Target) -> None:
    for text in (b"garbage", b"{}", b"[]", b'{"properties": {}}', b"\xff", json.dumps(GOOD)):
        assert target.redis.publish(COMMANDED, text) == 1
    target.redis.publish(COMMANDED, json.dumps(target.raw()))
    target.works()
    # A worker subscribes anew after garbage, and hears no question meanwhile.
    inspect = target.app.control.inspect(timeout=2)
    wait_until(lambda: bool(inspect.ping()), 30, "an answer")


@pytest.mark.parametrize("key", ["fleet:events", "fleet:unacked", "fleet:unacked_index"])
def test_another_type_where_a_queue_was_ends_nobody(target: Target, key: str) -> None:
    """Here Redis itself answers with an error; the worker connects anew until it does not."""
    target.redis.delete(key)
    target.redis.set(key, "x")
    with pytest.raises(AssertionError):
        wait_until(lambda: target.worker.process.poll() is not None, 3, "its end")
    target.redis.delete(key)
    target.works()


def test_garbage_among_what_is_held_is_forgotten_and_the_exporter_still_counts(
    target: Target,
) -> None:
    before = target.refused()
    target.redis.hset("fleet:unacked", "tag", b"garbage")
    target.redis.zadd("fleet:unacked_index", {"tag": 1})
    target.redis.lpush(f"fleet:{SHELF}", b"garbage")
    assert queues.depths(target.url)["events"].oldest is None
    wait_until(lambda: target.refused() >= before + Counter(unreadable=1), 30, "unreadable")
    assert target.redis.hlen("fleet:unacked") == 0
    target.works()


def test_the_secret_before_is_taken_and_the_new_one_signs(tmp_path: Path) -> None:
    old, new = SecretStr("o" * 32), SecretStr("n" * 32)
    ledger = f"sqlite:///{tmp_path / 'fleet.db'}"
    fleet = Fleet(Settings(Environment(broker_secret=new, broker_secret_old=old)))
    assert fleet.broker_secrets == ("o" * 32, "n" * 32)
    kept = Fleet(Settings(Environment(database_url=ledger)))
    kept.ledger.upgrade()
    again = Fleet(Settings(Environment(database_url=ledger, broker_secret_old=old)))
    assert again.broker_secrets == ("o" * 32, *kept.broker_secrets)
    assert len(kept.broker_secrets[0]) == 64


def test_what_flower_hears_of_a_run_that_failed_is_that_it_failed(target: Target) -> None:
    """The ledger has settled it all the same, and both messages are acknowledged."""
    now = target.fleet.clock()
    firm = Scope("sandbox", 1, "Firm", ZoneInfo("UTC"))
    with target.fleet.ledger.transaction() as connection:
        scopes.remember(connection, "sandbox", [firm], now)
        slots = [
            Slot(Place(JOB, tenant, 1), now, f"trace-{tenant}") for tenant in ("nobody", "sandbox")
        ]
        dead, waiting = (run.id for run in runs.open_slots(connection, slots, now))
    heard: dict[str, str] = {}
    events = target.redis.pubsub(ignore_subscribe_messages=True)
    events.psubscribe("*celeryev/task*")
    events.get_message(timeout=5)
    for run_id in (dead, waiting):
        target.app.send_task(f"jobs.{JOB}", (run_id,), queue="events")

    def both_heard() -> bool:
        if found := events.get_message(timeout=1):
            told = json.loads(base64.b64decode(json.loads(found["data"])["body"]))
            for event in told if isinstance(told, list) else [told]:
                heard[event["type"]] = event.get("exception", "")
        return {"task-failed", "task-retried"} <= set(heard)

    wait_until(both_heard, 60, "both events")
    assert "there is no tenant 'nobody'" in heard["task-failed"]
    assert "OdooUnavailable" in heard["task-retried"]
    with target.fleet.ledger.reading() as connection:
        found = {run.id: run.status for run in runs.latest(connection, 10)}
    assert (found[dead], found[waiting]) == (RunStatus.DEAD, RunStatus.PENDING)
    wait_until(lambda: target.redis.hlen("fleet:unacked") == 0, 30, "both acknowledged")


def test_the_log_of_all_this_is_json_line_by_line_and_tells_no_secret(target: Target) -> None:
    text = target.worker.log.read_text()
    for line in text.splitlines():
        assert json.loads(line)["event"], line
    (secret,) = target.fleet.broker_secrets
    assert secret not in text
