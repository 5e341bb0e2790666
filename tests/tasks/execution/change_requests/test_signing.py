"""Only a message of the customer's own shows a signature, never a field that a colleague fills."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tests.tasks.execution.change_requests.making import (
    INTERFACE,
    NOW,
    confirmed,
    finding,
    firm_with,
    look,
    row,
)

SIGNED_ON = "2026-11-13 09:00:00"
CUSTOMER, CONTACT, COLLEAGUE = 20, 99, 602
PORTAL, PUBLIC, BRUNO = 901, 902, 102
TYPED = "a signature stands in the fields of the order, and no message of the customer shows it"


def user(number: int, *, share: bool) -> Mapping[str, Any]:
    return {
        "id": number,
        "name": f"user {number}",
        "login": f"user{number}",
        "partner_id": CONTACT,
        "share": share,
        "active": True,
        "lang": "en_US",
    }


def signed(message: Mapping[str, Any] | None = None, **order: Any) -> Sandbox:
    """The amendment confirmed, with a signature in its fields and a message of the portal's."""
    values = {"signed_by": "Ute Hafen", "signed_on": SIGNED_ON, **order}
    posted = {
        "id": 903,
        "model": "sale.order",
        "res_id": INTERFACE,
        "message_type": "comment",
        "author_id": CONTACT,
        "create_uid": PUBLIC,
        "date": "2026-11-13 09:00:04",
        "attachment_ids": [901],
        "body": "<p>Order signed by Ute Hafen</p>",
    }
    changes = confirmed()
    changes["sale.order", INTERFACE] = {**changes["sale.order", INTERFACE], **values}
    more: dict[str, list[Mapping[str, Any]]] = {
        "res.users": [user(PORTAL, share=True), user(PUBLIC, share=True)],
        "res.partner": [
            {"id": CONTACT, "name": "Ute", "display_name": "Ute", "email": "ute@hafen.example"}
            | {"commercial_partner_id": CUSTOMER, "active": True}
        ],
        "ir.attachment": [
            {"id": 901, "name": "S00033.pdf", "res_model": "sale.order", "res_id": INTERFACE}
        ],
    }
    if message is not None:
        more["mail.message"] = [{**posted, **message}]
    return firm_with(changes, more)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"create_uid": 1},
        {"create_uid": PORTAL},
        {"author_id": CUSTOMER},
        {"date": "2026-11-13 08:52:00"},
    ],
    ids=[
        *("public", "as Odoo itself", "logged in on the portal", "the firm itself"),
        "a moment before",
    ],
)
def test_the_portals_message_of_the_customer_shows_the_signature(message: Any) -> None:
    report = look(signed(message), sign_within_days=1)
    assert finding(report, "unsigned") is None
    assert row(report)["signed"] == "2026-11-13"


@pytest.mark.parametrize(
    "message",
    [
        None,
        {"create_uid": BRUNO},
        {"author_id": COLLEAGUE},
        {"date": "2026-11-14 09:00:00"},
        {"attachment_ids": []},
        {"message_type": "notification"},
    ],
    ids=[
        *("none", "written by a colleague in the customer's name", "of a colleague"),
        *("of another day", "without the order", "of Odoo"),
    ],
)
def test_what_a_colleague_could_have_made_shows_none(message: Any) -> None:
    report = look(signed(message))
    found = finding(report, "unsigned")
    assert found is not None
    assert found.title == "S00033 of S00001: not signed by the customer for 10 days"
    assert found.reason.startswith(TYPED)
    assert row(report)["signed"] is None


@pytest.mark.parametrize("who", ["create_uid", "author_id"])
def test_of_what_somebody_signed_who_is_gone_nothing_is_told(who: str) -> None:
    report = look(signed({who: False}))
    assert finding(report, "unsigned") is None
    (gap,) = report.not_verifiable
    assert gap.check == "signatures of customers"
    assert gap.reason == "who signed is hidden from the fleet's user, or deleted: S00033"
    assert report.is_unseen("unsigned")
    assert not report.is_unseen("not-applied")
    told = {("sale.order", INTERFACE): datetime(2026, 11, 14, 9, tzinfo=UTC)}
    assert not look(signed({who: False}), at=replace(NOW, signed=told)).not_verifiable
    assert not look(signed({who: False}), signature_required=False).not_verifiable


def test_an_order_without_any_signature_says_so() -> None:
    found = finding(look(signed(None, signed_by=False, signed_on=False)), "unsigned")
    assert found is not None
    assert found.reason == "no signature of the customer is known"
    # A message without a signature is only a message.
    assert finding(look(signed({}, signed_on=False)), "unsigned")


def test_what_a_signed_source_tells_counts() -> None:
    told = {("sale.order", INTERFACE): datetime(2026, 11, 14, 9, tzinfo=UTC)}
    report = look(signed(None), at=replace(NOW, signed=told))
    assert finding(report, "unsigned") is None
    assert row(report)["signed"] == "2026-11-14"


def test_nobody_asks_for_a_signature_before_its_time_or_where_none_is_needed() -> None:
    assert finding(look(signed(None), sign_within_days=10), "unsigned") is None
    assert finding(look(signed(None), signature_required=False), "unsigned") is None
    assert finding(look(), "unsigned") is None


def test_where_messages_may_not_be_read_nothing_is_told() -> None:
    report = look(firm_with(confirmed(), denied_models=["mail.message"]))
    assert report.rows == ()
    assert "messages of orders" in {gap.check for gap in report.not_verifiable}
