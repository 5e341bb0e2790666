"""Activities and notes come once under an external id, and refusals stand in the answer."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from itertools import count
from typing import Any, Final

import pytest

from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.session import Session
from odoo_gateway.writer import Writer, external_id
from tests.contracts.asking import Asker

ORDER, ACTIVITY, MESSAGE = "sale.order", "mail.activity", "mail.message"
TO_DO: Final = ["id", "activity_type_id/id", "user_id/.id", "summary", "note", "date_deadline"]
DEADLINE: Final = date(2026, 11, 30)
NUMBERS = count(1)
SECURITY = "The requested operation cannot be completed due to security restrictions."


@pytest.fixture
def name() -> str:
    """An external id of the test's own."""
    return external_id("contract", next(NUMBERS))


@pytest.fixture
def order(odoo: Asker) -> int:
    """An order of the first company."""
    return min(odoo.ids(ORDER, [("company_id", "=", 1), ("state", "=", "sale")]))


def writer_of(asker: Asker) -> Writer:
    return Writer(Session(asker.transport), 1)


def row(name: str, user: object = 2) -> list[str]:
    return [name, "mail.mail_activity_data_todo", str(user), "Bill it", "<p>Now</p>", "2026-11-30"]


def loaded(asker: Asker, model: str, order: int, row: Sequence[Any], **context: Any) -> Any:
    here = {"default_res_model": model, "default_res_id": order, "lang": "en_US", **context}
    return asker.ask(ACTIVITY, "load", TO_DO, [list(row)], context=here)


def refusal(answer: dict[str, Any]) -> str:
    """The first message of an answer without ids."""
    assert answer["ids"] is False
    assert {"type", "message", "rows", "record"} <= set(answer["messages"][0])
    return str(answer["messages"][0]["message"])


def test_an_import_answers_the_id_and_again_the_same(odoo: Asker, order: int, name: str) -> None:
    first, again = (loaded(odoo, ORDER, order, row(name)) for _ in range(2))
    assert first == again == {"ids": [first["ids"][0]], "messages": [], "nextrow": 0}


def test_an_activity_hangs_on_the_record_for_the_user(odoo: Asker, order: int, name: str) -> None:
    user = odoo.ids("res.users", [("active", "=", True)])[-1]
    writer = writer_of(odoo)
    found = writer.activity(name, ORDER, order, user, "Bill it", "<p>Now</p>", DEADLINE)
    fields = ["res_model", "res_id", "user_id", "summary", "note", "date_deadline", "active"]
    (kept,) = odoo.rows(ACTIVITY, [("id", "=", found)], fields)
    assert kept == {
        "id": found,
        "res_model": ORDER,
        "res_id": order,
        "user_id": user,
        "summary": "Bill it",
        "note": "<p>Now</p>",
        "date_deadline": "2026-11-30",
        "active": True,
    }


def test_what_is_written_again_is_updated(odoo: Asker, order: int, name: str) -> None:
    writer = writer_of(odoo)
    first, again = (
        writer.activity(name, ORDER, order, 2, summary, "", DEADLINE) for summary in ("One", "Two")
    )
    assert first == again
    (kept,) = odoo.rows(ACTIVITY, [("id", "=", first)], ["summary"])
    assert kept["summary"] == "Two"


def test_an_activity_that_was_done_stays_done(odoo: Asker, order: int, name: str) -> None:
    writer = writer_of(odoo)
    found = writer.activity(name, ORDER, order, 2, "Bill it", "", DEADLINE)
    odoo.ask(ACTIVITY, "action_feedback", [found], feedback="Done")
    assert writer.activity(name, ORDER, order, 2, "Bill it", "", DEADLINE) == found
    (kept,) = odoo.rows(ACTIVITY, [("id", "=", found)], ["active"])
    assert kept["active"] is False


def test_an_activity_on_an_order_line_is_refused(odoo: Asker, name: str) -> None:
    line = min(odoo.ids("sale.order.line", [("display_type", "=", False)]))
    answer = loaded(odoo, "sale.order.line", line, row(name))
    assert refusal(answer) == (
        "Unknown error during import: <class 'AttributeError'>: "
        "'sale.order.line' object has no attribute 'message_subscribe'"
    )


def test_what_is_said_of_an_order_line_hangs_on_its_order(odoo: Asker, name: str) -> None:
    (line,) = odoo.rows("sale.order.line", [("display_type", "=", False)], ["order_id"], limit=1)
    writer = writer_of(odoo)
    activity = writer.activity(name, "sale.order.line", line["id"], 2, "Bill it", "", DEADLINE)
    (kept,) = odoo.rows(ACTIVITY, [("id", "=", activity)], ["res_model", "res_id"])
    assert (kept["res_model"], kept["res_id"]) == (ORDER, line["order_id"])
    name = external_id("contract", next(NUMBERS))
    note = writer.note(name, f"<{name}@firm.example>", "sale.order.line", line["id"], "<p>Now</p>")
    (kept,) = odoo.rows(MESSAGE, [("id", "=", note)], ["model", "res_id"])
    assert (kept["model"], kept["res_id"]) == (ORDER, line["order_id"])


def test_what_is_to_be_done_about_a_company_hangs_on_its_partner(odoo: Asker, name: str) -> None:
    (company,) = odoo.rows("res.company", [("id", "=", 1)], ["partner_id"])
    writer = writer_of(odoo)
    activity = writer.activity(name, "res.company", 1, 2, "Switch it off", "", DEADLINE)
    (kept,) = odoo.rows(ACTIVITY, [("id", "=", activity)], ["res_model", "res_id"])
    assert (kept["res_model"], kept["res_id"]) == ("res.partner", company["partner_id"])
    name = external_id("contract", next(NUMBERS))
    note = writer.note(name, f"<{name}@firm.example>", "res.company", 1, "<p>Now</p>")
    (kept,) = odoo.rows(MESSAGE, [("id", "=", note)], ["model", "res_id"])
    assert (kept["model"], kept["res_id"]) == ("res.company", 1)


def test_an_order_line_that_is_gone_is_said_to_be(odoo: Asker, name: str) -> None:
    with pytest.raises(OdooRejected, match=r"write mail\.activity about sale\.order\.line"):
        writer_of(odoo).activity(name, "sale.order.line", 987654, 2, "Bill it", "", DEADLINE)


def test_a_note_is_internal_and_comes_once(odoo: Asker, order: int, name: str) -> None:
    writer, message_id = writer_of(odoo), f"<{name}@firm.example>"
    first, again = (writer.note(name, message_id, ORDER, order, "<p>Now</p>") for _ in range(2))
    assert first == again
    fields = ["model", "res_id", "body", "message_type"]
    (kept,) = odoo.rows(MESSAGE, [("message_id", "=", message_id)], fields)
    assert kept == {
        "id": first,
        "model": ORDER,
        "res_id": order,
        "body": "<p>Now</p>",
        "message_type": "comment",
    }


@pytest.mark.parametrize("kind", [ACTIVITY, MESSAGE])
def test_of_many_who_write_at_once_one_record_comes(
    odoo: Asker, order: int, name: str, kind: str
) -> None:
    writer = writer_of(odoo)

    def write(_: int) -> int:
        for _attempt in range(50):
            try:
                if kind == MESSAGE:
                    return writer.note(name, f"<{name}>", ORDER, order, "<p>Now</p>")
                return writer.activity(name, ORDER, order, 2, "Bill it", "", DEADLINE)
            except OdooUnavailable:
                continue
        raise AssertionError("lost every race")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(write, range(8)))) == 1


def test_one_external_id_is_of_one_model(odoo: Asker, order: int, name: str) -> None:
    writer_of(odoo).note(name, f"<{name}>", ORDER, order, "<p>Now</p>")
    said = refusal(loaded(odoo, ORDER, order, row(name)))
    assert said.startswith(f"For external id {name} when trying to create/update a record of model")


@pytest.mark.parametrize(
    ("model", "record_id", "user", "message"),
    [
        (ORDER, 999_999, 2, re.escape(SECURITY)),
        (ORDER, None, 999_999, "No matching record found for database id '999999' in field 'Assig"),
        ("", None, 2, "Activities have to be linked to records with a not null res_id"),
    ],
)
def test_what_cannot_be_imported_is_told_in_the_answer(
    odoo: Asker,
    order: int,
    name: str,
    model: str,
    record_id: int | None,
    user: int,
    message: str,
) -> None:
    said = refusal(loaded(odoo, model, record_id or order, row(name, user)))
    assert re.match(message, said), said


def test_a_note_on_a_record_that_is_gone_is_refused(odoo: Asker, name: str) -> None:
    with pytest.raises(OdooRejected, match="Record does not exist or has been deleted"):
        writer_of(odoo).note(name, f"<{name}>", ORDER, 999_999, "<p>Now</p>")


def test_nobody_writes_about_what_they_may_not_read(officer: Asker, order: int, name: str) -> None:
    with pytest.raises(OdooRejected, match="security restrictions"):
        writer_of(officer).activity(name, ORDER, order, 2, "Bill it", "", DEADLINE)


def test_a_user_is_found_by_address_in_any_case(odoo: Asker) -> None:
    (someone, *_) = odoo.ask(
        "res.users",
        "search_read",
        [("partner_id.email", "!=", False), ("share", "=", False), ("id", "!=", 2)],
        ["partner_id"],
        order="id",
    )
    (partner,) = odoo.rows("res.partner", [("id", "=", someone["partner_id"][0])], ["email"])
    assert writer_of(odoo).user(partner["email"].upper()) == someone["id"]


@pytest.mark.parametrize("address", ["nobody@firm.example", "%", "______"])
def test_an_address_of_nobody_is_refused_with_a_remedy(odoo: Asker, address: str) -> None:
    with pytest.raises(OdooRejected, match="give the person a user with it"):
        writer_of(odoo).user(address)


def test_what_was_written_is_found_again_by_its_identity_and_taken_away(
    odoo: Asker, order: int, name: str
) -> None:
    writer = writer_of(odoo)
    other = f"{name}_other"
    message_id = f"<{name}@fleet.invalid>"
    assert writer.find_activity(name, ORDER, order) is None
    assert writer.find_note(message_id) is None
    made = [
        writer.activity(each, ORDER, order, 2, "Bill it", "<p>Now</p>", DEADLINE)
        for each in (other, name)
    ]
    note = writer.note(name + "_note", message_id, ORDER, order, "<p>Seen</p>")
    assert writer.find_activity(name, ORDER, order) == made[1]
    assert writer.find_activity(other, ORDER, order) == made[0]
    assert writer.find_note(message_id) == note
    for _ in range(2):
        writer.remove(ACTIVITY, made[1])
        writer.remove(MESSAGE, note)
    assert writer.find_activity(name, ORDER, order) is None
    assert writer.find_note(message_id) is None
    assert writer.find_activity(other, ORDER, order) == made[0]


def test_who_wrote_and_who_changed_it_last_is_told(odoo: Asker, order: int, name: str) -> None:
    (me,) = odoo.ids("res.users", [("login", "=", odoo.address.login)])
    writer = writer_of(odoo)
    made = writer.activity(name, ORDER, order, me, "Bill it", "", DEADLINE)
    assert odoo.rows(ACTIVITY, [("id", "=", made)], ["create_uid", "write_uid"], load="") == [
        {"id": made, "create_uid": me, "write_uid": me}
    ]
