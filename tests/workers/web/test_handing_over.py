"""What was done on the page is known when the queued mail is checked again and sent."""

from email.message import EmailMessage

import pytest

from tests.workers.test_dispatcher import deliver_all
from tests.workers.web.conftest import APPROVALS, Page
from workers.demo.catcher import Catcher
from workers.ledger import outbox
from workers.ledger.outbox import Message
from workers.ledger.statuses import MessageStatus
from workers.smtp import SmtpServer


@pytest.fixture
def mails(page: Page, catcher: Catcher) -> list[EmailMessage]:
    """What readers get, once the page's fleet has sent it."""
    page.fleet.mail = SmtpServer(f"smtp://127.0.0.1:{catcher.port}", "fleet@firm.example", 5)
    return catcher.mails


def about(page: Page, key: str) -> list[Message]:
    """The messages that speak of a case, newest first."""
    with page.fleet.ledger.reading() as connection:
        found = outbox.find(connection, 100)
    return [m for m in found if m.job == APPROVALS and key in m.finding_keys]


def an_approval(page: Page) -> tuple[Message, str]:
    """A queued mail that asks an approver for one decision, and the case's key."""
    page.run(APPROVALS)
    with page.fleet.ledger.reading() as connection:
        found = [m for m in outbox.find(connection, 100) if m.job == APPROVALS]
    (message, *_) = [m for m in found if m.step in ("first", "again")]
    return message, message.finding_keys[0]


def act(page: Page, message: Message, key: str, kind: str, **fields: str) -> None:
    day = page.clock().date()
    url = page.links.case(message.recipient, message.place, key, day)
    assert page.send(url, kind, **fields).status_code == 303


def next_day(page: Page) -> None:
    """What waits for the morning goes out."""
    page.clock.forward(days=1)
    deliver_all(page.fleet)


def told(message: Message, key: str) -> tuple[str, str]:
    (found,) = (f for f in message.stored["findings"] if f["key"] == key)
    return found["owner"], found["reason"]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_the_mail_after_a_hand_over_is_not_rewritten_to_the_old_approver(
    page: Page, mails: list[EmailMessage]
) -> None:
    asked, key = an_approval(page)
    next_day(page)
    act(page, asked, key, "handed_over")
    page.run(APPROVALS)
    queued = about(page, key)[0]
    owner, reason = told(queued, key)
    assert queued.recipient != asked.recipient
    assert owner != told(asked, key)[0]
    assert f"{asked.recipient} handed it over" in reason
    mails.clear()
    next_day(page)
    assert told(about(page, key)[0], key) == (owner, reason)
    (mail,) = (m for m in mails if queued.recipient == m["To"])
    assert f"{asked.recipient} handed it over" in text_of(mail)


def test_what_was_handed_over_is_not_asked_of_the_old_approver(
    page: Page, mails: list[EmailMessage]
) -> None:
    asked, key = an_approval(page)
    others = {*asked.finding_keys} - {key}
    act(page, asked, key, "handed_over")
    next_day(page)
    (now,) = (m for m in about(page, key) if m.id == asked.id)
    left = {found["key"] for found in now.stored["findings"]} if others else set()
    assert left == others
    assert (now.status is MessageStatus.DROPPED) == (not others)
    (title,) = (f["title"] for f in asked.stored["findings"] if f["key"] == key)
    assert not [m for m in mails if m["To"] == asked.recipient and title in text_of(m)]
