"""Marks: one per kind and name, the newest; forgotten when they are old."""

from workers.ledger import marks
from workers.ledger.database import Connection, Ledger
from workers.ledger.marks import BEAT, WORKER, Mark

from .examples import NOW, SECOND


def left(connection: Connection) -> list[tuple[str, str]]:
    return [(mark.kind, mark.name) for mark in marks.all(connection)]


def test_a_new_mark_takes_the_place_of_the_old_one(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        marks.leave(connection, WORKER, "a@host", NOW, {"queues": ["batch"]})
        marks.leave(connection, WORKER, "a@host", NOW + SECOND, {"queues": []})
        assert marks.all(connection) == (Mark(WORKER, "a@host", NOW + SECOND, {"queues": []}),)


def test_one_mark_is_wiped_and_the_others_stay(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        for kind, name in ((BEAT, "a"), (WORKER, "a"), (WORKER, "b")):
            marks.leave(connection, kind, name, NOW, {})
        marks.wipe(connection, WORKER, "a")
        assert left(connection) == [(BEAT, "a"), (WORKER, "b")]


def test_old_marks_of_a_kind_are_forgotten(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        marks.leave(connection, WORKER, "old", NOW - SECOND, {})
        marks.leave(connection, WORKER, "new", NOW, {})
        marks.leave(connection, BEAT, "old", NOW - SECOND, {})
        marks.forget(connection, WORKER, NOW)
        assert left(connection) == [(BEAT, "old"), (WORKER, "new")]


def test_a_mark_is_renewed_by_one_of_those_who_try_until_it_is_old(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        tries = [
            marks.renew(connection, BEAT, "a", NOW + at * SECOND, NOW + (at - 5) * SECOND)
            for at in (0, 1, 4, 5, 6)
        ]
        assert tries == [True, False, False, True, False]
        assert marks.all(connection) == (Mark(BEAT, "a", NOW + 5 * SECOND, {}),)
