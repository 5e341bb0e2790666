"""Beat, broker and workers of a fleet, played minute by minute on a clock that is told to move."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from tasks import catalogue
from tests.fakes.clock import Clock
from workers import dispatch, outages
from workers import notes as watching
from workers.delivery import dispatcher
from workers.ledger import marks
from workers.ledger.errors import LedgerError
from workers.ledger.runs import Run
from workers.messages import failures
from workers.outages import Remembered
from workers.wiring import Fleet


@dataclass
class Shift:
    """Whatever beat sends in a minute is done in it, in order, while the broker is there.

    asked: how often Odoo was asked for a run or mail was tried, by what was done.
    """

    fleet: Fleet
    clock: Clock
    broker_is_there: bool = True
    done: Counter[str] = field(default_factory=Counter)
    _ledger: Remembered = field(default_factory=lambda: Remembered(outages.LEDGER))
    _broker: Remembered = field(default_factory=lambda: Remembered(outages.BROKER))

    def minutes(self, count: int, step: int = 1) -> None:
        """So many minutes of work, of which every `step`th is played."""
        for _ in range(0, count, step):
            self._beat()
            if self.broker_is_there:
                self._tick()
            self.clock.forward(minutes=step)

    def _beat(self) -> None:
        """What beat sees of ledger and broker."""
        error = watching.beat(self.fleet, marks.BEAT, "beat", {})
        if error is None:
            self._ledger.answered(self.fleet)
        else:
            self._ledger.failed(self.fleet.clock(), error)
        if self.broker_is_there:
            self._broker.answered(self.fleet)
        else:
            self._broker.failed(self.fleet.clock(), ConnectionRefusedError("refused"))

    def _tick(self) -> None:
        for job in catalogue.jobs().values():
            with suppress(LedgerError):
                dispatch.open_due_slots(self.fleet, job)
        with suppress(LedgerError):
            dispatch.put_clocks_right(self.fleet)
            dispatch.publish_due(self.fleet, self._execute)
            outages.look_again(self.fleet, self._probe)
            outages.tell(self.fleet)
            failures.tell(self.fleet)
        with suppress(LedgerError):
            while outcomes := dispatcher.deliver(self.fleet):
                self.done.update(outcomes)

    def _probe(self, name: str) -> None:
        self.done["probe"] += 1
        if outages.probe(self.fleet, name):
            dispatch.publish_due(self.fleet, self._execute)

    def _execute(self, run: Run) -> None:
        self.done["run"] += 1
        dispatch.execute(self.fleet, run.id, self._execute)
