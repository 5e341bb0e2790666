"""`fleet matrix check`: what is wrong with the matrices of a configuration."""

from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tests.fakes.clock import Clock
from tests.fakes.command import typed, typed_json
from tests.fakes.fleets import fleet_on
from tests.workers.config.test_gating import SOUND
from workers import wiring


@pytest.fixture
def file() -> str:
    return SOUND


@pytest.fixture(autouse=True)
def at_hand(tmp_path: Path, clock: Clock, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = fleet_on(tmp_path, clock, file=file)
    monkeypatch.setattr(wiring, "fleet", lambda: found)


def test_a_sound_matrix_is_said_to_be_so() -> None:
    assert typed("matrix", "check") == (0, "Faults: none\n")
    assert typed_json("matrix", "check", "billing", "--tenant", "firm") == (
        0,
        {"schema": 1, "faults": []},
    )


@pytest.mark.parametrize("file", [SOUND.replace('["Dana@firm.example"]', "[]")])
def test_a_role_that_nobody_holds_ends_with_an_exit_code() -> None:
    code, found = typed_json("matrix", "check")
    assert code == 4
    assert [(row["fault"], row["of"], row["safe"]) for row in found["faults"]] == [
        ("nobody", "director", False),
        ("clash", "low", False),
    ]


@pytest.mark.parametrize(
    "file", [SOUND.replace('["Dana@firm.example"]', '"project.project.user_id"')]
)
def test_whom_a_field_names_is_taken_for_somebody() -> None:
    assert typed("matrix", "check") == (0, "Faults: none\n")


@pytest.mark.parametrize("file", [SOUND.replace('name = "all"', 'name = "all"\ntiers = ["key"]')])
def test_a_gap_is_told_and_is_safe() -> None:
    code, found = typed_json("matrix", "check")
    assert code == 0
    assert found["faults"][0]["what"] == (
        "no rule fits tier other: they go to the highest level, low"
    )


@pytest.mark.parametrize("file", [f'{SOUND}\n[tenants.other]\nlogin = "fleet"\n'])
@pytest.mark.parametrize("command", ["check", "replay", "splits"])
def test_matrices_of_a_tenant_that_is_left_out_are_not_said_to_be_sound(command: str) -> None:
    assert typed("matrix", command)[0] == 4
    assert typed("matrix", command, "--tenant", "firm")[0] == 0


def test_a_matrix_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no matrix 'none'; there are: billing"):
        typed("matrix", "check", "none")
