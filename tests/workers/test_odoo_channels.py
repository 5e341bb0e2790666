"""Messages as activities and notes in Odoo: once per finding and step, refused with a remedy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.sandbox import Sandbox, schema
from odoo_gateway.session import Session
from odoo_gateway.transport import Transport
from odoo_gateway.writer import Writer
from tests.fakes.clock import Clock
from tests.fakes.effects import Deadly
from tests.fakes.fleets import Switchable, fleet_on
from tests.fakes.messages import finding, message
from tests.fakes.sections import OPS
from workers.delivery.channels.channel import InOdoo
from workers.delivery.channels.odoo_activity import OdooActivity
from workers.delivery.channels.odoo_note import OdooNote
from workers.effects import executor
from workers.errors import DeliveryFailed, DeliveryRefused
from workers.ledger import effects
from workers.ledger.effects import Effect
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

ACTIVITY, MESSAGE = "mail.activity", "mail.message"
KEYS = {
    OdooActivity: "__fleet__.activity_b3d3eba5be30e35b24b0e508a19199f7645ec03b",
    OdooNote: "__fleet__.note_9f9ea3d89238e0b79a38bae8b135fa8639515a13",
}
HOSTILE = "<script>alert('x')</script> & Söhne"


@pytest.fixture
def odoo() -> Switchable:
    return Switchable(Sandbox(date(2026, 11, 23)))


Opening = Callable[[Transport], InOdoo]


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable) -> Fleet:
    return fleet_on(tmp_path, clock, odoo)


@pytest.fixture
def opened(tmp_path: Path, clock: Clock, fleet: Fleet) -> Opening:
    """The way into an Odoo, for a process of that fleet."""

    def found(transport: Transport) -> InOdoo:
        process = fleet_on(tmp_path, clock, transport, upgraded=False)
        return InOdoo(partial(executor.carry_out, process))

    return found


@pytest.fixture
def way(opened: Opening, odoo: Switchable) -> InOdoo:
    return opened(odoo)


def kept(fleet: Fleet) -> Sequence[Effect]:
    with fleet.ledger.reading() as connection:
        return effects.find(connection)


def nothing() -> None:
    """Nobody writes down that it is going out."""


def written(odoo: Switchable, model: str) -> Sequence[Mapping[str, Any]]:
    """What stands beside the firm's own rows, and the activities that Odoo makes by itself."""
    context = {"active_test": False}
    own = Sandbox(date(2026, 11, 23)).call(model, "search_read", [[]], {"context": context})
    made = [("automated", "=", False)] if model == ACTIVITY else []
    beside = [("id", "not in", [row["id"] for row in own]), *made]
    rows = odoo.call(model, "search_read", [beside], {"order": "id", "context": context})
    assert isinstance(rows, list)
    return rows


def test_each_finding_becomes_an_activity_of_the_reader(odoo: Switchable, way: InOdoo) -> None:
    two = message(finding(), finding(key="order-2", record_id=2))
    OdooActivity(way).send(two, nothing)
    first, second = written(odoo, ACTIVITY)
    assert (first["res_model"], first["res_id"], second["res_id"]) == ("sale.order", 1, 2)
    assert first["user_id"] == [104, "Dirk Maes"]
    assert first["summary"] == "S00001 Harbor Mutual: blocked"
    assert first["date_deadline"] == "2026-11-23"
    assert "approve the hours" in first["note"]


def test_what_stands_in_odoo_is_in_the_words_of_its_reader(odoo: Switchable, way: InOdoo) -> None:
    german = message()
    german = german.saying(replace(german.payload, language="de"))
    for channel in (OdooActivity, OdooNote):
        channel(way).send(german, nothing)
    (activity,) = written(odoo, ACTIVITY)
    (note,) = written(odoo, MESSAGE)
    assert activity["summary"] == "S00001 Harbor Mutual: blockiert"
    assert "Stunden genehmigen oder zurückweisen" in activity["note"]
    assert "18 Std. sind nicht genehmigt" in note["body"]


def test_an_activity_is_one_per_finding_step_and_reader(odoo: Switchable, way: InOdoo) -> None:
    channel = OdooActivity(way)
    merged = message(finding(), finding(key="order-2"), subject="2 findings abc")
    # Delivered again, and told once more in a mail of several.
    for again in (message(), message(attempts=2, period="2026-11-24"), merged):
        channel.send(again, nothing)
    assert len(written(odoo, ACTIVITY)) == 2
    channel.send(message(step="escalated"), nothing)
    channel.send(message(recipient="anna.kern@nordwind.example"), nothing)
    assert len(written(odoo, ACTIVITY)) == 4


def test_one_that_was_done_does_not_come_back(odoo: Switchable, way: InOdoo) -> None:
    OdooActivity(way).send(message(), nothing)
    (row,) = written(odoo, ACTIVITY)
    odoo.call(ACTIVITY, "action_feedback", [[row["id"]]], {})
    OdooActivity(way).send(message(attempts=2), nothing)
    assert [row["active"] for row in written(odoo, ACTIVITY)] == [False]


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_one_that_was_done_does_not_come_back_where_odoo_deletes_it_either(
    opened: Opening, version: int
) -> None:
    old = Switchable(Sandbox(date(2026, 11, 23), version=version))
    channel = OdooActivity(opened(old))
    channel.send(message(), nothing)
    (row,) = written(old, ACTIVITY)
    old.call(ACTIVITY, "action_feedback", [[row["id"]]], {})
    channel.send(message(attempts=2), nothing)
    assert [row for row in written(old, ACTIVITY) if row.get("active", True)] == []


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_note_comes_once_in_every_version(opened: Opening, version: int) -> None:
    old = Switchable(Sandbox(date(2026, 11, 23), version=version))
    for attempt in (1, 2):
        OdooNote(opened(old)).send(message(attempts=attempt), nothing)
    assert len(written(old, MESSAGE)) == 1


def test_a_note_is_one_per_finding_and_step_whoever_is_told(odoo: Switchable, way: InOdoo) -> None:
    channel = OdooNote(way)
    for reader in ("dirk.maes@nordwind.example", "anna.kern@nordwind.example"):
        channel.send(message(recipient=reader), nothing)
    (row,) = written(odoo, MESSAGE)
    assert (row["model"], row["res_id"]) == ("sale.order", 1)
    assert "<b>S00001 Harbor Mutual: blocked</b>" in row["body"]
    assert row["message_id"].endswith("@firm.example>")


def test_html_in_a_name_is_escaped(odoo: Switchable, way: InOdoo) -> None:
    hostile = finding(title=HOSTILE, reason=HOSTILE, advice=HOSTILE, page='x"onclick="y')
    OdooNote(way).send(message(hostile), nothing)
    OdooActivity(way).send(message(hostile), nothing)
    bodies = written(odoo, MESSAGE)[0]["body"] + written(odoo, ACTIVITY)[0]["note"]
    assert "<script>" not in bodies
    assert '"onclick' not in bodies
    assert bodies.count("&lt;script&gt;") == 5


def test_who_has_no_user_is_refused_and_nothing_is_written(odoo: Switchable, way: InOdoo) -> None:
    stranger = message(recipient="stranger@elsewhere.example")
    with pytest.raises(DeliveryRefused, match="give the person a user with it"):
        OdooActivity(way).send(stranger, nothing)
    assert written(odoo, ACTIVITY) == []


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_a_record_that_is_gone_is_refused_with_a_remedy(
    way: InOdoo, channel: type[OdooActivity] | type[OdooNote]
) -> None:
    with pytest.raises(DeliveryRefused, match="See that the record is there"):
        channel(way).send(message(finding(record_id=999_999)), nothing)


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_what_is_about_no_record_is_refused(
    way: InOdoo, channel: type[OdooActivity] | type[OdooNote]
) -> None:
    failures = message(stored=OPS)
    with pytest.raises(DeliveryRefused, match="'ops' is about no record"):
        channel(way).send(failures, nothing)


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_an_answer_that_was_lost_is_tried_again_and_doubles_nothing(
    odoo: Switchable,
    opened: Opening,
    clock: Clock,
    fleet: Fleet,
    channel: type[OdooActivity] | type[OdooNote],
) -> None:
    kind = ACTIVITY if channel is OdooActivity else MESSAGE

    class Deaf(Switchable):
        """Odoo writes, and its answer never comes."""

        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            found = super().call(model, method, args, kwargs)
            if method == "load":
                raise OdooUnavailable("no answer")
            return found

    with pytest.raises(DeliveryFailed):
        channel(opened(Deaf(odoo))).send(message(), nothing)
    (effect,) = kept(fleet)
    assert (effect.status, effect.message_id) == (EffectStatus.UNKNOWN, message().id)
    channel(opened(odoo)).send(message(attempts=2), nothing)
    assert len(written(odoo, kind)) == 1
    (effect,) = kept(fleet)
    assert effect.status is EffectStatus.DONE


LOST_RACE = {
    "ids": False,
    "messages": [
        {
            "rows": {"from": 0, "to": 0},
            "record": 0,
            "type": "error",
            "message": "could not serialize access due to concurrent update\n",
        }
    ],
    "nextrow": 0,
}


@pytest.mark.parametrize(("lost", "written_in_the_end"), [(1, True), (2, False)])
def test_who_loses_a_race_tries_once_more_at_once_then_later(
    odoo: Switchable, opened: Opening, lost: int, written_in_the_end: bool
) -> None:
    class Racing(Switchable):
        """Others are quicker, as a real Odoo 19 tells it."""

        races = lost

        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            if method == "load" and self.races:
                self.races -= 1
                return LOST_RACE
            return super().call(model, method, args, kwargs)

    channel = OdooNote(opened(Racing(odoo)))
    if written_in_the_end:
        channel.send(message(), nothing)
    else:
        with pytest.raises(DeliveryFailed, match="being written by others"):
            channel.send(message(), nothing)
    assert len(written(odoo, MESSAGE)) == int(written_in_the_end)


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_finding_about_an_order_line_becomes_an_activity_and_a_note_of_its_order(
    opened: Opening,
    version: int,
) -> None:
    odoo = Switchable(Sandbox(date(2026, 11, 23), version=version))
    domain = [["display_type", "=", False], ["order_id", "!=", 1]]
    (line,) = odoo.call(
        "sale.order.line", "search_read", [domain, ["order_id"]], {"limit": 1, "load": ""}
    )
    about = message(finding(key="line", model="sale.order.line", record_id=line["id"]))
    for channel in (OdooActivity, OdooNote):
        channel(opened(odoo)).send(about, nothing)
    (activity,) = written(odoo, ACTIVITY)
    (note,) = written(odoo, MESSAGE)
    order = ("sale.order", line["order_id"])
    assert (activity["res_model"], activity["res_id"]) == order
    assert (note["model"], note["res_id"]) == order


def test_a_finding_about_a_company_becomes_an_activity_of_its_partner(
    odoo: Switchable, way: InOdoo
) -> None:
    OdooActivity(way).send(message(finding(model="res.company", record_id=2)), nothing)
    (activity,) = written(odoo, ACTIVITY)
    assert (activity["res_model"], activity["res_id"]) == ("res.partner", 2)


def writes(odoo: Switchable) -> list[str]:
    """What is written there from now on, in its order."""
    found: list[str] = []
    real = odoo.inner.call

    def noted(model: str, method: str, args: Any, kwargs: Any) -> Any:
        if method == "load":
            found.append(model)
        return real(model, method, args, kwargs)

    odoo.inner = Noting(noted)
    return found


class Noting:
    """A transport that is a function."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call = call


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_what_goes_into_odoo_is_an_effect_that_is_done_and_may_be_undone(
    odoo: Switchable, fleet: Fleet, way: InOdoo, channel: type[OdooActivity] | type[OdooNote]
) -> None:
    kind = ACTIVITY if channel is OdooActivity else MESSAGE
    said: list[str] = []
    two = message(finding(), finding(key="order-2", record_id=2))
    channel(way).send(two, lambda: said.append("going out"))
    assert said == ["going out"]
    second, first = kept(fleet)
    assert (first.status, first.model, first.record_id) == (EffectStatus.DONE, "sale.order", 1)
    assert first.place == second.place == message().place
    assert first.why == "S00001 Harbor Mutual: blocked"
    executor.undo(fleet, first.id, "ann")
    assert [row["res_id"] for row in written(odoo, kind)] == [2]
    # Who took it away does not want it again.
    channel(way).send(message(attempts=2), nothing)
    assert [row["res_id"] for row in written(odoo, kind)] == [2]


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_what_the_last_version_wrote_and_could_not_note_is_found_and_not_written_again(
    odoo: Switchable,
    fleet: Fleet,
    way: InOdoo,
    channel: type[OdooActivity] | type[OdooNote],
) -> None:
    """Under these external ids it wrote them: they must never change."""
    version_before = Writer(Session(odoo), 1)
    number = KEYS[channel]
    if channel is OdooActivity:
        day = date(2026, 11, 23)
        version_before.activity(number, "sale.order", 1, 104, "Blocked", "", day)
    else:
        version_before.note(number, f"<{number}@firm.example>", "sale.order", 1, "<p>Blocked</p>")
    wrote = writes(odoo)
    channel(way).send(message(attempts=2), nothing)
    assert wrote == []
    assert len(written(odoo, ACTIVITY if channel is OdooActivity else MESSAGE)) == 1
    assert [effect.status for effect in kept(fleet)] == [EffectStatus.DONE]


def test_what_another_worker_writes_just_now_waits_for_it(
    fleet: Fleet, way: InOdoo, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(effects, "mark_writing", died)
        with pytest.raises(KeyboardInterrupt):
            OdooNote(way).send(message(), nothing)
    with pytest.raises(DeliveryFailed, match="another worker"):
        OdooNote(way).send(message(attempts=2), nothing)
    clock.now += timedelta(minutes=30)
    OdooNote(way).send(message(attempts=2), nothing)
    assert [effect.status for effect in kept(fleet)] == [EffectStatus.DONE]


@pytest.mark.parametrize(
    ("when", "status"),
    [("before", EffectStatus.DECLINED), ("during", EffectStatus.DONE)],
)
def test_what_became_of_a_lost_message_is_looked_up_and_nothing_is_written(
    odoo: Switchable, opened: Opening, fleet: Fleet, clock: Clock, when: str, status: EffectStatus
) -> None:
    """It is its message that is checked before it goes out; perhaps that is dropped by now."""
    deadly = Deadly(odoo, when, OdooUnavailable("the connection was cut"))
    with pytest.raises(DeliveryFailed):
        OdooActivity(opened(deadly)).send(message(), nothing)
    wrote = writes(odoo)
    clock.now += timedelta(minutes=30)
    assert executor.execute_next(fleet)
    assert not executor.execute_next(fleet)
    (effect,) = kept(fleet)
    assert (effect.status, wrote) == (status, [])
    # The message goes out all the same where it still stands.
    OdooActivity(opened(odoo)).send(message(attempts=2), nothing)
    assert len(written(odoo, ACTIVITY)) == 1
    (effect,) = kept(fleet)
    assert effect.status is EffectStatus.DONE


def test_a_fault_of_ours_in_the_middle_is_looked_up_as_a_lost_answer_is(
    odoo: Switchable, opened: Opening, fleet: Fleet
) -> None:
    deadly = Deadly(odoo, "during", KeyError("a bug"))
    with pytest.raises(DeliveryFailed, match="KeyError"):
        OdooActivity(opened(deadly)).send(message(), nothing)
    (effect,) = kept(fleet)
    assert effect.status is EffectStatus.UNKNOWN


def test_what_odoo_refuses_is_its_messages_to_tell(fleet: Fleet, way: InOdoo) -> None:
    with pytest.raises(DeliveryRefused):
        OdooNote(way).send(message(finding(record_id=999_999)), nothing)
    (effect,) = kept(fleet)
    assert (effect.status, effect.error_class) == (EffectStatus.DECLINED, "EffectRefused")
