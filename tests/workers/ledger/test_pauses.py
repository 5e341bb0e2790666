"""Pauses, on both databases: what covers a place in Python covers its rows in SQL."""

from dataclasses import astuple
from itertools import product

import pytest
from sqlalchemy import select

from workers.ledger import pauses
from workers.ledger.database import Ledger
from workers.ledger.places import Places
from workers.ledger.schema import messages, runs

from .examples import LEASE, NOW, PLACE, SECOND, enqueue, open_run

JOB, TENANT, _ = astuple(PLACE)


@pytest.mark.parametrize(
    "what", [Places(*each) for each in product((None, JOB, "x"), (None, TENANT, "x"), (None, 1, 9))]
)
def test_rows_are_paused_as_their_place_is(ledger: Ledger, what: Places) -> None:
    with ledger.transaction() as connection:
        pause = pauses.begin(connection, what, "why", "ann", NOW, NOW + LEASE)
        open_run(connection)
        enqueue(connection)
        for table in (runs, messages):
            for now in (NOW, NOW + LEASE):
                found = connection.execute(select(table).where(pauses.paused(table, now))).all()
                assert bool(found) == (PLACE in what and now < pause.until)
        assert pauses.paused_until([pause], PLACE) == (pause.until if PLACE in what else None)


def test_a_pause_ends_once_and_is_forgotten_when_it_is_long_over(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        pause = pauses.begin(connection, Places(JOB), "why", "ann", NOW, NOW + LEASE)
        pauses.forget(connection, NOW)
        assert pauses.standing(connection, NOW + LEASE - SECOND) == (pause,)
        assert pauses.end(connection, pause.id, NOW + SECOND, "bob", "done")
        assert not pauses.end(connection, pause.id, NOW + SECOND, "bob", "done")
        assert pauses.standing(connection, NOW + SECOND) == ()
        assert pauses.known(connection)[0].until == NOW + SECOND
        pauses.forget(connection, NOW + LEASE)
        assert pauses.known(connection) == ()
