"""A post is believed by its signature or the secret in its path, and only to name a record."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import hooks
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, fleet_on
from tests.fakes.hooks import ENVIRON, OTHER, PATH_SECRET, SOURCES, signed, told
from workers.config.signing import sign
from workers.intake import webhooks
from workers.intake.webhooks import (
    NoEvent,
    NotJson,
    NotOfNow,
    NotSigned,
    NowhereToPost,
    Post,
    PostRefused,
    Replayed,
)
from workers.ledger import inbox
from workers.ledger.inbox import Received
from workers.wiring import Fleet

FIVE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock) -> Fleet:
    return fleet_on(tmp_path, clock, file=SOURCES, environ=ENVIRON)


def post(clock: Clock, body: bytes | None = None, **of: object) -> Post:
    body = told() if body is None else body
    headers = signed(body, clock(), **of)  # type: ignore[arg-type]
    return Post("firm", "n8n", "", headers, body)


def of_odoo(body: bytes, secret: str = PATH_SECRET) -> Post:
    return Post("firm", "odoo", secret, {}, body)


def kept(fleet: Fleet) -> list[Received]:
    with fleet.ledger.reading() as connection:
        waiting = inbox.tenants_waiting(connection, fleet.clock())
    if not waiting:
        return []
    with fleet.ledger.transaction() as connection:
        return list(inbox.take(connection, "firm", fleet.clock(), FIVE, 100))


def test_a_signed_post_is_kept_under_the_senders_id(fleet: Fleet, clock: Clock) -> None:
    assert webhooks.receive(fleet, post(clock))
    (received,) = kept(fleet)
    event = received.event
    assert (event.source, event.event_id, event.kind) == ("n8n", "msg_1", "hr.expense.changed")
    assert (event.model, event.record_id) == ("hr.expense", 7)
    assert abs(event.occurred_at - clock()) < SECOND
    assert event.trace_id


def test_each_of_several_secrets_is_taken(tmp_path: Path, clock: Clock) -> None:
    both = {**ENVIRON, "FLEET_FIRM_IN_N8N_SECRET": f"{hooks.SECRET} {OTHER}"}
    fleet = fleet_on(tmp_path, clock, file=SOURCES, environ=both)
    for number, secret in enumerate((hooks.SECRET, OTHER)):
        assert webhooks.receive(fleet, post(clock, identity=f"msg_{number}", secret=secret))


def test_any_of_several_signatures_will_do(fleet: Fleet, clock: Clock) -> None:
    mine = post(clock)
    foreign = signed(mine.body, clock(), secret=OTHER)["webhook-signature"]
    both = f"v1a,xyz {foreign} {mine.headers['webhook-signature']}"
    assert webhooks.receive(
        fleet, replace(mine, headers={**mine.headers, "webhook-signature": both})
    )


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,\N{SNOWMAN}"},
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-id": "m" * 201},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "\N{ARABIC-INDIC DIGIT ONE}"},
        {"webhook-timestamp": "9" * 5000},
    ],
)
def test_what_no_secret_of_the_source_signed_is_refused(
    fleet: Fleet, clock: Clock, change: dict[str, str]
) -> None:
    mine = post(clock)
    with pytest.raises(NotSigned):
        webhooks.receive(fleet, replace(mine, headers={**mine.headers, **change}))
    assert kept(fleet) == []


def test_another_body_under_the_same_signature_is_refused(fleet: Fleet, clock: Clock) -> None:
    with pytest.raises(NotSigned):
        webhooks.receive(fleet, replace(post(clock), body=told(record_id=8)))


def test_a_dot_in_the_id_cannot_move_what_is_signed(fleet: Fleet, clock: Clock) -> None:
    with pytest.raises(NotSigned):
        webhooks.receive(fleet, post(clock, identity="msg.1"))


@pytest.mark.parametrize("off", [-FIVE - SECOND, FIVE + SECOND])
def test_what_was_signed_long_ago_or_ahead_is_refused(
    fleet: Fleet, clock: Clock, off: timedelta
) -> None:
    body = told()
    late = Post("firm", "n8n", "", signed(body, clock() + off), body)
    with pytest.raises(NotOfNow):
        webhooks.receive(fleet, late)
    assert kept(fleet) == []


def test_a_time_that_no_calendar_has_is_refused(fleet: Fleet, clock: Clock) -> None:
    body, stamp = told(), str(2**39)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp,
        "webhook-signature": sign(hooks.SECRET, "msg_1", stamp, body),
    }
    with pytest.raises(NotOfNow):
        webhooks.receive(fleet, Post("firm", "n8n", "", headers, body))


def test_the_very_same_post_once_more_is_refused_but_a_senders_retry_is_not(
    fleet: Fleet, clock: Clock
) -> None:
    first = post(clock)
    assert webhooks.receive(fleet, first)
    with pytest.raises(Replayed):
        webhooks.receive(fleet, first)
    clock.forward(minutes=1)
    assert not webhooks.receive(fleet, post(clock))
    assert len(kept(fleet)) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"not json"])
def test_what_is_no_json_is_refused(fleet: Fleet, clock: Clock, body: bytes) -> None:
    for sent in (post(clock, body), of_odoo(body)):
        with pytest.raises(NotJson):
            webhooks.receive(fleet, sent)
    assert kept(fleet) == []


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b"{}",
        b'{"type": "hr.expense.changed", "data": []}',
        told(model="Hr Expense"),
        told(model="x" * 300),
        told(kind="' OR 1=1"),
        told(record_id=0),
        told(record_id=-7),
        told(record_id=True),
        told(record_id=7.5),
        told(record_id="7"),
        told(record_id=2**31),
        b'{"type": ["a"], "data": {"model": {}, "id": null}}',
        b'{"_model": "hr.expense", "_id": false}',
        b'{"_model": 5, "_id": 5}',
    ],
)
def test_what_does_not_name_a_record_is_refused(fleet: Fleet, clock: Clock, body: bytes) -> None:
    for sent in (post(clock, body), of_odoo(body)):
        with pytest.raises(NoEvent):
            webhooks.receive(fleet, sent)
    assert kept(fleet) == []


def test_of_odoos_own_nothing_counts_but_which_record_it_was(fleet: Fleet, clock: Clock) -> None:
    body = json.dumps(hooks.hint(state="paid", write_date="1970-01-01 00:00:00")).encode()
    assert webhooks.receive(fleet, of_odoo(body))
    assert webhooks.receive(fleet, of_odoo(body)), "two changes may look alike"
    first, second = kept(fleet)
    assert first.event.event_id != second.event.event_id
    assert (first.event.kind, first.event.occurred_at) == ("hr.expense.changed", clock())
    assert first.event.detail == {}


@pytest.mark.parametrize(
    "change",
    [
        {"tenant": "other"},
        {"source": "other"},
        {"source": "n8n"},
        {"secret": ""},
        {"secret": PATH_SECRET[:-1]},
        {"secret": "\N{SNOWMAN}"},
    ],
)
def test_a_path_that_leads_nowhere_says_no_more(fleet: Fleet, change: dict[str, str]) -> None:
    with pytest.raises(NowhereToPost):
        webhooks.receive(fleet, replace(of_odoo(json.dumps(hooks.hint()).encode()), **change))  # type: ignore[arg-type]
    assert kept(fleet) == []


def test_one_tenants_secret_opens_no_other(tmp_path: Path, clock: Clock) -> None:
    file = SOURCES + SOURCES.replace("tenants.firm", "tenants.other")
    environ = {
        **ENVIRON,
        "FLEET_OTHER_ODOO_API_KEY": "k",
        "FLEET_OTHER_IN_N8N_SECRET": OTHER,
        "FLEET_OTHER_IN_ODOO_SECRET": "g" * 40,
    }
    fleet = fleet_on(tmp_path, clock, file=file, environ=environ)
    for sent in (post(clock), of_odoo(json.dumps(hooks.hint()).encode())):
        with pytest.raises(PostRefused):
            webhooks.receive(fleet, replace(sent, tenant="other"))


def test_a_source_that_is_asked_is_not_posted_to(tmp_path: Path, clock: Clock) -> None:
    file = f'{FILE}\n[tenants.firm.sources]\nfeed.kind = "feed"\n'
    fleet = fleet_on(tmp_path, clock, file=file)
    with pytest.raises(NowhereToPost):
        webhooks.receive(fleet, replace(post(clock), source="feed"))
