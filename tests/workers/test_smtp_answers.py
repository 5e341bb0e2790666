"""What a mail server has against us stops all mail and parks none; against one reader, that one."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import outages, runner
from workers.commands import doctor
from workers.errors import DeliveryClosed, DeliveryUnavailable, DeliveryUnknown
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

FINANCE = "finance@nordwind.example"


class Scripted(socketserver.ThreadingTCPServer):
    """Speaks SMTP; `answers` are those that differ, by verb, GREETING or CONTENT."""

    daemon_threads = True

    def __init__(self, **answers: str) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers = answers
        self.verbs: list[str] = []
        self.accepted = 0

    def answer(self, verb: str, usual: str) -> str:
        """What is said, remembering that it was asked."""
        self.verbs.append(verb)
        return self.answers.get(verb, usual)


class _Conversation(socketserver.StreamRequestHandler):
    server: Scripted

    def handle(self) -> None:
        self._say(self.server.answer("GREETING", "220 scripted"))
        for line in self.rfile:
            verb = line[:4].decode().strip().upper()
            usual = {"DATA": "354 go on", "EHLO": "250-scripted\r\n250 AUTH PLAIN"}
            said = self.server.answer(verb, usual.get(verb, "250 ok"))
            self._say(said)
            if said.startswith("421") or verb == "QUIT":
                return
            if said.startswith("354"):
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                said = self.server.answer("CONTENT", "250 kept")
                self.server.accepted += said.startswith("250")
                self._say(said)

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def scripted(**answers: str) -> Iterator[Scripted]:
    with Scripted(**answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def on(folder: Path, clock: Clock, odoo: Switchable, server: Scripted, **more: str) -> Fleet:
    port = server.server_address[1]
    login = "me:wrong@" if "AUTH" in server.answers else ""
    environ = {"FLEET_SMTP_URL": f"smtp://{login}127.0.0.1:{port}"}
    return fleet_on(folder, clock, odoo, environ=environ, **more)  # type: ignore[arg-type]


CLOSED = [
    {"GREETING": "554 no SMTP service here"},
    {"EHLO": "550 bad name", "HELO": "550 bad name"},
    {"AUTH": "535 5.7.8 wrong"},
    {"EHLO": "250 scripted", "AUTH": "never asked"},
    {"MAIL": "550 5.7.1 sender refused"},
    {"MAIL": "530 5.7.0 authentication required"},
    {"MAIL": "552 5.2.2 over quota"},
    {"RCPT": "530 5.7.0 authentication required"},
    {"RCPT": "553 5.7.1 <fleet@firm.example>: Sender address rejected: not owned by user"},
    {"RCPT": "550 5.1.8 sender's domain not found"},
]
AWAY = [
    {"GREETING": "421 too busy"},
    {"GREETING": "450 not now"},
    {"AUTH": "454 not now"},
    {"MAIL": "451 not now"},
    {"MAIL": "421 closing"},
    {"RCPT": "421 closing"},
    {"GREETING": "999 odd"},
    {"AUTH": "999 odd"},
    {"MAIL": "999 odd"},
]


@pytest.mark.parametrize(
    ("answers", "error"),
    [*((each, DeliveryClosed) for each in CLOSED), *((each, DeliveryUnavailable) for each in AWAY)],
    ids=str,
)
def test_what_it_has_against_us_stops_all_mail_until_it_is_over_and_parks_none(
    answers: dict[str, str],
    error: type[DeliveryUnavailable],
    tmp_path: Path,
    clock: Clock,
    odoo: Switchable,
) -> None:
    with scripted(**answers) as server:
        fleet = on(tmp_path, clock, odoo, server)
        runner.execute(fleet, opened(fleet, REMINDERS))
        waiting = len(messages(fleet))
        assert deliver_all(fleet) == {"waiting": waiting}
        outage = outages.standing(fleet, outages.MAIL)
        assert outage is not None
        assert outage.error_class == error.__name__
        assert {(m.status, m.attempts) for m in messages(fleet)} == {(MessageStatus.QUEUED, 0)}
        # One mail was tried, the others waited for the probe.
        assert server.verbs.count("MAIL") <= 2
        (found,) = doctor._mail(fleet)
        assert found.state == "failed"
        assert not outages.probe(fleet, outages.MAIL)
        if "AUTH" not in answers:
            server.answers.clear()
            assert outages.probe(fleet, outages.MAIL)
            # What was tried itself goes on when its own wait is over.
            clock.forward(minutes=5)
            assert deliver_all(fleet) == {"sent": waiting}
            (found,) = doctor._mail(fleet)
            assert found.state == "ok"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"RCPT": "550 5.1.1 no such user"}, "parked"),
        ({"RCPT": "550 5.7.1 not allowed to write to this list"}, "parked"),
        ({"RCPT": "552 5.2.2 mailbox full"}, "waiting"),
        ({"RCPT": "552 storage exceeded"}, "waiting"),
        ({"RCPT": "452 4.2.2 mailbox full"}, "waiting"),
        ({"DATA": "554 5.6.0 no"}, "parked"),
        ({"DATA": "530 5.7.0 authentication required"}, "waiting"),
        ({"DATA": "421 closing"}, "waiting"),
        ({"RCPT": "999 odd"}, "waiting"),
        ({"DATA": "what?"}, "waiting"),
        ({"DATA": "250 why"}, "waiting"),
        ({"CONTENT": "552 5.3.4 too large"}, "parked"),
        ({"CONTENT": "552 5.2.2 mailbox full"}, "waiting"),
        ({"CONTENT": "550 5.7.26 no SPF, no DKIM"}, "waiting"),
        ({"CONTENT": "554 5.7.1 taken for spam"}, "parked"),
        ({"CONTENT": "452 no room"}, "waiting"),
        ({"CONTENT": "250\tdöne 999"}, "sent"),
    ],
    ids=str,
)
def test_what_it_has_against_one_mail_is_no_outage(
    answers: dict[str, str], outcome: str, tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with scripted(**answers) as server:
        fleet = on(tmp_path, clock, odoo, server)
        runner.execute(fleet, opened(fleet, READINESS))
        assert deliver_all(fleet) == {outcome: 1}
        assert outages.standing(fleet, outages.MAIL) is None
        # A full mailbox of ours, or none at all, says nothing of whether mail goes out.
        fleet.mail.probe()


@pytest.mark.parametrize(
    "answer",
    ["ZZZ what", "", "1", "999 odd", "354 go on", "100 wait", "2" * 70_000, "250-x\r\n" * 50_000],
    ids=lambda answer: answer[:9].strip(),
)
def test_a_mail_that_is_taken_with_no_clear_answer_is_not_sent_again(
    answer: str, tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with scripted(CONTENT=answer) as server:
        fleet = on(tmp_path, clock, odoo, server)
        runner.execute(fleet, opened(fleet, REMINDERS))
        waiting = len(messages(fleet))
        assert deliver_all(fleet) == {"parked": waiting}
        clock.forward(hours=1)
        assert deliver_all(fleet) == {}
        assert server.verbs.count("CONTENT") == waiting
        assert {m.error_class for m in messages(fleet)} == {DeliveryUnknown.__name__}


@pytest.mark.parametrize("answer", ["550 5.7.1 sender refused", "451 not now"])
def test_a_brands_sender_that_is_refused_holds_the_mails_of_its_company_alone(
    answer: str, tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    file = f'{FILE}brand = {{ name = "Acme", sender = "billing@acme.example" }}\n'

    class Picky(Scripted):
        def answer(self, verb: str, usual: str) -> str:
            said = super().answer(verb, usual)
            # The second MAIL of this conversation with the fleet is the probe's, of our own.
            return answer if verb == "MAIL" and self.verbs.count("MAIL") == 1 else said

    with Picky() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fleet = on(tmp_path, clock, odoo, server, file=file)
        runner.execute(fleet, opened(fleet, READINESS))
        assert deliver_all(fleet) == {"waiting": 1}
        assert outages.standing(fleet, outages.MAIL) is None
        (message,) = messages(fleet)
        assert "brand's sender" in str(message.error)
        server.shutdown()


def test_the_mails_of_a_batch_go_over_one_conversation(
    tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    with scripted() as server:
        fleet = on(tmp_path, clock, odoo, server)
        runner.execute(fleet, opened(fleet, REMINDERS))
        waiting = len(messages(fleet))
        assert waiting > 2
        assert deliver_all(fleet) == {"sent": waiting}
        assert server.verbs.count("CONTENT") == waiting
        assert server.verbs.count("GREETING") == 1


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_ends_each_conversation_after_a_mail_gets_the_next_in_another(
    verb: str, tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    class Brief(Scripted):
        def answer(self, asked: str, usual: str) -> str:
            said = super().answer(asked, usual)
            again = self.verbs.count("CONTENT") >= self.verbs.count("GREETING")
            if asked != verb or not again:
                return said
            if verb == "MAIL":
                return "421 4.7.0 too many messages on this connection"
            raise ConnectionResetError

        def handle_error(self, request: object, client_address: object) -> None:
            """It hangs up on purpose."""

    with Brief() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fleet = on(tmp_path, clock, odoo, server)
        runner.execute(fleet, opened(fleet, REMINDERS))
        waiting = len(messages(fleet))
        assert deliver_all(fleet) == {"sent": waiting}
        assert {message.attempts for message in messages(fleet)} == {1}
        assert server.accepted == server.verbs.count("GREETING") == waiting
        server.shutdown()


def test_a_probe_sends_nothing(tmp_path: Path, clock: Clock, odoo: Switchable) -> None:
    with scripted() as server:
        on(tmp_path, clock, odoo, server).mail.probe()
        assert server.verbs == ["GREETING", "EHLO", "MAIL", "RCPT", "RSET"]
        assert server.accepted == 0
