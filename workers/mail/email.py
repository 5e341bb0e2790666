"""A mail as it goes out: headers, texts, attachments, the same bytes whenever it is made."""

import mimetypes
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tasks.domain import addresses
from workers.errors import DeliveryRefused
from workers.ledger.outbox import Message
from workers.ledger.payloads import ToldBrand
from workers.mail.render import Rendered

# Of RFC 5322, without the line's end.
LONGEST_LINE: Final = 998
SHORT_LINE: Final = 78


class _Kinds(HeaderRegistry):
    """Takes apart once what many mails say alike, where Python does so for each header."""

    __getitem__ = cache(HeaderRegistry.__getitem__)

    def __call__(self, name: str, value: Any) -> Any:
        # What is no text yet, as an address of its parts, is of one mail alone.
        return (
            self._said(name, str(value))
            if isinstance(value, str)
            else super().__call__(name, value)
        )

    @lru_cache(maxsize=1000)  # noqa: B019 -- there is one, for the life of the process
    def _said(self, name: str, value: str) -> Any:
        return super().__call__(name, value)


class _Policy(EmailPolicy):
    """Writes subjects so that they are read as they were meant.

    Python begins a plain one that is a little too long with an empty line, and loses blanks between
    the encoded parts of others.
    """

    def fold(self, name: str, value: Any) -> str:
        plain = f"{name}: {value}"
        if name != "Subject":
            # As Python writes it, without taking it apart first.
            is_short = plain.isascii() and len(plain) <= SHORT_LINE
            return f"{plain}{self.linesep}" if is_short else str(super().fold(name, value))
        if plain.isascii() and len(plain) <= LONGEST_LINE:
            return f"{plain}{self.linesep}"
        encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {encoded}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


# A server that does not announce 8BITMIME may cut off each eighth bit, and a mail must be the same
# bytes whenever it is written again, whichever server it meets.
SEVEN_BIT = _Policy(linesep="\r\n", cte_type="7bit", header_factory=_Kinds())


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
        mail["From"] = _from(sender, first.payload.brand)
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


def _from(sender: str, brand: ToldBrand) -> Address:
    """The sender as the fleet is told; under the name of a brand that was configured."""
    if brand.sender is None:
        return addresses.single(sender)
    address = addresses.single(brand.sender or sender)
    return Address(brand.name, address.username, address.domain)


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
