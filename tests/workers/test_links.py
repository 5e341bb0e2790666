"""Links: signed, one person's, constant for a day, and good for so many days."""

from datetime import UTC, date, datetime

import pytest

from tests.fakes.clock import Clock
from workers.links import CASE, PREFERENCES, Link, LinkExpired, LinkForged, Links

OLD, NEW = "o" * 32, "n" * 32
TODAY = date(2026, 11, 23)
ABOUT = ("ann@example.com", "invoice_readiness", "firm", 1, "ready-order-17")


def links(*secrets: str, on: date = TODAY) -> Links:
    clock = Clock(datetime(on.year, on.month, on.day, 9, tzinfo=UTC))
    return Links("https://fleet.example.com", secrets or (NEW,), 30, clock)


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_says_who_it_is_for_and_what_about() -> None:
    url = links().case(*ABOUT, TODAY)
    assert url.startswith("https://fleet.example.com/c/")
    assert links().read(CASE, token(url)) == Link(*ABOUT, TODAY)


def test_the_same_link_on_the_same_day_is_the_same_bytes() -> None:
    assert links().case(*ABOUT, TODAY) == links(on=date(2026, 12, 1)).case(*ABOUT, TODAY)
    assert links().case(*ABOUT, TODAY) != links().case("bob@example.com", *ABOUT[1:], TODAY)


def test_a_link_opens_to_the_end_of_its_days_and_then_says_it_expired() -> None:
    url = links().case(*ABOUT, TODAY)
    links(on=date(2026, 12, 23)).read(CASE, token(url))
    with pytest.raises(LinkExpired, match="2026-11-23"):
        links(on=date(2026, 12, 24)).read(CASE, token(url))


@pytest.mark.parametrize("forged", ["", "nonsense", "W10.abc", "ä"])
def test_what_we_never_signed_is_forged(forged: str) -> None:
    with pytest.raises(LinkForged):
        links().read(CASE, forged)


def test_every_changed_character_is_noticed() -> None:
    good = token(links().case(*ABOUT, TODAY))
    # The last character carries bits that base64 throws away.
    for position in range(len(good) - 1):
        other = "A" if good[position] != "A" else "B"
        with pytest.raises(LinkForged):
            links().read(CASE, good[:position] + other + good[position + 1 :])


def test_a_link_to_one_page_does_not_open_the_other() -> None:
    url = links().preferences(*ABOUT[:4], TODAY)
    assert links().read(PREFERENCES, token(url)) == Link(*ABOUT[:4], "", TODAY)
    with pytest.raises(LinkForged):
        links().read(CASE, token(url))


def test_the_secret_before_still_opens_links_and_signs_none() -> None:
    old = token(links(OLD).case(*ABOUT, TODAY))
    assert links(OLD, NEW).read(CASE, old) == Link(*ABOUT, TODAY)
    assert links(OLD, NEW).case(*ABOUT, TODAY) == links(NEW).case(*ABOUT, TODAY)
    with pytest.raises(LinkForged):
        links(NEW).read(CASE, old)


def test_secrets_stay_out_of_the_repr() -> None:
    assert NEW not in repr(links())
