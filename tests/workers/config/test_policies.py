"""Which policy is in force: layers, dated amendments, business units; and what it is called."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from tasks.declaration import AnyJob
from tasks.domain.policy import Policy
from tasks.financial.wip_aging.job import JOB as WIP_AGING
from tasks.financial.wip_aging.policy import WipPolicy
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on
from tests.workers.test_runner import messages, opened
from workers import runner
from workers.config.policies import Amendment, Unit, in_force
from workers.mail import writing

JOB: AnyJob = WIP_AGING
UNITS = {"advisory": Unit(departments=(4,), sales_teams=(7,))}


def amendment(since: str, days: int, **more: Any) -> Amendment:
    values = {"decide_after_days": days}
    return Amendment.model_validate({"job": JOB.name, "from": since, "set": values, **more})


def days(policy: Policy) -> int:
    assert isinstance(policy, WipPolicy)
    return policy.decide_after_days


def test_a_later_layer_goes_over_an_earlier_one() -> None:
    layers = [{"decide_after_days": 80}, {"decide_after_days": 70}]
    assert days(in_force(JOB, layers, [], {})) == 70


def test_the_newest_amendment_wins_in_whatever_order_they_stand() -> None:
    found = in_force(JOB, [], [amendment("2027-02-01", 30), amendment("2027-01-01", 60)], {})
    assert days(found) == 30
    assert found.version.startswith("2027-02-01 ")


def test_a_version_tells_who_approved_the_amendments_in_it() -> None:
    made = [
        amendment("2027-01-01", 60, approved_by="finance board"),
        amendment("2027-02-01", 30),
        amendment("2027-03-01", 20, approved_by="Ann", unit="advisory"),
    ]
    found = in_force(JOB, [], made, UNITS)
    assert set(found.approvals().values()) == {"finance board", "finance board; Ann"}
    assert set(found.approvals()) == set(found.versions())
    assert in_force(JOB, [], [], {}).approvals() == {in_force(JOB, [], [], {}).version: ""}


def test_an_amendment_concerns_its_days_and_companies() -> None:
    made = amendment("2027-01-01", 60, until="2027-01-31", companies=[2])
    told = {
        (company, day): made.concerns(JOB.name, company, day)
        for company in (1, 2)
        for day in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 31), date(2027, 2, 1))
    }
    assert [key for key, concerned in told.items() if concerned] == [
        (2, date(2027, 1, 1)),
        (2, date(2027, 1, 31)),
    ]
    assert not made.concerns("invoice_readiness", 2, date(2027, 1, 1))


def test_a_units_amendment_holds_for_its_people_and_orders_alone() -> None:
    made = [amendment("2027-02-01", 30, unit="advisory"), amendment("2027-03-01", 60)]
    found = in_force(JOB, [], made, UNITS)
    assert days(found) == 60
    assert days(found.for_department(4)) == days(found.for_sales_team(7)) == 30
    assert days(found.for_department(5)) == days(found.for_department(None)) == 60
    assert found.for_sales_team(7).version.startswith("2027-02-01 advisory ")


def test_equal_values_have_equal_versions_and_others_have_not() -> None:
    def version(value: int) -> str:
        return in_force(JOB, [{"decide_after_days": value}], [], {}).version

    assert version(60) == version(60)
    assert len({version(60), version(61), version(90)}) == 3


def test_every_version_in_force_can_be_looked_up() -> None:
    found = in_force(JOB, [], [amendment("2027-02-01", 30, unit="advisory")], UNITS)
    values = found.versions()
    assert {version: kept["decide_after_days"] for version, kept in values.items()} == {
        found.version: 90,
        found.for_sales_team(7).version: 30,
    }


def test_a_mail_names_who_approved_the_amendments_that_judged(tmp_path: Path, clock: Clock) -> None:
    """For readers in both languages, in HTML and text; never for what nobody approved."""
    amended = """
[[tenants.firm.amendments]]
job = "wip_aging"
from = 2026-11-01
set = { decide_after_days = 10 }
approved_by = "finance <board>"
"""
    fleet = fleet_on(tmp_path, clock, file=FILE + amended)
    for job in ("wip_aging", "invoice_readiness"):
        runner.execute(fleet, opened(fleet, job))
    readiness, wip = messages(fleet)
    (version,) = wip.stored["policy"]
    english = writing.rendered(fleet, [wip])
    assert f"{version} (approved by finance <board>)" in " ".join(english.text.split())
    assert f"{version} (approved by finance &lt;board&gt;)" in english.html
    german = writing.rendered(fleet, [replace(wip, stored={**wip.stored, "language": "de"})])
    assert f"{version} (genehmigt von finance <board>)" in " ".join(german.text.split())
    assert "(approved by" not in writing.rendered(fleet, [readiness]).text
