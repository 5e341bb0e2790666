"""Mails can be seen before they are sent, and rebuilt to the last byte after."""

import email
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError, OdooLoginRefused
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import TENANT, Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import preview, run_command, runner, wiring
from workers.cli import cli
from workers.demo.catcher import Catcher
from workers.ledger.database import Ledger
from workers.ledger.statuses import MessageStatus
from workers.run_command import Order
from workers.wiring import Fleet


def previewed(fleet: Fleet, job: str, folder: Path, language: str = "") -> list[Path]:
    tenant = fleet.settings.tenant("firm")
    order = Order(catalogue.jobs()[job], tenant, companies=(1,), dry_run=True)
    results = run_command.run(fleet, order)
    told = preview.would_send(fleet, order, results, language)
    saved, refused = preview.save(fleet, told.mails, folder)
    assert refused == []
    return list(saved)


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


def shown(fleet: Fleet, job: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    result = CliRunner().invoke(cli, ["mail", "preview", job, "--company", "1"])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout


def test_a_preview_knows_what_was_sent_before(
    fleet: Fleet, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 mails that a first run would send" in shown(fleet, READINESS, monkeypatch)[1]
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    told = shown(fleet, READINESS, monkeypatch)[1]
    assert "0 mails that a run now would send; there is nothing to tell that is new" in told


def test_a_preview_says_when_nobody_would_be_told(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = shown(fleet_on(tmp_path, clock, file=TENANT), READINESS, monkeypatch)[1]
    assert "0 mails that a first run would send" in told
    assert "not told nobody is configured for the role finance" in told


def test_a_preview_says_why_it_failed(
    tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch
) -> None:
    odoo.error = OdooLoginRefused("refused: renew FLEET_FIRM_ODOO_API_KEY")
    code, told = shown(fleet_on(tmp_path, clock, odoo), READINESS, monkeypatch)
    assert code == 2
    assert "failed all companies: refused: renew FLEET_FIRM_ODOO_API_KEY" in told


def test_one_bad_address_keeps_no_other_mail_from_a_preview(
    fleet: Fleet, clock: Clock, tmp_path: Path
) -> None:
    order = Order(catalogue.jobs()[READINESS], fleet.settings.tenant("firm"), companies=(1,))
    results = run_command.run(fleet, replace(order, dry_run=True))
    ((good,),) = preview.would_send(fleet, order, results).mails
    bad = replace(good, recipient="eva@firm.example; jan@firm.example")
    slash = replace(good, recipient="a/b@firm.example")
    saved, refused = preview.save(fleet, [[bad], [slash], [good]], tmp_path / "mails")
    assert [path.name for path in saved] == ["02-a_b.eml", "03-finance.eml"]
    assert "is more than one address" in refused[0]


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
