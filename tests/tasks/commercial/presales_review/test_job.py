"""What is missing of the review that is due before an opportunity goes on, and who is told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from odoo_gateway.sandbox import Sandbox, firm
from tasks.commercial.presales_review.job import JOB
from tasks.commercial.presales_review.policy import ReviewPolicy
from tasks.domain.findings import Finding, Report
from tasks.domain.periods import AsOf
from tests.fakes.approvals import told
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading

NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
LEAD, ACTIVITY, MESSAGE, TASK = "crm.lead", "mail.activity", "mail.message", "project.task"
# The firm's: one that was quoted, one that was not, one of the other company.
QUOTED, UNQUOTED, THEIRS = 701, 702, 703
QUALIFIED, PROPOSED, WON = 2, 3, 4
# A type of activities.
CALL: Final = 77
LINK: Final = "x_lead_id"
DATE: Final = {"type": "many2one", "relation": LEAD, "store": True}


def item(name: str = "scope", **values: Any) -> dict[str, Any]:
    return {"item": name, **(values or {"field": "description"})}


def review(stage: int, *items: dict[str, Any]) -> dict[str, Any]:
    return {"stage": stage, "items": items or [item()]}


def policy(*reviews: dict[str, Any], **values: Any) -> ReviewPolicy:
    return ReviewPolicy.model_validate({"reviews": reviews or [review(QUALIFIED)], **values})


def look(
    odoo: Any, asked: ReviewPolicy | None = None, company_id: int = 1, now: AsOf = NOW
) -> Report:
    reader = reading(odoo, company_id)
    report = JOB.run(reader, now, asked or policy())
    assert reader.drift == []
    return report


def keys(report: Report) -> set[str]:
    return {finding.key for finding in report.findings if finding.kind != "not-verifiable"}


def finding(report: Report, key: str) -> Finding:
    (found,) = (each for each in report.findings if each.key == key)
    return found


def check(report: Report, number: int, name: str) -> tuple[str, str]:
    """Result and reason of an item."""
    (row,) = (row for row in report.rows if row["opportunity_id"] == number)
    (found,) = (each for each in row["checks"] if each["check"] == name)
    return str(found["result"]), str(found["reason"])


def lead(number: int, **values: Any) -> Sandbox:
    return changed(corrupt={(LEAD, number): values})


def with_rows(model: str, *more: dict[str, Any], **switches: Any) -> Sandbox:
    """The firm with further rows of a model."""
    rows = firm.build(MONDAY.date())
    return Sandbox(MONDAY.date(), rows={**rows, model: [*rows.get(model, ()), *more]}, **switches)


def writing(odoo: Sandbox) -> Overlay:
    """The same for a user who may write opportunities."""

    def answer(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        asks = list(args) == ["write"]
        return asks or odoo.call(LEAD, "check_access_rights", args, kwargs)

    return Overlay(odoo, {(LEAD, "check_access_rights"): answer})


def test_what_is_missing_at_a_stage_is_told_with_the_stage() -> None:
    report = look(changed())
    assert keys(report) == {"scope-lead-702"}
    found = finding(report, "scope-lead-702")
    assert found.title == "Laboratory planning, missing for the review: scope"
    assert found.reason == "it lacks: notes; in the stage Qualified since 2026-11-20"
    assert (found.owner, str(found.amount), found.currency) == ("Chiara Conti", "26000.00", "EUR")
    rows = {row["opportunity_id"]: row for row in report.rows}
    assert {n: row["status"] for n, row in rows.items()} == {
        QUOTED: "complete",
        UNQUOTED: "incomplete",
    }
    assert (rows[UNQUOTED]["stage"], rows[UNQUOTED]["missing_items"]) == ("Qualified", 1)
    measured = {(m.name, *m.labels.values()): m.value for m in report.measures}
    assert measured == {
        ("presales_reviews", "incomplete"): 1,
        ("presales_reviews", "complete"): 1,
        ("presales_review_gaps", "scope"): 1,
    }


def test_where_the_policy_names_no_stage_nothing_is_due() -> None:
    report = look(changed(), ReviewPolicy())
    assert (report.rows, report.findings, report.measures, report.not_verifiable) == ((),) * 4


def test_a_review_is_due_from_its_stage_on_and_together_with_those_before() -> None:
    both = policy(review(QUALIFIED, item("phone", field="phone")), review(PROPOSED))
    assert keys(look(changed(), both)) == {"phone-lead-701", "phone-lead-702"}
    moved = {(LEAD, UNQUOTED): {"stage_id": PROPOSED}}
    assert keys(look(changed(corrupt=moved), both)) == {
        *("phone-lead-701", "phone-lead-702", "scope-lead-702")
    }
    assert look(changed(), policy(review(99))).rows == ()


@pytest.mark.parametrize(
    "values",
    [
        {"stage_id": 1},
        {"stage_id": WON},
        {"stage_id": False},
        {"active": False},
        {"type": "lead"},
        {"company_id": 2},
    ],
)
def test_of_what_is_not_at_the_stage_nothing_is_due(values: dict[str, Any]) -> None:
    assert keys(look(lead(UNQUOTED, **values))) == set()


def test_exempt_opportunities_are_not_reviewed() -> None:
    assert keys(look(changed(), policy(exempt_opportunities=[UNQUOTED]))) == set()


def test_companies_do_not_mix() -> None:
    assert look(changed(), policy(review(1)), 2).rows[0]["opportunity_id"] == THEIRS
    assert keys(look(changed(), policy(review(1)), 2)) == {"scope-lead-703"}


def at(days: int) -> AsOf:
    """So many days after the stage was reached, on Friday the 20th at 9:00."""
    moment = MONDAY - timedelta(days=3) + timedelta(days=days)
    return replace(NOW, instant=moment, now=moment)


@pytest.mark.parametrize(
    ("days", "steps"),
    [
        (0, [("first", "Chiara Conti")]),
        (3, [("first", "Chiara Conti"), ("deadline", "Chiara Conti")]),
        (4, [("deadline", "Chiara Conti"), ("late", "Chiara Conti")]),
        (5, [("late", "Chiara Conti")]),
        (7, [("sales_lead", "Bruno Claes")]),
        (11, [("owner", "owner")]),
        (30, []),
    ],
)
def test_it_climbs_from_the_salesperson_to_who_leads_the_team(
    days: int, steps: list[tuple[str, str]]
) -> None:
    reader = reading(changed())
    report = JOB.judge(JOB.read(reader, at(days), policy()), at(days), policy())
    assert told(finding(report, "scope-lead-702")) == steps


def test_an_item_may_be_of_who_leads_the_team() -> None:
    asked = policy(review(QUALIFIED, item(owner="sales_lead", field="description")))
    assert finding(look(changed(), asked), "scope-lead-702").owner == "Bruno Claes"
    unsold = lead(UNQUOTED, user_id=False)
    assert finding(look(unsold), "scope-lead-702").owner == "Bruno Claes"
    nobody = lead(UNQUOTED, user_id=False, team_id=False, partner_id=False)
    report = look(nobody)
    assert finding(report, "scope-lead-702").owner == "delivery"
    (row,) = (row for row in report.rows if row["opportunity_id"] == UNQUOTED)
    assert (row["sales_team"], row["partner"], row["salesperson"]) == (None, None, "delivery")


CALLED: Final = policy(review(QUALIFIED, item("call", activity_type=CALL)))


def done(of: int, **values: Any) -> dict[str, Any]:
    known = {"id": 8801, "model": LEAD, "res_id": of, "mail_activity_type_id": CALL}
    return {**known, "message_type": "notification", "body": "done", **values}


def planned(of: int, day: str | bool) -> dict[str, Any]:
    known = {"id": 8811, "res_model": LEAD, "res_id": of, "user_id": 103, "active": True}
    return {**known, "activity_type_id": CALL, "date_deadline": day}


def test_an_activity_is_there_once_it_was_done() -> None:
    assert keys(look(changed(), CALLED)) == {"call-lead-701", "call-lead-702"}
    assert keys(look(with_rows(MESSAGE, done(UNQUOTED)), CALLED)) == {"call-lead-701"}
    other = with_rows(MESSAGE, done(UNQUOTED, mail_activity_type_id=CALL + 1))
    assert keys(look(other, CALLED)) == {"call-lead-701", "call-lead-702"}


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_every_version_keeps_that_an_activity_was_done(version: int) -> None:
    odoo = with_rows(MESSAGE, done(UNQUOTED), version=version)
    assert keys(look(odoo, CALLED)) == {"call-lead-701"}


@pytest.mark.parametrize(
    ("day", "result", "reason"),
    [
        ("2026-11-23", "not_applicable", "it is planned for 2026-11-23"),
        ("2026-11-20", "fail", "it was planned for 2026-11-20 and is not done"),
        (False, "fail", "it is planned for no day and is not done"),
    ],
)
def test_an_activity_that_is_planned_is_missing_once_its_day_has_passed(
    day: str | bool, result: str, reason: str
) -> None:
    odoo = writing(with_rows(ACTIVITY, planned(UNQUOTED, day)))
    report = look(odoo, CALLED)
    assert check(report, UNQUOTED, "call") == (result, reason)
    assert check(report, QUOTED, "call") == ("fail", "its activity was neither done nor planned")


def test_where_plans_are_hidden_only_that_it_was_not_done_is_told() -> None:
    odoo = with_rows(ACTIVITY, planned(UNQUOTED, "2026-12-01"))
    assert check(look(odoo, CALLED), UNQUOTED, "call") == (
        "fail",
        "its activity was not done; whether it is planned is hidden",
    )


def test_where_messages_are_hidden_activities_are_not_verifiable() -> None:
    report = look(changed(rules={MESSAGE: [("id", "=", 0)]}), CALLED)
    assert check(report, UNQUOTED, "call")[0] == "not_verifiable"
    assert keys(report) == set()
    assert [gap.check for gap in report.not_verifiable] == ["call"]


DEMANDS_TASK: Final = policy(
    review(QUALIFIED, item("estimate", task="Estimate the hours")), task_link=LINK
)


def tied(*tasks: dict[str, Any], **switches: Any) -> Sandbox:
    known = {"name": "  estimate THE hours", "active": True, "state": "01_in_progress"}
    rows = [{**known, "id": 8820 + n, LINK: UNQUOTED, **task} for n, task in enumerate(tasks)]
    return with_rows(TASK, *rows, declares={TASK: {LINK: DATE}}, **switches)


def test_a_task_that_is_tied_to_the_opportunity_must_be_done() -> None:
    def of(*tasks: dict[str, Any]) -> tuple[str, str]:
        return check(look(tied(*tasks), DEMANDS_TASK), UNQUOTED, "estimate")

    assert of() == ("fail", "there is no task Estimate the hours")
    assert of({}) == ("fail", "the task Estimate the hours is not done")
    assert of({"state": "1_done"}) == ("pass", "")
    assert of({"state": "1_canceled"})[0] == "fail"
    assert of({}, {"state": "1_done"})[0] == "pass"
    assert of({"state": "1_done", "active": False})[0] == "pass"
    assert of({"state": "1_done", "name": "Another"})[0] == "fail"
    assert of({"state": "1_done", LINK: QUOTED})[0] == "fail"


def test_before_odoo_17_a_task_is_done_where_it_is_closed() -> None:
    closed = tied({"is_closed": True}, version=16)
    assert check(look(closed, DEMANDS_TASK), UNQUOTED, "estimate")[0] == "pass"


@pytest.mark.parametrize(
    "switches", [{}, {"declares": {TASK: {LINK: DATE}}, "denied_models": [TASK]}]
)
def test_tasks_that_are_tied_to_nothing_or_hidden_are_not_verifiable(
    switches: dict[str, Any],
) -> None:
    report = look(changed(**switches), DEMANDS_TASK)
    assert check(report, UNQUOTED, "estimate")[0] == "not_verifiable"
    (gap,) = report.not_verifiable
    assert gap.remedy


def test_a_field_of_the_firms_own_may_be_asked_for() -> None:
    asked = policy(review(QUALIFIED, item("budget", field="x_budget")))
    declares = {LEAD: {"x_budget": {"type": "float", "store": True}}}
    filled = {(LEAD, QUOTED): {"x_budget": 5.0}}
    odoo = Sandbox(MONDAY.date(), declares=declares, corrupt=filled)
    report = look(odoo, asked)
    assert keys(report) == {"budget-lead-702"}
    assert finding(report, "budget-lead-702").reason.startswith("it lacks: x_budget")
    hidden = look(changed(), asked)
    assert check(hidden, UNQUOTED, "budget")[0] == "not_verifiable"
    assert keys(hidden) == set()


@pytest.mark.parametrize("model", [LEAD, "crm.stage", "hr.employee"])
def test_where_rows_may_be_hidden_nothing_is_told(model: str) -> None:
    reader = reading(changed(rules={model: [("id", "=", 702)]}))
    report = JOB.run(reader, NOW, policy())
    assert (report.rows, report.measures, keys(report)) == ((), (), set())
    assert "*" in report.unseen


def test_without_a_pipeline_it_says_so() -> None:
    for switches in ({"denied_models": [LEAD]}, {"lacks_modules": ["crm"]}):
        report = look(changed(**switches))
        assert report.rows == ()
        assert [gap.check for gap in report.not_verifiable] == ["opportunities"]


def test_an_amount_of_a_company_that_is_hidden_is_not_told() -> None:
    reader = reading(lead(UNQUOTED, company_id=False))
    snapshot = JOB.read(reader, NOW, policy())
    assert {snapshot.currency_of(each) is not None for each in snapshot.opportunities} == {True}
    blind = replace(snapshot, company_currencies={}, currencies={})
    report = JOB.judge(blind, NOW, policy())
    assert {row["amount"] for row in report.rows} == {None}
    assert {found.amount for found in report.findings} == {None}


def test_one_bad_row_harms_no_other() -> None:
    reader = reading(lead(QUOTED, expected_revenue="much"))
    assert keys(JOB.run(reader, NOW, policy())) == {"scope-lead-702"}
    assert [drift.record_id for drift in reader.drift] == [QUOTED]


def test_an_event_looks_at_its_opportunity_alone() -> None:
    only = replace(NOW, only=frozenset({(LEAD, UNQUOTED)}))
    report = look(changed(), now=only)
    assert [row["opportunity_id"] for row in report.rows] == [UNQUOTED]
    assert keys(report) == {"scope-lead-702"}


def test_a_day_that_is_over_is_not_looked_at() -> None:
    report = look(changed(), now=replace(NOW, now=MONDAY + timedelta(days=2)))
    assert [gap.check for gap in report.not_verifiable] == ["reviews of a day that is over"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"reviews": [review(1, {"item": "x"})]}, "needs one of"),
        ({"reviews": [review(1, item(field="phone", activity_type=1))]}, "needs one of"),
        ({"reviews": [review(1, item(field="margin"))]}, "margin is not asked for"),
        ({"reviews": [review(1), review(2)]}, "stands there twice"),
        ({"reviews": [review(1, item(task="Estimate"))]}, "task_link"),
        ({"task_link": "lead_id"}, "match pattern"),
        ({"ladder": [{"name": "first", "working_days": 1}]}, "a name of its own"),
    ],
)
def test_what_means_nothing_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ReviewPolicy.model_validate(values)


def test_a_firm_may_have_a_ladder_of_its_own() -> None:
    own = policy(ladder=[{"name": "soon", "working_days": 0, "at": "10:00"}])
    assert ("soon", "Chiara Conti") in told(finding(look(changed(), own), "scope-lead-702"))
