"""`fleet decisions`, `fleet matrix replay` and `splits`: what was said, and what comes of it."""

from decimal import Decimal
from pathlib import Path

import pytest

from tasks.domain.deciding import Answer
from tasks.domain.matrix import Request
from tests.fakes.clock import Clock
from tests.fakes.command import typed_json
from tests.fakes.effects import follow_up, proposed
from tests.fakes.fleets import fleet_on
from tests.workers.config.test_gating import SOUND
from workers import wiring
from workers.effects.deciding import decide
from workers.wiring import Fleet

LIMITED = SOUND.replace(
    'name = "all"\n', 'name = "small"\ncurrency = "EUR"\namount_up_to = 500\n'
).replace(
    "[[tenants.firm.matrices.billing.rules]]",
    """[[tenants.firm.matrices.billing.levels]]
name = "high"
roles = ["ops"]

[[tenants.firm.matrices.billing.rules]]""",
)
DANA, FINANCE = "dana@firm.example", "finance@nordwind.example"


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    found = fleet_on(tmp_path, clock, file=LIMITED)
    monkeypatch.setattr(wiring, "fleet", lambda: found)
    return found


def asked(fleet: Fleet, identity: str, amount: int) -> int:
    day = fleet.clock().date()
    request = Request("follow_up", day, Decimal(amount), "EUR", requester="rita@firm.example")
    found = proposed(fleet, follow_up(identity, request=request))
    assert found is not None
    return found


def test_decisions_are_listed_with_rule_reason_and_evidence(fleet: Fleet) -> None:
    effect = asked(fleet, "1", 400)
    decide(fleet, effect, DANA, Answer.ASKED_BACK, "for whom?", "nonce-1")
    decide(fleet, effect, FINANCE, Answer.APPROVED, "", "nonce-2")
    _, found = typed_json("decisions", "--effect", f"effect-{effect}")
    assert [(row["person"], row["answer"], row["reason"]) for row in found["decisions"]] == [
        (FINANCE, "approved", ""),
        (DANA, "asked_back", "for whom?"),
    ]
    assert found["decisions"][0]["rule"] == "small"
    assert found["decisions"][0]["matrix"].startswith("billing ")
    assert '"amount": "400"' in found["decisions"][0]["evidence"]
    _, mine = typed_json("decisions", "--person", DANA.upper())
    assert len(mine["decisions"]) == 1


def test_what_was_decided_is_replayed_through_another_matrix(
    fleet: Fleet, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    effect = asked(fleet, "1", 400)
    decide(fleet, effect, DANA, Answer.APPROVED, "", "nonce-1")
    asked(fleet, "2", 100)
    _, same = typed_json("matrix", "replay")
    assert [row["differs"] for row in same["replayed"]] == [False, False]
    stricter = LIMITED.replace("amount_up_to = 500", "amount_up_to = 300")
    changed = fleet_on(tmp_path, clock, file=stricter)
    monkeypatch.setattr(wiring, "fleet", lambda: changed)
    _, found = typed_json("matrix", "replay", "billing")
    (first,) = (row for row in found["replayed"] if row["effect"] == f"effect-{effect}")
    assert (first["agreed_then"], first["rule_now"], first["levels_now"]) == ("low", "", "high")
    assert first["differs"]


def test_requests_that_were_split_are_listed(fleet: Fleet, clock: Clock) -> None:
    for number in range(2):
        asked(fleet, str(number), 400)
        clock.forward(hours=24)
    _, found = typed_json("matrix", "splits")
    assert [(row["requester"], row["amount"], row["together"]) for row in found["splits"]] == [
        ("", "800", "high"),
        ("rita@firm.example", "800", "high"),
    ]
    assert found["splits"][1]["effects"] == "effect-1, effect-2"
