"""Counters: they only grow, and no number of writers loses or blocks an increment."""

from contextlib import suppress

from workers.ledger import counters
from workers.ledger.counters import Counter
from workers.ledger.database import Ledger, connect

from .racing import race

NAMES = ("fleet_runs_total", "fleet_messages_total", "fleet_odoo_calls_total")
ROUNDS = 50


def add_in_any_order(url: str) -> None:
    ledger = connect(url)
    for turn in range(ROUNDS):
        names = (*NAMES[turn % 3 :], *NAMES[: turn % 3])
        with ledger.transaction() as connection:
            for name in names:
                counters.add(connection, [(name, {"job": "wip_aging"}, 1)])
    ledger.close()


def test_increments_add_up_by_name_and_labels(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        counters.add(connection, [("b", {"x": "1", "y": "2"}, 1), ("a", {}, 0.5)])
        counters.add(connection, [("b", {"y": "2", "x": "1"}, 2), ("b", {"x": "1"}, 4)])
    with ledger.reading() as connection:
        found = counters.all(connection)
    assert sorted(found, key=lambda counter: (counter.name, len(counter.labels))) == [
        Counter("a", {}, 0.5),
        Counter("b", {"x": "1"}, 4.0),
        Counter("b", {"x": "1", "y": "2"}, 3.0),
    ]


def test_one_call_may_name_a_counter_twice(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        counters.add(connection, [("a", {}, 1), ("a", {}, 2)])
    with ledger.reading() as connection:
        assert counters.all(connection) == (Counter("a", {}, 3.0),)


def test_adding_nothing_makes_nothing(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        counters.add(connection, [])
    with ledger.reading() as connection:
        assert counters.all(connection) == ()


def test_what_a_transaction_gave_up_is_not_counted_by_the_next(ledger: Ledger) -> None:
    with suppress(ZeroDivisionError), ledger.transaction() as connection:
        counters.add(connection, [("a", {}, 1)])
        raise ZeroDivisionError
    with ledger.transaction() as connection:
        counters.add(connection, [("b", {}, 1)])
    with ledger.reading() as connection:
        assert counters.all(connection) == (Counter("b", {}, 1.0),)


def test_writers_in_any_order_neither_lose_increments_nor_block_each_other(url: str) -> None:
    race(3, add_in_any_order, url)
    ledger = connect(url)
    with ledger.reading() as connection:
        assert {c.name: c.value for c in counters.all(connection)} == dict.fromkeys(
            NAMES, 3.0 * ROUNDS
        )
    ledger.close()
