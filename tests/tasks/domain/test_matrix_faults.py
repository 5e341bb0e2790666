"""Each planted fault of a matrix is found, and a sound one has none."""

from typing import Any

import pytest
from hypothesis import given

from tasks.domain.matrix import Matrix, Request, fits
from tasks.domain.matrix_faults import Fault, FaultKind, faults
from tests.fakes.matrices import PEOPLE, twelve
from tests.tasks.domain.test_matrix import matrices, requests

HELD = {role: (f"{role}1@firm.example", f"{role}2@firm.example") for role in ("low", "high")}


def matrix(*rules: dict[str, Any], about: tuple[str, ...] = ("change",)) -> Matrix:
    levels = [{"name": "low", "roles": ["low"]}, {"name": "high", "roles": ["high"]}]
    named = [{"name": f"r{number}", "levels": ["low"], **rule} for number, rule in enumerate(rules)]
    return Matrix.model_validate({"about": about, "levels": levels, "rules": named})


def found(of: Matrix, people: Any = HELD) -> list[str]:
    return [f"{fault.kind} {fault.of}: {fault.what}" for fault in faults(of, people)]


def test_a_sound_matrix_has_no_fault() -> None:
    assert found(matrix({"risks": ["high"], "levels": ["high"]}, {})) == []


def test_the_matrix_of_twelve_rules_has_overlaps_alone() -> None:
    kinds = {fault.kind for fault in faults(twelve(), PEOPLE)}
    assert kinds == {FaultKind.OVERLAP}
    assert all(fault.kind.is_safe for fault in faults(twelve(), PEOPLE))


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (
            matrix(
                {"currency": "EUR", "amount_up_to": 100},
                {"currency": "EUR", "amount_above": 200, "levels": ["high"]},
            ),
            "gap : no rule fits currency EUR, amount above 100 up to 200: "
            "they go to the highest level, high",
        ),
        (
            matrix({"kinds": ["change"]}, about=("change", "discount")),
            "gap : no rule fits kind discount: they go to the highest level, high",
        ),
        (
            matrix({"tiers": ["key"]}),
            "gap : no rule fits tier other: they go to the highest level, high",
        ),
        (
            matrix({}, {"risks": ["high"], "levels": ["high"]}),
            "unreachable r1: rules before it take all that r1 fits",
        ),
        (
            matrix(
                {"currency": "EUR", "amount_up_to": 100},
                {"currency": "EUR", "amount_above": 100},
                {"currency": "EUR", "levels": ["high"]},
                {"levels": ["high"]},
            ),
            "unreachable r2: rules before it take all that r2 fits",
        ),
        (
            matrix({"risks": ["high"], "levels": ["high"]}, {"tiers": ["key"]}, {}),
            "overlap r1: r0 and r1 both fit tier key, risk high: the first decides",
        ),
        (
            matrix(
                {"currency": "EUR", "amount_up_to": 100, "levels": ["high"]},
                {"currency": "EUR", "amount_above": 100},
                {"levels": ["high"]},
            ),
            "outranked r1: asks for less than r0 does for smaller amounts, so that decides",
        ),
        (
            matrix(
                {"percent_above": 10, "levels": ["high"]},
                {"percent_above": 20, "project_value_up_to": 5, "currency": "EUR"},
                {},
            ),
            "outranked r1: asks for less than r0 does for smaller amounts, so that decides",
        ),
    ],
)
def test_a_planted_fault_of_the_rules_is_told(planted: Matrix, told: str) -> None:
    assert told in found(planted)


def test_a_rule_of_several_days_is_never_below_one_of_fewer() -> None:
    """What was asked in 90 days is no less than what was asked in 30, so this is no gap."""
    of = matrix(
        {"currency": "EUR", "amount_up_to": 100, "window_days": 30},
        {"currency": "EUR", "amount_above": 100, "window_days": 90, "levels": ["high"]},
        {"currency": "EUR", "amount_up_to": 100, "window_days": 90},
        {"tiers": ["none"]},
    )
    assert not any(
        "in 30 days above 100, amount in 90 days up to 100" in told for told in found(of)
    )
    assert any(told.startswith("unreachable r2") for told in found(of))


def test_roles_that_nobody_holds_are_told() -> None:
    assert "nobody low: nobody holds the role low" in found(matrix({}), {"high": HELD["high"]})


def test_levels_that_need_more_persons_than_there_are_clash() -> None:
    both = matrix({"levels": ["low", "high"]})
    alone = {"low": ("ann@firm.example",), "high": ("ann@firm.example",)}
    assert found(both, alone) == [
        "clash r0: needs 2 persons, and those who hold its roles fill only 1: "
        "one person fills one level",
        "clash high: the highest level is ann@firm.example alone: what they ask for, "
        "nobody may decide",
    ]
    crossed = {"low": ("ann@firm.example", "bob@firm.example"), "high": ("ann@firm.example",) * 1}
    assert [told for told in found(both, crossed) if told.startswith("clash r0")] == []


def test_a_level_of_all_needs_one_person_for_each_role() -> None:
    of = Matrix.model_validate(
        {
            "about": ["change"],
            "levels": [{"name": "both", "roles": ["low", "high"], "needs": "all"}],
            "rules": [{"name": "r", "levels": ["both"]}],
        }
    )
    alone = {"low": ("ann@firm.example",), "high": ("ann@firm.example",)}
    assert any(told.startswith("clash r: needs 2 persons") for told in found(of, alone))


def of_kind(of: Matrix, kind: FaultKind) -> list[Fault]:
    return [fault for fault in faults(of, {}) if fault.kind is kind]


@given(matrices, requests)
def test_a_request_that_no_rule_fits_lies_in_a_gap_that_is_told(of: Matrix, asked: Request) -> None:
    if asked.kind in of.about and not any(fits(rule, asked) is not False for rule in of.rules):
        assert of_kind(of, FaultKind.GAP)


@given(matrices, requests)
def test_a_rule_that_is_told_to_be_unreachable_fits_nothing_first(
    of: Matrix, asked: Request
) -> None:
    unreachable = {fault.of for fault in of_kind(of, FaultKind.UNREACHABLE)}
    answers = [(rule.name, fits(rule, asked)) for rule in of.rules]
    first = next((name for name, fit in answers if fit is not False), None)
    known = all(fit is not None for _, fit in answers)
    assert not (known and first in unreachable)
