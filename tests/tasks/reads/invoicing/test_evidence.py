"""Which files show that a customer accepted, and how they came to where they are, in Odoo."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox, firm
from tasks.reads import unbilled
from tasks.reads.invoicing.evidence import (
    Evidence,
    Posted,
    read_evidence,
    read_tasks,
    shows_acceptance,
)
from tasks.reads.orders import read_orders
from tests.tasks.conftest import MONDAY, changed, reading

ORDER = 5
COLLEAGUE, LEFT = 502, 501
FILE, MESSAGE = 9001, 9002
NAME = "S00012"
NOTE = Posted("comment", by_colleague=True, sent_outside=False, embedded=False)
SENT = replace(NOTE, sent_outside=True)
MAILED_IN = Posted("email", by_colleague=False, sent_outside=False, embedded=False)
ON_THE_PORTAL = replace(MAILED_IN, kind="comment")


@pytest.mark.parametrize(
    ("name", "messages", "shows"),
    [
        ("signed.pdf", [], True),
        ("Quotation - S00012.pdf", [], False),
        ("signed.pdf", [NOTE], True),
        ("Quotation - S00012.pdf", [NOTE], False),
        ("offer.pdf", [SENT], False),
        ("offer.pdf", [replace(NOTE, kind="notification")], False),
        ("offer.pdf", [replace(NOTE, kind="email_outgoing")], False),
        ("offer.pdf", [replace(NOTE, kind="auto_comment")], False),
        ("Quotation - S00012.pdf", [MAILED_IN], True),
        ("S00012.pdf", [MAILED_IN], True),
        ("logo.png", [replace(MAILED_IN, embedded=True)], False),
        ("signed.pdf", [ON_THE_PORTAL], True),
        ("S00012.pdf", [ON_THE_PORTAL], False),
        ("signed.pdf", [SENT, MAILED_IN], True),
    ],
)
def test_what_the_customer_gave_or_a_colleague_filed_shows_acceptance(
    name: str, messages: list[Posted], shows: bool
) -> None:
    assert shows_acceptance(name, NAME, messages) is shows


def evidence(sandbox: Sandbox, tasks: Mapping[int, Sequence[int]] | None = None) -> Evidence:
    """That of an order of milestones, on which nothing but the mailed quotation stands."""
    odoo = reading(sandbox)
    orders = [order for order in read_orders(odoo) if order.order.id == ORDER]
    found = read_evidence(odoo, orders, unbilled.milestones(odoo, orders), tasks or {})
    assert found is not None
    return found[ORDER]


def counts(found: Evidence) -> tuple[int, int]:
    """How many files show it, and how many only look like it."""
    return found.given, found.own


def with_file(place: tuple[str, int], name: str, **message: Any) -> Sandbox:
    """The firm with one file more, and with the message that it hangs on."""
    rows = dict(firm.build(MONDAY.date()))
    file = {"id": FILE, "name": name, "res_model": place[0], "res_id": place[1]}
    rows["ir.attachment"] = [*rows["ir.attachment"], file]
    if message:
        posted: dict[str, Any] = {
            "id": MESSAGE,
            "model": place[0],
            "res_id": place[1],
            "body": "<p>hello</p>",
            "attachment_ids": [FILE],
            "partner_ids": [],
            "notified_partner_ids": [],
            **message,
        }
        rows["mail.message"] = [*rows["mail.message"], posted]
    return Sandbox(MONDAY.date(), rows=rows)


@pytest.mark.parametrize("model", ["res.partner", "res.users", "mail.message"])
def test_whom_a_file_was_sent_to_is_seen_whole_or_not_told(model: str) -> None:
    """Odoo leaves a hidden address out of a message, and ours would seem the customer's."""
    odoo = reading(changed(rules={model: [("id", "!=", 21)]}))
    orders = read_orders(odoo)
    assert read_evidence(odoo, orders, unbilled.milestones(odoo, orders), {}) is None


def customer() -> int:
    order = next(order for order in read_orders(reading(changed())) if order.order.id == ORDER)
    return order.order.partner_id


def test_a_quotation_that_odoo_mailed_is_no_acceptance(sandbox: Sandbox) -> None:
    assert counts(evidence(sandbox)) == (0, 1)


@pytest.mark.parametrize("model", ["sale.order", "project.project", "project.milestone"])
def test_what_a_colleague_filed_counts_wherever_it_stands(model: str, sandbox: Sandbox) -> None:
    odoo = reading(sandbox)
    (order,) = (order for order in read_orders(odoo) if order.order.id == ORDER)
    (milestone, *_) = unbilled.milestones(odoo, [order])[ORDER]
    record = {"sale.order": ORDER, "project.project": order.project_ids[0]}.get(model)
    place = (model, record or milestone.id)
    assert counts(evidence(with_file(place, "accepted.pdf"))) == (1, 1)


@pytest.mark.parametrize(
    ("message", "given"),
    [
        ({"message_type": "comment", "author_id": COLLEAGUE}, 1),
        ({"message_type": "comment", "author_id": COLLEAGUE, "partner_ids": [COLLEAGUE]}, 1),
        ({"message_type": "comment", "author_id": LEFT, "partner_ids": ["customer"]}, 0),
        ({"message_type": "comment", "author_id": LEFT, "notified_partner_ids": ["customer"]}, 0),
        ({"message_type": "notification", "author_id": COLLEAGUE}, 0),
        ({"message_type": "email", "author_id": "customer", "partner_ids": [COLLEAGUE]}, 1),
        ({"message_type": "email", "author_id": False}, 1),
        (
            {
                "message_type": "email",
                "author_id": False,
                "body": f'<img src="/web/image/{FILE}?t=1">',
            },
            0,
        ),
        (
            {
                "message_type": "email",
                "author_id": False,
                "body": f"<img src='/web/image/{FILE}0'>",
            },
            1,
        ),
    ],
)
def test_who_wrote_to_whom_tells_who_gave_a_file(message: dict[str, Any], given: int) -> None:
    named = {
        field: [customer() if p == "customer" else p for p in value]
        if isinstance(value, list)
        else customer()
        if value == "customer"
        else value
        for field, value in message.items()
    }
    found = evidence(with_file(("sale.order", ORDER), "file.png", **named))
    assert counts(found) == (given, 2 - given)


@pytest.mark.parametrize("model", ["ir.attachment", "mail.message", "res.users"])
def test_without_a_right_to_see_how_files_came_there_nothing_is_known(model: str) -> None:
    odoo = reading(changed(denied_models=[model]))
    assert read_evidence(odoo, [], {}, {}) is None


def test_orders_without_files_ask_for_no_messages(sandbox: Sandbox) -> None:
    assert read_evidence(reading(sandbox), [], {}, {}) == {}


def test_a_file_on_a_task_counts_by_its_name_alone(sandbox: Sandbox) -> None:
    odoo = reading(sandbox)
    orders = read_orders(odoo)
    tasks = read_tasks(odoo, orders)
    assert tasks
    number = next(iter(tasks))
    place = ("project.task", tasks[number][0])
    own = {ORDER: tasks[number]}
    found = evidence(with_file(place, "Acceptance signed.pdf"), own)
    assert (counts(found), found.names) == ((0, 1), ("Acceptance signed.pdf",))
    assert found.is_called(["*acceptance*"])
    assert not found.is_called(["*abnahme*"])
    assert evidence(with_file(place, "Acceptance signed.pdf")).names == ()
    sent = {"message_type": "comment", "author_id": COLLEAGUE, "partner_ids": [customer()]}
    assert evidence(with_file(place, "Acceptance draft.pdf", **sent), own).names == ()


def test_tasks_that_are_hidden_are_none() -> None:
    odoo = reading(changed(denied_models=["project.task"]))
    assert read_tasks(odoo, read_orders(odoo)) == {}
