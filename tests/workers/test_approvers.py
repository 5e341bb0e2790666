"""Approvers get one mail with what waits for them, once, and not what was decided meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tests.fakes.clock import Clock
from tests.fakes.fleets import Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import messages, opened
from workers import runner
from workers.demo.catcher import Catcher
from workers.wiring import Fleet

JOB = "pending_approvals"
FILE = """\
[tenants.firm]
url = "https://odoo.example"
database = "sandbox"
login = "fleet"
recipients.delivery = ["delivery@nordwind.example"]
policies.pending_approvals.wait_for_morning = false
mail.quiet_hours = ""
"""
CHIARA = "chiara.conti@nordwind.example"


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher) -> Fleet:
    return fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=FILE)


def expense(clock: Clock, name: str) -> int:
    rows = firm.build(clock().date())["hr.expense"]
    (number,) = (row["id"] for row in rows if row["name"] == name)
    return int(number)


def deciding(clock: Clock, *names: str) -> Sandbox:
    """The firm with these expenses approved."""
    decided: dict[tuple[str, int], dict[str, Any]] = {
        ("hr.expense", expense(clock, name)): {"state": "approved"} for name in names
    }
    return Sandbox(clock().date(), corrupt=decided)


def test_each_approver_gets_one_mail_and_nobody_one_about_their_own(
    fleet: Fleet, catcher: Catcher
) -> None:
    runner.execute(fleet, opened(fleet, JOB))
    deliver_all(fleet)
    to = [str(mail["To"]) for mail in catcher.mails]
    assert len(to) == len(set(to)) > 2
    own = [m for m in messages(fleet) for f in m.stored["findings"] if "Conference" in f["title"]]
    assert [message.recipient for message in own] == ["anna.kern@nordwind.example"]


def test_a_second_run_repeats_nothing(fleet: Fleet, clock: Clock) -> None:
    runner.execute(fleet, opened(fleet, JOB))
    before = len(messages(fleet))
    clock.forward(minutes=5)
    runner.execute(fleet, opened(fleet, JOB))
    assert len(messages(fleet)) == before > 2


def test_what_was_decided_meanwhile_is_not_told(
    fleet: Fleet, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    runner.execute(fleet, opened(fleet, JOB))
    assert CHIARA in {message.recipient for message in messages(fleet)}
    odoo.inner = deciding(clock, "Lunch with Delta", "Monitor stand")
    deliver_all(fleet)
    assert CHIARA not in {str(mail["To"]) for mail in catcher.mails}


def test_a_case_closes_with_the_decision_and_nobody_hears_of_it(
    fleet: Fleet, clock: Clock, odoo: Switchable, catcher: Catcher
) -> None:
    runner.execute(fleet, opened(fleet, JOB))
    deliver_all(fleet)
    before = len(messages(fleet))
    clock.forward(minutes=5)
    odoo.inner = deciding(clock, "Hotel in Lyon")
    runner.execute(fleet, opened(fleet, JOB))
    assert len(messages(fleet)) == before
