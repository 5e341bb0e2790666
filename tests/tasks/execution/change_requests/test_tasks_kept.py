"""Change requests that are kept as tasks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.domain.deciding import State
from tasks.domain.findings import Report
from tests.tasks.execution.change_requests.making import (
    HAFENWERK,
    NOW,
    added_line,
    decided,
    finding,
    firm_with,
    look,
    row,
)

TAG, RAISED, DECIDED, APPLIED, REFUSED = 7, 11, 12, 13, 14
TASK: Final = 9100
STAGES: Final = {
    "decided_stages": [DECIDED],
    "applied_stages": [APPLIED],
    "refused_stages": [REFUSED],
}
OWN: Final = {
    "project.task": {
        "x_amount": {"type": "float", "store": True},
        "x_hours": {"type": "float", "store": True},
    }
}


def properties(amount: Any = 4400.0, hours: Any = None) -> list[Mapping[str, Any]]:
    return [
        {"name": "a1b2", "type": "float", "string": "Amount", "value": amount},
        {"name": "c3d4", "type": "float", "string": "Hours", "value": hours},
    ]


def kept(declares: Any = None, **task: Any) -> Sandbox:
    """The firm with one task that is a change request of Hafenwerk's project."""
    values = {
        "id": TASK,
        "name": "Interface",
        "project_id": 101,
        "company_id": 1,
        "active": True,
        "create_date": "2026-11-11 10:00:00",
        "create_uid": 103,
        "stage_id": RAISED,
        "date_last_stage_update": "2026-11-11 10:00:00",
        "allocated_hours": 40.0,
        "user_ids": [],
        "tag_ids": [TAG],
        "child_ids": [],
        "task_properties": properties(),
        "state": "01_in_progress",
        **task,
    }
    tags = {"tag_ids": {"type": "many2many", "store": True, "relation": "project.tags"}}
    declared = {"project.task": {**tags, **(declares or {}).get("project.task", {})}}
    return firm_with(more={"project.task": [values]}, declares=declared)


def report(odoo: Sandbox, *proposed: Any, **policy: Any) -> Report:
    return look(odoo, *proposed, **{"kept_as": "tasks", "task_tags": [TAG], **STAGES, **policy})


def of_task(state: State, at: str = "2026-11-12T10:00", identity: str = "4400.00 EUR 40 0") -> Any:
    return decided(state, TASK, identity, at, model="project.task")


def test_a_task_has_its_amount_in_a_property_and_its_order_by_its_project() -> None:
    found = report(kept())
    told = row(found, TASK)
    assert (told["amount"], told["currency"], told["hours"]) == ("4400.00", "EUR", 40.0)
    assert (told["sale_order"], told["status"]) == ("S00001", "raised")
    undecided = finding(found, "not-decided", TASK)
    assert undecided is not None
    assert undecided.title == "Interface of S00001: not decided for 12 days"
    (proposal,) = found.proposals
    assert proposal.values["amount_in"] == "task_properties:Amount"
    assert proposal.values["user"] == "bruno.claes@nordwind.example"
    assert proposal.request is not None
    assert proposal.request.requester == "chiara.conti@nordwind.example"
    # Quotations are not looked at, what grew is.
    assert {row["kind"] for row in found.rows if row["model"] == "sale.order"} == {"grown"}


def test_a_property_may_be_named_by_its_name() -> None:
    assert row(report(kept(), amount_in="a1b2"), TASK)["amount"] == "4400.00"


def test_amount_and_hours_may_stand_in_fields_of_the_firms_own() -> None:
    own = kept(OWN, x_amount=500.0, x_hours=4.0)
    found = report(own, amount_in="x_amount", hours_in="x_hours")
    assert (row(found, TASK)["amount"], row(found, TASK)["hours"]) == ("500.00", 4.0)
    (proposal,) = found.proposals
    assert proposal.values["amount_in"] == "x_amount"


@pytest.mark.parametrize(
    ("task", "policy", "reason"),
    [
        ({"task_properties": False}, {}, "no task has a number in the property Amount"),
        (
            {"task_properties": properties(amount="a lot")},
            {},
            "no task has a number in the property Amount",
        ),
        ({}, {"amount_in": "x_amount"}, "tasks show the fleet's user no field x_amount"),
    ],
)
def test_amounts_that_are_nowhere_are_not_verifiable(task: Any, policy: Any, reason: str) -> None:
    found = report(kept(**task), signature_required=False, **policy)
    (gap,) = found.not_verifiable
    assert gap.reason == reason
    assert "amount_in" in gap.remedy
    assert row(found, TASK)["amount"] is None
    (proposal,) = found.proposals
    assert (proposal.identity, proposal.values["amount_in"]) == ("- - 40 0", "")
    assert proposal.request is not None
    assert proposal.request.amount is None


def test_a_field_that_is_empty_everywhere_is_not_verifiable() -> None:
    empty = kept(OWN, x_amount=0.0)
    assert row(report(empty, amount_in="x_amount"), TASK)["amount"] == "0.00"
    char = {"project.task": {"x_amount": {"type": "char", "store": True}}}
    found = report(kept(char, x_amount=False), amount_in="x_amount", signature_required=False)
    (gap,) = found.not_verifiable
    assert gap.reason == "no task has an amount in the field x_amount"


def test_a_task_of_no_project_changes_no_order() -> None:
    found = report(kept(project_id=False))
    assert row(found, TASK)["sale_order"] is None
    undecided = finding(found, "not-decided", TASK)
    assert undecided is not None
    assert undecided.title == "Interface: not decided for 12 days"
    assert undecided.recipient is None
    assert found.proposals == ()


def test_a_task_of_a_project_that_nobody_ordered_is_decided_all_the_same() -> None:
    (proposal,) = report(kept(project_id=1)).proposals
    assert proposal.why == "Interface is raised"
    assert proposal.values["user"] == "anna.kern@nordwind.example"
    assert proposal.request is not None
    assert (proposal.request.contract, proposal.request.contract_id) == (None, "")


@pytest.mark.parametrize(
    ("stage", "status"),
    [(RAISED, "raised"), (DECIDED, "decided"), (APPLIED, "applied"), (REFUSED, "refused")],
)
def test_the_stage_of_a_task_is_somebodys_word(stage: int, status: str) -> None:
    assert row(report(kept(stage_id=stage)), TASK)["status"] == status
    by_matrix = row(report(kept(stage_id=stage), decided_by_matrix=True), TASK)["status"]
    expected = {"decided": "raised", "applied": "never_decided"}
    assert by_matrix == expected.get(status, status)


def test_tasks_may_be_told_by_their_stage_alone() -> None:
    for stage in (RAISED, DECIDED):
        staged = kept(tag_ids=[], stage_id=stage)
        assert row(report(staged, task_tags=[], task_stages=[RAISED]), TASK)
    elsewhere = report(kept(tag_ids=[], stage_id=99), task_tags=[], task_stages=[RAISED])
    assert TASK not in {row["record_id"] for row in elsewhere.rows}


def test_what_was_refused_is_raised_again_by_its_stage() -> None:
    refused = of_task(State.REFUSED)
    assert row(report(kept(), refused), TASK)["status"] == "refused"
    again = kept(date_last_stage_update="2026-11-16 10:00:00")
    found = report(again, refused)
    assert row(found, TASK)["status"] == "raised"
    assert [p.identity for p in found.proposals] == ["4400.00 EUR 40 1"]
    approved = of_task(State.APPROVED, "2026-11-17T10:00", "4400.00 EUR 40 1")
    assert row(report(again, refused, approved), TASK)["status"] == "decided"
    done = kept(stage_id=APPLIED, date_last_stage_update="2026-11-18 10:00:00")
    assert row(report(done, refused, approved), TASK)["status"] == "applied"
    assert row(report(done, refused), TASK)["status"] == "never_decided"


def test_a_line_of_the_projects_order_applies_what_was_decided() -> None:
    odoo = kept()
    tables = {"project.task": [odoo._database.tables["project.task"][TASK]]}
    both = firm_with(
        more={**tables, "sale.order.line": [added_line()]},
        declares={"project.task": {"tag_ids": {"type": "many2many", "store": True}}},
    )
    found = report(both, of_task(State.APPROVED))
    assert row(found, TASK)["status"] == "applied"
    assert finding(found, "grown", HAFENWERK) is None


def test_signatures_of_tasks_come_from_outside_or_are_not_verifiable() -> None:
    done = kept(stage_id=APPLIED)
    found = report(done)
    assert {gap.check for gap in found.not_verifiable} == {"signatures of customers"}
    assert finding(found, "unsigned", TASK) is None
    listening = replace(NOW, signed={})
    told = report(done, at=listening)
    assert told.not_verifiable == ()
    assert finding(told, "unsigned", TASK)
    signed = replace(NOW, signed={("project.task", TASK): datetime(2026, 11, 13, tzinfo=UTC)})
    assert finding(report(done, at=signed), "unsigned", TASK) is None


@pytest.mark.parametrize("subject", [("project.task", TASK), ("sale.order", HAFENWERK)])
def test_a_task_or_order_by_itself_is_told_of_as_among_all(subject: tuple[str, int]) -> None:
    odoo = kept()
    whole = report(odoo, of_task(State.WAITING))
    alone = report(odoo, of_task(State.WAITING), at=replace(NOW, only=frozenset({subject})))
    assert alone.findings
    own = [f for f in whole.findings if (f.model, f.record_id) == subject]
    assert [f for f in alone.findings if alone.covers(f)] == own
    mine = [p for p in whole.proposals if (p.model, p.record_id) == subject]
    assert list(alone.proposals) == mine
