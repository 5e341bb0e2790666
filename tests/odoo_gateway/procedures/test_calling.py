"""A procedure is found by its name, told what is wanted, and believed if it answers as ours."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.procedures import calling
from odoo_gateway.procedures.calling import (
    InvoicesDrafted,
    PlannedActivity,
    PlannedMilestone,
    PlannedTask,
    ProjectMade,
    ProjectPlan,
    StageSet,
)
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tests.fakes.in_odoo import RUN, answering
from tests.fakes.overlay import Overlay

SEEN = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

# Of a plan for the whole order.
OF_ALL: dict[str, Any] = {"lines": [], "named": "", "beside": "", "description": ""}


def told(transport: Overlay) -> dict[str, Any]:
    """The context of the one run."""
    ((*_, args, kwargs),) = [call for call in transport.seen if call[:2] == RUN]
    assert args == ([41],)
    context: dict[str, Any] = kwargs["context"]
    return context


def test_a_project_is_asked_for_with_all_that_matters() -> None:
    transport = answering({"created": True, "project_id": 7})
    made = calling.create_project(
        Session(transport), 1, 5, template_id=3, first_day=date(2026, 12, 1)
    )
    assert made == ProjectMade(True, 7)
    assert told(transport) == {
        "active_model": "sale.order",
        "active_id": 5,
        "active_ids": [5],
        "fleet_company": 1,
        "fleet_template": 3,
        "fleet_name": "",
        "fleet_manager": 0,
        "fleet_start": "2026-12-01",
        "fleet_end": False,
        "fleet_plan": {
            "line": 0,
            "hours": 0.0,
            "milestones": [],
            "tasks": [],
            "activities": [],
            **OF_ALL,
        },
    }


def test_of_a_project_that_is_there_it_is_told_whose_it_is() -> None:
    transport = answering({"created": False, "project_id": 7, "by": "Paula"})
    made = calling.create_project(Session(transport), 1, 5)
    assert made == ProjectMade(False, 7, "Paula")


def test_a_project_is_planned_in_the_same_call() -> None:
    transport = answering({"created": True, "project_id": 7})
    plan = ProjectPlan(
        line_id=11,
        hours=160.0,
        milestones=(
            PlannedMilestone("Design", 12, 40.0, date(2026, 12, 18)),
            PlannedMilestone("Review"),
        ),
        tasks=(PlannedTask("Kickoff", 11, 4.0, date(2026, 12, 1), 5), PlannedTask("Report")),
        activities=(PlannedActivity("Agree on dates", 5, date(2026, 12, 2)),),
    )
    calling.create_project(Session(transport), 1, 5, plan=plan)
    assert told(transport)["fleet_plan"] == {
        "line": 11,
        "hours": 160.0,
        "milestones": [["Design", 12, 40.0, "2026-12-18"], ["Review", 0, 0.0, False]],
        "tasks": [["Kickoff", 11, 4.0, "2026-12-01", 5], ["Report", 0, 0.0, False, 0]],
        "activities": [["Agree on dates", 5, "2026-12-02"]],
        **OF_ALL,
    }


def test_a_project_beside_others_says_what_it_is_of() -> None:
    transport = answering({"created": True, "project_id": 9})
    plan = ProjectPlan(lines=(11, 12), named="Support", beside="Build", description="<p>x</p>")
    calling.create_project(Session(transport), 1, 5, plan=plan)
    told_of = told(transport)["fleet_plan"]
    assert {name: told_of[name] for name in OF_ALL} == {
        "lines": [11, 12],
        "named": "Support",
        "beside": "Build",
        "description": "<p>x</p>",
    }


def test_drafts_come_as_numbers() -> None:
    transport = answering({"created": False, "move_ids": [4, 5]})
    made = calling.draft_invoice(Session(transport), 1, 5, deduct_down_payments=False)
    assert made == InvoicesDrafted(False, (4, 5))
    assert told(transport)["fleet_deduct"] is False
    assert told(transport)["fleet_expected"] is False


def test_drafts_are_deleted_as_they_are_told() -> None:
    transport = answering({"deleted": [4]})
    assert calling.discard_drafts(Session(transport), 1, 5, (4, 5)) == (4,)
    assert told(transport)["fleet_moves"] == [4, 5]


@pytest.mark.parametrize(("was", "kept"), [(2, 2), (False, 0)])
def test_a_stage_is_set_if_nobody_wrote_since_that_second(was: object, kept: int) -> None:
    transport = answering({"changed": True, "stage_id": 9, "was_id": was})
    found = calling.set_stage(Session(transport), "project.task", 5, 9, SEEN)
    assert found == StageSet(True, 9, kept)
    assert told(transport)["fleet_seen"] == "2026-11-23 12:00:00"


CALLS: dict[str, Callable[[Session], object]] = {
    "create_project": lambda session: calling.create_project(session, 1, 5),
    "draft_invoice": lambda session: calling.draft_invoice(session, 1, 5),
    "discard_draft": lambda session: calling.discard_drafts(session, 1, 5, [7]),
    "stage_lead": lambda session: calling.set_stage(session, "crm.lead", 5, 9, SEEN),
    "inventory": calling.inventory,
}
NONSENSE: list[Any] = [
    False,
    None,
    [],
    {},
    "done",
    {"created": 1, "project_id": 7, "move_ids": [7], "changed": 1, "stage_id": 9, "was_id": 0},
    {"created": True, "project_id": "7", "move_ids": "7", "changed": True, "stage_id": True},
    {
        "created": True,
        "project_id": 0,
        "move_ids": [],
        "changed": True,
        "stage_id": 9,
        "was_id": {},
    },
    {"pieces": [], "kept": {}},
    {"pieces": {"group": 7}, "kept": {}},
    {"pieces": {}, "kept": []},
]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("answer", NONSENSE, ids=map(str, range(len(NONSENSE))))
def test_nonsense_is_not_believed(name: str, answer: object) -> None:
    with pytest.raises(OdooRejected, match=f"the procedure {name} answered"):
        CALLS[name](Session(answering(answer)))


@pytest.mark.parametrize("name", CALLS)
def test_one_that_is_not_installed_is_named(name: str) -> None:
    nowhere = Session(Sandbox(date(2026, 11, 23)))
    unlisted, dangling = Session(answering({}, ())), Session(answering({}, (0,)))
    for session in (nowhere, unlisted, dangling):
        with pytest.raises(OdooSchemaDrift, match=f"{name} is not installed .*fleet odoo install"):
            CALLS[name](session)


@pytest.mark.parametrize(("for_rights", "said"), [(True, "fleet odoo install"), (False, "^no$")])
def test_who_may_not_look_for_one_is_told_what_gives_the_right(for_rights: bool, said: str) -> None:
    def refuse(args: object, kwargs: object) -> None:
        error = OdooRejected("no")
        error.for_rights = for_rights
        raise error

    transport = Overlay(Sandbox(SEEN.date()), {(calling.DIRECTORY, "search_read"): refuse})
    with pytest.raises(OdooRejected, match=said):
        calling.inventory(Session(transport))
