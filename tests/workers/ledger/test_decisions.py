"""Decisions stay as they were made, each form once; erasing a person alone may rewrite them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tasks.domain.deciding import Answer, Seat
from tasks.domain.proposals import Mode
from tasks.domain.texts import named
from workers.ledger import audit, decisions, effects, people
from workers.ledger.database import Connection, Ledger
from workers.ledger.effects import Effect, NewEffect
from workers.ledger.errors import LedgerError
from workers.ledger.pseudonyms import Person
from workers.ledger.statuses import EffectStatus

from .examples import NOW, PLACE

PETRA, PIA = "petra@firm.example", "pia@firm.example"
SEAT = Seat("low", "manager", PIA, PETRA)


def waiting(connection: Connection) -> Effect:
    new = NewEffect(
        PLACE,
        "note",
        "sale.order",
        1,
        "once",
        {"title": "Seen"},
        named("it was seen"),
        named("an internal note"),
        Mode.APPROVE,
        EffectStatus.WAITING,
        None,
        "billing",
        "a1",
        None,
        "trace-1",
    )
    number = effects.propose(connection, new, NOW)
    found = effects.get(connection, number or 0)
    assert found is not None
    return found


def said(connection: Connection, effect: Effect, nonce: str = "nonce-1") -> int | None:
    return decisions.record(
        connection,
        effect,
        SEAT,
        Answer.APPROVED,
        NOW,
        matrix=("billing", "a1"),
        rule="small",
        verdict=named("rule small"),
        reason=f"as {PETRA} asked",
        nonce=nonce,
    )


def test_a_decision_is_kept_with_its_grounds_and_each_nonce_counts_once(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        effect = waiting(connection)
        assert not decisions.used(connection, "nonce-1")
        assert said(connection, effect) is not None
        assert said(connection, effect) is None
        assert decisions.used(connection, "nonce-1")
        (found,) = decisions.about(connection, effect.id)
        noted = [entry.event for entry in audit.entries(connection, 9)]
    assert (found.decision.seat, found.answer, found.rule) == (SEAT, Answer.APPROVED, "small")
    assert found.evidence["values"] == {"title": "Seen"}
    assert noted.count("decision.made") == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE decisions SET answer = 'refused'", "DELETE FROM decisions"]
)
def test_decisions_refuse_to_change_or_to_be_forgotten(ledger: Ledger, statement: str) -> None:
    with ledger.transaction() as connection:
        said(connection, waiting(connection))
    with pytest.raises(LedgerError, match="append-only"), ledger.transaction() as connection:
        connection.execute(text(statement))


def test_a_person_who_is_erased_is_a_pseudonym_in_what_they_decided(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        effect = waiting(connection)
        said(connection, effect)
    person = Person((PETRA,), salt="s")
    assert people.naming(ledger, person)["decisions"] == 1
    for _ in people.erase(ledger, person, NOW + timedelta(hours=1)):
        pass
    with ledger.reading() as connection:
        (found,) = decisions.about(connection, effect.id)
    assert PETRA not in f"{found.instead_of} {found.reason}"
    assert (found.person, found.answer) == (PIA, Answer.APPROVED)
