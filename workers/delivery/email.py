"""The e-mail channel: one SMTP conversation per batch, every answer by its proper name."""

import mimetypes
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tasks.domain import addresses
from workers.delivery.errors import (
    DeliveryClosed,
    DeliveryFailed,
    DeliveryRefused,
    DeliveryUnavailable,
    DeliveryUnknown,
)
from workers.delivery.render import Rendered
from workers.ledger.outbox import Message

NOT_NOW = range(400, 500)
# A server that does not announce 8BITMIME may cut off each eighth bit, and a mail must be the same
# bytes whenever it is written again, whichever server it meets.
SEVEN_BIT = SMTP.clone(cte_type="7bit")


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
        return addresses.single(self.sender).domain

    @contextmanager
    def conversation(self) -> Iterator[smtplib.SMTP]:
        """A greeted, encrypted and logged-in session.

        Raises DeliveryUnavailable or DeliveryClosed.
        """
        parts = urlsplit(self.url)
        try:
            session = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            away = DeliveryUnavailable if error.smtp_code in NOT_NOW else DeliveryClosed
            raise away(
                f"{parts.hostname} refuses our login: correct the user and password in "
                f"FLEET_SMTP_URL ({_said(error.smtp_error)})"
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryUnavailable(
                f"the mail server {parts.hostname}:{parts.port or 25} cannot be used ({error}): "
                "check FLEET_SMTP_URL and that the server runs"
            ) from error
        try:
            yield session
        finally:
            session.close()

    def probe(self) -> None:
        """Find out whether it would take a mail of ours, without sending one.

        Raises DeliveryUnavailable or DeliveryClosed.
        """
        with self.conversation() as session:
            try:
                code, said = session.mail(parseaddr(self.sender)[1])
            except (OSError, smtplib.SMTPException) as error:
                raise DeliveryUnavailable(f"the mail server hangs up: {error}") from error
        if code in NOT_NOW or code == -1:
            raise DeliveryUnavailable(f"the mail server answered {code}: {_said(said)}")

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
    """A complete mail that carries all messages: text, HTML with its logo, and tables as CSV.

    The same arguments give the same bytes. Raises DeliveryRefused where an address or a header
    would not go out as it is meant.
    """
    first = messages[0]
    mail = EmailMessage(policy=SEVEN_BIT)
    try:
        mail["From"] = _from(sender, first.payload.get("brand", {}))
        mail["To"] = addresses.single(first.recipient)
        for name, value in _headers(messages, rendered, now):
            mail[name] = value
    except (ValueError, HeaderParseError) as error:
        raise DeliveryRefused(f"a header cannot be written: {error}") from error
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    if rendered.logo:
        _show_logo(mail, rendered.logo)
    for filename, text in rendered.attachments:
        mail.add_attachment(text, subtype="csv", filename=filename)
    _set_boundaries(mail, first.message_id)
    return mail


def _headers(
    messages: Sequence[Message], rendered: Rendered, now: datetime
) -> Iterator[tuple[str, str]]:
    yield "Subject", rendered.subject
    yield "Date", format_datetime(now)
    yield "Message-ID", messages[0].message_id
    yield "Auto-Submitted", "auto-generated"
    if rendered.opt_out:
        yield "List-Unsubscribe", f"<{rendered.opt_out}>"
    yield "X-Fleet-Job", messages[0].job
    yield "X-Fleet-Trace", " ".join(dict.fromkeys(each.trace_id for each in messages))
    yield "X-Fleet-Messages", " ".join(each.message_id for each in messages)


def _from(sender: str, brand: Mapping[str, str]) -> Address:
    """The sender as the fleet is told; under the name of a brand that was configured."""
    if "sender" not in brand:
        return addresses.single(sender)
    address = addresses.single(brand["sender"] or sender)
    return Address(brand["name"], address.username, address.domain)


def _show_logo(mail: EmailMessage, logo: Path) -> None:
    """Put the image beside the HTML that shows it as cid:logo."""
    html = mail.get_body(("html",))
    kind = mimetypes.guess_type(logo.name)[0] or "image/png"
    assert html is not None
    html.add_related(
        logo.read_bytes(),
        maintype="image",
        subtype=kind.partition("/")[2],
        cid="<logo>",
        disposition="inline",
        filename=logo.name,
    )


def _set_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Boundaries that follow from the message, where the library would take random ones."""
    digest = sha256(message_id.encode()).hexdigest()[:32]
    multiparts = (part for part in mail.walk() if part.is_multipart())
    for number, part in enumerate(multiparts):
        part.set_boundary(f"=_{digest}_{number}")


def send(session: smtplib.SMTP, mail: EmailMessage) -> None:
    """Hand one mail over. Returns only when the server has accepted it.

    Raises DeliveryFailed (4xx, or cut off before the content), DeliveryUnavailable (4xx to our
    own address: what would be said of any mail), DeliveryRefused (5xx) or DeliveryUnknown (cut
    off after the content went out, so it may have been accepted).
    """
    recipient = parseaddr(str(mail["To"]))[1]
    try:
        _answered(
            session.mail(parseaddr(str(mail["From"]))[1]), recipient, not_now=DeliveryUnavailable
        )
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


def _answered(
    answer: tuple[int, bytes],
    recipient: str,
    positive: range = range(200, 300),
    not_now: type[DeliveryFailed] = DeliveryFailed,
) -> None:
    code, text = answer
    if code in positive:
        return
    said = f"the mail server answered {code} for {recipient}: {_said(text)}"
    if code in NOT_NOW or code == -1:
        raise not_now(said)
    raise DeliveryRefused(said)


def _said(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
