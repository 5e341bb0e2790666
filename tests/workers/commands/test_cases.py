"""`fleet cases`, from the sandbox's real runs."""

from datetime import timedelta

from sqlalchemy import update

from tests.fakes.clock import Clock
from tests.fakes.command import RAN, listed
from workers.ledger import lookup, outbox
from workers.ledger.lookup import Wanted
from workers.ledger.schema import cases
from workers.wiring import Fleet


def test_cases_are_found_by_owner_by_who_is_told_and_by_record(ran: Fleet) -> None:
    every = listed("cases", "--limit", "500")["cases"]
    assert {case["job"] for case in every} == set(RAN)
    ready = next(case for case in every if case["key"].startswith("ready-order-"))
    number = ready["key"].rsplit("-", 1)[1]
    name = ready["title"].split()[0]
    by_id = listed("cases", "--record", number, "--job", RAN[0])["cases"]
    assert [case["title"] for case in by_id] == [ready["title"]]
    assert ready in listed("cases", "--record", name)["cases"]
    told = next(case for case in every if case["job"] == RAN[1] and case["queued"])
    person = told["queued"].split(", ")[0]
    mine = listed("cases", "--person", person.upper(), "--limit", "500")["cases"]
    assert told in mine
    assert all(person in case["queued"].split(", ") for case in mine)
    blocked = next(case for case in every if case["key"].startswith("blocked"))
    owned = listed("cases", "--person", blocked["owner"], "--limit", "500")["cases"]
    assert blocked in owned


def test_cases_tell_who_was_told_apart_from_who_will_be(ran: Fleet, clock: Clock) -> None:
    before = listed("cases", "--job", RAN[0], "--limit", "500")["cases"]
    assert all(case["told"] is None for case in before)
    assert {case["queued"] for case in before} == {"finance@nordwind.example"}
    with ran.ledger.transaction() as connection:
        for message in outbox.claim(connection, clock(), timedelta(1), 500, 9):
            if message.job == RAN[0]:
                outbox.sent(connection, message, clock())
    after = listed("cases", "--job", RAN[0], "--limit", "500")["cases"]
    assert all(case["queued"] is None for case in after)
    assert {case["told"] for case in after} == {"finance@nordwind.example"}


def test_who_was_told_of_an_earlier_case_was_not_told_of_this_one(ran: Fleet, clock: Clock) -> None:
    with ran.ledger.transaction() as connection:
        opened = {"opened_on": clock().date() + timedelta(days=2)}
        connection.execute(update(cases).values(opened))
    found = listed("cases", "--limit", "500")["cases"]
    assert not any(case["told"] or case["queued"] for case in found)


def test_a_record_is_not_taken_for_one_whose_number_goes_on(ran: Fleet) -> None:
    with ran.ledger.reading() as connection:
        every = lookup.find_messages(connection, Wanted(limit=500))
        keys = {key for message in every for key in message.finding_keys}
        numbers = {key.rsplit("-", 1)[1] for key in keys if key.startswith("ready-order-")}
        for number in numbers:
            found = lookup.find_messages(connection, Wanted(record=number, job=RAN[0]))
            assert all(
                any(key.endswith(f"-{number}") for key in message.finding_keys) for message in found
            )
