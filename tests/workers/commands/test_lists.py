"""What the ledger knows, listed and explained by the command, from the sandbox's real runs."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError
from tasks.domain.acts import Act, ActKind
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from workers import dispatch, runner
from workers.commands import cli, lists
from workers.ledger import acts, lookup, outbox, runs
from workers.ledger.lookup import Wanted
from workers.ledger.schema import cases
from workers.wiring import Fleet

COMPANY = "Nordwind Consulting"
OSKAR = "oskar.lund@nordwind.example"
JOBS = ("invoice_readiness", "timesheet_reminders")


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """A fleet whose two jobs have run once in company 1."""
    found = fleet_on(tmp_path, clock, odoo)
    for job in JOBS:
        run_of(found, job, 1)
    monkeypatch.setattr(cli, "_fleet", lambda level=0: found)
    return found


def run_of(fleet: Fleet, job: str, company_id: int) -> None:
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    now = fleet.clock()
    with fleet.ledger.transaction() as connection:
        run = runs.open_slot(connection, job, "firm", company_id, now, now, f"trace-{job}")
    assert run is not None
    runner.execute(fleet, run)


def listed(*arguments: str) -> dict[str, list[dict[str, str]]]:
    result = CliRunner().invoke(cli.cli, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, list[dict[str, str]]] = json.loads(result.stdout)
    return found


def test_runs_are_listed_by_job_status_and_age(fleet: Fleet, clock: Clock) -> None:
    assert {run["job"] for run in listed("runs")["runs"]} == set(JOBS)
    (run,) = listed("runs", "--job", JOBS[0])["runs"]
    assert (run["status"], run["trace"]) == ("succeeded", f"trace-{JOBS[0]}")
    assert listed("runs", "--status", "dead")["runs"] == []
    assert listed("runs", "--tenant", "firm", "--company", "2")["runs"] == []
    clock.forward(hours=3)
    assert listed("runs", "--since", "2h")["runs"] == []
    assert len(listed("runs", "--since", "4h", "--limit", "1")["runs"]) == 1


def test_cases_are_found_by_owner_by_who_is_told_and_by_record(fleet: Fleet) -> None:
    every = listed("cases", "--limit", "500")["cases"]
    assert {case["job"] for case in every} == set(JOBS)
    ready = next(case for case in every if case["key"].startswith("ready-order-"))
    number = ready["key"].rsplit("-", 1)[1]
    name = ready["title"].split()[0]
    by_id = listed("cases", "--record", number, "--job", JOBS[0])["cases"]
    assert [case["title"] for case in by_id] == [ready["title"]]
    assert ready in listed("cases", "--record", name)["cases"]
    told = next(case for case in every if case["job"] == JOBS[1] and case["queued"])
    person = told["queued"].split(", ")[0]
    mine = listed("cases", "--person", person.upper(), "--limit", "500")["cases"]
    assert told in mine
    assert all(person in case["queued"].split(", ") for case in mine)
    blocked = next(case for case in every if case["key"].startswith("blocked"))
    owned = listed("cases", "--person", blocked["owner"], "--limit", "500")["cases"]
    assert blocked in owned


def test_cases_tell_who_was_told_apart_from_who_will_be(fleet: Fleet, clock: Clock) -> None:
    before = listed("cases", "--job", JOBS[0], "--limit", "500")["cases"]
    assert all(case["told"] is None for case in before)
    assert {case["queued"] for case in before} == {"finance@nordwind.example"}
    with fleet.ledger.transaction() as connection:
        for message in outbox.claim(connection, clock(), timedelta(1), 500, 9):
            if message.job == JOBS[0]:
                outbox.sent(connection, message, clock())
    after = listed("cases", "--job", JOBS[0], "--limit", "500")["cases"]
    assert all(case["queued"] is None for case in after)
    assert {case["told"] for case in after} == {"finance@nordwind.example"}


def test_who_was_told_of_an_earlier_case_was_not_told_of_this_one(
    fleet: Fleet, clock: Clock
) -> None:
    with fleet.ledger.transaction() as connection:
        opened = {"opened_on": clock().date() + timedelta(days=2)}
        connection.execute(update(cases).values(opened))
    found = listed("cases", "--limit", "500")["cases"]
    assert not any(case["told"] or case["queued"] for case in found)


def test_a_record_is_not_taken_for_one_whose_number_goes_on(fleet: Fleet) -> None:
    with fleet.ledger.reading() as connection:
        every = lookup.find_messages(connection, Wanted(limit=500))
        keys = {key for message in every for key in message.finding_keys}
        numbers = {key.rsplit("-", 1)[1] for key in keys if key.startswith("ready-order-")}
        for number in numbers:
            found = lookup.find_messages(connection, Wanted(record=number, job=JOBS[0]))
            assert all(
                any(key.endswith(f"-{number}") for key in message.finding_keys) for message in found
            )


def test_the_outbox_tells_what_goes_out_next(fleet: Fleet) -> None:
    waiting = listed("outbox", "--status", "queued", "--limit", "500")["messages"]
    assert waiting
    assert all(message["due"] and not message["sent"] for message in waiting)
    person = waiting[0]["recipient"]
    assert {m["recipient"] for m in listed("outbox", "--person", person)["messages"]} == {person}


def test_the_audit_is_found_by_event_and_person(fleet: Fleet) -> None:
    opened = listed("audit", "--event", "case.", "--limit", "500")["audit"]
    assert {entry["event"] for entry in opened} == {"case.opened"}
    assert listed("audit", "--person", "nobody@nowhere.example")["audit"] == []


def test_why_says_what_became_of_a_persons_mail(fleet: Fleet, clock: Clock) -> None:
    with fleet.ledger.reading() as connection:
        (first, *_) = lookup.find_messages(connection, Wanted(job=JOBS[1]))
    answer = listed("why", first.recipient)["answer"]
    assert any(f"message-{first.id}" in line and "waits: no worker" in line for line in answer)
    with fleet.ledger.transaction() as connection:
        claimed = outbox.claim(connection, clock() + timedelta(days=9), timedelta(1), 500, 9)
        mine = next(message for message in claimed if message.id == first.id)
        outbox.drop(connection, mine, clock(), "the finding no longer stands")
    answer = listed("why", first.recipient)["answer"]
    assert any("was dropped: the finding no longer stands" in line for line in answer)


def test_why_finds_a_person_by_name_too(fleet: Fleet) -> None:
    every = listed("cases", "--limit", "500")["cases"]
    blocked = next(case for case in every if case["key"].startswith("blocked"))
    found = listed("why", blocked["owner"], "--limit", "500")
    assert blocked in found["cases"]
    assert any(blocked["title"] in line for line in found["answer"])


def test_why_takes_the_key_of_a_case_and_names_its_record(fleet: Fleet) -> None:
    every = listed("cases", "--job", JOBS[0], "--limit", "500")["cases"]
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


def test_of_an_id_of_several_models_the_candidates_are_told(fleet: Fleet) -> None:
    every = listed("cases", "--limit", "500")["cases"]
    record = next(case["record"] for case in every if case["job"] == JOBS[0])
    model, number = record.split(",")
    with fleet.ledger.transaction() as connection:
        other = connection.execute(
            select(cases).where(cases.c.job == JOBS[1]).order_by(cases.c.id).limit(1)
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
    run_of(found, JOBS[1], 1)
    monkeypatch.setattr(cli, "_fleet", lambda level=0: found)
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
    fleet: Fleet, clock: Clock, kind: ActKind, until: date | None, said: str
) -> None:
    case = next(
        case
        for case in listed("cases", "--person", "Oskar Lund", "--limit", "500")["cases"]
        if not case["queued"]
    )
    with fleet.ledger.transaction() as connection:
        act = Act(kind, OSKAR, JOBS[1], "firm", 1, case["key"], clock(), "known", until)
        acts.record(connection, act, "nonce")
    lines = listed("why", "Oskar Lund", "--limit", "500")["answer"]
    assert said in str(lines)
    assert ("known" in str(lines)) == (bool(said) and kind is not ActKind.OPTED_OUT)


def test_why_knows_the_role_of_an_address_and_all_that_it_hears_of(fleet: Fleet) -> None:
    every = listed("cases", "--job", JOBS[0], "--limit", "500")["cases"]
    for asked in ("finance@nordwind.example", "Finance@Nordwind.example", "finance"):
        found = listed("why", asked, "--limit", "500")
        (one, two, *_) = map(str, found["answer"])
        assert f"reads for the role finance of firm, company 1 ({COMPANY}): hears of all" in one
        assert f"{JOBS[0]} ({len(every)} cases open)" in one
        assert f"{JOBS[0]} (no run has succeeded yet)" in two
        assert "No open case names" not in str(found["answer"])
        assert {case["name"] for case in found["cases"]} >= {case["name"] for case in every}
        assert {m["recipient"] for m in found["messages"]} == {"finance@nordwind.example"}
    blocked = next(case for case in every if case["key"].startswith("blocked"))
    lines = listed("why", blocked["owner"], "--limit", "500")["answer"]
    assert any("it is told to the role finance (finance@nordwind" in str(line) for line in lines)
    (line, *_) = listed("why", "ops")["answer"]
    assert str(line).startswith("nobody is configured for the role ops of firm, company 1")


@pytest.mark.parametrize("asked", ["", "  "])
def test_why_asks_for_whom(fleet: Fleet, asked: str) -> None:
    with pytest.raises(ConfigurationError, match="name an address"):
        lists.why(fleet, asked, Wanted())


def test_a_number_that_no_record_has_is_looked_for_as_a_name(fleet: Fleet) -> None:
    assert "No open case names" in listed("why", "9" * 30)["answer"][0]


def test_looking_makes_no_ledger(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fleet_on(tmp_path, clock)
    found.ledger.close()
    for file in tmp_path.glob("*.db*"):
        file.unlink()
    monkeypatch.setattr(cli, "_fleet", lambda level=0: found)
    result = CliRunner().invoke(cli.cli, ["runs"])
    assert isinstance(result.exception, ConfigurationError)
    assert "fleet upgrade" in str(result.exception)
    assert not list(tmp_path.glob("*.db"))


def test_why_says_so_where_there_is_nothing(fleet: Fleet) -> None:
    answer = listed("why", "nobody@nowhere.example")["answer"]
    assert "No open case names 'nobody@nowhere.example'" in answer[0]
    assert "No message was ever queued" in answer[1]


def test_what_people_read_is_whole(fleet: Fleet) -> None:
    for verb in ("runs", "cases", "outbox", "audit"):
        result = CliRunner().invoke(cli.cli, [verb, "--limit", "2"])
        assert result.exit_code == 0
        assert "…" not in result.stdout


@pytest.mark.parametrize("text", ["", "d", "7", "7y", "-1d", "1.5h", "\u0661d"])
def test_an_age_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no age"):
        lists.age(text)


@pytest.mark.parametrize(
    ("text", "words"), [("0d", "more than nothing"), ("9999999d", "at most 36500d")]
)
def test_an_age_beyond_its_limits_is_told_the_limit(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        lists.age(text)


def test_an_age_is_read() -> None:
    assert lists.age("90m") == timedelta(hours=1.5)
    assert (lists.age("2w"), lists.age("12h")) == (timedelta(14), timedelta(0.5))
