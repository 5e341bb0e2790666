"""The short form of `make chaos`: some of its scenarios, and fleets that must fail.

It ends in bounded time: what has not begun by then is skipped, and says so.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final

import pytest

from tests.chaos.invariants import Verdict, judge
from tests.chaos.lane import Lane, open_lane
from tests.chaos.play import QUIET_SECONDS, play
from tests.chaos.sabotage import CAUGHT, SECONDS
from tests.chaos.scenario import KINDS, POSTGRESQL, SQLITE, Scenario, draw, make

# All of them are played before the first test, a few at the same time.
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1800)]

LANES: Final = 2
SEED: Final = 1
BEGIN_NONE_AFTER_SECONDS: Final = 180
FAULTS: Final = (
    ("odoo_away_three_hours", SQLITE),
    ("mail_away_three_hours", POSTGRESQL),
    ("run_killed", POSTGRESQL),
    ("redis_flushed", POSTGRESQL),
    ("sender_killed_at_accept", SQLITE),
    ("rabbit_purged", SQLITE),
    ("postgres_half_open", POSTGRESQL),
    ("poison_run", SQLITE),
    ("beat_down_an_hour", SQLITE),
    ("write_cut_after", SQLITE),
    ("effect_cut_after", SQLITE),
    ("effect_killed_during", POSTGRESQL),
    ("storm", POSTGRESQL),
)
SABOTAGED: Final = ("sent_before_sending", "endless_attempts", "no_look")
Verdicts = dict[tuple[str, str], "Future[Verdict | None]"]


@pytest.fixture(scope="module")
def lanes() -> Iterator["SimpleQueue[Lane]"]:
    opened = [open_lane() for _ in range(LANES)]
    waiting: SimpleQueue[Lane] = SimpleQueue()
    try:
        for lane in opened:
            waiting.put(lane.__enter__())
        yield waiting
    finally:
        for lane in opened:
            lane.__exit__(None, None, None)


@pytest.fixture(scope="module")
def verdicts(lanes: "SimpleQueue[Lane]") -> Verdicts:
    last_begin = time.monotonic() + BEGIN_NONE_AFTER_SECONDS

    def judged(scenario: Scenario, seconds: float) -> Verdict | None:
        lane = lanes.get()
        try:
            if time.monotonic() > last_begin:
                return None
            return judge(play(lane, scenario, seconds))
        finally:
            lanes.put(lane)

    scenarios = [(make(SEED, kind, ledger), QUIET_SECONDS) for kind, ledger in FAULTS] + [
        (make(SEED, CAUGHT[name][0], SQLITE, name), SECONDS) for name in SABOTAGED
    ]
    with ThreadPoolExecutor(LANES) as pool:
        return {
            (scenario.sabotage, scenario.kind): pool.submit(judged, scenario, seconds)
            for scenario, seconds in scenarios
        }


def verdict_of(verdicts: Verdicts, sabotage: str, kind: str) -> Verdict:
    verdict = verdicts[sabotage, kind].result()
    if verdict is None:
        pytest.skip(f"the machine is slow: not begun within {BEGIN_NONE_AFTER_SECONDS} s")
    return verdict


@pytest.mark.parametrize("kind", [kind for kind, _ in FAULTS])
def test_nothing_is_lost_and_nothing_has_effect_twice(verdicts: Verdicts, kind: str) -> None:
    verdict = verdict_of(verdicts, "", kind)
    assert verdict.violations == ()
    assert verdict.counts["slots"] >= 12


@pytest.mark.parametrize("sabotage", SABOTAGED)
def test_a_fleet_that_breaks_a_promise_is_caught(verdicts: Verdicts, sabotage: str) -> None:
    kind, words = CAUGHT[sabotage]
    violations = verdict_of(verdicts, sabotage, kind).violations
    assert [violation for violation in violations if words in violation], violations


def test_a_seed_draws_the_same_scenario_again() -> None:
    drawn = [draw(seed) for seed in range(len(KINDS))]
    assert [str(draw(seed)) for seed in range(len(KINDS))] == list(map(str, drawn))
    assert {scenario.kind for scenario in drawn} == set(KINDS)
