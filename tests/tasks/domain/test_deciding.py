"""Nobody decides twice, nor on their own; and no level is left out for want of people."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.deciding import (
    Answer,
    Circle,
    Decision,
    Seat,
    StandIn,
    Standing,
    State,
    office_hours,
)
from tasks.domain.matrix import Level, Matrix, Request, Rule, verdict
from tests.fakes.matrices import DAY, PEOPLE, request, twelve

PERSONS = [f"p{number}@firm.example" for number in range(5)]
ROLES = ["r0", "r1", "r2", "r3"]
seeds = st.integers(0, 2**32 - 1).map(Random)


def some(random: Random, of: list[str], most: int, least: int = 0) -> tuple[str, ...]:
    return tuple(random.sample(of, random.randint(least, most)))


def a_situation(random: Random) -> Standing:
    names = ["low", "middle", "high"]
    levels = tuple(
        Level(name=name, roles=some(random, ROLES, 2, 1), needs=random.choice(["any", "all"]))
        for name in names
    )
    needed = some(random, names, 3, 1)
    rule = Rule(name="rule", levels=tuple(name for name in names if name in needed))
    matrix = Matrix(about=("change",), levels=levels, rules=(rule,))
    people = {role: some(random, PERSONS, 3) for role in ROLES}
    away = [random.sample(PERSONS, 2) for _ in range(random.randint(0, 3))]
    involved = frozenset(some(random, PERSONS, 2))
    asked = Request("change", DAY, requester=random.choice(PERSONS), involved=involved)
    circle = Circle(people, tuple(StandIn(person, by) for person, by in away))
    overdue = frozenset(some(random, names, 2))
    return Standing(matrix, asked, verdict(matrix, asked, people), (), circle, DAY, overdue)


@given(seeds)
def test_nobody_fills_two_seats_or_decides_on_their_own(random: Random) -> None:
    standing = a_situation(random)
    for _ in range(10):
        if standing.state is not State.WAITING:
            break
        seat = random.choice(standing.deciders)
        assert standing.seat_of(seat.person) is not None
        approval = Decision(seat, Answer.APPROVED)
        standing = replace(standing, decisions=(*standing.decisions, approval))
    assert standing.state in (State.APPROVED, State.STUCK)
    acted = [person for decision in standing.decisions for person in decision.seat.persons]
    assert len(acted) == len(set(acted))
    assert not set(acted) & standing.request.parties
    if standing.state is State.APPROVED:
        # A level that nobody could fill was taken over by a higher one, never by none.
        highest = standing.matrix.needed(standing.verdict)
        heights = [standing.matrix.height(d.seat.level) for d in standing.decisions]
        assert max(heights) >= highest


@given(seeds)
def test_a_refusal_ends_it(random: Random) -> None:
    standing = a_situation(random)
    for seat in standing.deciders[:1]:
        refused = replace(standing, decisions=(Decision(seat, Answer.REFUSED),))
        assert (refused.state, refused.deciders) == (State.REFUSED, ())


def standing(asked: Request, **more: Any) -> Standing:
    found: dict[str, Any] = {"decisions": (), "circle": Circle(PEOPLE), "day": DAY, **more}
    return Standing(twelve(), asked, verdict(twelve(), asked, PEOPLE), **found)


def who(found: Standing) -> list[str]:
    return [seat.person.partition("@")[0] for seat in found.deciders]


def approved(found: Standing, person: str) -> Standing:
    seat = found.seat_of(f"{person}@firm.example")
    assert seat is not None
    return replace(found, decisions=(*found.decisions, Decision(seat, Answer.APPROVED)))


CHANGE = request("change_request", "5000")


def test_levels_agree_one_after_the_other() -> None:
    first = standing(CHANGE)
    assert who(first) == ["petra", "paul"]
    second = approved(first, "paul")
    assert (who(second), second.state) == (["dana", "dirk"], State.WAITING)
    assert approved(second, "dirk").state is State.APPROVED


def test_where_all_of_a_level_must_agree_each_role_does() -> None:
    found = approved(standing(request("write_off", "9000")), "dana")
    assert who(found) == ["fay", "mona"]
    found = approved(found, "mona")
    assert who(found) == ["fay"]
    assert found.seat_of("mona@firm.example") is None
    assert approved(found, "fay").state is State.APPROVED


def test_who_asks_back_decides_nothing() -> None:
    found = standing(CHANGE)
    asked = Decision(found.deciders[0], Answer.ASKED_BACK)
    assert who(replace(found, decisions=(asked,))) == ["petra", "paul"]


def test_nobody_decides_on_what_they_asked_for_or_prepared() -> None:
    mine = replace(CHANGE, requester="petra@firm.example")
    assert who(standing(mine)) == ["paul"]
    ours = replace(mine, involved=frozenset({"paul@firm.example"}))
    # The level has nobody left; the one above must agree anyway, and does so once.
    found = standing(ours)
    assert who(found) == ["dana", "dirk"]
    assert approved(found, "dana").state is State.APPROVED


def test_who_stands_in_decides_for_one_who_is_away_and_not_for_a_party() -> None:
    away = StandIn("petra@firm.example", "pia@firm.example", DAY, DAY + timedelta(days=4))
    circle = Circle(PEOPLE, (away,))
    assert who(standing(CHANGE, circle=circle)) == ["petra", "pia", "paul"]
    assert "pia" not in who(standing(CHANGE, circle=circle, day=DAY + timedelta(days=5)))
    assert "pia" not in who(standing(CHANGE, circle=circle, day=DAY - timedelta(days=1)))
    mine = replace(CHANGE, requester="petra@firm.example")
    assert who(standing(mine, circle=circle)) == ["paul"]
    found = approved(standing(CHANGE, circle=circle), "pia")
    assert found.decisions[0].seat.instead_of == "petra@firm.example"


def test_a_level_whose_time_is_over_may_be_decided_by_the_next() -> None:
    found = standing(CHANGE, overdue=frozenset({"manager"}))
    assert who(found) == ["petra", "paul", "dana", "dirk"]
    assert approved(found, "dana").state is State.APPROVED
    assert who(approved(found, "paul")) == ["dana", "dirk"]


def test_where_nobody_is_left_it_is_stuck() -> None:
    circle = Circle({**PEOPLE, "finance_director": ("mona@firm.example",)})
    found = approved(standing(request("write_off", "9000"), circle=circle), "dana")
    found = approved(found, "mona")
    assert (found.state, found.deciders) == (State.STUCK, ())


def test_a_seat_of_ones_own_goes_before_one_for_another() -> None:
    circle = Circle(PEOPLE, (StandIn("petra@firm.example", "paul@firm.example"),))
    seat = standing(CHANGE, circle=circle).seat_of("paul@firm.example")
    assert seat == Seat("manager", "project_manager", "paul@firm.example")


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-11-20T08:00", "2026-11-20T12:00", 4),
        # 16 to 17 on Friday, nothing at the weekend, 9 to 10 on Monday, by the clock of Brussels.
        ("2026-11-20T15:00", "2026-11-23T09:00", 2),
        ("2026-11-21T09:00", "2026-11-22T18:00", 0),
        ("2026-11-23T20:00", "2026-11-24T05:00", 0),
        ("2026-11-23T00:00", "2026-11-26T00:00", 24),
        ("2026-11-23T12:00", "2026-11-23T12:00", 0),
    ],
)
def test_time_counts_in_office_hours(since: str, until: str, hours: float) -> None:
    first, last = (datetime.fromisoformat(f"{text}+00:00") for text in (since, until))
    brussels = ZoneInfo("Europe/Brussels")
    assert office_hours(first, last, brussels, ("saturday", "sunday")) == hours


def test_time_goes_over_to_one_level_after_the_other() -> None:
    found, told = standing(CHANGE), []
    while (level := found.timed) is not None:
        told.append((level.name, [seat.person.partition("@")[0] for seat in found.seats_at(level)]))
        found = replace(found, overdue=found.overdue | {level.name})
    assert told == [
        ("manager", ["petra", "paul"]),
        ("director", ["dana", "dirk"]),
        ("board", ["fay", "mona"]),
    ]
    # All have had their time, and may still decide.
    assert found.state is State.WAITING
    assert who(found) == ["petra", "paul", "dana", "dirk", "fay", "mona"]


def test_the_time_of_a_level_that_cannot_be_filled_does_not_run() -> None:
    ours = frozenset({"petra@firm.example", "paul@firm.example"})
    level = standing(replace(CHANGE, involved=ours)).timed
    assert level is not None
    assert level.name == "director"
