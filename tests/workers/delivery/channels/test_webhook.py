"""Webhooks and chats over real HTTP: signed, bounded, and every answer by its proper name."""

import json
import logging
import secrets
import socket
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from tests.fakes import sections
from tests.fakes.clock import Clock
from tests.fakes.messages import NOW, finding, message
from tests.fakes.receiver import CUTS, HANGS, RUBBISH, Receiver, checked, receiving
from workers.config.reach import Reach
from workers.config.signing import key_of
from workers.delivery.channels import chat
from workers.delivery.channels.channel import Channel
from workers.delivery.channels.chat import Chat
from workers.delivery.channels.posting import Endpoint
from workers.delivery.channels.webhook import Webhook
from workers.errors import (
    DeliveryError,
    DeliveryFailed,
    DeliveryRefused,
    DeliveryUnavailable,
    DeliveryUnknown,
)
from workers.ledger import payloads


def new_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


SECRET = new_secret()
HERE = Reach((ip_network("127.0.0.0/8"),))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def webhook(receiver: Receiver) -> Webhook:
    return Webhook(Endpoint("webhook", "n8n", receiver.url, Clock(NOW), HERE, 1.0), (SECRET,))


def channels(receiver: Receiver) -> tuple[Channel, Channel]:
    clock = Clock(NOW)
    return (
        Webhook(Endpoint("webhook", "n8n", receiver.url, clock, HERE, 0.5), (SECRET,)),
        Chat(Endpoint("chat", "finance", receiver.url, clock, HERE, 0.5)),
    )


def nothing() -> None:
    """Nobody writes down that it is going out."""


def test_an_independent_checker_accepts_what_was_sent(receiver: Receiver, webhook: Webhook) -> None:
    webhook.send(message(), nothing)
    ((headers, body),) = receiver.got
    said = checked(SECRET, headers, body, NOW)
    assert said["type"] == "fleet.invoice_readiness.opened"
    assert said["data"]["findings"] == [finding()]
    assert (said["data"]["tenant"], said["data"]["company_id"]) == ("firm", 1)
    assert "template" not in said["data"]
    assert headers["webhook-id"] == "msg_0123456789abcdef"
    assert headers["x-fleet-trace"] == said["data"]["trace_id"] == "trace-1"


def test_a_checker_with_another_secret_or_body_refuses(
    receiver: Receiver, webhook: Webhook
) -> None:
    webhook.send(message(), nothing)
    ((headers, body),) = receiver.got
    for secret, changed in ((new_secret(), body), (SECRET, body + b" ")):
        with pytest.raises(WebhookVerificationError, match="No matching signature"):
            checked(secret, headers, changed, NOW)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_checker_refuses_what_was_sent_at_another_time(
    receiver: Receiver, webhook: Webhook, minutes: int
) -> None:
    webhook.send(message(), nothing)
    ((headers, body),) = receiver.got
    with pytest.raises(WebhookVerificationError, match="timestamp too"):
        checked(SECRET, headers, body, NOW + timedelta(minutes=minutes))


def test_while_a_secret_is_changed_the_old_and_the_new_one_check(
    receiver: Receiver, webhook: Webhook
) -> None:
    new = new_secret()
    replace(webhook, secrets=(new, SECRET)).send(message(), nothing)
    ((headers, body),) = receiver.got
    for secret in (new, SECRET):
        checked(secret, headers, body, NOW)


def test_the_id_stays_the_same_over_retries(receiver: Receiver, webhook: Webhook) -> None:
    for attempt in (1, 2):
        webhook.send(message(attempts=attempt), nothing)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw4="]
)
def test_a_secret_of_the_wrong_form_is_refused_with_how_to_make_one(secret: str) -> None:
    with pytest.raises(ValueError, match="openssl rand"):
        key_of(secret)


ANSWERS: list[tuple[int, dict[str, str], type[DeliveryError], float | None]] = [
    (400, {}, DeliveryRefused, None),
    (401, {}, DeliveryRefused, None),
    (410, {}, DeliveryRefused, None),
    (404, {}, DeliveryUnavailable, None),
    (301, {"Location": "/elsewhere"}, DeliveryRefused, None),
    (307, {"Location": "/elsewhere"}, DeliveryRefused, None),
    (408, {}, DeliveryFailed, None),
    (429, {"Retry-After": "120"}, DeliveryFailed, 120),
    (503, {"Retry-After": "Mon, 23 Nov 2026 09:01:00 GMT"}, DeliveryFailed, 60),
    (503, {"Retry-After": "soon"}, DeliveryFailed, None),
    (503, {"Retry-After": "99999999999999"}, DeliveryFailed, 3600),
    (503, {"Retry-After": "31536000"}, DeliveryFailed, 3600),
    (503, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, DeliveryFailed, 3600),
    (500, {}, DeliveryFailed, None),
    (502, {}, DeliveryFailed, None),
    (CUTS, {}, DeliveryUnknown, None),
    (HANGS, {}, DeliveryUnknown, None),
    (RUBBISH, {}, DeliveryUnknown, None),
]


@pytest.mark.parametrize("position", [0, 1], ids=["webhook", "chat"])
@pytest.mark.parametrize(("status", "headers", "error", "seconds"), ANSWERS)
def test_the_answer_alone_decides(
    receiver: Receiver,
    position: int,
    status: int,
    headers: dict[str, str],
    error: type[DeliveryError],
    seconds: float | None,
) -> None:
    receiver.status, receiver.headers = status, headers
    with pytest.raises(error) as refused:
        channels(receiver)[position].send(message(), nothing)
    assert getattr(refused.value, "retry_after", None) == seconds
    # One request: redirects are not followed.
    assert len(receiver.got) == 1


@pytest.mark.parametrize("position", [0, 1], ids=["webhook", "chat"])
def test_a_server_that_is_down_got_nothing(position: int) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nowhere = Receiver(url=f"http://127.0.0.1:{closed.getsockname()[1]}/s3cret-path")
        with pytest.raises(DeliveryFailed, match="cannot be reached"):
            channels(nowhere)[position].send(message(), nothing)


@pytest.mark.parametrize("position", [0, 1], ids=["webhook", "chat"])
def test_that_it_is_going_out_is_said_before_anything_leaves(
    receiver: Receiver, position: int
) -> None:
    class LostLeaseError(Exception):
        """Somebody else took the message over."""

    def taken_over() -> None:
        assert receiver.got == []
        raise LostLeaseError

    with pytest.raises(LostLeaseError):
        channels(receiver)[position].send(message(), taken_over)
    assert receiver.got == []


@pytest.mark.parametrize("status", [204, 400, 500, CUTS])
def test_neither_url_nor_secret_reach_log_error_or_repr(
    receiver: Receiver, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = status
    caplog.set_level(logging.DEBUG)
    said: list[Any] = []
    for channel in channels(receiver):
        said.append(repr(channel))
        try:
            channel.send(message(), nothing)
        except DeliveryError as error:
            said += [str(error), repr(error.__cause__)]
    for secret in ("s3cret-path", SECRET):
        assert secret not in caplog.text + "".join(said)


def texts(receiver: Receiver) -> list[str]:
    return [json.loads(body)["text"] for body in receiver.bodies]


def test_a_chat_gets_a_subject_and_a_line_with_a_link_per_finding(receiver: Receiver) -> None:
    Chat(Endpoint("chat", "finance", receiver.url, Clock(NOW), HERE)).send(message(), nothing)
    (text,) = texts(receiver)
    subject, *lines = text.splitlines()
    assert subject
    assert lines == [
        "• S00001 Harbor Mutual: blocked: 18 h are not approved "
        "https://odoo.nordwind.example/odoo/sale.order/1"
    ]


def test_a_chat_is_in_the_words_of_its_reader() -> None:
    many = message(*(finding(key=str(n)) for n in range(30))).payload
    _, first, *_, last = chat.text(replace(many, language="de")).splitlines()
    assert first.startswith("• S00001 Harbor Mutual: blockiert: 18 Std. sind nicht genehmigt http")
    assert last == "und 10 weitere"


@pytest.mark.parametrize("kind", sections.MAILS)
def test_every_kind_of_message_makes_a_text(kind: str) -> None:
    shown = chat.text(payloads.read(sections.MAILS[kind]))
    assert 0 < len(shown) <= chat.LONGEST_TEXT + 2
    titles = [each["title"] for each in sections.MAILS[kind].get("findings", ())]
    assert all(chat.inert(title) in shown for title in titles)


def test_names_in_odoo_call_nobody_and_make_no_links() -> None:
    shown = chat.inert("Ask <!channel>, <@U123>,\n@all & @here or a@b.example <http://x|y>")
    assert "<" not in shown
    assert not any(f"@{word}" in shown for word in ("U123", "all", "here", "b.example"))
    assert "\n" not in shown
    assert "&amp;" in shown


def test_a_long_list_is_cut_at_a_whole_line_and_says_so() -> None:
    many = [finding(key=str(n), reason="late " * 60, url=f"https://odoo/{n}") for n in range(50)]
    shown = chat.text(message(*many).payload)
    assert len(shown) <= chat.LONGEST_TEXT + 2
    assert shown.endswith("\n…")
    few = [finding(key=str(n)) for n in range(30)]
    assert chat.text(message(*few).payload).endswith("and 10 more")
