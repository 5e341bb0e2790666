"""What a policy of handoffs may say, and what it is refused for."""

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.commercial.handoff_gate.policy import HandoffPolicy
from tasks.domain.ladder import Rung

RISKS = {"name": "risks", "patterns": ["*risk*"]}


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ({"demands": [{"item": "sow", "owner": "salesperson"}]}, "no such item: sow; there are"),
        (
            {"demands": [{"item": "acceptance", "owner": "boss"}]},
            "no such owner: boss; there are salesperson, project_manager, delivery_lead",
        ),
        (
            {"demands": [{"item": "acceptance", "owner": "salesperson"}] * 2},
            "item acceptance stands there twice; name it once",
        ),
        (
            {"service_lines": [{"name": "a", "tags": [1]}, {"name": "a", "tags": [2]}]},
            "service line a stands there twice",
        ),
        ({"service_lines": [{"name": "a"}]}, "the service line a names no orders"),
        (
            {
                "service_lines": [
                    {"name": "a", "tags": [1], "demands": [{"item": "x", "owner": "salesperson"}]}
                ]
            },
            "no such item: x",
        ),
        (
            {
                "service_lines": [
                    {"name": "a", "tags": [1], "documents": [{**RISKS, "name": "acceptance"}]}
                ]
            },
            "acceptance is an item already",
        ),
        (
            {
                "service_lines": [
                    {"name": "a", "tags": [1], "documents": [RISKS]},
                    {"name": "b", "tags": [2], "documents": [{**RISKS, "within_hours": 2}]},
                ]
            },
            "document risks stands there twice",
        ),
        ({"ladder": [{"name": "first", "working_days": 1}]}, "a name of its own, not first"),
        ({"vat_countries": ["Germany"]}, "vat_countries"),
        ({"office": {"opens": "17:00", "closes": "09:00"}}, "close later"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_can(policy: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        HandoffPolicy.model_validate(policy)


def test_two_service_lines_may_demand_the_same_document() -> None:
    lines = [{"name": name, "tags": [1], "documents": [RISKS]} for name in ("a", "b")]
    policy = HandoffPolicy.model_validate({"service_lines": lines})
    assert [document.name for document in policy.documents] == ["risks"]


def test_a_ladder_of_ones_own_is_taken_as_it_is() -> None:
    policy = HandoffPolicy.model_validate({"ladder": [{"name": "late", "working_days": 2}]})
    assert [rung.working_days for rung in policy.ladder] == [2]


def test_rungs_have_names_of_their_own() -> None:
    twice = (Rung(name="late", working_days=1), Rung(name="late", working_days=2))
    with pytest.raises(ValidationError, match="not late"):
        HandoffPolicy(ladder=twice)
