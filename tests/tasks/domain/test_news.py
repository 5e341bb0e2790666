"""What changed for a reader: new, moved, worse, back, settled, held; amounts alone say nothing."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.findings import Finding, SetAside, Severity
from tasks.domain.news import News, Picture, news
from tasks.domain.texts import Text
from tasks.domain.told import ToldAside, ToldFinding

FINDING = Finding(
    key="",
    severity=Severity.INFO,
    title=Text("S00001"),
    reason=Text("18 h are not approved"),
    remedy=Text("approve them"),
    owner="Anna Kern",
    model="sale.order",
    record_id=0,
    url="",
    currency="EUR",
)


def order(number: int, group: str = "ready", amount: str = "100.00", **values: Any) -> ToldFinding:
    severity = Severity.WARNING if group == "blocked" else Severity.INFO
    own = {"key": f"{group}-order-{number}", "severity": severity, "record_id": number}
    told = ToldFinding.of(replace(FINDING, kind=group, **own))  # type: ignore[arg-type]
    return replace(told, amount=amount, **values)


def aside(number: int) -> ToldAside:
    return ToldAside.of(SetAside("held", Text("S00001"), Text("on hold"), "", "sale.order", number))


def picture(*findings: ToldFinding, aside: tuple[ToldAside, ...] = ()) -> Picture:
    return Picture(findings, aside)


def test_the_same_picture_is_no_news() -> None:
    assert not news(picture(order(1)), picture(order(1)))


def test_what_was_not_there_has_opened_and_what_is_gone_is_settled() -> None:
    found = news(picture(order(1)), picture(order(2)))
    assert found == News(opened=(order(2),), settled=(order(1),))


def test_a_blocked_order_that_turns_ready_has_moved() -> None:
    found = news(picture(order(1, "blocked")), picture(order(1)))
    assert found == News(moved=(order(1),))


def test_an_order_that_can_be_verified_no_longer_has_moved() -> None:
    unverified = replace(order(1), group="ready as far as verifiable", amount="90.00")
    assert news(picture(order(1)), picture(unverified)) == News(moved=(unverified,))
    assert news(picture(unverified), picture(order(1))) == News(moved=(order(1),))


def test_what_is_more_severe_has_worsened() -> None:
    worse = order(1, severity=Severity.CRITICAL)
    assert news(picture(order(1)), picture(worse)) == News(worsened=(worse,))


def test_what_came_to_a_higher_band_has_worsened() -> None:
    old, older = order(1, bands=(1, 0, 1)), order(1, bands=(2, 0, 1))
    assert news(picture(old), picture(older)) == News(worsened=(older,))
    assert not news(picture(older), picture(old))
    mended_and_older = order(1, bands=(2, 0, 0))
    assert news(picture(old), picture(mended_and_older)).worsened == (mended_and_older,)
    assert not news(picture(order(1)), picture(older))


def test_another_amount_is_told_but_is_no_reason_to_write() -> None:
    dearer = order(1, amount="120.00")
    found = news(picture(order(1)), picture(dearer))
    assert found.repriced == (dearer,)
    assert not found


def test_what_is_snoozed_is_no_news_and_its_end_is() -> None:
    snoozed = order(1, snoozed_until="2026-12-01")
    assert not news(picture(order(1)), picture(snoozed))
    assert not news(picture(snoozed), picture(snoozed))
    assert not news(picture(snoozed), picture())
    assert news(picture(snoozed), picture(order(1))) == News(returned=(order(1),))


def test_what_is_put_on_hold_is_held_and_comes_back_when_that_ends() -> None:
    held = aside(1)
    assert news(picture(order(1)), picture(aside=(held,))) == News(held=(held,))
    assert not news(picture(aside=(held,)), picture(aside=(held,)))
    assert news(picture(aside=(held,)), picture(order(1))) == News(returned=(order(1),))


ORDERS = st.lists(
    st.builds(order, st.integers(1, 6), st.sampled_from(["ready", "blocked"])),
    unique_by=lambda found: found.record_id,
)


@given(ORDERS, ORDERS)
def test_every_subject_that_came_or_went_is_told_once(
    before: list[ToldFinding], now: list[ToldFinding]
) -> None:
    found = news(Picture(before), Picture(now))
    were, are = ({order.record_id for order in orders} for orders in (before, now))
    assert {each.record_id for each in found.opened} == are - were
    assert {each.record_id for each in found.settled} == were - are
    both = {o.record_id: o.group for o in before}
    assert {each.record_id for each in found.moved} == {
        o.record_id for o in now if both.get(o.record_id, o.group) != o.group
    }
