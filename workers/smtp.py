"""Sends mail: one SMTP conversation per batch, every answer by its proper name.

    at                   4xx, or it hangs up      5xx
    greeting, HELO       DeliveryUnavailable      DeliveryClosed
    STARTTLS, AUTH       DeliveryUnavailable      DeliveryClosed, also where it offers neither
    MAIL, our sender     DeliveryUnavailable      DeliveryClosed: it refuses us, not the reader
    MAIL, a brand's      DeliveryFailed           DeliveryFailed: other mails go out
    RCPT                 DeliveryFailed           of us, or a full mailbox: DeliveryFailed; else
                                                  of this recipient: DeliveryRefused
    DATA, the content    DeliveryFailed, or       of us, or a full mailbox: DeliveryFailed; else
                         DeliveryUnknown          of this mail: DeliveryRefused

What is not an answer of SMTP, or has another number, counts as a 4xx before the content. After it,
it says nothing of whether the mail was taken: DeliveryUnknown, as when it hangs up. A server may
end a conversation after any mail: before the content of the next, a new one is begun.

Of us: 530, 534, 535 and 538 (log in first); 5.1.7, 5.1.8, 5.3.1, 5.3.2, 5.7.8, 5.7.20 to 5.7.27 of
RFC 3463 and its successors; and what Postfix, which says so at RCPT, calls a sender, client or HELO
that is rejected. Whether all mail fails after a DeliveryFailed, `probe` finds out, with one of the
two others: it goes as far as RCPT, to our own address, and takes it back. 421 counts as any 4xx,
for it is said of one recipient too. 552 is a full mailbox at RCPT (RFC 5321 has it taken for 452),
and a mail that is too large after it.
"""

import io
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cached_property
from hashlib import sha256
from urllib.parse import unquote, urlsplit

from odoo_gateway.bounded import BoundedSocket, Bounds
from tasks.domain import addresses
from workers.errors import (
    DeliveryClosed,
    DeliveryFailed,
    DeliveryRefused,
    DeliveryUnavailable,
    DeliveryUnknown,
)

NOT_NOW = range(400, 500)
DONE = range(200, 300)
NEVER = range(500, 600)
LOGIN_FIRST = frozenset({530, 534, 535, 538})
STORAGE = 552
SHUTS_DOWN = 421
# Enhanced status codes (RFC 3463, 5248, 7372) of who sends or of the whole server.
OF_US = re.compile(r"5\.(?:1\.[78]|3\.[12]|7\.(?:8|2[0-7]))\b")
# Postfix says at RCPT, with 5.7.1, what it has against who sends.
OF_US_IN_WORDS = re.compile(r"(?:sender address|client host|helo command) rejected", re.IGNORECASE)
MAILBOX_FULL = re.compile(r"5\.2\.2\b")
# A whole answer; no server has so much to say.
ANSWER_MEGABYTES = 0.25


class ConversationOver(Exception):
    """The server ended a conversation that had carried mails; of this one it has no content."""


@dataclass(frozen=True)
class Sealed:
    """A mail as it goes over the wire, written once."""

    sender: str
    recipient: str
    content: bytes

    @classmethod
    def of(cls, mail: EmailMessage) -> "Sealed":
        """Seal a mail that is complete."""
        sender, recipient = (parseaddr(str(mail[name]))[1] for name in ("From", "To"))
        return cls(sender, recipient, mail.as_bytes())

    @property
    def digest(self) -> str:
        """What tells whether two mails are the same to the last byte."""
        return sha256(self.content).hexdigest()


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `url` may carry a password, so it stays out of the repr."""

    url: str
    sender: str
    timeout_seconds: float = 30

    def __repr__(self) -> str:
        return f"SmtpServer({urlsplit(self.url).hostname})"

    @cached_property
    def domain(self) -> str:
        """The domain of our address, in which our message ids are unique."""
        return addresses.single(self.sender).domain

    @contextmanager
    def conversation(self) -> Iterator[smtplib.SMTP]:
        """A session for the length of the block. Raises as `connected`."""
        session = self.connected()
        try:
            yield session
        finally:
            session.close()

    def connected(self) -> smtplib.SMTP:
        """A greeted, encrypted and logged-in session, to be closed.

        Raises DeliveryUnavailable or DeliveryClosed.
        """
        parts = urlsplit(self.url)
        try:
            return self._connect()
        except smtplib.SMTPResponseException as error:
            away = DeliveryClosed if error.smtp_code in NEVER else DeliveryUnavailable
            raise away(_not_let_in(parts.hostname, error)) from error
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryClosed(
                f"the mail server {parts.hostname} does not offer what FLEET_SMTP_URL asks for: "
                f"{error}"
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryUnavailable(
                f"the mail server {parts.hostname}:{parts.port or 25} cannot be used ({error}): "
                "check FLEET_SMTP_URL and that the server runs"
            ) from error

    def probe(self) -> None:
        """Find out whether it would take a mail of ours, without sending one.

        Raises DeliveryUnavailable or DeliveryClosed.
        """
        ours = parseaddr(self.sender)[1]
        with self.conversation() as session:
            try:
                _sender_taken(session.mail(ours), ours, ours)
                code, said = session.rcpt(ours)
                session.rset()
            except (OSError, smtplib.SMTPException) as error:
                raise DeliveryUnavailable(f"the mail server hangs up: {error}") from error
        # That there is no such mailbox, or that it is full, says nothing of other mails.
        if code in NEVER and _is_of_us(code, said):
            raise DeliveryClosed(_refusal(code, said))

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        session: smtplib.SMTP
        if parts.scheme == "smtps":
            context = ssl.create_default_context()
            session = _TlsSession(
                host, parts.port or 465, timeout=self.timeout_seconds, context=context
            )
        else:
            session = _Session(host, parts.port or 25, timeout=self.timeout_seconds)
        session.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp+starttls":
            session.starttls(context=ssl.create_default_context())
            session.ehlo_or_helo_if_needed()
        if parts.username:
            session.login(unquote(parts.username), unquote(parts.password or ""))
        return session


class _Session(smtplib.SMTP):
    """Hears an answer to its end, or to that of its time and size: lines may go on for ever."""

    def getreply(self) -> tuple[int, bytes]:
        """As that of smtplib, which raises SMTPServerDisconnected."""
        if self.file is None:
            assert self.sock is not None
            bounds = Bounds(float(self.timeout), ANSWER_MEGABYTES)
            self._heard = BoundedSocket(self.sock, bounds)
            self.file = io.BufferedReader(self._heard)
        self._heard.begin()
        return super().getreply()


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


@dataclass
class Conversation:
    """One session for mails one after another; begun when it is needed, and anew when it is over.

    To be closed: it is used as `contextlib.closing` has it.
    """

    server: SmtpServer
    _session: smtplib.SMTP | None = None
    _carried: bool = False

    def ready(self) -> None:
        """Have a session. Raises DeliveryUnavailable or DeliveryClosed."""
        if self._session is None:
            self._session, self._carried = self.server.connected(), False

    def send(self, mail: Sealed) -> None:
        """Hand one mail over, as `send` does; over a new session where the server ends this one."""
        try:
            self.ready()
            assert self._session is not None
            send(self._session, mail, self.server.sender, self._carried)
            self._carried = True
        except ConversationOver:
            self.close()
            self.send(mail)
        except BaseException:
            # It may be in the middle of a mail.
            self.close()
            raise

    def close(self) -> None:
        """End the session, if there is one."""
        if self._session is not None:
            self._session.close()
            self._session = None


def send(session: smtplib.SMTP, mail: Sealed, ours: str, used: bool = False) -> None:
    """Hand one mail over. Returns only when the server has accepted it.

    ours: the fleet's own sender: what is said of it is said of every mail. used: whether the
    session has carried mails before, after which a server may end it: ConversationOver. Raises
    DeliveryFailed, DeliveryUnavailable, DeliveryClosed or DeliveryRefused, by the table above, or
    DeliveryUnknown (no clear answer after the content went out, so it may have been accepted).
    """
    recipient, sender = mail.recipient, mail.sender
    try:
        answer = session.mail(sender)
        if used and answer[0] == SHUTS_DOWN:
            raise smtplib.SMTPServerDisconnected(_said(answer[1]))
        _sender_taken(answer, sender, parseaddr(ours)[1])
        _taken(session.rcpt(recipient), recipient, full=STORAGE)
        _taken(session.docmd("DATA"), recipient, positive=range(300, 400))
    except (OSError, smtplib.SMTPException) as error:
        if used:
            raise ConversationOver from error
        raise DeliveryFailed(f"cut off before the mail to {recipient} went out: {error}") from error
    try:
        body = mail.content.replace(b"\r\n.", b"\r\n..")
        session.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        answer = session.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryUnknown(
            f"cut off after the mail to {recipient} went out; it may have arrived: {error}"
        ) from error
    if answer[0] not in (*DONE, *NOT_NOW, *NEVER):
        said = _refusal(*answer, f" to the mail for {recipient}")
        raise DeliveryUnknown(f"{said}; it may have arrived")
    _taken(answer, recipient)


def _not_let_in(host: str | None, error: smtplib.SMTPResponseException) -> str:
    said = _said(error.smtp_error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{host} refuses our login: correct the user and password in FLEET_SMTP_URL ({said})"
    return f"the mail server {host} will not talk to us, it answered {error.smtp_code}: {said}"


def _sender_taken(answer: tuple[int, bytes], sender: str, ours: str) -> None:
    """Raises DeliveryUnavailable or DeliveryClosed of our own sender, DeliveryFailed of another."""
    code, text = answer
    if code in DONE:
        return
    said = _refusal(code, text, f" to our sender {sender}")
    if sender != ours:
        raise DeliveryFailed(f"{said}: have it let out the brand's sender, or leave that out")
    if code not in NEVER:
        raise DeliveryUnavailable(said)
    raise DeliveryClosed(f"{said}: have it let out FLEET_MAIL_FROM, or correct that")


def _taken(
    answer: tuple[int, bytes],
    recipient: str,
    positive: range = DONE,
    full: int | None = None,
) -> None:
    """Raises DeliveryFailed or DeliveryRefused; full: what a full mailbox is answered with."""
    code, text = answer
    if code in positive:
        return
    said = _refusal(code, text, f" for {recipient}")
    passes = code not in NEVER or code == full or MAILBOX_FULL.match(_said(text))
    if passes or _is_of_us(code, text):
        raise DeliveryFailed(said)
    raise DeliveryRefused(said)


def _is_of_us(code: int, text: bytes) -> bool:
    said = _said(text)
    return code in LOGIN_FIRST or bool(OF_US.match(said) or OF_US_IN_WORDS.search(said))


def _refusal(code: int, text: bytes, about: str = "") -> str:
    return f"the mail server answered {code}{about}: {_said(text)}"


def _said(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
