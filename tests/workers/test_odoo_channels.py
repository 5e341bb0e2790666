"""Messages as activities and notes in Odoo: once per finding and step, refused with a remedy."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.sandbox import Sandbox, schema
from odoo_gateway.session import Session
from odoo_gateway.writer import Writer
from tests.fakes.fleets import Switchable
from tests.fakes.messages import finding, message
from tests.fakes.sections import OPS
from workers.delivery.channels.odoo_activity import OdooActivity
from workers.delivery.channels.odoo_note import OdooNote
from workers.errors import DeliveryFailed, DeliveryRefused

ACTIVITY, MESSAGE = "mail.activity", "mail.message"
HOSTILE = "<script>alert('x')</script> & Söhne"


@pytest.fixture
def odoo() -> Switchable:
    return Switchable(Sandbox(date(2026, 11, 23)))


@pytest.fixture
def writer(odoo: Switchable) -> Writer:
    return Writer(Session(odoo), 1)


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


def test_each_finding_becomes_an_activity_of_the_reader(odoo: Switchable, writer: Writer) -> None:
    two = message(finding(), finding(key="order-2", record_id=2))
    OdooActivity(writer).send(two, nothing)
    first, second = written(odoo, ACTIVITY)
    assert (first["res_model"], first["res_id"], second["res_id"]) == ("sale.order", 1, 2)
    assert first["user_id"] == [104, "Dirk Maes"]
    assert first["summary"] == "S00001 Harbor Mutual: blocked"
    assert first["date_deadline"] == "2026-11-23"
    assert "approve the hours" in first["note"]


def test_what_stands_in_odoo_is_in_the_words_of_its_reader(
    odoo: Switchable, writer: Writer
) -> None:
    german = message()
    german = german.saying(replace(german.payload, language="de"))
    for channel in (OdooActivity, OdooNote):
        channel(writer).send(german, nothing)
    (activity,) = written(odoo, ACTIVITY)
    (note,) = written(odoo, MESSAGE)
    assert activity["summary"] == "S00001 Harbor Mutual: blockiert"
    assert "Stunden genehmigen oder zurückweisen" in activity["note"]
    assert "18 Std. sind nicht genehmigt" in note["body"]


def test_an_activity_is_one_per_finding_step_and_reader(odoo: Switchable, writer: Writer) -> None:
    channel = OdooActivity(writer)
    merged = message(finding(), finding(key="order-2"), subject="2 findings abc")
    # Delivered again, and told once more in a mail of several.
    for again in (message(), message(attempts=2, period="2026-11-24"), merged):
        channel.send(again, nothing)
    assert len(written(odoo, ACTIVITY)) == 2
    channel.send(message(step="escalated"), nothing)
    channel.send(message(recipient="anna.kern@nordwind.example"), nothing)
    assert len(written(odoo, ACTIVITY)) == 4


def test_one_that_was_done_does_not_come_back(odoo: Switchable, writer: Writer) -> None:
    OdooActivity(writer).send(message(), nothing)
    (row,) = written(odoo, ACTIVITY)
    odoo.call(ACTIVITY, "action_feedback", [[row["id"]]], {})
    OdooActivity(writer).send(message(attempts=2), nothing)
    assert [row["active"] for row in written(odoo, ACTIVITY)] == [False]


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_before_odoo_19_one_that_was_done_is_gone_and_comes_back(version: int) -> None:
    old = Switchable(Sandbox(date(2026, 11, 23), version=version))
    channel = OdooActivity(Writer(Session(old), 1))
    channel.send(message(), nothing)
    (row,) = written(old, ACTIVITY)
    old.call(ACTIVITY, "action_feedback", [[row["id"]]], {})
    channel.send(message(attempts=2), nothing)
    open_ones = [row for row in written(old, ACTIVITY) if row.get("active", True)]
    assert len(open_ones) == (0 if version == schema.NEWEST else 1)


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_note_comes_once_in_every_version(version: int) -> None:
    old = Switchable(Sandbox(date(2026, 11, 23), version=version))
    for attempt in (1, 2):
        OdooNote(Writer(Session(old), 1)).send(message(attempts=attempt), nothing)
    assert len(written(old, MESSAGE)) == 1


def test_a_note_is_one_per_finding_and_step_whoever_is_told(
    odoo: Switchable, writer: Writer
) -> None:
    channel = OdooNote(writer)
    for reader in ("dirk.maes@nordwind.example", "anna.kern@nordwind.example"):
        channel.send(message(recipient=reader), nothing)
    (row,) = written(odoo, MESSAGE)
    assert (row["model"], row["res_id"]) == ("sale.order", 1)
    assert "<b>S00001 Harbor Mutual: blocked</b>" in row["body"]
    assert row["message_id"].endswith("@firm.example>")


def test_html_in_a_name_is_escaped(odoo: Switchable, writer: Writer) -> None:
    hostile = finding(title=HOSTILE, reason=HOSTILE, advice=HOSTILE, page='x"onclick="y')
    OdooNote(writer).send(message(hostile), nothing)
    OdooActivity(writer).send(message(hostile), nothing)
    bodies = written(odoo, MESSAGE)[0]["body"] + written(odoo, ACTIVITY)[0]["note"]
    assert "<script>" not in bodies
    assert '"onclick' not in bodies
    assert bodies.count("&lt;script&gt;") == 5


def test_who_has_no_user_is_refused_before_anything_is_written(
    odoo: Switchable, writer: Writer
) -> None:
    said: list[str] = []
    stranger = message(recipient="stranger@elsewhere.example")
    with pytest.raises(DeliveryRefused, match="give the person a user with it"):
        OdooActivity(writer).send(stranger, lambda: said.append("going out"))
    assert said == []
    assert written(odoo, ACTIVITY) == []


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_a_record_that_is_gone_is_refused_with_a_remedy(
    writer: Writer, channel: type[OdooActivity] | type[OdooNote]
) -> None:
    with pytest.raises(DeliveryRefused, match="See that the record is there"):
        channel(writer).send(message(finding(record_id=999_999)), nothing)


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_what_is_about_no_record_is_refused(
    writer: Writer, channel: type[OdooActivity] | type[OdooNote]
) -> None:
    failures = message(stored=OPS)
    with pytest.raises(DeliveryRefused, match="'ops' is about no record"):
        channel(writer).send(failures, nothing)


@pytest.mark.parametrize("channel", [OdooActivity, OdooNote])
def test_an_answer_that_was_lost_is_tried_again_and_doubles_nothing(
    odoo: Switchable, writer: Writer, channel: type[OdooActivity] | type[OdooNote]
) -> None:
    kind = ACTIVITY if channel is OdooActivity else MESSAGE

    class Deaf(Switchable):
        """Odoo writes, and its answer never comes."""

        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            found = super().call(model, method, args, kwargs)
            if method == "load":
                raise OdooUnavailable("no answer")
            return found

    deaf = Writer(Session(Deaf(odoo)), 1)
    with pytest.raises(DeliveryFailed):
        channel(deaf).send(message(), nothing)
    channel(writer).send(message(attempts=2), nothing)
    assert len(written(odoo, kind)) == 1


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
    odoo: Switchable, lost: int, written_in_the_end: bool
) -> None:
    class Racing(Switchable):
        """Others are quicker, as a real Odoo 19 tells it."""

        races = lost

        def call(self, model: str, method: str, args: Any, kwargs: Any) -> Any:
            if method == "load" and self.races:
                self.races -= 1
                return LOST_RACE
            return super().call(model, method, args, kwargs)

    channel = OdooNote(Writer(Session(Racing(odoo)), 1))
    if written_in_the_end:
        channel.send(message(), nothing)
    else:
        with pytest.raises(DeliveryFailed, match="being written by others"):
            channel.send(message(), nothing)
    assert len(written(odoo, MESSAGE)) == int(written_in_the_end)


@pytest.mark.parametrize("version", schema.VERSIONS)
def test_a_finding_about_an_order_line_becomes_an_activity_and_a_note_of_its_order(
    version: int,
) -> None:
    odoo = Switchable(Sandbox(date(2026, 11, 23), version=version))
    domain = [["display_type", "=", False], ["order_id", "!=", 1]]
    (line,) = odoo.call(
        "sale.order.line", "search_read", [domain, ["order_id"]], {"limit": 1, "load": ""}
    )
    about = message(finding(key="line", model="sale.order.line", record_id=line["id"]))
    for channel in (OdooActivity, OdooNote):
        channel(Writer(Session(odoo), 1)).send(about, nothing)
    (activity,) = written(odoo, ACTIVITY)
    (note,) = written(odoo, MESSAGE)
    order = ("sale.order", line["order_id"])
    assert (activity["res_model"], activity["res_id"]) == order
    assert (note["model"], note["res_id"]) == order


def test_a_finding_about_a_company_becomes_an_activity_of_its_partner(
    odoo: Switchable, writer: Writer
) -> None:
    OdooActivity(writer).send(message(finding(model="res.company", record_id=2)), nothing)
    (activity,) = written(odoo, ACTIVITY)
    assert (activity["res_model"], activity["res_id"]) == ("res.partner", 2)
