"""The change feed tells of each write once, also of what was committed late."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.fakes.hooks import PATH_SECRET, SECRET
from tests.fakes.overlay import Overlay
from workers.intake import feed, sources
from workers.intake.hearing import store
from workers.ledger import counters, inbox, lookup
from workers.ledger.inbox import Event, Received
from workers.ledger.lookup import WantedEvents
from workers.wiring import Fleet

FEED = f'{FILE}\n[tenants.firm.sources]\nfeed.kind = "feed"\n'
EXPENSE = "hr.expense"


class Written:
    """Expenses by id, each with when the transaction began that wrote it last."""

    def __init__(self) -> None:
        self.rows: dict[int, datetime] = {}
        self.asked = 0

    def __call__(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """As `search_read`, of Odoo 19: in whole seconds."""
        self.asked += 1
        since = args[0][0][2] if args[0] else ""
        rows = [
            {"id": number, "write_date": f"{at:%Y-%m-%d %H:%M:%S}"}
            for number, at in self.rows.items()
        ]
        return [row for row in rows if str(row["write_date"]) >= since]


@pytest.fixture
def written(clock: Clock) -> Written:
    found = Written()
    found.rows[1] = clock()
    return found


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, written: Written, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    monkeypatch.setattr(feed, "models", lambda tenant: [EXPENSE])
    odoo = Switchable(Overlay(Sandbox(clock().date()), {(EXPENSE, "search_read"): written}))
    return fleet_on(tmp_path, clock, odoo, file=FEED)


def poll(fleet: Fleet) -> list[int]:
    """The ids that a look told of."""
    sources.poll(fleet, fleet.settings.tenant("firm"))
    return [received.event.record_id for received in taken(fleet)]


def taken(fleet: Fleet) -> Sequence[Received]:
    with fleet.ledger.transaction() as connection:
        return inbox.take(connection, "firm", fleet.clock(), timedelta(days=1), 10_000)


def test_the_first_look_goes_back_no_further_than_any_other(
    fleet: Fleet, written: Written, clock: Clock
) -> None:
    written.rows[2] = clock() - timedelta(minutes=6)
    assert poll(fleet) == [1]


def test_what_is_new_and_what_changed_is_told_once(
    fleet: Fleet, written: Written, clock: Clock
) -> None:
    poll(fleet)
    clock.forward(minutes=10)
    written.rows[2] = clock()
    assert poll(fleet) == [2]
    assert poll(fleet) == []
    written.rows[2] = clock() + timedelta(seconds=1)
    assert poll(fleet) == [2]


def test_a_transaction_that_took_long_is_seen_though_a_later_one_was_before_it(
    fleet: Fleet, written: Written, clock: Clock
) -> None:
    poll(fleet)
    clock.forward(minutes=10)
    began = clock()
    clock.forward(minutes=4)
    written.rows[3] = clock()
    assert poll(fleet) == [3]
    written.rows[2] = began
    assert poll(fleet) == [2]


def test_two_that_were_written_in_one_second_are_both_told(
    fleet: Fleet, written: Written, clock: Clock
) -> None:
    poll(fleet)
    clock.forward(minutes=10)
    written.rows[2] = clock()
    assert poll(fleet) == [2]
    written.rows[3] = clock()
    assert poll(fleet) == [3]


def test_a_flood_is_told_look_by_look_and_nothing_of_it_is_left_out(
    fleet: Fleet, written: Written, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    poll(fleet)
    monkeypatch.setattr(feed, "MOST", 10)
    clock.forward(minutes=10)
    at = clock()
    # One import: all of it carries one instant.
    written.rows.update(dict.fromkeys(range(2, 26), at))
    found = [poll(fleet) for _ in range(4)]
    assert [len(ids) for ids in found] == [10, 10, 4, 0]
    assert {number for ids in found for number in ids} == {*range(2, 26)}


def test_a_clock_of_odoo_that_is_put_back_blinds_it_for_one_look(
    fleet: Fleet, written: Written, clock: Clock
) -> None:
    written.rows[1] = clock() + timedelta(days=400)
    poll(fleet)
    written.rows[1] = clock()
    assert poll(fleet) == []
    written.rows[2] = clock() + timedelta(minutes=1)
    assert 2 in poll(fleet)


def test_a_table_that_was_empty_is_told_of_from_its_first_row_on(
    fleet: Fleet, written: Written, clock: Clock
) -> None:
    written.rows.clear()
    assert poll(fleet) == []
    written.rows[1] = clock()
    assert poll(fleet) == [1]


def test_a_look_costs_one_question_per_model(fleet: Fleet, written: Written) -> None:
    poll(fleet)
    poll(fleet)
    before = written.asked
    poll(fleet)
    assert written.asked == before + 1


def test_the_models_are_those_that_jobs_wake_for(tmp_path: Path, clock: Clock) -> None:
    everything = fleet_on(tmp_path, clock, file=FEED).settings.tenant("firm")
    assert {"hr.employee", "hr.expense"} <= {*feed.models(everything)}
    jobs = ", ".join(f'"{name}"' for name in catalogue.jobs())
    file = FEED.replace("\n[tenants", f"disabled_jobs = [{jobs}]\n[tenants")
    assert feed.models(fleet_on(tmp_path, clock, file=file).settings.tenant("firm")) == []


def test_models_that_are_not_there_are_left_out(tmp_path: Path, clock: Clock) -> None:
    odoo = Switchable(Sandbox(clock().date()))
    fleet = fleet_on(tmp_path, clock, odoo, file=FEED)
    assert "hr.expense.sheet" in feed.models(fleet.settings.tenant("firm"))
    assert fleet.session(fleet.settings.tenant("firm")).exists("hr.expense.sheet") is False


def test_what_only_the_feed_told_of_was_missed_by_a_source_that_tells_by_itself(
    fleet: Fleet, written: Written, clock: Clock, tmp_path: Path
) -> None:
    poll(fleet)
    written.rows[2] = clock() + timedelta(seconds=1)
    poll(fleet)
    clock.forward(minutes=3)
    poll(fleet)
    assert missed(fleet) == 0, "there is none"
    secrets = {"FLEET_FIRM_IN_ODOO_SECRET": PATH_SECRET}
    both = fleet_on(tmp_path, clock, file=f'{FEED}odoo.kind = "odoo_webhook"\n', environ=secrets)
    feed.count_missed(both, both.settings.tenant("firm"), ["feed"])
    assert missed(fleet) == 1, "not what stood at the first look"


@pytest.mark.parametrize(
    ("kind", "model", "count"),
    [
        ("signed_webhook", EXPENSE, 0),
        ("outbox", "ir.attachment", 0),
        ("odoo_webhook", "ir.attachment", 1),
        ("outbox", EXPENSE, 0),
    ],
)
def test_what_no_other_source_would_tell_of_is_not_missed(
    clock: Clock, tmp_path: Path, kind: str, model: str, count: int
) -> None:
    secret = SECRET if kind == "signed_webhook" else PATH_SECRET
    secrets = {} if kind == "outbox" else {"FLEET_FIRM_IN_OTHER_SECRET": secret}
    fleet = fleet_on(tmp_path, clock, file=f'{FEED}other.kind = "{kind}"\n', environ=secrets)
    store(fleet, [Event("firm", "feed", "1", f"{model}.changed", model, 7, clock())])
    clock.forward(minutes=3)
    feed.count_missed(fleet, fleet.settings.tenant("firm"), ["feed"])
    assert missed(fleet) == count


HOOK = f'{FILE}\n[tenants.firm.sources]\nodoo.kind = "odoo_webhook"\n'


def test_where_only_odoos_own_webhooks_tell_they_are_checked_once_an_hour(
    tmp_path: Path, written: Written, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "models", lambda tenant: [EXPENSE])
    odoo = Switchable(Overlay(Sandbox(clock().date()), {(EXPENSE, "search_read"): written}))
    fleet = fleet_on(
        tmp_path, clock, odoo, file=HOOK, environ={"FLEET_FIRM_IN_ODOO_SECRET": PATH_SECRET}
    )
    poll(fleet)
    clock.forward(minutes=59)
    written.rows[2] = clock()
    assert poll(fleet) == []
    clock.forward(minutes=1)
    assert poll(fleet) == [2]
    clock.forward(minutes=3)
    assert poll(fleet) == []
    assert missed(fleet) == 1, "what stood at the first look is no loss"
    with fleet.ledger.reading() as connection:
        found = lookup.find_events(connection, WantedEvents(missed=True))
    assert [each.event.record_id for each in found] == [2]
    assert {each.event.source for each in found} == {sources.CHECK}


def test_a_check_that_found_a_flood_or_an_odoo_that_is_away_goes_on_with_the_next_look(
    tmp_path: Path, written: Written, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "models", lambda tenant: [EXPENSE])
    monkeypatch.setattr(feed, "MOST", 10)
    odoo = Switchable(Overlay(Sandbox(clock().date()), {(EXPENSE, "search_read"): written}))
    secrets = {"FLEET_FIRM_IN_ODOO_SECRET": PATH_SECRET}
    fleet = fleet_on(tmp_path, clock, odoo, file=HOOK, environ=secrets)
    poll(fleet)
    clock.forward(hours=1)
    written.rows.update(dict.fromkeys(range(2, 26), clock()))
    assert [len(poll(fleet)) for _ in range(4)] == [10, 10, 4, 0]


@pytest.mark.parametrize(
    ("kinds", "feeds"),
    [
        (["odoo_webhook"], [sources.CHECK]),
        (["odoo_webhook", "signed_webhook"], [sources.CHECK]),
        (["odoo_webhook", "outbox"], []),
        (["odoo_webhook", "feed"], ["feed"]),
        (["feed"], ["feed"]),
        (["outbox"], []),
        (["signed_webhook"], []),
        ([], []),
    ],
)
def test_the_hourly_check_is_for_those_who_have_nothing_but_webhooks_of_odoo(
    tmp_path: Path, clock: Clock, kinds: Sequence[str], feeds: Sequence[str]
) -> None:
    named = "".join(f'{kind}.kind = "{kind}"\n' for kind in kinds)
    secrets = {
        "FLEET_FIRM_IN_ODOO_WEBHOOK_SECRET": PATH_SECRET,
        "FLEET_FIRM_IN_SIGNED_WEBHOOK_SECRET": SECRET,
    }
    file = f"{FILE}\n[tenants.firm.sources]\n{named}"
    fleet = fleet_on(tmp_path, clock, file=file, environ=secrets)
    assert sources.feeds(fleet.settings.tenant("firm")) == feeds


def missed(fleet: Fleet) -> float:
    with fleet.ledger.reading() as connection:
        found = [c.value for c in counters.all(connection) if c.name == "fleet_events_missed"]
    return sum(found)
