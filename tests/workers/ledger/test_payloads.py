"""What messages say fits their kind when it is queued, and is read again whoever queued it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import StatementError

from tasks.domain.texts import packed, unpacked
from tests.fakes.sections import DIGEST, MAILS
from tests.workers.ledger.examples import LEASE, MESSAGE, NOW, enqueue
from workers.ledger import outbox, payloads
from workers.ledger.database import Ledger
from workers.ledger.errors import LedgerError
from workers.ledger.outbox import Message
from workers.ledger.payloads import Digest, Payload, PayloadRefused, Personal

# As the fleet had them in its ledger before payloads had classes.
RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))
# What versions before that did not write yet.
ADDED = frozenset({"approved", "bands", "first", "figures", "held_as", "hours", "ops", "unseen"})


def recorded(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def earlier(value: Any) -> Any:
    """The same as versions had it that wrote sentences, and less."""
    if isinstance(value, Mapping):
        if "$text" in value:
            return str(unpacked(value))
        return {name: earlier(each) for name, each in value.items() if name not in ADDED}
    return [earlier(each) for each in value] if isinstance(value, list) else value


def kinds() -> Iterator[type[Payload]]:
    yield from (Digest, Personal, payloads.Urgent, payloads.Ops, payloads.Notice, payloads.Asking)


def test_every_kind_was_recorded() -> None:
    read = {type(payloads.read(unpacked(recorded(file)))) for file in RECORDED}
    assert read == {*kinds()}


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_what_an_earlier_version_queued_is_read_and_written_as_it_was(file: Path) -> None:
    before = recorded(file)
    again = payloads.written(payloads.read(unpacked(before)))
    assert json.loads(json.dumps(packed(again))) == before


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_what_was_queued_long_before_is_read_too(file: Path) -> None:
    now, then = recorded(file), payloads.read(unpacked(earlier(recorded(file))))
    assert then.template == now["template"]
    assert then.title == unpacked(now["title"])
    told = payloads.findings(then)
    assert [finding.key for finding in told] == [each["key"] for each in now.get("findings", ())]


@pytest.mark.parametrize("name", MAILS)
def test_what_is_written_is_read_again_as_it_was(name: str) -> None:
    def kept(payload: Payload) -> Any:
        return json.loads(json.dumps(packed(payloads.written(payload))))

    payload = payloads.read(MAILS[name])
    assert kept(payloads.read(unpacked(kept(payload)))) == kept(payload)


def test_what_does_not_fit_its_kind_is_not_queued_and_said_by_kind_and_field(
    ledger: Ledger,
) -> None:
    digest = payloads.read(DIGEST)
    assert isinstance(digest, Digest)
    first, *rest = digest.findings
    wrong = replace(digest, findings=(replace(first, title=None), *rest), at="today")  # type: ignore[arg-type]
    with ledger.transaction() as connection:
        with pytest.raises(PayloadRefused) as refused:
            outbox.enqueue(connection, replace(MESSAGE, payload=wrong), NOW)
        assert outbox.find(connection, 9) == ()
    assert "digest: findings.0.title: Input should be a text" in str(refused.value)
    assert "digest: at: Invalid isoformat string: 'today'" in str(refused.value)


def test_a_number_that_is_none_is_not_queued_and_so_no_harm_to_other_messages(
    ledger: Ledger,
) -> None:
    digest = payloads.read({**DIGEST, "rows": [{"hours": float("nan")}]})
    refused = pytest.raises((StatementError, LedgerError), match=r"JSON|json")
    with refused, ledger.transaction() as connection:
        outbox.enqueue(connection, replace(MESSAGE, payload=digest), NOW)
    with ledger.transaction() as connection:
        enqueue(connection)
        assert outbox.claim(connection, NOW, LEASE, 9, max_attempts=3)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("at", "2026-11-23T05:00:00", "digest: at: 2026-11-23T05:00:00 has no time zone"),
        ("zone", "Europe/Atlantis", "digest: zone: there is no time zone 'Europe/Atlantis'"),
        ("rows", 5, "digest: rows: Input should be a valid tuple"),
        ("template", "letter", "template: Input tag 'letter'"),
    ],
)
def test_what_cannot_be_read_says_what_of_it(field: str, value: object, problem: str) -> None:
    with pytest.raises(PayloadRefused) as refused:
        payloads.read({**DIGEST, field: value})
    assert problem in str(refused.value)


def test_a_message_that_cannot_be_read_is_no_harm_to_those_beside_it(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        enqueue(connection)
        (good,) = outbox.find(connection, 1)
    bad = Message(**{**vars(good), "stored": {"template": "of a newer version"}})
    assert bad.kind == "of a newer version"
    assert bad.told_step == MESSAGE.step
    with pytest.raises(PayloadRefused):
        _ = bad.payload
    assert good.payload == MESSAGE.payload
