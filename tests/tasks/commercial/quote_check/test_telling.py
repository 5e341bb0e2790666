"""Who is told of what is wrong, when, and how that climbs to who leads the team."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tasks.domain.findings import Finding
from tasks.records.crm import SalesTeam
from tests.fakes.approvals import at, told
from tests.fakes.handoffs import LEE, MAX, SAL, people
from tests.fakes.pipeline import judged, lead, only, quote, snapshot

EXPIRED = quote(validity_date=date(2026, 11, 20))
KEY = "validity-order-7"
SINCE = {KEY: date(2026, 11, 23)}


def finding(when: str, **values: Any) -> Finding:
    as_of = replace(at(when), standing=SINCE)
    return only(judged(snapshot(**{"quotes": [EXPIRED], **values}), as_of))


@pytest.mark.parametrize(
    ("now", "steps"),
    [
        ("2026-11-23 09:30", [("first", "Sal"), ("deadline", "Sal")]),
        ("2026-11-24 09:00", [("deadline", "Sal")]),
        ("2026-11-26 09:00", [("late", "Sal")]),
        ("2026-11-30 09:00", [("sales_lead", "Lee")]),
        ("2026-12-03 09:00", [("owner", "owner")]),
        ("2026-12-14 09:00", []),
    ],
)
def test_it_climbs_from_the_salesperson_to_who_leads_the_team(
    now: str, steps: list[tuple[str, str]]
) -> None:
    found = finding(now)
    assert told(found) == steps
    assert found.since == date(2026, 11, 23)
    assert found.title == "S00007 Werft: validity of the quotation"


def test_a_draft_and_an_opportunity_are_told_of_only_when_it_is_due() -> None:
    assert told(finding("2026-11-23 09:30", quotes=[replace(EXPIRED, state="draft")])) == [
        ("deadline", "Sal")
    ]
    passed = lead(date_deadline=date(2026, 11, 20))
    as_of = replace(at("2026-11-23 09:30"), standing={"close-date-lead-3": date(2026, 11, 23)})
    assert told(only(judged(snapshot([passed]), as_of))) == [("deadline", "Sal")]


def test_who_leads_the_team_they_sell_in_has_their_own_manager() -> None:
    own = {1: SalesTeam(1, "Sales", SAL.user_id)}
    assert told(finding("2026-11-30 09:00", teams=own)) == [("sales_lead", "Max")]
    nobody = {1: SalesTeam(1, "Sales", None)}
    assert told(finding("2026-11-30 09:00", teams=nobody)) == [("sales_lead", "Max")]
    hidden = finding("2026-11-30 09:00", people=people(SAL, MAX))
    assert told(hidden) == [("sales_lead", "Max")]


def test_what_nobody_sells_is_told_to_who_leads_the_team_else_to_the_owner() -> None:
    unsold = [replace(EXPIRED, user_id=None)]
    found = finding("2026-11-24 09:00", quotes=unsold)
    assert (found.owner, told(found)) == ("Lee", [("deadline", "Lee")])
    nobody = finding("2026-11-24 09:00", quotes=unsold, teams={})
    assert (nobody.owner, told(nobody)) == ("finance", [("deadline", "owner")])


def test_a_firm_may_have_a_ladder_of_its_own() -> None:
    as_of = replace(at("2026-11-24 09:00"), standing=SINCE)
    own: Any = {"ladder": [{"name": "soon", "working_days": 0, "at": "10:00"}]}
    assert told(only(judged(snapshot(quotes=[EXPIRED]), as_of, **own))) == [
        ("first", "Sal"),
        ("soon", "Sal"),
    ]


def test_who_opted_out_or_is_no_employee_is_not_written_to() -> None:
    as_of = replace(at("2026-11-24 09:00"), standing=SINCE)
    report = judged(snapshot(quotes=[EXPIRED]), as_of, opted_out=[SAL.id])
    assert told(only(report)) == []
    strangers = people(LEE, MAX, others={SAL.user_id or 0: "Sal"})
    found = finding("2026-11-24 09:00", people=strangers)
    assert told(found) == [("deadline", "owner")]
    (step,) = found.steps or ()
    assert step.unreachable == "Sal has no employee record in Odoo"
