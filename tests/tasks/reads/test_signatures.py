"""Only a message of the customer's own shows a signature, never a field that a colleague fills."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from tasks.reads.signatures import Signable, Signatures, read_signatures
from tests.tasks.conftest import changed, reading

# An order of the sandbox that its customer's contact signed, and the message of the portal.
ORDER, CUSTOMER, CONTACT, MESSAGE = 901, 400, 410, 430
PORTAL_USER, COLLEAGUE, OTHER_CUSTOMER = 420, 102, 20
SIGNED_ON = datetime(2026, 11, 21, 10, tzinfo=UTC)
Values = Mapping[str, Any]


def shown(message: Values | None = None, sandbox: Sandbox | None = None) -> Signatures:
    found = sandbox or changed(corrupt={("mail.message", MESSAGE): message or {}})
    return read_signatures(reading(found), [Signable(ORDER, CUSTOMER, SIGNED_ON)])


def test_the_customers_own_message_with_the_file_shows_it() -> None:
    (signature,) = shown().shown.values()
    assert (signature.by, signature.at) == ("Buyer of Werft Stralsund", SIGNED_ON)
    assert shown().doubtful == frozenset()


@pytest.mark.parametrize(
    "message",
    [
        {"create_uid": COLLEAGUE},
        {"author_id": OTHER_CUSTOMER},
        {"message_type": "notification"},
        {"attachment_ids": []},
        {"date": "2026-11-21 10:11:00"},
        {"date": "2026-11-21 09:49:00"},
        {"model": "crm.lead"},
    ],
    ids=[
        *("written by a colleague", "of another customer", "a note of Odoo's", "without the file"),
        *("later", "earlier", "of something else"),
    ],
)
def test_anything_else_shows_nothing(message: Values) -> None:
    assert shown(message) == Signatures({})


def test_the_portal_may_write_as_odoo_itself() -> None:
    assert ORDER in shown({"create_uid": 1}).shown


def test_the_file_may_be_printed_a_while_after_the_signature() -> None:
    assert ORDER in shown({"date": "2026-11-21 10:09:00"}).shown


@pytest.mark.parametrize(
    "hidden",
    [{"res.partner": CONTACT}, {"res.users": PORTAL_USER}, {"res.partner": CUSTOMER}],
    ids=["who signed", "their login", "the customer"],
)
def test_where_somebody_is_hidden_it_is_doubtful(hidden: Mapping[str, int]) -> None:
    rules = {model: [("id", "!=", number)] for model, number in hidden.items()}
    found = shown(sandbox=changed(rules=rules))
    assert found == Signatures({}, frozenset({ORDER}))


def test_messages_that_cannot_be_read_leave_all_doubtful() -> None:
    found = shown(sandbox=changed(denied_models=["mail.message"]))
    assert found == Signatures({}, frozenset({ORDER}))


def test_of_no_order_nothing_is_asked() -> None:
    assert read_signatures(reading(changed()), []) == Signatures({})
