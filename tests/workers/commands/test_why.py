"""`fleet why`, from the sandbox's real runs."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from odoo_gateway.errors import ConfigurationError
from tasks.domain.acts import Act, ActKind
from tests.fakes.clock import Clock
from tests.fakes.command import RAN, listed
from tests.fakes.fleets import FILE, Switchable, fleet_on, run_once
from workers.commands import opening, why
from workers.ledger import acts, lookup, outbox
from workers.ledger.lookup import Wanted
from workers.ledger.schema import cases
from workers.wiring import Fleet

COMPANY = "Nordwind Consulting"
OSKAR = "oskar.lund@nordwind.example"


def test_why_says_what_became_of_a_persons_mail(ran: Fleet, clock: Clock) -> None:
    with ran.ledger.reading() as connection:
        (first, *_) = lookup.find_messages(connection, Wanted(job=RAN[1]))
    answer = listed("why", first.recipient)["answer"]
    assert any(f"message-{first.id}" in line and "waits: no worker" in line for line in answer)
    with ran.ledger.transaction() as connection:
        claimed = outbox.claim(connection, clock() + timedelta(days=9), timedelta(1), 500, 9)
        mine = next(message for message in claimed if message.id == first.id)
        outbox.drop(connection, mine, clock(), "the finding no longer stands")
    answer = listed("why", first.recipient)["answer"]
    assert any("was dropped: the finding no longer stands" in line for line in answer)


def test_why_finds_a_person_by_name_too(ran: Fleet) -> None:
    every = listed("cases", "--limit", "500")["cases"]
    blocked = next(case for case in every if case["key"].startswith("blocked"))
    found = listed("why", blocked["owner"], "--limit", "500")
    assert blocked in found["cases"]
    assert any(blocked["title"] in line for line in found["answer"])


def test_why_takes_the_key_of_a_case_and_names_its_record(ran: Fleet) -> None:
    every = listed("cases", "--job", RAN[0], "--limit", "500")["cases"]
    ready = next(case for case in every if case["key"].startswith("ready-order-"))
    assert ready["record"] == f"sale.order,{ready['key'].rsplit('-', 1)[1]}"
    for asked in (ready["key"], ready["record"]):
        found = listed("why", asked, "--limit", "500")
        assert ready in found["cases"]
        assert {case["record"] for case in found["cases"]} == {ready["record"]}
        assert any(m["step"] == "digest" for m in found["messages"])
        said = [line for line in found["answer"] if "case open" in line or "message-" in line]
        assert said
        assert all(ready["record"] in line for line in said)
    assert listed("why", ready["record"].replace("sale.order", "x"))["cases"] == []
    assert listed("why", f"{ready['key']}0000")["messages"] == []


def test_of_an_id_of_several_models_the_candidates_are_told(ran: Fleet) -> None:
    every = listed("cases", "--limit", "500")["cases"]
    record = next(case["record"] for case in every if case["job"] == RAN[0])
    model, number = record.split(",")
    with ran.ledger.transaction() as connection:
        other = connection.execute(
            select(cases).where(cases.c.job == RAN[1]).order_by(cases.c.id).limit(1)
        ).one()
        finding = {**other.finding, "model": "project.task", "record_id": int(number)}
        connection.execute(update(cases).where(cases.c.id == other.id).values(finding=finding))
    found = listed("why", number)
    answer = [str(line) for line in found["answer"]]
    assert f"    fleet why {model},{number}" in answer
    assert f"    fleet why project.task,{number}" in answer
    assert (found["cases"], found["messages"], found["audit"]) == ([], [], [])
    (case,) = listed("why", f"project.task,{number}")["cases"]
    assert case["record"] == f"project.task,{number}"


def test_why_tells_a_person_of_the_mail_to_others_about_them_and_why_none_to_them(
    tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"{FILE}recipients.delivery = ['delivery@nordwind.example']\n"
    found = fleet_on(tmp_path, clock, odoo, file=file)
    run_once(found, RAN[1], 1)
    monkeypatch.setattr(opening, "fleet", lambda level=0: found)
    answer = listed("why", "Oskar Lund", "--limit", "500")
    lines = [str(line) for line in answer["answer"]]
    assert any("owner, told to delivery@nordwind.example" in line for line in lines)
    assert any("no step is due now" in line for line in lines)
    assert {m["recipient"] for m in answer["messages"]} == {
        "delivery@nordwind.example",
        OSKAR,
    }
    # The audit tells of all of the cases and messages that stand beside it.
    noted = {name for entry in answer["audit"] for name in entry["about"].split()}
    assert {case["name"] for case in answer["cases"]} <= noted
    assert len(answer["cases"]) > 1
    # By the address, all that is found by the name.
    by_address = listed("why", OSKAR, "--limit", "500")
    assert {case["name"] for case in by_address["cases"]} == {
        case["name"] for case in answer["cases"]
    }


@pytest.mark.parametrize(
    ("kind", "until", "said"),
    [
        (ActKind.ACKNOWLEDGED, None, f"{OSKAR} had it acknowledged on 2026-11-23: known"),
        (ActKind.SNOOZED, date(2026, 11, 30), "snoozed on 2026-11-23 until 2026-11-30: known"),
        (ActKind.SNOOZED, date(2026, 11, 22), ""),
        (ActKind.OPTED_OUT, None, f"{OSKAR} opted out of this job on 2026-11-23"),
    ],
)
def test_why_names_what_somebody_did_about_the_case(
    ran: Fleet, clock: Clock, kind: ActKind, until: date | None, said: str
) -> None:
    case = next(
        case
        for case in listed("cases", "--person", "Oskar Lund", "--limit", "500")["cases"]
        if not case["queued"]
    )
    with ran.ledger.transaction() as connection:
        act = Act(kind, OSKAR, RAN[1], "firm", 1, case["key"], clock(), "known", until)
        acts.record(connection, act, "nonce")
    lines = listed("why", "Oskar Lund", "--limit", "500")["answer"]
    assert said in str(lines)
    assert ("known" in str(lines)) == (bool(said) and kind is not ActKind.OPTED_OUT)


def test_why_knows_the_role_of_an_address_and_all_that_it_hears_of(ran: Fleet) -> None:
    every = listed("cases", "--job", RAN[0], "--limit", "500")["cases"]
    for asked in ("finance@nordwind.example", "Finance@Nordwind.example", "finance"):
        found = listed("why", asked, "--limit", "500")
        (one, two, *_) = map(str, found["answer"])
        assert f"reads for the role finance of firm, company 1 ({COMPANY}): hears of all" in one
        assert f"{RAN[0]} ({len(every)} cases open)" in one
        assert f"{RAN[0]} (no run has succeeded yet)" in two
        assert "No open case names" not in str(found["answer"])
        assert {case["name"] for case in found["cases"]} >= {case["name"] for case in every}
        assert {m["recipient"] for m in found["messages"]} == {"finance@nordwind.example"}
    blocked = next(case for case in every if case["key"].startswith("blocked"))
    lines = listed("why", blocked["owner"], "--limit", "500")["answer"]
    assert any("it is told to the role finance (finance@nordwind" in str(line) for line in lines)
    (line, *_) = listed("why", "ops")["answer"]
    assert str(line).startswith("nobody is configured for the role ops of firm, company 1")


@pytest.mark.parametrize("asked", ["", "  "])
def test_why_asks_for_whom(ran: Fleet, asked: str) -> None:
    with pytest.raises(ConfigurationError, match="name an address"):
        why.answered(ran, asked, Wanted())


def test_a_number_that_no_record_has_is_looked_for_as_a_name(ran: Fleet) -> None:
    assert "No open case names" in listed("why", "9" * 30)["answer"][0]


def test_why_says_so_where_there_is_nothing(ran: Fleet) -> None:
    (named, _) = listed("why", "Nobody")["answer"]
    assert "no job has found anything" in str(named)
    answer = listed("why", "nobody@nowhere.example")["answer"]
    assert "ask by the person's name" in answer[0]
    assert "No open case names 'nobody@nowhere.example'" in answer[0]
    assert "No message was ever queued" in answer[1]
