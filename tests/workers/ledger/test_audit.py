"""The audit: what was noted is read back, newest first."""

from contextlib import suppress

from workers.ledger import audit
from workers.ledger.audit import Entry
from workers.ledger.database import Ledger

from .examples import NOW, SECOND

FULL = Entry("message.sent", NOW, "wip_aging", "acme", 1, 2, 3, 4, {"channel": "email"})


def test_entries_come_back_whole_and_newest_first(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        audit.note(connection, Entry("case.opened", NOW), FULL)
        audit.note(connection, Entry("drift", NOW - SECOND))
        assert audit.entries(connection, 2) == (Entry("drift", NOW - SECOND), FULL)


def test_entries_are_found_by_what_they_speak_of(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        audit.note(connection, FULL, Entry("case.opened", NOW, case_id=9))
        assert audit.entries(connection, 10, case_id=4) == (FULL,)
        assert audit.entries(connection, 10, event="message.sent", tenant="acme") == (FULL,)
        assert audit.entries(connection, 10, tenant="other") == ()


def test_noting_nothing_writes_nothing(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        audit.note(connection)
        assert audit.entries(connection, 10) == ()


def test_what_is_noted_together_comes_in_order_and_where_it_fails_not_at_all(
    ledger: Ledger,
) -> None:
    with ledger.transaction() as connection:
        with audit.together(connection):
            audit.note(connection, Entry("drift", NOW))
            audit.note(connection, FULL)
            assert audit.entries(connection, 10) == ()
        assert audit.entries(connection, 10) == (FULL, Entry("drift", NOW))
        with suppress(ValueError), audit.together(connection):
            audit.note(connection, FULL)
            raise ValueError
        audit.note(connection, Entry("drift", NOW + SECOND))
        assert [entry.at for entry in audit.entries(connection, 10)] == [NOW + SECOND, NOW, NOW]
