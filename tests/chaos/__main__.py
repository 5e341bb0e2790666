"""`python -m tests.chaos`: plays many scenarios and prints what was done and what was lost."""

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from tests.chaos.invariants import Verdict, judge
from tests.chaos.lane import Lane, open_lane
from tests.chaos.play import QUIET_SECONDS, play
from tests.chaos.sabotage import CAUGHT, SECONDS
from tests.chaos.scenario import KINDS, SQLITE, Scenario, draw, make

TRIES = 3
COUNTS = (
    *("slots", "mails", "effects", "looked up", "retries", "dead"),
    *("ambiguous", "lost", "doubled"),
)


@dataclass
class Tally:
    """What became of all scenarios of one kind."""

    scenarios: int = 0
    violated: int = 0
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add up."""
        self.scenarios += other.scenarios
        self.violated += other.violated
        self.seconds += other.seconds
        self.counts += other.counts
        self.done += other.done


@dataclass
class Season:
    """All scenarios of one call: those to come, and what became of those played."""

    waiting: "SimpleQueue[Scenario]"
    deadline: float
    kinds: dict[str, Tally] = field(default_factory=dict)

    def play_all(self) -> None:
        """Play in one lane until nothing waits or the time is over."""
        with open_lane() as lane:
            while time.monotonic() < self.deadline:
                try:
                    scenario = self.waiting.get_nowait()
                except Empty:
                    return
                if self._play(lane, scenario):
                    lane.forget()

    def _play(self, lane: Lane, scenario: Scenario) -> bool:
        """Whether nothing was violated."""
        started = time.monotonic()
        try:
            for tried in _tries(scenario):
                evidence = play(lane, tried, SECONDS if scenario.sabotage else QUIET_SECONDS)
                verdict, done = _judged(scenario, judge(evidence)), evidence.done
                if not verdict.violations:
                    break
        except Exception as error:
            # The suite's own fault: told, counted as bad, and the next scenario is played.
            traceback.print_exc()
            verdict, done = Verdict((f"not played to its end: {error}",), {}), Counter()
        seconds = time.monotonic() - started
        violated = bool(verdict.violations)
        found = Tally(1, int(violated), seconds, Counter(verdict.counts), done)
        self.kinds.setdefault(_name(scenario), Tally()).add(found)
        print(f"{seconds:5.1f} s  {scenario}", flush=True)
        for violation in verdict.violations[:12]:
            print(f"         VIOLATED {violation}", flush=True)
        return not violated


def _tries(scenario: Scenario) -> Sequence[Scenario]:
    """What is played of it; one of a broken fleet again, for a fault may meet nothing to break."""
    if not scenario.sabotage:
        return [scenario]
    seeds = range(scenario.seed, scenario.seed + TRIES)
    return [make(seed, scenario.kind, SQLITE, scenario.sabotage) for seed in seeds]


def _judged(scenario: Scenario, verdict: Verdict) -> Verdict:
    """A fleet that is broken on purpose must be caught, and what was found in it counts nothing."""
    if not scenario.sabotage:
        return verdict
    _, words = CAUGHT[scenario.sabotage]
    caught = any(words in violation for violation in verdict.violations)
    return Verdict(() if caught else (f"{scenario.sabotage} was not caught",), {})


def _name(scenario: Scenario) -> str:
    return f"broken: {scenario.sabotage}" if scenario.sabotage else scenario.kind


def main() -> int:
    """The exit code: 1 when anything was violated or not played."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--scenarios", type=int, default=240)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--kind", choices=list(KINDS))
    parser.add_argument("--lanes", type=int, default=2, help="scenarios at the same time")
    parser.add_argument("--minutes", type=float, default=90, help="begin no scenario after that")
    asked = parser.parse_args()
    started = time.monotonic()
    waiting: SimpleQueue[Scenario] = SimpleQueue()
    for seed in range(asked.first_seed, asked.first_seed + asked.scenarios):
        waiting.put(make(seed, asked.kind) if asked.kind else draw(seed))
    if not asked.kind:
        for name, (kind, _) in CAUGHT.items():
            waiting.put(make(_hardest(kind, asked.first_seed), kind, SQLITE, name))
    season = Season(waiting, started + asked.minutes * 60)
    # The scenarios that are being played come to their ends, and end what they started.
    signal.signal(signal.SIGTERM, lambda *_: setattr(season, "deadline", 0.0))
    with ThreadPoolExecutor(asked.lanes) as pool:
        for lane in [pool.submit(season.play_all) for _ in range(asked.lanes)]:
            lane.result()
    _show(season.kinds, time.monotonic() - started)
    if not waiting.empty():
        print(f"NOT PLAYED: {waiting.qsize()} scenarios, the time was over")
    return int(not waiting.empty() or any(tally.violated for tally in season.kinds.values()))


def _hardest(kind: str, first_seed: int) -> int:
    """The seed of ten that does most: what is done once may meet nothing to do it to."""
    seeds = range(first_seed, first_seed + 10)
    return max(seeds, key=lambda seed: len(make(seed, kind, SQLITE).faults))


def _show(kinds: dict[str, Tally], seconds: float) -> None:
    total = Tally()
    print(f"\n{'kind':26}{'played':>7}{'bad':>5}" + "".join(f"{name:>10}" for name in COUNTS))
    for kind in KINDS:
        if kind in kinds:
            total.add(kinds[kind])
            _line(kind, kinds[kind])
    _line("all", total)
    broken = {kind: tally for kind, tally in kinds.items() if kind not in KINDS}
    caught = sum(not tally.violated for tally in broken.values())
    print(f"fleets broken on purpose: {caught} of {len(broken)} caught")
    print("\ndone: " + ", ".join(f"{n} {what}" for what, n in sorted(total.done.items())))
    print(f"{seconds:.0f} s, {total.seconds / max(1, total.scenarios):.1f} s per scenario")


def _line(kind: str, tally: Tally) -> None:
    counts = "".join(f"{tally.counts[name]:>10}" for name in COUNTS)
    print(f"{kind:26}{tally.scenarios:>7}{tally.violated:>5}{counts}")


if __name__ == "__main__":
    sys.exit(main())
