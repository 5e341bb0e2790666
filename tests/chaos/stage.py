"""One scenario as it goes on: the fleet's processes, and what is still to be done to them."""

import contextlib
import heapq
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Thread
from typing import Any

from tests.chaos.evidence import scrape
from tests.chaos.lane import Lane, Prepared
from tests.chaos.parts import Part, TooLate, wait_until
from tests.chaos.scenario import Act, Scenario

ARGUMENTS = {
    "batch": ("worker", "--queues", "batch", "--concurrency", "2", "--name", "batch"),
    "delivery": ("worker", "--queues", "delivery", "--concurrency", "2", "--name", "delivery"),
    "effects": ("worker", "--queues", "effects", "--concurrency", "2", "--name", "effects"),
    "events": ("worker", "--queues", "events", "--concurrency", "1", "--name", "events"),
    "beat": ("beat",),
    "beat-2": ("beat",),
    "exporter": ("exporter",),
}
STEPPED = (Act.CLOCK_STEP, Act.BEAT_DOWN, Act.AWAY)
# A little more than a tick of beat.
BETWEEN_MOVES_SECONDS = 1.0
WORKERS = ("batch", "delivery", "events")
READY = {**dict.fromkeys((*WORKERS, "effects"), " ready."), "exporter": "metrics on"}


@dataclass
class Play:
    """One scenario as it goes on."""

    lane: Lane
    scenario: Scenario
    prepared: Prepared
    since: datetime
    parts: dict[str, Part] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    unreached: list[str] = field(default_factory=list)
    seen_down: set[str] = field(default_factory=set)
    ahead: timedelta = timedelta(0)
    _agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Any = field(default_factory=count)

    def part(self, name: str) -> Part:
        """A process of the fleet, made on first use."""
        if name not in self.parts:
            folder = self.prepared.folder
            order = {
                "arguments": ARGUMENTS[name],
                "jobs": self.scenario.jobs,
                "environ": dict(self.prepared.environ),
                "log": str(folder / f"{name}.log"),
                "ready": READY.get(name, "beat: Starting"),
                "sabotage": self.scenario.sabotage,
                "clock": str(folder / "clock") if self.scenario.has(*STEPPED) else "",
            }
            (folder / f"{name}.log").touch()
            self.parts[name] = Part(name, self.lane.nursery, order)
        return self.parts[name]

    @property
    def workers(self) -> tuple[str, ...]:
        """Those of the fleet, by name: of effects only where a job writes into Odoo."""
        writes = not {"chore", "errand"}.isdisjoint(self.scenario.jobs)
        return (*WORKERS, "effects") if writes else WORKERS

    def now(self) -> datetime:
        """What time it is by the fleet's clocks."""
        return datetime.now(UTC) + self.ahead

    def move(self, seconds: float) -> None:
        """Set all clocks forward, and let the fleet work by them for a tick."""
        clock = self.prepared.folder / "clock"
        self.ahead += timedelta(seconds=seconds)
        # At once: whoever reads it meanwhile must not find it empty.
        written = clock.with_suffix(".new")
        written.write_text(str(self.ahead.total_seconds()))
        written.replace(clock)
        until = time.monotonic() + BETWEEN_MOVES_SECONDS
        while time.monotonic() < until:
            self.supervise()
            time.sleep(0.1)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something so many seconds from now."""
        heapq.heappush(self._agenda, (time.monotonic() + seconds, next(self._numbers), act))

    def supervise(self) -> bool:
        """Start again what ended by itself; False, so that it can be waited with."""
        for part in list(self.parts.values()):
            part.keep_alive()
        return False

    def wait_until(self, what: Callable[[], object], seconds: float, name: str) -> None:
        """As `parts.wait_until`, while supervising."""
        wait_until(lambda: self.supervise() or what(), seconds, name, every=0.2)

    def wait_while_moving(
        self, what: Callable[[], object], moved: Callable[[], object], seconds: float, name: str
    ) -> None:
        """Until it is so; raises TooLate when nothing has moved for so long.

        A slow machine takes its time and moves all the while. Ten times as long is the end anyway.
        """
        deadline = time.monotonic() + 10 * seconds
        last, since = moved(), time.monotonic()
        while not (self.supervise() or what()):
            seen = moved()
            if seen != last:
                last, since = seen, time.monotonic()
            if time.monotonic() > min(since + seconds, deadline):
                raise TooLate(f"{name}: nothing moved for {time.monotonic() - since:.0f} s")
            time.sleep(0.2)

    def carry_out(self) -> None:
        """All faults and their ends, each at its time."""
        while self._agenda:
            at, _, act = heapq.heappop(self._agenda)
            while time.monotonic() < at:
                self.supervise()
                time.sleep(min(0.05, max(0.0, at - time.monotonic())))
            act()

    def restart_all(self) -> None:
        """Whatever was killed is there again."""
        for part in self.parts.values():
            if not part.wanted:
                part.start()

    def note_down(self, source: str) -> None:
        """Ask the exporter, on the side, whether it sees that a source is down."""

        def look() -> None:
            with contextlib.suppress(OSError):
                found = scrape(self.lane.ports["metrics"])
                if found.get(("fleet_source_up", frozenset({("source", source)}))) == 0:
                    self.seen_down.add(source)

        Thread(target=look, daemon=True).start()
