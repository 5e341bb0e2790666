"""Addresses, senders and logos go out as they are meant, or not at all."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.messages import message
from tests.fakes.sections import DIGEST, PERSON, pages, rendered
from workers import smtp
from workers.demo.catcher import Catcher
from workers.errors import DeliveryRefused
from workers.ledger.outbox import Message
from workers.mail.email import SEVEN_BIT, compose
from workers.mail.wording import templates
from workers.smtp import Sealed, SmtpServer

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SENDER = "Fleet <fleet@firm.example>"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "789c63606060000000040001f61738550000000049454e44ae426082"
)


def of(section: Mapping[str, Any], recipient: str = "ann@firm.example") -> Message:
    return replace(message(), stored=section, recipient=recipient)


def sent(catcher: Catcher, *messages: Message) -> tuple[bytes, Path]:
    """Hand a mail over; what was composed, and the file of what arrived."""
    said = rendered([each.stored for each in messages], pages)
    mail = compose(messages, said, SENDER, NOW)
    server = SmtpServer(f"smtp://127.0.0.1:{catcher.port}", SENDER)
    with server.conversation() as session:
        smtp.send(session, Sealed.of(mail), SENDER)
    (file,) = catcher.folder.glob(f"{len(catcher.mails):03}-*.eml")
    return mail.as_bytes(), file


def reformime(file: Path, *arguments: str) -> str:
    """What a parser that is not Python's says of a mail."""
    with file.open("rb") as content:
        done = subprocess.run(
            ["reformime", *arguments], stdin=content, capture_output=True, check=True, timeout=20
        )
    return done.stdout.decode()


def structure(file: Path) -> list[tuple[str, str]]:
    """Section numbers and content types."""
    found = re.findall(r"^section: (\S+)\ncontent-type: (\S+)", reformime(file, "-i"), re.MULTILINE)
    return [(section, kind) for section, kind in found]


def test_another_parser_finds_text_html_logo_and_csv(catcher: Catcher, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    brand = {"name": "Nordwind", "colour": "#12506b", "logo": str(logo)}
    _, file = sent(catcher, of({**DIGEST, "brand": brand}))
    assert structure(file) == [
        ("1", "multipart/mixed"),
        ("1.1", "multipart/alternative"),
        ("1.1.1", "text/plain"),
        ("1.1.2", "multipart/related"),
        ("1.1.2.1", "text/html"),
        ("1.1.2.2", "image/png"),
        ("1.2", "text/csv"),
    ]
    assert "Invoice readiness" in reformime(file, "-s", "1.1.2.1", "-e")
    assert 'src="cid:logo"' in reformime(file, "-s", "1.1.2.1", "-e")


def test_what_arrives_is_what_was_composed(catcher: Catcher) -> None:
    composed, file = sent(catcher, of(DIGEST))
    assert file.read_bytes().rstrip(b"\r\n") == composed.rstrip(b"\r\n")
    assert composed == sent(catcher, of(DIGEST))[0]


def test_every_header_but_the_subject_is_written_as_python_writes_it() -> None:
    for section in (PERSON, DIGEST):
        mail = compose([of(section)], rendered([section], pages), SENDER, NOW)
        plain = EmailPolicy(linesep="\r\n", cte_type="7bit")
        headers = [pair for part in mail.walk() for pair in part.items() if pair[0] != "Subject"]
        assert len(headers) > 12
        for name, value in headers:
            assert SEVEN_BIT.fold_binary(name, value) == plain.fold_binary(name, value)


def test_a_long_word_is_wrapped_in_plain_text_and_an_address_is_not() -> None:
    wrap, line = (templates("en", "txt").filters[name] for name in ("wrap", "line"))
    address = "https://odoo.example/" + "a" * 200
    for shown in (wrap("N" * 4000 + " owes", 2), line("N" * 4000, "1,200.00 EUR", "")):
        assert max(map(len, shown.splitlines())) <= 78
        assert shown.count("N") == 4000
    assert wrap(f"see {address}", 2).split() == ["see", address]


def test_a_line_break_in_a_name_from_odoo_adds_no_header(catcher: Catcher) -> None:
    evil = "3 h missing\r\nBcc: everybody@firm.example\r\n\r\n<b>body</b>"
    finding = {**PERSON["findings"][0], "title": evil}
    brand = {"name": "Nordwind\r\nBcc: x@firm.example", "colour": "#12506b", "logo": ""}
    _, file = sent(catcher, of({**PERSON, "findings": [finding], "brand": brand}))
    head = file.read_bytes().partition(b"\r\n\r\n")[0]
    assert b"\nbcc:" not in head.lower()
    assert str(catcher.mails[-1]["Subject"]).startswith("3 h missing Bcc:")


@pytest.mark.parametrize(
    "recipient",
    [
        "ann@firm.example\r\nBcc: all@firm.example",
        "ann@firm.example\nRCPT TO:<all@firm.example>",
        "ann",
        "@firm.example",
        "žofie@firm.example",
        "ann@firm.example\x00",
        "Kern, Anna <anna@firm.example>",
    ],
)
def test_addresses_that_would_not_go_out_as_meant_are_refused(recipient: str) -> None:
    with pytest.raises(DeliveryRefused):
        compose([of(PERSON, recipient)], rendered([PERSON]), SENDER, NOW)


def test_a_brand_whose_name_breaks_the_sender_is_refused() -> None:
    brand = {"name": "A\r\nBcc: x@firm.example", "colour": "#12506b", "logo": "", "sender": ""}
    with pytest.raises(DeliveryRefused, match="header"):
        compose([of({**PERSON, "brand": brand})], rendered([PERSON]), SENDER, NOW)


@pytest.mark.parametrize(
    ("recipient", "arrives"),
    [
        ("ann+fleet@firm.example", "ann+fleet@firm.example"),
        ("o'brien@firm.example", "o'brien@firm.example"),
        ('"ann kern"@firm.example', '"ann kern"@firm.example'),
        ("ann@müller.example", "ann@xn--mller-kva.example"),
        ('"Kern, Anna" <anna@firm.example>', "anna@firm.example"),
    ],
)
def test_unusual_addresses_arrive(catcher: Catcher, recipient: str, arrives: str) -> None:
    sent(catcher, of(PERSON, recipient))
    assert catcher.mails[-1]["To"].addresses[0].addr_spec == arrives


def test_html_in_a_name_from_odoo_is_text(catcher: Catcher) -> None:
    name = "<img src=x onerror=alert(1)>"
    finding = {**PERSON["findings"][0], "title": name, "reason": name, "owner": name}
    _, file = sent(catcher, of({**PERSON, "findings": [finding], "company": name}))
    html = reformime(file, "-s", "1.2", "-e")
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_a_mail_of_several_messages_names_them_all(catcher: Catcher) -> None:
    second = replace(of(DIGEST), message_id="<second@firm.example>", trace_id="trace-2")
    sent(catcher, of(DIGEST), second)
    mail = catcher.mails[-1]
    assert str(mail["X-Fleet-Messages"]).split() == [message().message_id, "<second@firm.example>"]
    assert mail["Message-ID"] == message().message_id


def test_only_a_mail_with_a_page_offers_to_unsubscribe() -> None:
    with_page = compose([of(DIGEST)], rendered([DIGEST], pages), SENDER, NOW)
    assert str(with_page["List-Unsubscribe"]) == f"<{pages(DIGEST, '')}>"
    assert compose([of(DIGEST)], rendered([DIGEST]), SENDER, NOW)["List-Unsubscribe"] is None


@pytest.mark.parametrize("length", [60, 68, 70, 75, 80, 300])
def test_no_subject_begins_with_an_empty_line(length: int) -> None:
    for word in ("missing ", "fehlt · ", "größer "):
        subject = (word * length)[:length].strip()
        mail = compose([of(DIGEST)], replace(rendered([DIGEST]), subject=subject), SENDER, NOW)
        lines = mail.as_bytes().split(b"\r\n")
        (header,) = [line for line in lines if line.startswith(b"Subject:")]
        assert header.removeprefix(b"Subject:").strip()
        assert _read(mail, "Subject") == subject


def _read(mail: EmailMessage, name: str) -> str:
    """A header as readers decode it; Python's newer parser loses blanks between encoded words."""
    return str(make_header(decode_header(message_from_bytes(mail.as_bytes())[name])))


@pytest.mark.parametrize("name", ["Größe & Söhne " * 4, "Möller, Jens: von der Ää " * 3])
def test_the_name_of_a_brand_is_read_as_it_is_written(name: str) -> None:
    brand = {"name": name.strip(), "logo": "", "colour": "#000000", "sender": "a@firm.example"}
    mail = compose([of({**DIGEST, "brand": brand})], rendered([DIGEST]), SENDER, NOW)
    assert name.strip() in _read(mail, "From")
