"""Many executions of the same few proposals at the same time, on one ledger or on several."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from tasks.domain.proposals import Proposal
from tests.fakes.effects import proposed
from workers.effects import executor
from workers.ledger import effects
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

MODES = "\n".join(
    f'effects.{kind} = "propose"'
    for kind in ("follow_up", "note", "stage", "create_project", "draft_invoice")
)


def released(fleet: Fleet, asked: Sequence[Proposal]) -> Sequence[int]:
    """Keep proposals, and have them released; their ids."""
    numbers = [proposed(fleet, each) for each in asked]
    with fleet.ledger.transaction() as connection:
        for number in numbers:
            effect = effects.get(connection, number or 0, lock=True)
            assert effect is not None
            effects.release(connection, effect, fleet.clock(), EffectStatus.READY, "ann")
    return [number for number in numbers if number]


def execute_at_once(fleets: Sequence[Fleet]) -> None:
    """Each fleet is one execution, all begin at the same time; then whatever waits is done."""
    begin = Barrier(len(fleets))

    def execute(fleet: Fleet) -> None:
        begin.wait(60)
        executor.execute_next(fleet)

    with ThreadPoolExecutor(len(fleets)) as pool:
        list(pool.map(execute, fleets))
    # Who lost a race, or the answer, waits for its time.
    clock: Any = fleets[0].clock
    for _ in range(6):
        clock.now += timedelta(hours=1)
        for fleet in fleets:
            while executor.execute_next(fleet):
                pass


def statuses(fleet: Fleet, numbers: Sequence[int]) -> set[EffectStatus]:
    """How they stand by now."""
    with fleet.ledger.reading() as connection:
        found = [effects.get(connection, number) for number in numbers]
    return {each.status for each in found if each is not None}
