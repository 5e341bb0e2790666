"""A dozen of the scenarios that `make chaos` plays by the hundred, and fleets that must fail."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Final

import pytest

from tests.chaos.invariants import Verdict, judge
from tests.chaos.lane import Lane, open_lane
from tests.chaos.play import play
from tests.chaos.scenario import KINDS, POSTGRESQL, SQLITE, Scenario, draw, make

# All of them are played before the first test, a few at the same time.
pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

LANES: Final = 3
SEED: Final = 1
FAULTS: Final = (
    ("run_killed", POSTGRESQL),
    ("sender_killed_at_accept", SQLITE),
    ("beat_killed", SQLITE),
    ("redis_flushed", POSTGRESQL),
    ("redis_half_open", SQLITE),
    ("postgres_restarted", POSTGRESQL),
    ("odoo_cut_during", SQLITE),
    ("mail_not_now", SQLITE),
    ("poison_run", SQLITE),
    ("poison_mail", POSTGRESQL),
    ("repeated_messages", SQLITE),
    ("storm", POSTGRESQL),
)
# What is broken on purpose, the faults that it cannot stand, and how it must be caught.
SABOTAGES: Final = (
    ("no_claim", "two_beats", "mail doubled"),
    ("sent_before_sending", "mail_never", "mail lost"),
    ("no_recovery", "redis_flushed", "is still pending"),
    ("only_the_newest_slot", "two_beats", "slot lost"),
    ("endless_attempts", "poison_run", "0 attempts, 0 failed"),
    ("resend_when_unsure", "sender_killed_at_accept", "mail doubled"),
)
QUIET_SECONDS: Final = 60
SABOTAGED_SECONDS: Final = 20


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
def verdicts(lanes: "SimpleQueue[Lane]") -> dict[tuple[str, str], "Future[Verdict]"]:
    def judged(scenario: Scenario, seconds: float) -> Verdict:
        lane = lanes.get()
        try:
            return judge(play(lane, scenario, seconds))
        finally:
            lanes.put(lane)

    with ThreadPoolExecutor(LANES) as pool:
        found = {
            ("", kind): pool.submit(judged, make(SEED, kind, ledger), QUIET_SECONDS)
            for kind, ledger in FAULTS
        }
        found |= {
            (sabotage, kind): pool.submit(
                judged, make(SEED, kind, SQLITE, sabotage), SABOTAGED_SECONDS
            )
            for sabotage, kind, _ in SABOTAGES
        }
    return found


@pytest.mark.parametrize("kind", [kind for kind, _ in FAULTS])
def test_nothing_is_lost_and_nothing_has_effect_twice(
    verdicts: dict[tuple[str, str], "Future[Verdict]"], kind: str
) -> None:
    verdict = verdicts["", kind].result()
    assert verdict.violations == ()
    assert verdict.counts["slots"] >= 24


@pytest.mark.parametrize(("sabotage", "kind", "caught"), SABOTAGES)
def test_a_fleet_that_breaks_a_promise_is_caught(
    verdicts: dict[tuple[str, str], "Future[Verdict]"], sabotage: str, kind: str, caught: str
) -> None:
    violations = verdicts[sabotage, kind].result().violations
    assert [violation for violation in violations if caught in violation], violations


def test_a_seed_draws_the_same_scenario_again() -> None:
    drawn = [draw(seed) for seed in range(len(KINDS))]
    assert [str(draw(seed)) for seed in range(len(KINDS))] == list(map(str, drawn))
    assert {scenario.kind for scenario in drawn} == set(KINDS)
