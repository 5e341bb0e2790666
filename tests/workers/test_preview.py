"""Mails can be seen before they are sent, and rebuilt to the last byte after."""

import email
from email.policy import default
from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import preview, run_command, runner
from workers.demo.catcher import Catcher
from workers.ledger.database import Ledger
from workers.ledger.statuses import MessageStatus
from workers.run_command import Order
from workers.wiring import Fleet


def previewed(fleet: Fleet, job: str, folder: Path, language: str = "") -> list[Path]:
    tenant = fleet.settings.tenant("firm")
    order = Order(catalogue.jobs()[job], tenant, companies=(1,), dry_run=True)
    results = run_command.run(fleet, order)
    mails = list(preview.would_send(fleet, order, results, language))
    return list(preview.save(fleet, mails, folder))


def test_a_preview_shows_the_mails_of_a_first_run_and_records_nothing(
    fleet: Fleet, catcher: Catcher, tmp_path: Path
) -> None:
    saved = previewed(fleet, READINESS, tmp_path / "mails")
    assert messages(fleet) == []
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    (shown,) = (email.message_from_bytes(path.read_bytes(), policy=default) for path in saved)
    (sent,) = catcher.mails
    assert (shown["Subject"], shown["To"]) == (sent["Subject"], sent["To"])
    assert {path.suffix for path in (tmp_path / "mails").iterdir()} == {
        ".csv",
        ".eml",
        ".html",
        ".txt",
    }


def test_a_preview_can_be_had_in_another_language(fleet: Fleet, tmp_path: Path) -> None:
    (english,) = previewed(fleet, READINESS, tmp_path / "en")
    (german,) = previewed(fleet, READINESS, tmp_path / "de", "de")
    assert english.with_suffix(".txt").read_text() != german.with_suffix(".txt").read_text()


@pytest.mark.parametrize("job", [READINESS, REMINDERS])
def test_a_sent_mail_is_rebuilt_to_the_last_byte(
    fleet: Fleet, clock: Clock, catcher: Catcher, job: str
) -> None:
    runner.execute(fleet, opened(fleet, job))
    deliver_all(fleet)
    clock.forward(days=3)
    for message in messages(fleet):
        if message.status is MessageStatus.SENT:
            found = preview.replay(fleet, message.id)
            assert found.same
            assert found.mail["Message-ID"] == message.sent_in


def test_a_mail_that_was_made_of_other_inputs_is_told_apart(fleet: Fleet, catcher: Catcher) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    (sent,) = messages(fleet)
    _change(fleet.ledger, sent.id)
    assert preview.replay(fleet, sent.id).same is False


def test_what_was_not_sent_by_mail_cannot_be_replayed(fleet: Fleet) -> None:
    runner.execute(fleet, opened(fleet, READINESS))
    with pytest.raises(ConfigurationError, match="was not sent by mail"):
        preview.replay(fleet, messages(fleet)[0].id)


def _change(ledger: Ledger, message_id: int) -> None:
    with ledger.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE messages SET payload = json_set(payload, '$.company', 'Other') WHERE id = ?",
            (message_id,),
        )
