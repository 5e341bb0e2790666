"""The fleet forgets what is old, batch by batch, and goes on from where it was."""

import pytest

from tasks import catalogue
from tests.fakes.clock import Clock
from tests.workers.test_runner import READINESS, opened
from workers import dispatch, runner, trimming
from workers.ledger import runs
from workers.wiring import Fleet


def test_old_runs_are_forgotten_and_no_slot_is_opened_again(
    fleet: Fleet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trimming, "BATCH", 2)
    for _ in range(5):
        runner.execute(fleet, opened(fleet, READINESS))
        clock.forward(minutes=1)
    clock.forward(days=fleet.settings.environment.retention_days + 1)
    # The first run opened cases that stand, the last one is the newest.
    assert trimming.trim_all(fleet)["runs"] == 3
    assert set(trimming.trim_all(fleet).values()) == {0}
    with fleet.ledger.reading() as connection:
        assert len(runs.latest(connection, 100)) == 2
    found = dispatch.open_due_slots(fleet, catalogue.jobs()[READINESS])
    assert len(found) <= 2, "one for each company"
