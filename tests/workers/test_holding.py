"""What is held for long gives signs; what is over soon costs no thread."""

import threading
from collections.abc import Callable
from threading import Event

from workers import holding
from workers.holding import _Alarm
from workers.wiring import Fleet

PATIENCE = 30


def ringing(alarm: _Alarm, over: Event, seconds: float) -> tuple[Event, Callable[[], None]]:
    rang = Event()
    alarm.call(over, seconds, rang.set)
    return rang, over.set


def test_what_lasts_is_called_at_its_time_whatever_was_to_be_called_before() -> None:
    alarm = _Alarm()
    late, _ = ringing(alarm, Event(), 3600)
    first, _ = ringing(alarm, Event(), 0.01)
    assert first.wait(PATIENCE)
    # By now it waits for the one in an hour.
    second, _ = ringing(alarm, Event(), 0.01)
    assert second.wait(PATIENCE)
    assert not late.is_set()


def test_what_is_over_is_not_called() -> None:
    alarm = _Alarm()
    quick, end = ringing(alarm, Event(), 0.05)
    end()
    lasting, _ = ringing(alarm, Event(), 0.1)
    assert lasting.wait(PATIENCE)
    assert not quick.is_set()


def test_work_that_is_soon_over_starts_no_thread_of_its_own(fleet: Fleet) -> None:
    def extend(*_: object) -> None:
        raise AssertionError("no sign is due yet")

    with holding.holding(fleet, 900, extend):
        before = threading.active_count()
        for _ in range(20):
            with holding.holding(fleet, 900, extend):
                assert threading.active_count() == before
