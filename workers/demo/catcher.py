"""A mail server that keeps every mail it accepts as .eml and .html."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Catcher:
    """The mails caught so far, in order of arrival."""

    folder: Path
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail; the name is aiosmtpd's."""
        content = cast(bytes, envelope.content)
        mail = message_from_bytes(content, policy=default)
        self.mails.append(mail)
        stem = self.folder / f"{len(self.mails):03}-{mail['X-Fleet-Job']}"
        stem.with_suffix(".eml").write_bytes(content)
        html = mail.get_body(("html",))
        if html is not None:
            stem.with_suffix(".html").write_text(html.get_content(), encoding="utf-8")
        return "250 kept"


@contextmanager
def catching(folder: Path, port: int) -> Iterator[Catcher]:
    """A catcher that listens on a loopback port for the length of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    catcher = Catcher(folder, port)
    controller = Controller(catcher, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield catcher
    finally:
        controller.stop()
