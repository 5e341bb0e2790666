"""Links: signed, one person's, constant for a day, and good for so many days."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.fakes.clock import Clock
from workers.ledger.places import Place
from workers.links import CASE, PREFERENCES, Link, LinkExpired, LinkForged, Links

OLD, NEW = "o" * 32, "n" * 32
TODAY = date(2026, 11, 23)
PERSON, KEY = "ann@example.com", "ready-order-17"
PLACE = Place("invoice_readiness", "firm", 1)
SAID = Link(PERSON, **PLACE.columns, key=KEY, issued_on=TODAY)


def links(*secrets: str, on: date = TODAY) -> Links:
    clock = Clock(datetime(on.year, on.month, on.day, 9, tzinfo=UTC))
    return Links("https://fleet.example.com", secrets or (NEW,), 30, clock)


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_says_who_it_is_for_and_what_about() -> None:
    url = links().case(PERSON, PLACE, KEY, TODAY)
    assert url.startswith("https://fleet.example.com/c/")
    assert links().read(CASE, token(url)) == SAID


def test_the_same_link_on_the_same_day_is_the_same_bytes() -> None:
    assert links().case(PERSON, PLACE, KEY, TODAY) == links(on=date(2026, 12, 1)).case(
        PERSON, PLACE, KEY, TODAY
    )
    assert links().case(PERSON, PLACE, KEY, TODAY) != links().case(
        "bob@example.com", PLACE, KEY, TODAY
    )


def test_a_link_opens_to_the_end_of_its_days_and_then_says_it_expired() -> None:
    url = links().case(PERSON, PLACE, KEY, TODAY)
    links(on=date(2026, 12, 23)).read(CASE, token(url))
    with pytest.raises(LinkExpired, match="2026-11-23"):
        links(on=date(2026, 12, 24)).read(CASE, token(url))


@pytest.mark.parametrize("forged", ["", "nonsense", "W10.abc", "ä"])
def test_what_we_never_signed_is_forged(forged: str) -> None:
    with pytest.raises(LinkForged):
        links().read(CASE, forged)


def test_every_changed_character_is_noticed() -> None:
    good = token(links().case(PERSON, PLACE, KEY, TODAY))
    # The last character carries bits that base64 throws away.
    for position in range(len(good) - 1):
        other = "A" if good[position] != "A" else "B"
        with pytest.raises(LinkForged):
            links().read(CASE, good[:position] + other + good[position + 1 :])


def test_a_link_to_one_page_does_not_open_the_other() -> None:
    url = links().preferences(PERSON, PLACE, TODAY)
    assert links().read(PREFERENCES, token(url)) == replace(SAID, key="")
    with pytest.raises(LinkForged):
        links().read(CASE, token(url))


def test_the_secret_before_still_opens_links_and_signs_none() -> None:
    old = token(links(OLD).case(PERSON, PLACE, KEY, TODAY))
    assert links(OLD, NEW).read(CASE, old) == SAID
    assert links(OLD, NEW).case(PERSON, PLACE, KEY, TODAY) == links(NEW).case(
        PERSON, PLACE, KEY, TODAY
    )
    with pytest.raises(LinkForged):
        links(NEW).read(CASE, old)


def test_secrets_stay_out_of_the_repr() -> None:
    assert NEW not in repr(links())
