"""Every record that a job could list is explained: why it is listed, or why it is not."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tasks.domain.acts import Act, ActKind
from tests.fakes.clock import Clock
from tests.fakes.command import typed, typed_json
from tests.fakes.fleets import fleet_on
from workers.commands import by_hand, cli, explain, opening
from workers.commands.by_hand import Order, ScopeResult
from workers.ledger import acts
from workers.wiring import Fleet

JOBS = sorted(catalogue.jobs())
Row = dict[str, Any]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    clock = Clock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    return fleet_on(tmp_path_factory.mktemp("explained"), clock, Sandbox(clock().date()))


@pytest.fixture(scope="module")
def seen(fleet: Fleet) -> dict[str, tuple[Order, list[ScopeResult]]]:
    found = {}
    for name, job in catalogue.jobs().items():
        order = Order(job, fleet.settings.tenant("firm"), dry_run=True)
        found[name] = order, list(by_hand.carry_out(fleet, order))
    return found


def command(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, *asked: str) -> list[Row]:
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    result = CliRunner().invoke(cli.cli, ["explain", *asked, "--json"])
    assert result.exit_code == 0, result
    found: list[Row] = json.loads(result.stdout)["explained"]
    return found


@pytest.mark.parametrize("name", JOBS)
def test_each_record_is_explained_and_what_is_listed_fulfils_the_rules(
    fleet: Fleet, seen: dict[str, tuple[Order, list[ScopeResult]]], name: str
) -> None:
    order, results = seen[name]
    job = catalogue.jobs()[name]
    assert job.lists
    asked = 0
    for about in job.lists:
        session = fleet.session(order.tenant)
        if session.exists(about.model) is False:
            continue
        context = {"active_test": False, "allowed_company_ids": [1, 2]}
        ids = session.call(about.model, "search", [], context=context)
        for number in ids:
            found = explain.explained(fleet, order, results, str(number))
            assert found, (about.model, number)
            mine = [e for e in found if e["row"] and e["row"].get(about.column) == number]
            if about.column == "record_id":
                mine = [e for e in mine if e["row"]["model"] == about.model]
            for _ in mine:
                domain = [condition for rule in about.rules for condition in rule.domain]
                reader = Reader(session, 1)
                assert reader.count(
                    about.model, [("id", "=", number), *domain], archived=True, all_companies=True
                )
            for entry in found:
                assert entry["answer"]
            asked += 1
    assert asked


def test_an_expense_is_found_by_its_id_and_its_name(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for asked in ("10", "hotel in lyon", "hr.expense,10"):
        found = command(fleet, monkeypatch, "pending_approvals", asked)
        assert [entry["row"]["what"] for entry in found if entry["row"]] == ["Hotel in Lyon"]
        assert (
            found[0]["findings"][0]["title"] == "Hotel in Lyon of Femke Jansen waits for approval"
        )
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    other = CliRunner().invoke(cli.cli, ["explain", "pending_approvals", "sale.order,10"])
    assert isinstance(other.exception, ConfigurationError), "it is no expense"


def test_an_order_that_is_not_confirmed_is_told_which_rule_does_not_hold(
    fleet: Fleet, seen: dict[str, tuple[Order, list[ScopeResult]]]
) -> None:
    order, results = seen["invoice_readiness"]
    session = fleet.session(order.tenant)
    (quotation, *_) = session.call(
        "sale.order",
        "search_read",
        [("state", "=", "draft"), ("company_id", "=", 1)],
        ["name"],
        context={"allowed_company_ids": [1, 2]},
    )
    for asked in (quotation["name"], str(quotation["id"])):
        (found,) = explain.explained(fleet, order, results, asked)
        assert found["answer"].endswith("is not listed: this does not hold: it is confirmed")
        assert found["rules"] == [{"rule": "it is confirmed", "holds": False}]
        assert found["company"] == "Nordwind Consulting"


def test_an_order_without_anything_to_bill_says_so(
    fleet: Fleet, seen: dict[str, tuple[Order, list[ScopeResult]]]
) -> None:
    order, results = seen["invoice_readiness"]
    listed = {row["sale_order"] for r in results if r.seen for row in r.seen.report.rows}
    session = fleet.session(order.tenant)
    confirmed = session.call(
        "sale.order",
        "search_read",
        [("state", "=", "sale")],
        ["name"],
        context={"allowed_company_ids": [1, 2]},
    )
    (name, *_) = sorted({each["name"] for each in confirmed} - listed)
    (found,) = explain.explained(fleet, order, results, name)
    assert "nothing of it is to be billed" in found["answer"]
    assert found["rules"] == [{"rule": "it is confirmed", "holds": True}]


def test_a_finding_without_a_line_is_explained(
    fleet: Fleet, seen: dict[str, tuple[Order, list[ScopeResult]]]
) -> None:
    shown = 0
    for order, results in seen.values():
        for result in results:
            assert result.seen
            for finding in result.seen.report.findings:
                found = explain.explained(fleet, order, results, str(finding.record_id))
                keys = {each["key"] for entry in found for each in entry["findings"]}
                assert finding.key in keys
                shown += not any(entry["row"] for entry in found)
    assert shown


def test_a_company_that_was_not_asked_is_told(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (found,) = command(fleet, monkeypatch, "invoice_readiness", "S00023", "--company", "1")
    assert found["answer"] == "sale.order S00023 belongs to none of the companies looked at"


def test_people_read_why_it_is_not_listed(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    asked = ["explain", "invoice_readiness", "S00023", "--company", "1"]
    result = CliRunner().invoke(cli.cli, asked)
    assert result.exit_code == 0
    assert "belongs to none of the companies looked at" in result.stdout


def test_what_people_did_stands_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = fleet_on(tmp_path, Clock(datetime(2026, 11, 23, 9, tzinfo=UTC)))
    job, person = "invoice_readiness", "finance@nordwind.example"

    def acted(kind: ActKind, key: str, about: tuple[str, int]) -> None:
        act = Act(kind, person, job, "firm", 1, key, fleet.clock(), "we talked", date(2026, 11, 30))
        with fleet.ledger.transaction() as connection:
            acts.record(connection, replace(act, model=about[0], record_id=about[1]), kind)

    tenant = fleet.settings.tenant("firm")
    (result, *_) = by_hand.carry_out(fleet, Order(catalogue.jobs()[job], tenant, dry_run=True))
    assert result.seen is not None
    ready = next(f for f in result.seen.report.findings if f.key.startswith("ready"))
    record = str(ready.record_id)
    company = ("--company", "1")
    (before,) = command(fleet, monkeypatch, job, record, *company)
    assert before["acts"] == []
    acted(ActKind.SNOOZED, ready.key, (ready.model, ready.record_id))
    (snoozed,) = command(fleet, monkeypatch, job, record, *company)
    assert [(act["act"], act["person"]) for act in snoozed["acts"]] == [("snoozed", person)]
    acted(ActKind.HELD, ready.key, ready.held_as)
    (held,) = command(fleet, monkeypatch, job, record, *company)
    assert "held" in {act["act"] for act in held["acts"]}
    assert held["row"] is None or held["row"]["status"] == "held"


@pytest.mark.parametrize("company", ["99", "-1"])
def test_a_company_that_there_is_not_is_told_as_run_tells_it(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, company: str
) -> None:
    monkeypatch.setattr(opening, "fleet", lambda level=0: fleet)
    asked = ["explain", "invoice_readiness", "12", "--company", company]
    words = f"--company {company}: tenant firm has 1 (Nordwind Consulting), 2 "
    plain = CliRunner().invoke(cli.cli, asked)
    ran = CliRunner().invoke(cli.cli, ["run", *asked[1:2], *asked[3:], "--dry-run"])
    assert plain.exit_code == ran.exit_code == 2
    assert words in plain.stderr
    assert plain.stderr == ran.stderr
    document = CliRunner().invoke(cli.cli, [*asked, "--json"])
    assert document.exit_code == 2
    (failed,) = json.loads(document.stdout)["failed"]
    assert failed["company"] is None
    assert words in failed["error"]


@pytest.mark.usefixtures("at_hand")
def test_a_line_is_explained_with_its_checks_its_policy_and_its_findings() -> None:
    _, document = typed_json("run", "invoice_readiness", "--dry-run", "--company", "1")
    blocked = next(row for row in document["scopes"][0]["rows"] if row["status"] == "blocked")
    name = blocked["sale_order"]
    code, printed = typed("explain", "invoice_readiness", name, "--json")
    (found,) = json.loads(printed)["explained"]
    assert code == 0
    assert found["row"] == blocked
    assert found["policy"]["cost_of_capital_percent"] == "8"
    assert [finding["record_id"] for finding in found["findings"]] == [blocked["sale_order_id"]]
    _, shown = typed("explain", "invoice_readiness", str(blocked["sale_order_id"]))
    for words in (name, "becomes ready when", "checks", f"Policy {blocked['policy']}", "lines"):
        assert words in shown


@pytest.mark.usefixtures("at_hand")
def test_a_line_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigurationError, match="'S99999': no row of invoice_readiness names it"):
        typed("explain", "invoice_readiness", "S99999")
