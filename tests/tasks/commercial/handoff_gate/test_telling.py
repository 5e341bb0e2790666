"""Who is told of a gap, by when it is due, and how that climbs."""

from dataclasses import replace

import pytest

from tasks.domain.findings import Finding
from tests.fakes.approvals import at, told
from tests.fakes.handoffs import (
    LEE,
    MAX,
    PIA,
    PROJECT,
    SAL,
    judged,
    of_kind,
    people,
    row,
    sale,
)

# Without a statement of work: due on Tuesday at 10:00.
LACKING = sale(documents=[])
IN_TWO_DAYS = [{"item": "statement_of_work", "owner": "salesperson", "within_hours": 16}]


def gap(item: str, *found: Finding) -> Finding:
    return next(each for each in found if each.key == f"{item}-order-7")


def test_a_gap_is_named_with_its_owner_and_its_due_time() -> None:
    (found,) = of_kind(judged(LACKING), "handoff-gap")
    assert found.title == "S00007 Werft, missing: statement of work"
    assert found.reason.endswith("; due on 2026-11-24 at 10:00")
    assert (found.owner, found.remedy) == ("Sal", "attach it to the order or its project")
    assert (found.key, found.model, found.record_id) == (
        "statement_of_work-order-7",
        "sale.order",
        7,
    )
    assert (str(found.amount), found.currency, str(found.since)) == (
        "18000.00",
        "EUR",
        "2026-11-23",
    )
    assert row(judged(LACKING))["next_due"] == "2026-11-24T09:00:00+00:00"


@pytest.mark.parametrize(
    ("now", "steps"),
    [
        ("2026-11-23 10:30", [("first", "Sal"), ("deadline", "Sal")]),
        ("2026-11-24 09:00", [("deadline", "Sal"), ("late", "Sal")]),
        ("2026-11-25 09:00", [("late", "Sal")]),
        ("2026-11-27 09:00", [("manager", "Max")]),
        ("2026-12-01 09:00", [("owner", "owner")]),
        ("2026-12-09 09:00", []),
    ],
)
def test_a_gap_climbs_from_its_owner_to_the_manager_and_the_role(
    now: str, steps: list[tuple[str, str]]
) -> None:
    (found,) = of_kind(judged(LACKING, as_of=at(now)), "handoff-gap")
    assert told(found) == steps


def test_each_gap_is_on_a_ladder_of_its_own() -> None:
    found = judged(
        sale({"payment_term_id": None}, documents=[], projects=[replace(PROJECT, date_start=None)]),
        as_of=at("2026-11-25 09:00"),
    ).findings
    steps = {item: told(gap(item, *found)) for item in ("statement_of_work", "payment_terms")}
    assert steps == {
        "statement_of_work": [("late", "Sal")],
        "payment_terms": [("deadline", "Sal"), ("late", "Sal")],
    }
    assert gap("kickoff_date", *found).owner == "Pia"
    assert told(gap("kickoff_date", *found)) == [("first", "Pia"), ("deadline", "Pia")]


def test_gaps_of_one_owner_that_are_due_alike_are_told_at_one_instant() -> None:
    found = judged(sale({"payment_term_id": None, "client_order_ref": None}))
    one, other = of_kind(found, "handoff-gap")
    assert one.steps == other.steps
    assert told(one) == [("deadline", "Sal"), ("late", "Sal")]


def test_a_gap_that_is_due_on_the_day_it_comes_up_is_told_once() -> None:
    demands = [{"item": "statement_of_work", "owner": "salesperson", "within_hours": 2}]
    (found,) = of_kind(
        judged(LACKING, as_of=at("2026-11-23 10:30"), demands=demands), "handoff-gap"
    )
    assert told(found) == [("deadline", "Sal"), ("late", "Sal")]


def test_an_order_confirmed_on_a_saturday_is_told_of_on_monday() -> None:
    saturday = at("2026-11-21 15:00")
    found = sale({"date_order": saturday.instant}, documents=[])
    (finding,) = of_kind(judged(found, as_of=at("2026-11-21 15:01")), "handoff-gap")
    assert told(finding) == []
    (finding,) = of_kind(judged(found, as_of=at("2026-11-22 09:00")), "handoff-gap")
    # It is due on that day, too, and told once.
    assert told(finding) == [("deadline", "Sal")]
    later = judged(found, as_of=at("2026-11-22 09:00"), demands=IN_TWO_DAYS)
    assert told(of_kind(later, "handoff-gap")[0]) == [("first", "Sal")]


def test_what_is_missing_of_a_project_without_manager_is_the_delivery_leads() -> None:
    bare = sale(projects=[replace(PROJECT, user_id=None, date_start=None)])
    found = judged(bare).findings
    assert gap("project_manager", *found).owner == gap("kickoff_date", *found).owner == "Lee"


def test_where_nobody_leads_delivery_its_role_is_told_and_no_manager() -> None:
    bare = sale(projects=[replace(PROJECT, user_id=None)])
    for now, steps in (
        ("2026-11-23 10:30", [("first", "owner")]),
        ("2026-11-30 09:00", [("late", "owner")]),
        ("2026-12-02 09:00", [("owner", "owner")]),
    ):
        (found,) = of_kind(judged(bare, as_of=at(now), delivery_leads={}), "handoff-gap")
        assert (found.owner, told(found)) == ("delivery", steps)


def test_an_owner_without_an_employee_is_told_of_to_the_role() -> None:
    who = people(PIA, LEE, MAX, others={SAL.user_id or 0: "Sal"})
    (found,) = of_kind(judged(LACKING, who=who), "handoff-gap")
    assert (found.owner, told(found)) == ("Sal", [("late", "owner")])
    assert {step.unreachable for step in found.steps or ()} == {
        "Sal has no employee record in Odoo"
    }


def test_an_order_of_nobody_is_the_roles() -> None:
    (found,) = of_kind(judged(sale({"user_id": None}, documents=[])), "handoff-gap")
    assert found.owner == "delivery"
    assert [step.unreachable for step in found.steps or ()] == [""]


def test_a_demand_that_nobody_can_date_is_told_when_it_comes_up_alone() -> None:
    demands = [{"item": "statement_of_work", "owner": "salesperson", "within_hours": 2000}]
    (found,) = of_kind(judged(LACKING, demands=demands), "handoff-gap")
    assert "due on" not in found.reason
    assert [name for name, _ in told(found)] == ["first"]


def test_a_service_line_has_demands_and_a_lead_of_its_own() -> None:
    by_team = {
        "name": "advisory",
        "sales_teams": [1],
        "delivery_lead": MAX.user_id,
        "demands": [{"item": "purchase_order", "owner": "delivery_lead", "within_hours": 4}],
    }
    report = judged(sale({"client_order_ref": None}, documents=[]), service_lines=[by_team])
    assert [each["check"] for each in row(report)["checks"]] == ["purchase_order"]
    (found,) = of_kind(report, "handoff-gap")
    assert found.owner == "Max"
    assert of_kind(report, "handoff")[0].owner == "Max"


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        ({"categories": [1]}, True),
        ({"categories": [2]}, True),
        ({"categories": [3]}, False),
        ({"tags": [5]}, True),
        ({"tags": [6]}, False),
        ({"sales_teams": [1]}, True),
        ({"sales_teams": [2]}, False),
        ({"templates": [44]}, False),
    ],
)
def test_an_order_is_of_a_service_line_by_category_tag_team_or_template(
    line: dict[str, list[int]], fits: bool
) -> None:
    report = judged(sale({"tag_ids": (5,)}), service_lines=[{"name": "advisory", **line}])
    assert row(report)["service_lines"] == (["advisory"] if fits else [])


def test_of_an_order_of_several_service_lines_what_any_demands_is_demanded() -> None:
    terms = {"item": "payment_terms", "owner": "salesperson", "within_hours": 4}
    order = {"item": "purchase_order", "owner": "salesperson", "within_hours": 8}
    lines = [
        {"name": "one", "sales_teams": [1], "demands": [terms, order]},
        {"name": "two", "categories": [1], "demands": [{**order, "within_hours": 2}]},
    ]
    checks = row(judged(service_lines=lines))["checks"]
    assert [each["check"] for each in checks] == ["payment_terms", "purchase_order"]
    # One that demands nothing of its own asks for what is asked of all.
    plain = {"name": "three", "tags": [5]}
    more = row(judged(sale({"tag_ids": (5,)}), service_lines=[lines[1], plain]))["checks"]
    assert len(more) == 12


def test_whoever_opted_out_gets_no_mail_and_their_manager_does() -> None:
    for now, steps in (("2026-11-25 09:00", []), ("2026-11-27 09:00", [("manager", "Max")])):
        report = judged(LACKING, as_of=at(now), opted_out=[SAL.id])
        assert told(of_kind(report, "handoff-gap")[0]) == steps
