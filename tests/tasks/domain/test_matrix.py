"""Every request has one verdict, which no larger amount makes milder."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.domain.matrix import Earlier, Level, Matrix, Request, Rule, fits, verdict
from tests.fakes.matrices import DAY, PEOPLE, request, twelve

LEVELS = ("low", "middle", "high")
STEPS = [Decimal(number) * 5 for number in range(30)]
amounts = st.sampled_from(STEPS)
# One draw each: matrices of many parts take hypothesis long to draw one by one.
seeds = st.integers(0, 2**32 - 1).map(Random)


def a_span(random: Random) -> tuple[Decimal | None, Decimal | None]:
    low, high = sorted(random.sample(STEPS, 2))
    return random.choice([(None, None), (low, None), (None, high), (low, high)])


def a_rule(random: Random, number: int) -> Rule:
    amount, percent, project = (a_span(random) for _ in range(3))
    chosen = random.sample(LEVELS, random.randint(1, 3))
    words = [(), (), ("a",), ("b",), ("a", "b")]
    return Rule(
        name=f"rule {number}",
        levels=tuple(level for level in LEVELS if level in chosen),
        own_authority=random.choice([(), (), ("owner",)]),
        kinds=random.choice([(), (), ("change",), ("discount",)]),
        currency="EUR",
        amount_above=amount[0],
        amount_up_to=amount[1],
        percent_above=percent[0],
        percent_up_to=percent[1],
        window_days=random.choice([None, 30, 90]),
        project_value_above=project[0],
        project_value_up_to=project[1],
        tiers=random.choice(words),
        risks=random.choice(words),
    )


def a_matrix(random: Random) -> Matrix:
    levels = tuple(Level(name=name, roles=(name,)) for name in LEVELS)
    rules = tuple(a_rule(random, number) for number in range(random.randint(0, 6)))
    return Matrix(about=("change", "discount"), levels=levels, rules=rules)


def a_request(random: Random) -> Request:
    return Request(
        kind=random.choice(["change", "discount", "change", "else"]),
        on=DAY,
        amount=random.choice([None, *STEPS]),
        currency=random.choice(["EUR", "EUR", "USD", None]),
        contract=random.choice([None, *STEPS]),
        project_value=random.choice([None, *STEPS]),
        tier=random.choice(["", "a", "b", "c"]),
        risk=random.choice(["", "a", "c"]),
        earlier=tuple(
            Earlier(DAY - timedelta(days=random.randint(0, 100)), random.choice(STEPS))
            for _ in range(random.randint(0, 2))
        ),
        requester=random.choice(["", "owner@firm.example", "other@firm.example"]),
    )


matrices = seeds.map(a_matrix)
requests = seeds.map(a_request)
PEOPLE_OF = {"owner": ("owner@firm.example",)}


@given(matrices, requests)
def test_every_request_has_one_verdict_and_the_same_each_time(
    matrix: Matrix, asked: Request
) -> None:
    found = verdict(matrix, asked, PEOPLE_OF)
    assert found == verdict(matrix, asked, PEOPLE_OF)
    assert all(level in matrix.levels for level in found.levels)
    if not found.levels:
        assert asked.requester in PEOPLE_OF["owner"]


@given(matrices, requests, amounts, amounts)
def test_a_larger_amount_never_needs_a_lower_level(
    matrix: Matrix, asked: Request, one: Decimal, other: Decimal
) -> None:
    small, large = (
        verdict(matrix, replace(asked, amount=amount), PEOPLE_OF) for amount in sorted([one, other])
    )
    assert matrix.needed(small) <= matrix.needed(large)


@given(seeds)
def test_the_order_of_rules_that_share_no_request_does_not_matter(random: Random) -> None:
    cuts = sorted(random.sample(STEPS[1:], random.randint(1, 5)))
    bands = zip([None, *cuts], [*cuts, None], strict=True)
    apart = [
        Rule(
            name=f"band {number}",
            levels=(random.choice(LEVELS),),
            currency="EUR",
            amount_above=above,
            amount_up_to=up_to,
        )
        for number, (above, up_to) in enumerate(bands)
    ]
    matrix, asked = a_matrix(random), a_request(random)
    found = [
        verdict(matrix.model_copy(update={"rules": tuple(order)}), asked, PEOPLE_OF)
        for order in (apart, random.sample(apart, len(apart)))
    ]
    assert found[0].levels == found[1].levels


@pytest.mark.parametrize(
    ("asked", "rule", "levels"),
    [
        (request("stage", requester="petra@firm.example"), "stages of tasks", []),
        (request("stage"), "stages of tasks", ["manager"]),
        (request("expense", "500", requester="paul@firm.example"), "small expenses", []),
        (request("expense", "500"), "small expenses", ["manager"]),
        (request("expense", "500.01"), "expenses", ["director"]),
        (request("expense", "5000.01"), "all else", ["director", "board"]),
        (request("expense", "20", risk="high"), "projects at risk", ["director", "board"]),
        (request("write_off", "1000"), "small write-offs", ["director"]),
        (request("write_off", "1000.01"), "write-offs", ["director", "board"]),
        (request("discount", "4000"), "small discounts", ["manager"]),
        (request("discount", "4001", tier="key"), "discounts to key accounts", ["director"]),
        (request("discount", "4001"), "all else", ["director", "board"]),
        (request("budget", "8000"), "small budget changes", ["manager"]),
        (
            request("budget", "8000", project_value=Decimal(100_001)),
            "all else",
            ["director", "board"],
        ),
        (request("change_request", "2000"), "small changes", ["manager"]),
        (request("change_request", "2001"), "changes", ["manager", "director"]),
        (request("change_request", "20001"), "all else", ["director", "board"]),
        # More than 25 % of its contract, which the amount alone would not tell.
        (
            request("change_request", "2600", contract=Decimal(10_000)),
            "all else",
            ["director", "board"],
        ),
    ],
)
def test_a_matrix_of_twelve_rules_by_example(asked: Request, rule: str, levels: list[str]) -> None:
    found = verdict(twelve(), asked, PEOPLE)
    assert (found.rule, [level.name for level in found.levels]) == (rule, levels)


def test_what_was_asked_before_counts_within_its_window() -> None:
    def before(days: int) -> Request:
        return request(
            "change_request", "1000", earlier=(Earlier(DAY - timedelta(days=days), Decimal(1500)),)
        )

    assert verdict(twelve(), before(30), PEOPLE).rule == "changes"
    assert verdict(twelve(), before(31), PEOPLE).rule == "small changes"


@pytest.mark.parametrize(
    "unknown", [{"amount": None}, {"currency": None}, {"risk": ""}, {"contract": None}]
)
def test_what_is_not_known_of_a_request_goes_to_the_highest_level(unknown: Any) -> None:
    asked = replace(request("change_request", "3000"), **unknown)
    found = verdict(twelve(), asked, PEOPLE)
    assert [level.name for level in found.levels] == ["board"]
    assert "is not known, so the highest level decides" in found.why


def test_where_no_rule_fits_the_highest_level_decides() -> None:
    matrix = twelve().model_copy(update={"rules": ()})
    found = verdict(matrix, request("expense", "1"), PEOPLE)
    assert ([level.name for level in found.levels], found.rule) == (["board"], "")
    assert found.why == "no rule fits, so the highest level decides"
    stranger = verdict(twelve(), request("holiday", "1"), PEOPLE)
    assert [level.name for level in stranger.levels] == ["board"]
    assert stranger.why == "the matrix says nothing of holiday, so the highest level decides"


def test_a_gap_among_smaller_amounts_is_told_with_the_amount_that_it_begins_at() -> None:
    levels = tuple(Level(name=name, roles=(name,)) for name in LEVELS)
    rule = Rule(name="large", levels=("low",), currency="EUR", amount_above=Decimal(100))
    matrix = Matrix(about=("change",), levels=levels, rules=(rule,))
    asked = Request("change", DAY, Decimal(200), "EUR")
    found = verdict(matrix, asked, {})
    assert [level.name for level in found.levels] == ["high"]
    assert found.why == (
        "as for 0 EUR, since no larger amount needs less: no rule fits, so the highest level "
        "decides"
    )
    assert fits(rule, asked)


def test_a_bound_above_nothing_leaves_out_nothing() -> None:
    rule = Rule(name="all", levels=("low",), currency="EUR", amount_above=Decimal(0))
    assert fits(rule, Request("change", DAY, Decimal(0), "EUR"))


LEVEL = {"name": "low", "roles": ["low"]}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"levels": ["none"]}, "rule 'r': no such level 'none'; there are low, high"),
        ({"levels": ["high", "low"]}, "rule 'r': name its levels from the lowest up"),
        ({"levels": ["low", "low"]}, "names a level twice"),
        ({"kinds": ["holiday"]}, "the matrix is not about 'holiday'; it is about change"),
        ({"amount_above": 5}, "give the currency of its amounts"),
        (
            {"currency": "EUR", "amount_above": 5, "amount_up_to": 5},
            "amount_up_to is 5, not above amount_above, 5",
        ),
        ({"percent_above": 5, "percent_up_to": 4}, "percent_up_to is 4, not above percent_above"),
    ],
)
def test_a_matrix_that_contradicts_itself_is_refused(wrong: dict[str, Any], why: str) -> None:
    rule = {"name": "r", "levels": ["low"], **wrong}
    with pytest.raises(ValidationError, match=why):
        Matrix.model_validate(
            {
                "about": ["change"],
                "levels": [LEVEL, {"name": "high", "roles": ["high"]}],
                "rules": [rule],
            }
        )


def test_names_of_levels_and_rules_are_each_ones_own() -> None:
    with pytest.raises(ValidationError, match="has more than one level named low"):
        Matrix.model_validate({"about": ["change"], "levels": [LEVEL, LEVEL]})
