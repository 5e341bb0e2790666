"""Mails can be seen before they are sent, and rebuilt to the last byte after."""

import email
import re
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from pathlib import Path

import pytest
from typer.testing import CliRunner

from odoo_gateway.errors import ConfigurationError, OdooLoginRefused
from odoo_gateway.sandbox import Sandbox, firm
from tasks import catalogue
from tests.fakes.clock import Clock
from tests.fakes.fleets import FILE, TENANT, Switchable, fleet_on
from tests.workers.test_dispatcher import deliver_all
from tests.workers.test_runner import READINESS, REMINDERS, messages, opened
from workers import dispatch, runner, wiring
from workers.commands import by_hand, pausing, preview
from workers.commands.by_hand import Order
from workers.commands.cli import cli
from workers.demo.catcher import Catcher
from workers.ledger.database import Ledger
from workers.ledger.places import Places
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

# One rung, to the job's owner.
OWNERS_ALONE = """policies.timesheet_reminders.ladder = [
    { name = "owner", working_days = 0, who = "owner" }
]
"""
# Each finding by itself, by mail, in no digest.
ALONE = """
[[tenants.firm.routes]]
channels = ["email"]
digest = false
"""


def previewed(fleet: Fleet, job: str, folder: Path, language: str = "") -> list[Path]:
    tenant = fleet.settings.tenant("firm")
    order = Order(catalogue.jobs()[job], tenant, companies=(1,), dry_run=True)
    results = by_hand.carry_out(fleet, order)
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
    return result.exit_code, result.output


def test_a_preview_knows_what_was_sent_before(
    fleet: Fleet, catcher: Catcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "1 mail that a first run would send" in shown(fleet, READINESS, monkeypatch)[1]
    runner.execute(fleet, opened(fleet, READINESS))
    deliver_all(fleet)
    told = shown(fleet, READINESS, monkeypatch)[1]
    assert "0 mails that a run now would send" in told
    assert "finance@nordwind.example was told all of it in the digest of 2026-11-23" in told


@pytest.mark.parametrize(
    ("job", "role"), [(READINESS, "finance"), ("wip_aging", "finance"), (REMINDERS, "delivery")]
)
def test_a_preview_says_that_nobody_is_configured_before_and_after_the_first_run(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, job: str, role: str
) -> None:
    fleet = fleet_on(tmp_path, clock, file=f"{TENANT}{OWNERS_ALONE if job == REMINDERS else ''}")
    for which in ("a first run", "a run now"):
        if which == "a run now":
            runner.execute(fleet, opened(fleet, job))
        told = shown(fleet, job, monkeypatch)[1]
        assert f"0 mails that {which} would send" in told
        assert "not told Nordwind Consulting: " in told
        assert f"nobody is configured for the role {role}" in told
        assert "told already" not in told


def test_a_preview_says_what_a_first_run_takes_as_known(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = fleet_on(tmp_path, clock, file=f"{FILE}{ALONE}")
    told = shown(fleet, READINESS, monkeypatch)[1]
    assert "findings as known: digests list them all" in told
    assert "nobody is configured" not in told
    runner.execute(fleet, opened(fleet, READINESS))
    told = shown(fleet, READINESS, monkeypatch)[1]
    assert "role finance: none opened or worsened, and no other is told by itself" in told


def test_a_preview_says_what_persons_were_told_already(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner.execute(fleet, opened(fleet, REMINDERS))
    told = shown(fleet, REMINDERS, monkeypatch)[1]
    assert "findings nobody is told now: told already, or waiting to be" in told


def test_a_preview_says_that_nothing_stands(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = {**firm.build(clock().date()), "sale.order": [], "sale.order.line": []}
    fleet = fleet_on(tmp_path, clock, Sandbox(clock().date(), rows=empty))
    told = shown(fleet, READINESS, monkeypatch)[1]
    assert "role finance: nothing stands that finance@nordwind.example could be told of" in told


def test_a_preview_says_what_has_to_wait(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"""{FILE}disabled_jobs = ["{READINESS}"]
mail.quiet_hours = "00:00-23:00"
"""
    fleet = fleet_on(tmp_path, clock, file=file)
    dispatch.known_scopes(fleet, fleet.settings.tenant("firm"))
    told = shown(fleet, READINESS, monkeypatch)[1]
    assert f"waits {READINESS} is in disabled_jobs of the tenant firm" in told
    assert "waits email to finance@nordwind.example: 2026-11-23T22:00Z (its job is" in told
    assert "so it will be dropped; quiet hours)" in told
    until = clock() + timedelta(days=2)
    pausing.begin(fleet, Places(READINESS, "firm", 1), until, "month's end", "ann")
    told = shown(fleet, READINESS, monkeypatch)[1]
    assert "paused until 2026-11-25T09:00Z by ann: month's end; `fleet resume pause-1`" in told
    # The hours in which a mail may go out are asked for when the pause ends.
    assert "waits email to finance@nordwind.example: 2026-11-25T22:00Z (its job is" in told
    assert "dropped; pause until 2026-11-25T09:00Z; quiet hours)" in told


def test_a_preview_says_why_it_failed(
    tmp_path: Path, clock: Clock, odoo: Switchable, monkeypatch: pytest.MonkeyPatch
) -> None:
    odoo.error = OdooLoginRefused("refused: renew FLEET_FIRM_ODOO_API_KEY")
    code, told = shown(fleet_on(tmp_path, clock, odoo), READINESS, monkeypatch)
    assert code == 2
    assert "failed all companies: refused: renew FLEET_FIRM_ODOO_API_KEY" in told


def test_a_company_that_is_not_there_leaves_no_folder_and_promises_no_mails(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "fleet", lambda: fleet)
    told = ["--company", "-1", "--output", str(tmp_path / "shown")]
    result = CliRunner().invoke(cli, ["mail", "preview", READINESS, *told])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("failed all companies: --company -1: tenant firm has 1 (")
    assert not (tmp_path / "shown").exists()


def test_one_bad_address_keeps_no_other_mail_from_a_preview(
    fleet: Fleet, clock: Clock, tmp_path: Path
) -> None:
    order = Order(catalogue.jobs()[READINESS], fleet.settings.tenant("firm"), companies=(1,))
    results = by_hand.carry_out(fleet, replace(order, dry_run=True))
    ((good,),) = preview.would_send(fleet, order, results).mails
    bad = replace(good, recipient="eva@firm.example; jan@firm.example")
    slash = replace(good, recipient="a/b@firm.example")
    saved, refused = preview.save(fleet, [[bad], [slash], [good]], tmp_path / "mails")
    assert [path.name for path in saved] == ["02-a_b.eml", "03-finance.eml"]
    assert "is more than one address" in refused[0]


def test_a_preview_escapes_names_and_addresses(fleet: Fleet, tmp_path: Path) -> None:
    order = Order(catalogue.jobs()[READINESS], fleet.settings.tenant("firm"), companies=(1,))
    results = by_hand.carry_out(fleet, replace(order, dry_run=True))
    ((good,),) = preview.would_send(fleet, order, results).mails
    readers = ["'><script>x</script>'@firm.example", '"../../../etc/x"@firm.example']
    mails = [[replace(good, recipient=reader)] for reader in readers]
    folder = tmp_path / "mails"
    saved, _ = preview.save(fleet, mails, folder)
    assert all(path.parent == folder for path in saved)
    assert [path.name for path in tmp_path.iterdir() if "etc" in path.name] == []
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert "<script>" not in index
    assert all(re.fullmatch(r"[A-Za-z0-9.+_-]+", path.name) for path in folder.iterdir())


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
