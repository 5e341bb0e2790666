"""What really goes over the wire, read by a parser that has nothing to do with Python's."""

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from odoo_gateway.sandbox import Sandbox
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, Switchable, fleet_on
from tests.fakes.messages import message
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import runner
from workers.demo.catcher import Catcher
from workers.demo.processes import free_port
from workers.ledger import outbox, payloads
from workers.ledger.outbox import NewMessage
from workers.ledger.statuses import MessageStatus
from workers.mail.email import compose
from workers.mail.render import Rendered
from workers.wiring import Fleet

EVIL = 'Müller & <b>Söhne</b> "GmbH"\r\nBcc: thief@evil.example'
READER = "finance+de@nordwind.example"


@pytest.fixture
def fleet(tmp_path: Path, clock: Clock, odoo: Switchable, catcher: Catcher) -> Fleet:
    odoo.inner = Sandbox(
        clock().date(),
        corrupt={("res.partner", number): _named(EVIL) for number in range(20, 42)},
    )
    file = FILE.replace("finance@nordwind.example", READER)
    return fleet_on(tmp_path, clock, odoo, smtp_port=catcher.port, file=file)


def _named(name: str) -> dict[str, str]:
    return {"name": name, "display_name": name, "complete_name": name}


def sent_raw(fleet: Fleet, catcher: Catcher) -> bytes:
    deliver_all(fleet)
    (path,) = catcher.folder.glob("*.eml")
    return path.read_bytes()


def structure(raw: bytes) -> list[tuple[str, str]]:
    """Section and content type, as maildrop's reformime reads them."""
    told = subprocess.run(["reformime", "-i"], input=raw, capture_output=True, check=True).stdout
    sections = re.findall(r"^section: (\S+)\ncontent-type: (\S+)", told.decode(), re.M)
    return [(number, kind.rstrip(";")) for number, kind in sections]


def section(raw: bytes, number: str) -> bytes:
    """The decoded content of one part, by the same program."""
    asked = ["reformime", "-e", "-s", number]
    return subprocess.run(asked, input=raw, capture_output=True, check=True).stdout


def parsed(raw: bytes) -> EmailMessage:
    found = BytesParser(policy=default).parsebytes(raw)
    assert isinstance(found, EmailMessage)
    return found


def test_a_digest_is_text_html_and_a_table_to_any_parser(fleet: Fleet, catcher: Catcher) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    raw = sent_raw(fleet, catcher)
    assert structure(raw) == [
        ("1", "multipart/mixed"),
        ("1.1", "multipart/alternative"),
        ("1.1.1", "text/plain"),
        ("1.1.2", "text/html"),
        ("1.2", "text/csv"),
    ]
    assert "Müller" in section(raw, "1.1.1").decode()
    assert section(raw, "1.2").decode("utf-8-sig").startswith("sale_order_id,")


def test_a_name_from_odoo_adds_no_header_and_no_markup(fleet: Fleet, catcher: Catcher) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    raw = sent_raw(fleet, catcher)
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"thief@evil.example" not in head.replace(b"\r\n", b"")
    assert re.search(rb"^Bcc:", head, re.M | re.I) is None
    html = section(raw, "1.1.2").decode()
    assert "<b>Söhne</b>" not in html
    assert "&lt;b&gt;Söhne&lt;/b&gt;" in html
    assert str(parsed(raw)["To"]) == READER


def test_no_line_is_longer_than_a_mail_server_must_take(fleet: Fleet, catcher: Catcher) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    raw = sent_raw(fleet, catcher)
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(byte < 128 for byte in raw)


def test_a_thousand_rows_arrive_whole(fleet: Fleet, clock: Clock, catcher: Catcher) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    (digest,) = messages(fleet)
    row = {**digest.stored["rows"][0], "partner": f"{'Ä' * 600} =cmd|' /C calc'!A0"}
    rows = [{**row, "sale_order_id": number} for number in range(1000)]
    values = {
        name: getattr(digest, name)
        for name in NewMessage.__dataclass_fields__
        if name != "not_before"
    }
    payload = payloads.read({**digest.stored, "rows": rows})
    large = replace(NewMessage(**values), payload=payload, subject="large")
    with fleet.ledger.transaction() as connection:
        for each in outbox.claim(connection, clock(), timedelta(minutes=5), 1, max_attempts=8):
            outbox.drop(connection, each, clock(), "for the test")
        outbox.enqueue(connection, large, clock())
    raw = sent_raw(fleet, catcher)
    lines = section(raw, "1.2").decode("utf-8-sig").splitlines()
    assert len(lines) == 1001
    assert lines[-1].startswith("999,")
    assert {message.status for message in messages(fleet)} == {
        MessageStatus.SENT,
        MessageStatus.DROPPED,
    }


class SevenBit:
    """A server that takes no eighth bit, as it says."""

    def __init__(self) -> None:
        self.got: list[bytes] = []

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """Announces everything but 8BITMIME and SMTPUTF8."""
        session.host_name = hostname
        return [line for line in responses if "8BITMIME" not in line and "SMTPUTF8" not in line]

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        """Refuses what it did not announce."""
        self.got.append(envelope.content)
        clean = all(byte < 128 for byte in envelope.content)
        return "250 OK" if clean else "554 8-bit content without 8BITMIME"


@pytest.mark.parametrize("job", [READINESS, REMINDERS])
def test_a_server_without_8bitmime_gets_seven_bits(
    job: str, tmp_path: Path, clock: Clock, odoo: Switchable
) -> None:
    handler = SevenBit()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        file = f'{FILE}mail.language = "de"\n'
        fleet = fleet_on(tmp_path, clock, odoo, smtp_port=controller.port, file=file)
        runner.execute(fleet, opened(fleet, job))
        assert set(deliver_all(fleet)) == {"sent"}
    finally:
        controller.stop()
    assert handler.got
    bodies = [parsed(raw).get_body(("plain",)) for raw in handler.got]
    told = "".join(body.get_content() for body in bodies if body)
    assert not told.isascii()


def test_a_short_body_with_umlauts_goes_out_in_seven_bits() -> None:
    rendered = Rendered(subject="Grüße", text="Müller fehlen Stunden\n", html="<p>Grüße</p>")
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    mail = compose([message()], rendered, "Flotte <fleet@firm.example>", now)
    assert all(byte < 128 for byte in mail.as_bytes())
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "Müller fehlen Stunden\n"
