"""Whatever table a person stands in: found, and taken out, on both databases."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import String, cast, inspect, select, text

from tasks.domain.acts import Act, ActKind
from tasks.domain.cases import ChangeKind
from tasks.domain.findings import Finding, Measure, Recipient, Step
from tasks.domain.texts import named
from tests.fakes.sections import PERSON
from workers.ledger import acts, audit, cases, marks, measures, outbox, payloads, people, runs
from workers.ledger.database import Ledger
from workers.ledger.errors import LedgerError
from workers.ledger.measures import Provenance
from workers.ledger.places import Place
from workers.ledger.pseudonyms import Person
from workers.ledger.schema import metadata
from workers.ledger.statuses import MessageStatus

from .examples import FINDING, LEASE, NOW, PLACE, TODAY, changes, claimed_run, enqueue

ADDRESS, NAME, OTHER = "änn_o'hara@x.example", "Änn O'Hara", "joänn_o'hara@x.example"
ROLES = ("finance", "delivery", "ops")
MINE = replace(
    FINDING,
    key="employee-17-2026-W47",
    title=named(f"{NAME}: 8 h missing"),
    owner=NAME,
    model="hr.employee",
    record_id=17,
    url="https://odoo.example/odoo/employees/17",
    recipient=Recipient(ADDRESS, NAME),
    steps=(Step("late", NOW, Recipient(ADDRESS.upper(), NAME.upper())),),
)
ORDER = replace(FINDING, reason=named(f"waits for {NAME}"), owner="Bob Stone", recipient=None)


@pytest.fixture
def person() -> Person:
    return Person((ADDRESS,), records=frozenset({("hr.employee", 17)}))


def fill(ledger: Ledger, tenant: str = PLACE.tenant) -> None:
    """A row that names the person in every table that can."""
    place = replace(PLACE, tenant=tenant)
    with ledger.transaction() as connection:
        run = runs.open_slot(connection, place, NOW, NOW, "trace-1")
        assert run is not None
        for finding in (MINE, ORDER):
            apply(connection, place, run, finding)
        for recipient, status in ((ADDRESS, "queued"), (ADDRESS.title(), "sent"), (OTHER, "sent")):
            number = enqueue(
                connection,
                tenant=tenant,
                subject=MINE.key,
                recipient=recipient,
                finding_keys=(MINE.key,),
                payload=payloads.read(
                    {**PERSON, "reader": recipient, "name": NAME, "company": html(), "findings": []}
                ),
                run_id=run,
            )
            if status == "sent":
                connection.execute(text(f"UPDATE messages SET status = 'sent' WHERE id = {number}"))
        act = Act(ActKind.SNOOZED, ADDRESS, **place.columns, key=MINE.key, at=NOW, until=TODAY)
        act = replace(act, reason=f"asked {NAME}")
        acts.record(connection, replace(act, model="hr.employee", record_id=17), f"n-{tenant}")
        said = {"reason": f"{NAME} has no address", "to": [ADDRESS], ADDRESS: NAME}
        entry = audit.Entry("message.undeliverable", NOW, **place.columns, detail=said)
        audit.note(connection, entry)
        hours = Measure("hours", 8.0, {"employee": NAME})
        measures.record(connection, run, (hours,), NOW, Provenance(NOW, {}, 0))
        marks.leave(connection, "doctor", f"{tenant} {ADDRESS}", NOW, {"login": ADDRESS})
        error = f"550 <{ADDRESS}> of {NAME}"
        connection.execute(
            text("UPDATE runs SET error = :error WHERE id = :id"), {"error": error, "id": run}
        )


def html() -> str:
    return f"<p>{NAME.replace(chr(39), '&#39;')} &lt;{ADDRESS}&gt;</p>"


def apply(connection: Any, place: Place, run: int, finding: Finding) -> None:
    opened = changes(ChangeKind.OPENED, finding=finding)
    cases.apply(connection, place, run, opened, TODAY, NOW)


def everything(ledger: Ledger) -> str:
    """Every value of every column of every table that the database has, as it keeps them."""
    said: list[str] = []
    with ledger.reading() as connection:
        for name in inspect(connection).get_table_names():
            said += map(str, connection.execute(text(f'SELECT * FROM "{name}"')))
        for table in metadata.sorted_tables:
            columns = [cast(column, String) for column in table.c]
            said += [str(row) for row in connection.execute(select(*columns))]
    return "\n".join(said)


def spelled(words: str) -> Iterator[str]:
    for each in (words, words.upper(), words.title(), words.casefold()):
        yield from {each, each.replace("'", "&#39;"), json.dumps(each)[1:-1], repr(each)[1:-1]}


def leftovers(ledger: Ledger) -> list[str]:
    found = everything(ledger).replace(OTHER, "").replace(json.dumps(OTHER)[1:-1], "")
    return [each for words in (ADDRESS, NAME) for each in spelled(words) if each in found]


def erased(ledger: Ledger, person: Person, tenant: str | None = None) -> list[people.Erased]:
    salted = replace(person, salt=people.make_salt(ledger, NOW))
    known = people.known_as(ledger, salted, tenant, ROLES)
    return list(people.erase(ledger, known, NOW, tenant))


def test_everything_about_a_person_is_found(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    known = people.known_as(ledger, person, None, ROLES)
    assert NAME in known.names
    assert known.keys == (MINE.key,)
    found = people.kept(ledger, known)
    named = {name for name, rows in found.items() if rows}
    assert named == {"acts", "audit", "cases", "marks", "measures", "messages", "runs"}
    assert len(found["cases"]) == 2
    assert {entry["event"] for entry in found["audit"]} == {
        "case.opened",
        "case.snoozed",
        "message.undeliverable",
    }


def test_nothing_of_a_person_is_left_in_any_table(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    assert leftovers(ledger)
    done = erased(ledger, person)
    assert leftovers(ledger) == []
    assert OTHER in everything(ledger) or json.dumps(OTHER)[1:-1] in everything(ledger)
    assert sum(batch.dropped for batch in done) == 1
    known = people.known_as(ledger, person, None, ROLES)
    assert people.naming(ledger, known) == {}
    assert not any(people.kept(ledger, known).values())


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_keeps_no_trace_between_its_rows(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    erased(ledger, person)
    ledger.leave_no_traces()
    assert ledger.address.file is not None
    for file in ledger.address.file.parent.glob("ledger.db*"):
        kept = file.read_bytes().replace(OTHER.encode(), b"")
        assert ADDRESS.encode() not in kept
        assert NAME.encode() not in kept


def test_what_remains_is_the_same_but_for_the_name(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    erased(ledger, person)
    pseudonym = replace(person, salt=people.salt(ledger)).pseudonym
    with ledger.reading() as connection:
        (case,) = [
            c for c in cases.open_cases(connection, PLACE) if c.finding.model == "hr.employee"
        ]
        assert case.finding.title == f"{pseudonym}: 8 h missing"
        assert (case.finding.record_id, case.finding.url) == (0, "")
        (act,) = acts.standing(connection, PLACE)
        assert act.person == f"{pseudonym}@erased.invalid"
        assert act.key == case.finding.key
        (dropped,) = outbox.find(connection, 9, MessageStatus.DROPPED)
        assert (dropped.recipient, dropped.error) == (act.person, people.ERASED)
        assert dropped.finding_keys == (act.key,)
        (noted,) = audit.entries(connection, 9, event="message.dropped")
        assert noted.message_id == dropped.id


def test_erasing_twice_does_nothing_more(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    erased(ledger, person)
    before = everything(ledger)
    assert erased(ledger, person) == []
    assert everything(ledger) == before


def test_what_was_stopped_is_done_by_the_next(
    ledger: Ledger, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(ledger)
    monkeypatch.setattr(people, "PAGE", 1)
    salted = replace(person, salt=people.make_salt(ledger, NOW))
    known = people.known_as(ledger, salted, None, ROLES)
    batches = people.erase(ledger, known, NOW)
    next(batches), next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert leftovers(ledger)
    erased(ledger, person)
    assert leftovers(ledger) == []
    pseudonyms = {word for word in everything(ledger).split("'") if word.startswith("person-")}
    assert {word[:19] for word in pseudonyms} == {salted.pseudonym}


def test_what_is_being_sent_is_left_to_its_sender_and_told(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    with ledger.transaction() as connection:
        (message,) = outbox.claim(connection, NOW, LEASE, 1, max_attempts=8)
        outbox.mark_sending(connection, message, NOW, LEASE, "<mail@fleet>")
    assert sum(batch.in_flight for batch in erased(ledger, person)) == 1
    with ledger.transaction() as connection:
        outbox.sent(connection, message, NOW, "digest")
    assert sum(batch.in_flight for batch in erased(ledger, person)) == 0
    assert leftovers(ledger) == []


def test_another_tenants_rows_stay(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    fill(ledger, "globex")
    erased(ledger, person, "acme")
    for tenant, expected in (("acme", 0), ("globex", 2)):
        known = people.known_as(ledger, person, tenant, ROLES)
        assert len(people.kept(ledger, known, tenant)["cases"]) == expected
    erased(ledger, person)
    assert leftovers(ledger) == []


def test_a_parked_message_to_them_is_given_up(ledger: Ledger, person: Person) -> None:
    with ledger.transaction() as connection:
        enqueue(connection, recipient=ADDRESS)
        (message,) = outbox.claim(connection, NOW, LEASE, 1, max_attempts=8)
        outbox.park(connection, message, NOW, "DeliveryRefused", f"550 no {ADDRESS} here")
    erased(ledger, person)
    assert leftovers(ledger) == []
    with ledger.reading() as connection:
        (given_up,) = outbox.find(connection, 9)
    assert given_up.status is MessageStatus.DROPPED


def test_the_audit_is_closed_again_afterwards(ledger: Ledger, person: Person) -> None:
    fill(ledger)
    erased(ledger, person)
    for table in ("audit", "acts"):
        with pytest.raises(LedgerError, match="append-only"), ledger.transaction() as connection:
            connection.execute(text(f"DELETE FROM {table}"))


def test_a_role_and_a_single_word_are_no_names(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        run = claimed_run(connection).run.id
        for key, name in (("a", "delivery"), ("b", "Ann"), ("c", "account managers")):
            told = Recipient("ann@x.example", name)
            apply(connection, PLACE, run, replace(FINDING, key=key, recipient=told))
    known = people.known_as(ledger, Person(("ann@x.example",)), None, [*ROLES, "account managers"])
    assert known.names == ()
