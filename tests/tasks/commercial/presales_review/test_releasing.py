"""Opportunities that a gate keeps from a stage: what is released, what is kept and why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway import gates
from odoo_gateway.gates import NewRuling, State
from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.session import Session
from tasks.commercial.presales_review.job import JOB
from tasks.commercial.presales_review.policy import ReviewPolicy
from tasks.commercial.presales_review.releasing import KIND
from tasks.domain import deciding
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal, Proposed
from tests.fakes.overlay import Overlay
from tests.tasks.conftest import MONDAY, changed, reading

NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
LEAD, STAGE = "crm.lead", "crm.stage"
# One that was quoted, and stands there; one that was not, and stands before.
QUOTED, UNQUOTED = 701, 702
NEW, QUALIFIED, PROPOSED = 1, 2, 3
SCOPE: Final = {"item": "scope", "field": "description"}
GATES: Final = ["opportunity_stage"]


def policy(stage: int = PROPOSED, *, gate: bool = True, **values: Any) -> ReviewPolicy:
    review = {"stage": stage, "items": values.pop("items", [SCOPE]), "gate": gate}
    return ReviewPolicy.model_validate({"reviews": [review], **values})


def look(odoo: Any = None, asked: ReviewPolicy | None = None, now: AsOf = NOW) -> Report:
    return JOB.run(reading(odoo or changed(gates=GATES)), now, asked or policy())


def proposals(odoo: Any = None, asked: ReviewPolicy | None = None) -> dict[str, Proposal]:
    found = look(odoo, asked).proposals
    return {f"{each.model},{each.record_id}": each for each in found}


def lead(**values: Any) -> Sandbox:
    return changed(corrupt={(LEAD, UNQUOTED): values}, gates=GATES)


def decide(odoo: Sandbox, key: str, state: State, basis: str = "") -> None:
    gates.decide(Session(odoo), NewRuling(key, state, "said", basis=basis))


def test_a_stage_is_switched_on_and_what_stands_before_it_is_judged() -> None:
    found = proposals()
    assert found.keys() == {"crm.stage,3", "crm.lead,702"}
    switch, kept = found["crm.stage,3"], found["crm.lead,702"]
    assert (switch.kind, switch.at_once, switch.values["state"]) == (KIND, True, "held")
    assert switch.identity.endswith(" company 1 after 0")
    assert switch.values["reason"] == "from this stage on a review must be complete"
    assert (kept.values["state"], kept.values["stage_id"], kept.at_once) == ("held", PROPOSED, True)
    assert kept.values["reason"] == (
        "scope is missing: it lacks: notes; fill it in on the opportunity"
    )
    filled = proposals(lead(description="<p>Robots</p>"))["crm.lead,702"]
    assert (filled.values["state"], filled.at_once) == ("released", False)
    assert filled.identity == "released 0 stage 3 after 0"
    assert filled.request is not None
    assert (filled.request.amount, filled.request.currency) == (Decimal(26000), "EUR")


def test_what_was_said_is_not_said_again() -> None:
    odoo = changed(gates=GATES)
    for number, each in proposals(odoo).items():
        key = f"{number},3" if each.model == LEAD else "crm.stage,3,1"
        decide(odoo, key, State(each.values["state"]), each.values["basis"])
    assert look(odoo).proposals == ()
    # What a person let through stays so, whatever is missing.
    decide(odoo, "crm.lead,702,3", State.OVERRIDDEN)
    assert look(odoo).proposals == ()


def test_a_gate_that_is_taken_out_of_the_policy_is_switched_off() -> None:
    odoo = changed(gates=GATES)
    decide(odoo, "crm.stage,3,1", State.HELD)
    for asked in (policy(gate=False), ReviewPolicy()):
        (off,) = look(odoo, asked).proposals
        assert (off.model, off.record_id, off.values["state"]) == (STAGE, PROPOSED, "released")
        assert off.identity == "released 0 company 1 after 1"
    decide(odoo, "crm.stage,3,1", State.RELEASED)
    assert look(odoo, policy(gate=False)).proposals == ()


def test_where_nothing_is_demanded_it_is_released() -> None:
    exempt = policy(exempt_opportunities=[UNQUOTED])
    assert proposals(None, exempt)["crm.lead,702"].values["state"] == "released"
    none = policy().with_units({}, {1: ReviewPolicy()})
    assert proposals(None, none)["crm.lead,702"].values["state"] == "released"


def test_what_is_only_planned_is_not_there_yet() -> None:
    call = {"item": "call", "activity_type": 77}
    todo = {"id": 9001, "res_model": LEAD, "res_id": UNQUOTED, "activity_type_id": 77}
    rows = firm.build(MONDAY.date())
    planned = {**todo, "active": True, "date_deadline": "2026-12-01", "user_id": 102}
    more = {**rows, "mail.activity": [*rows["mail.activity"], planned]}
    sandbox = Sandbox(MONDAY.date(), rows=more, gates=GATES)

    def may(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return True

    odoo = Overlay(sandbox, {(LEAD, "check_access_rights"): may})
    found = proposals(odoo, policy(items=[call]))["crm.lead,702"]
    assert found.values["state"] == "held"
    assert found.values["reason"] == (
        "call is missing: it is planned for 2026-12-01; do it, and mark its activity as done"
    )


def test_of_the_first_stage_there_is_no_gate() -> None:
    report = look(None, policy(NEW))
    assert report.proposals == ()
    (told,) = [each for each in report.not_verifiable if "gate" in each.check]
    assert told.reason == "it is the first of the pipeline, in which every opportunity begins"
    assert look(changed(), policy(NEW)).not_verifiable == ()


def test_without_the_gate_or_the_right_nothing_is_proposed() -> None:
    assert look(changed()).proposals == ()
    assert look(changed(gates=["order_confirmation"])).proposals == ()
    assert look(changed(gates=GATES, denied_models=[LEAD])).proposals == ()


@pytest.mark.parametrize("only", [None, frozenset({(LEAD, UNQUOTED)}), frozenset({(LEAD, 1)})])
def test_what_waits_for_people_is_withdrawn_once_it_is_not_asked_any_more(
    only: frozenset[tuple[str, int]] | None,
) -> None:
    def waiting(model: str, number: int, identity: str) -> Proposed:
        return Proposed(KIND, model, number, identity, NOW.now, deciding.State.WAITING)

    stage = waiting(STAGE, QUALIFIED, "released 0 company 1 after 1")
    before = waiting(LEAD, UNQUOTED, "released 0 stage 3 after 0")
    now = replace(NOW, proposed=(stage, before), only=only)
    seen = only is None or (LEAD, UNQUOTED) in only
    assert look(None, None, now).withdrawn == ((stage, before) if seen else (stage,))
