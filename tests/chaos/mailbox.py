"""A mail server in a process of its own that notes every mail it accepts, and fails on demand.

`python -m tests.chaos.mailbox PORT JOURNAL` obeys one order per line from stdin, a mode or the path
of a new journal, and ends with it.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOLD_SECONDS = 3.0
HANG_SECONDS = 6.0


class Mode(StrEnum):
    """What the server does with the next mails."""

    ACCEPT = "accept"
    SLOW = "slow"
    NOT_NOW = "not_now"
    NEVER = "never"
    HANG = "hang"
    HOLD = "hold"
    SWALLOW = "swallow"


# What each mode means for the mail: whether it is accepted, and whether the sender is told.
ACCEPTED = {Mode.ACCEPT, Mode.SLOW, Mode.HOLD, Mode.SWALLOW}
UNANSWERED = {Mode.HANG, Mode.HOLD, Mode.SWALLOW}


@dataclass(frozen=True)
class Entry:
    """One message of a mail that came in: when, what was done, and which it was.

    together: how many messages the mail carried.
    """

    at: float
    mode: Mode
    message_id: str
    to: str
    job: str
    trace_ids: list[str]
    together: int = 1

    @property
    def accepted(self) -> bool:
        """Whether the mail is in the box."""
        return self.mode in ACCEPTED


@dataclass
class Mailbox:
    """The running server, seen from the test."""

    port: int
    journal: Path
    process: "subprocess.Popen[str] | None" = None
    mode: Mode = Mode.ACCEPT
    deaths: int = 0

    def start(self) -> None:
        """Begin to listen, in the mode that was set last."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.mailbox", str(self.port), str(self.journal)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == "ready"
        self.set(self.mode)

    def set(self, mode: Mode) -> None:
        """From now on."""
        self.mode = mode
        self._order(mode)

    def empty(self, journal: Path) -> None:
        """Note in another journal from now on."""
        self.journal = journal
        self._order(str(journal))

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None
            self.deaths += 1

    def _order(self, line: str) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            assert self.process.stdout is not None
            self.process.stdout.readline()

    def entries(self) -> list[Entry]:
        """All that came in so far."""
        if not self.journal.exists():
            return []
        lines = self.journal.read_text(encoding="utf-8").splitlines(keepends=True)
        return [_entry(json.loads(line)) for line in lines if line.endswith("\n")]


@contextmanager
def receiving(port: int, journal: Path) -> Iterator[Mailbox]:
    """A mailbox for the length of the block."""
    box = Mailbox(port, journal)
    box.start()
    try:
        yield box
    finally:
        box.kill()


class Server:
    """aiosmtpd's handler."""

    def __init__(self, journal: Path) -> None:
        self.mode = Mode.ACCEPT
        self.note_in(journal)

    def note_in(self, journal: Path) -> None:
        """Use another journal from now on."""
        self._journal = journal.open("a", encoding="utf-8", buffering=1)

    def obey(self, order: str) -> None:
        """A mode, or the path of a journal."""
        if "/" in order:
            self.note_in(Path(order))
        else:
            self.mode = Mode(order)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Do with one mail as the mode says; the name is aiosmtpd's."""
        mode = self.mode
        if mode is Mode.SLOW:
            await asyncio.sleep(0.2)
        self._note(mode, cast(bytes, envelope.content))
        if mode in (Mode.HOLD, Mode.HANG):
            await asyncio.sleep(HOLD_SECONDS if mode is Mode.HOLD else HANG_SECONDS)
        if mode in (Mode.SWALLOW, Mode.HANG):
            cast(asyncio.Transport, server.transport).abort()
            await asyncio.sleep(0)
        return {Mode.NOT_NOW: "451 not now", Mode.NEVER: "550 never"}.get(mode, "250 kept")

    def _note(self, mode: Mode, content: bytes) -> None:
        mail = message_from_bytes(content, policy=default)
        about = {
            "at": time.time(),
            "mode": mode,
            "to": str(mail["To"]),
            "job": str(mail["X-Fleet-Job"]),
            "trace_ids": str(mail["X-Fleet-Trace"]).split(),
        }
        ids = str(mail["X-Fleet-Messages"]).split()
        entries = [{**about, "message_id": each, "together": len(ids)} for each in ids]
        self._journal.write("".join(json.dumps(entry) + "\n" for entry in entries))


def _entry(values: dict[str, Any]) -> Entry:
    return Entry(**{**values, "mode": Mode(values["mode"])})


def main(port: int, journal: Path) -> None:
    """Serve until stdin closes."""
    handler = Server(journal)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    print("ready", flush=True)
    for line in sys.stdin:
        handler.obey(line.strip())
        print("set", flush=True)
    controller.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
