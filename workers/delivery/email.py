"""The e-mail channel: one SMTP conversation per batch, every answer by its proper name."""

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from workers.delivery.errors import DeliveryFailed, DeliveryRefused, DeliveryUnknown
from workers.delivery.render import Rendered
from workers.ledger.outbox import Message

NOT_NOW = range(400, 500)


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed over. `url` may carry a password, so it stays out of the repr."""

    url: str
    sender: str
    timeout_seconds: float = 30

    def __repr__(self) -> str:
        return f"SmtpServer({urlsplit(self.url).hostname})"

    @property
    def domain(self) -> str:
        """The domain of our address, in which our message ids are unique."""
        return parseaddr(self.sender)[1].partition("@")[2] or "localhost"

    @contextmanager
    def conversation(self) -> Iterator[smtplib.SMTP]:
        """A greeted, encrypted and logged-in session. Raises DeliveryFailed or DeliveryRefused."""
        parts = urlsplit(self.url)
        try:
            session = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryRefused(
                f"{parts.hostname} refuses our login: correct the user and password in "
                f"FLEET_SMTP_URL ({_said(error.smtp_error)})"
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryFailed(
                f"the mail server {parts.hostname}:{parts.port or 25} cannot be used ({error}): "
                "check FLEET_SMTP_URL and that the server runs"
            ) from error
        try:
            yield session
        finally:
            session.close()

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host = parts.hostname or "localhost"
        session: smtplib.SMTP
        if parts.scheme == "smtps":
            context = ssl.create_default_context()
            session = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=self.timeout_seconds, context=context
            )
        else:
            session = smtplib.SMTP(host, parts.port or 25, timeout=self.timeout_seconds)
        session.ehlo()
        if parts.scheme == "smtp+starttls":
            session.starttls(context=ssl.create_default_context())
        if parts.username:
            session.login(unquote(parts.username), unquote(parts.password or ""))
        return session


def compose(
    messages: Sequence[Message], rendered: Rendered, sender: str, now: datetime
) -> EmailMessage:
    """A complete mail: plain text, HTML, and the rows as CSV if there are any."""
    message = messages[0]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = message.recipient
    mail["Subject"] = rendered.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Fleet-Job"] = message.job
    mail["X-Fleet-Trace"] = " ".join(dict.fromkeys(each.trace_id for each in messages))
    mail["X-Fleet-Messages"] = " ".join(each.message_id for each in messages)
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    if rendered.csv:
        mail.add_attachment(rendered.csv, subtype="csv", filename=f"{message.job}.csv")
    return mail


def send(session: smtplib.SMTP, mail: EmailMessage) -> None:
    """Hand one mail over. Returns only when the server has accepted it.

    Raises DeliveryFailed (4xx, or cut off before the content), DeliveryRefused (5xx) or
    DeliveryUnknown (cut off after the content went out, so it may have been accepted).
    """
    recipient = parseaddr(str(mail["To"]))[1]
    try:
        _answered(session.mail(parseaddr(str(mail["From"]))[1]), recipient)
        _answered(session.rcpt(recipient), recipient)
        _answered(session.docmd("DATA"), recipient, positive=range(300, 400))
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryFailed(f"cut off before the mail to {recipient} went out: {error}") from error
    try:
        body = mail.as_bytes().replace(b"\r\n.", b"\r\n..")
        session.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        answer = session.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryUnknown(
            f"cut off after the mail to {recipient} went out; it may have arrived: {error}"
        ) from error
    _answered(answer, recipient)


def _answered(answer: tuple[int, bytes], recipient: str, positive: range = range(200, 300)) -> None:
    code, text = answer
    if code in positive:
        return
    said = f"the mail server answered {code} for {recipient}: {_said(text)}"
    if code in NOT_NOW or code == -1:
        raise DeliveryFailed(said)
    raise DeliveryRefused(said)


def _said(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
