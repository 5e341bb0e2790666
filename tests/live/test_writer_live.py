"""The writer on a real Odoo 19 as an ordinary user: once, whoever writes; done stays done."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from odoo_gateway.writer import Writer, external_id
from tests.fakes.clock import Clock
from tests.fakes.fleets import fleet_on
from tests.fakes.messages import NOW, finding, message
from workers.delivery.channels.found import channel_of

from . import bots
from .bots import Bot
from .gateway import session_of
from .odoo_server import OdooServer

TENANT = """\
[tenants.firm]
url = "{url}"
database = "{database}"
login = "{login}"
"""
pytestmark = pytest.mark.live

SALES = "sales_team.group_sale_salesman_all_leads"
FLEET, PERSON = Bot("fleet_writer", (), (SALES,)), Bot("billing_clerk", (), (SALES,))
READER = Bot("fleet_reader", ("sale.order",))
ORDER, ACTIVITY, MESSAGE = "sale.order", "mail.activity", "mail.message"
DEADLINE = date(2026, 11, 30)


@pytest.fixture(scope="module")
def sessions(odoo_server: OdooServer, demo_db: str) -> dict[str, Session]:
    """Those of the three users, and the administrator's, who sees everything."""
    bots.make(odoo_server, demo_db, FLEET, PERSON, READER)
    made = {
        bot.login: Session(OdooRpc(Address(odoo_server.url, demo_db, bot.login, bot.password)))
        for bot in (FLEET, PERSON, READER)
    }
    return {**made, "admin": session_of(odoo_server, demo_db)}


@pytest.fixture(scope="module")
def writer(sessions: dict[str, Session]) -> Writer:
    return Writer(sessions[FLEET.login], 1)


@pytest.fixture(scope="module")
def order(sessions: dict[str, Session]) -> int:
    domain = [("state", "=", "sale"), ("company_id", "=", 1)]
    (found,) = sessions["admin"].call(ORDER, "search_read", domain, ["id"], limit=1, order="id")
    return int(found["id"])


def kept(sessions: dict[str, Session], model: str, ids: set[int], *fields: str) -> Any:
    everything = {"active_test": False}
    domain = [("id", "in", sorted(ids))]
    return sessions["admin"].call(model, "search_read", domain, list(fields), context=everything)


def until_written(write: Callable[[], int], tries: Counter[str]) -> int:
    """What a message that is delivered again after each conflict comes to in the end."""
    for _ in range(50):
        tries["calls"] += 1
        try:
            return write()
        except OdooUnavailable:
            tries["conflicts"] += 1
    raise AssertionError("lost every race")


def test_32_concurrent_deliveries_of_4_keys_make_4_activities(
    sessions: dict[str, Session], writer: Writer, order: int
) -> None:
    user, tries = writer.user(PERSON.login), Counter[str]()
    before = sessions["admin"].call(ACTIVITY, "search_count", [("res_id", "=", order)])

    def deliver(number: int) -> int:
        name = external_id("activity", "live", number % 4)
        write = partial(
            writer.activity, name, ORDER, order, user, "Bill it", "<p>Now</p>", DEADLINE
        )
        return until_written(write, tries)

    with ThreadPoolExecutor(32) as pool:
        made = list(pool.map(deliver, range(32)))
    assert len(set(made)) == 4
    after = sessions["admin"].call(ACTIVITY, "search_count", [("res_id", "=", order)])
    assert after - before == 4
    users = {row["user_id"][0] for row in kept(sessions, ACTIVITY, set(made), "user_id")}
    assert users == {user}
    print(f"32 deliveries of 4 keys: {len(set(made))} activities; {dict(tries)}")


def test_one_done_by_a_person_does_not_come_back(
    sessions: dict[str, Session], writer: Writer, order: int
) -> None:
    name, user = external_id("activity", "done"), writer.user(PERSON.login)
    found = writer.activity(name, ORDER, order, user, "Bill it", "", DEADLINE)
    sessions[PERSON.login].call(ACTIVITY, "action_feedback", [found], feedback="Billed")
    assert writer.activity(name, ORDER, order, user, "Bill it", "", DEADLINE) == found
    (row,) = kept(sessions, ACTIVITY, {found}, "active", "state")
    assert (row["active"], row["state"]) == (False, "done")


def test_one_deleted_by_a_person_comes_back_if_it_is_delivered_again(
    sessions: dict[str, Session], writer: Writer, order: int
) -> None:
    name, user = external_id("activity", "deleted"), writer.user(PERSON.login)
    found = writer.activity(name, ORDER, order, user, "Bill it", "", DEADLINE)
    sessions[PERSON.login].call(ACTIVITY, "unlink", [found])
    assert writer.activity(name, ORDER, order, user, "Bill it", "", DEADLINE) > found


def test_odoo_sends_nobody_a_mail_of_an_activity(
    sessions: dict[str, Session], writer: Writer, order: int
) -> None:
    mails = sessions["admin"].call("mail.mail", "search_count", [])
    user = writer.user(PERSON.login)
    writer.activity(external_id("activity", "quiet"), ORDER, order, user, "Bill", "", DEADLINE)
    assert sessions["admin"].call("mail.mail", "search_count", []) == mails


def test_8_concurrent_deliveries_of_one_note_make_one_internal_note(
    sessions: dict[str, Session], writer: Writer, order: int
) -> None:
    name, message_id, tries = external_id("note", "live"), "<live@firm.example>", Counter[str]()
    body = "<p>Hello <b>you</b><script>alert(1)</script></p>"

    def deliver(_: int) -> int:
        write = partial(writer.note, name, message_id, ORDER, order, body)
        return until_written(write, tries)

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(deliver, range(8)))
    same = [("message_id", "=", message_id)]
    fields = ["body", "subtype_id", "model", "res_id", "notified_partner_ids", "author_id"]
    (row,) = sessions["admin"].call(MESSAGE, "search_read", same, fields)
    assert made == {row["id"]}
    assert (row["model"], row["res_id"], row["subtype_id"][1]) == (ORDER, order, "Note")
    assert row["body"] == "<p>Hello <b>you</b></p>"
    assert row["notified_partner_ids"] == []
    assert FLEET.login in row["author_id"][1]
    print(f"8 deliveries of one note: {len(made)} message; {dict(tries)}")


def test_who_may_only_read_orders_is_refused_with_a_remedy(
    sessions: dict[str, Session], order: int
) -> None:
    reader = Writer(sessions[READER.login], 1)
    with pytest.raises(OdooRejected, match=r"may write it: docs/channels\.md") as refused:
        reader.note(external_id("note", "reader"), "<reader@firm.example>", ORDER, order, "")
    print(refused.value)


@pytest.mark.parametrize(
    ("channel", "model", "name"),
    [("odoo_activity", ACTIVITY, "res_name"), ("odoo_note", MESSAGE, "body")],
)
def test_a_message_of_the_outbox_arrives_once_through_the_whole_fleet(
    odoo_server: OdooServer,
    demo_db: str,
    sessions: dict[str, Session],
    order: int,
    tmp_path: Path,
    channel: str,
    model: str,
    name: str,
) -> None:
    address = Address(odoo_server.url, demo_db, FLEET.login, FLEET.password)
    file = TENANT.format(url=odoo_server.url, database=demo_db, login=FLEET.login)
    fleet = fleet_on(tmp_path, Clock(NOW), OdooRpc(address), file=file)
    said = finding(record_id=order, title="Söhne & <b>Co</b>")
    before = sessions["admin"].call(model, "search_count", [("res_id", "=", order)])
    for attempt in (1, 2, 3):
        sent = message(said, channel=channel, recipient=PERSON.login, attempts=attempt)
        channel_of(fleet, sent).send(sent, lambda: None)
    rows = sessions["admin"].call(
        model, "search_read", [("res_id", "=", order)], [name], order="id desc"
    )
    assert len(rows) == before + 1
    print(f"{channel}: {rows[0][name]}")
