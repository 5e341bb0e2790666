"""Plays one scenario on real processes: a fleet starts, faults are done, quiet is awaited."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial

from sqlalchemy import func, select

from tests.chaos.acts import ACTS
from tests.chaos.errands import standing
from tests.chaos.evidence import Evidence, activities_of, ago, effects_of, floor, rows_of, scrape
from tests.chaos.lane import COMPANIES, TENANTS, Lane
from tests.chaos.parts import START_SECONDS, TooLate, wait_until
from tests.chaos.scenario import Fault, Scenario
from tests.chaos.stage import Play
from tests.chaos.timetable import slots_of
from workers.broker import transport as broker
from workers.ledger import runs, schema
from workers.ledger.database import Ledger, connect
from workers.ledger.places import Place
from workers.ledger.statuses import EffectStatus, MessageStatus, RunStatus

BACKLOG_SECONDS = 6
QUIET_SECONDS = 90
SETTLED_RUNS = {RunStatus.SUCCEEDED, RunStatus.DEAD}
SETTLED_EFFECTS = {EffectStatus.DONE, EffectStatus.PARKED, EffectStatus.DECLINED}
SETTLED_MESSAGES = {MessageStatus.SENT, MessageStatus.DROPPED, MessageStatus.PARKED}
TRACED = re.compile(r"\] (slot\.opened|run\.[a-z_]+|message\.[a-z_]+|effect\.[a-z_]+) ")
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def play(lane: Lane, scenario: Scenario, quiet_seconds: float = QUIET_SECONDS) -> Evidence:
    """Play it to its end; whatever was started is dead afterwards."""
    since = floor(ago(BACKLOG_SECONDS))
    prepared = lane.prepare(scenario, since)
    on_stage = Play(lane, scenario, prepared, since)
    try:
        _begin(on_stage)
        for fault in scenario.faults:
            on_stage.later(fault.at, _doing(on_stage, fault))
        on_stage.carry_out()
        on_stage.restart_all()
        until = max(on_stage.now(), slots_of("", since)[-1])
        _await_quiet(on_stage, until, quiet_seconds)
        samples = _end(on_stage)
    finally:
        for part in on_stage.parts.values():
            part.kill()
        lane.redis.kill()
        lane.rabbit.freeze(False)
    return _collect(on_stage, until, samples)


def _begin(on_stage: Play) -> None:
    (on_stage.prepared.folder / "clock").write_text("0")
    ledger = connect(on_stage.prepared.ledger)
    with ledger.transaction() as connection:
        for job in on_stage.scenario.jobs:
            for tenant in TENANTS:
                for company in COMPANIES:
                    runs.watch_since(connection, Place(job, tenant, company), on_stage.since)
    ledger.close()
    for name in (*on_stage.workers, "beat", "exporter"):
        on_stage.part(name).start()
    for name in (*on_stage.workers, "exporter"):
        on_stage.wait_until(on_stage.part(name).ready, START_SECONDS, f"{name} to be ready")


def _await_quiet(on_stage: Play, until: datetime, seconds: float) -> None:
    try:
        with closing(connect(on_stage.prepared.ledger)) as ledger:
            quiet = partial(_is_quiet, ledger, len(_expected(on_stage, until)), until)
            moved = partial(_moved, ledger)
            on_stage.wait_while_moving(quiet, moved, seconds, "all settled")
        for name in ("beat", "beat-2"):
            if name in on_stage.parts:
                on_stage.parts[name].kill()
        on_stage.wait_until(lambda: _is_drained(on_stage), seconds, "queues drained")
    except TooLate as late:
        on_stage.unreached.append(str(late))


def _expected(on_stage: Play, until: datetime) -> Sequence[object]:
    nothing = Evidence(on_stage.scenario, on_stage.since, until, (), (), (), (), Counter(), (), {})
    return nothing.expected()


def _is_quiet(ledger: Ledger, expected: int, until: datetime) -> bool:
    ours = select(schema.runs.c.id).where(schema.runs.c.slot <= until)
    settled = ours.where(schema.runs.c.status.in_(SETTLED_RUNS))
    waiting = select(schema.messages.c.id).where(
        schema.messages.c.run_id.in_(ours), schema.messages.c.status.not_in(SETTLED_MESSAGES)
    )
    undone = select(schema.effects.c.id).where(
        schema.effects.c.run_id.in_(ours), schema.effects.c.status.not_in(SETTLED_EFFECTS)
    )
    with ledger.reading() as connection:
        found = len(connection.execute(settled).all())
        return found >= expected and not any(
            connection.execute(each.limit(1)).first() for each in (waiting, undone)
        )


def _moved(ledger: Ledger) -> object:
    """Something that changes as long as the fleet gets on with its work."""
    settled = select(func.count()).where(schema.runs.c.status.in_(SETTLED_RUNS))
    noted = select(func.count()).select_from(schema.audit)
    with ledger.reading() as connection:
        return connection.scalar(settled), connection.scalar(noted)


def _is_drained(on_stage: Play) -> bool:
    waiting = broker.waiting(on_stage.prepared.broker)
    return waiting["batch"] == waiting["delivery"] == 0 == waiting["effects"]


def _end(on_stage: Play) -> Samples:
    """End all but the exporter, so that the ledger stands still; then ask the exporter."""
    for name, part in on_stage.parts.items():
        if name != "exporter":
            on_stage.done[f"{name} crashed"] += part.crashes
            part.kill()
            part.kills -= 1
    on_stage.parts["exporter"].keep_alive()
    try:
        return _scraped(on_stage)
    except OSError:
        # As a liveness probe does: an exporter may hang on a connection that says nothing more.
        on_stage.parts["exporter"].kill()
        on_stage.parts["exporter"].start()
        on_stage.done["exporter hung"] += 1
        return _scraped(on_stage)


def _scraped(on_stage: Play) -> Samples:
    wait_until(on_stage.parts["exporter"].ready, START_SECONDS, "the exporter")
    return scrape(on_stage.lane.ports["metrics"])


def _collect(on_stage: Play, until: datetime, samples: Samples) -> Evidence:
    found, messages, audit = rows_of(on_stage.prepared.ledger)
    for name, proxy in on_stage.lane.proxies.items():
        for mode, hits in proxy.hits.items():
            on_stage.done[f"{name} {mode}"] += hits
    environ = on_stage.prepared.environ
    return Evidence(
        scenario=on_stage.scenario,
        since=on_stage.since,
        until=until,
        runs=found,
        messages=messages,
        audit=audit,
        mails=on_stage.lane.mailbox.entries(),
        activities=activities_of(on_stage.lane.ports["odoo"]),
        effects=effects_of(on_stage.prepared.ledger),
        standing=standing(on_stage.lane.ports["odoo"]),
        events=tuple(on_stage.lane.hooks.events),
        samples=samples,
        done=on_stage.done,
        unreached=tuple(on_stage.unreached),
        seen_down=frozenset(on_stage.seen_down),
        asked=frozenset(on_stage.lane.proxies["odoo"].traces),
        untraced=tuple(_untraced(on_stage)),
        limits={
            "run": int(environ.get("FLEET_RUN_ATTEMPTS", 5)),
            "message": int(environ.get("FLEET_MESSAGE_ATTEMPTS", 8)),
        },
    )


def _untraced(on_stage: Play) -> Iterator[str]:
    for part in on_stage.parts.values():
        for line in part.log.splitlines():
            if TRACED.search(line) and "trace_id=" not in line:
                yield line


def _doing(on_stage: Play, fault: Fault) -> Callable[[], None]:
    return lambda: ACTS[fault.act](on_stage, fault)
