"""Backup, loss and restore by the commands of the guides, on both databases."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from tests.fakes.fleets import TENANT
from tests.fakes.house import blocks, guide
from workers.config import settings
from workers.ledger import audit, outbox
from workers.ledger.database import Ledger, connect

from .examples import enqueue

# Long ago, so that what is queued then is due by any clock.
THEN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def commands(page: str, heading: str) -> str:
    """The commands of a section of a guide, which stand in indented lines."""
    section = re.split(rf"^#+ {re.escape(heading)}$", guide(page), flags=re.MULTILINE)[1]
    section = re.split(r"^#+ ", section, flags=re.MULTILINE)[0]
    return "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))


def run(script: str, folder: Path, url: str) -> str:
    (folder / "fleet.toml").write_text(TENANT, encoding="utf-8")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {
        "PATH": path,
        "FLEET_DATABASE_URL": url,
        "FLEET_FIRM_ODOO_API_KEY": "k",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    ended = subprocess.run(
        ["sh", "-euc", script],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def filled(url: str) -> Ledger:
    ledger = connect(url)
    ledger.upgrade()
    with ledger.transaction() as connection:
        for number in (1, 2):
            enqueue(
                connection,
                THEN,
                tenant="firm",
                recipient=f"reader-{number}@example.com",
                message_id=f"<{number}@fleet.example>",
            )
    return ledger


def send_one(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        (message,) = outbox.claim(connection, THEN, timedelta(minutes=5), 1, max_attempts=8)
        outbox.mark_sending(connection, message, THEN, timedelta(minutes=5), message.message_id)
        outbox.sent(connection, message, THEN)


def lose(ledger: Ledger, folder: Path, url: str) -> None:
    ledger.close()
    for file in folder.glob("fleet.db*"):
        file.unlink()
    if url.startswith("postgresql"):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


def test_what_went_out_since_the_backup_waits_for_a_person(
    backend: str, new_url: Callable[[], str], tmp_path: Path
) -> None:
    url = "sqlite:///fleet.db" if backend == "sqlite" else new_url()
    ours = f"sqlite:///{tmp_path / 'fleet.db'}" if backend == "sqlite" else url
    named = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[backend]
    ledger = filled(ours)
    run(commands("upgrade.md", f"Backup: {named}"), tmp_path, url)
    send_one(ledger)
    lose(ledger, tmp_path, ours)
    run(commands("upgrade.md", f"Restore: {named}"), tmp_path, url)
    run(commands("upgrade.md", "After a restore"), tmp_path, url)
    restored = connect(ours)
    with restored.reading() as connection:
        outcomes = {each.message_id: each.status for each in outbox.find(connection, 9)}
        events = [entry.event for entry in audit.entries(connection, 9)]
    restored.close()
    assert outcomes == {"<1@fleet.example>": "dropped", "<2@fleet.example>": "queued"}
    assert events == [
        "message.revived",
        "message.dropped",
        "message.set_aside",
        "message.set_aside",
    ]


def test_two_tenants_are_added_as_the_guide_says(tmp_path: Path) -> None:
    first, added = blocks("install.md", "toml")
    file = tmp_path / "fleet.toml"
    file.write_text(first + added, encoding="utf-8")
    keys = {"FLEET_ACME_ODOO_API_KEY": "k", "FLEET_GLOBEX_ODOO_API_KEY": "l"}
    found = settings.load({"FLEET_CONFIG": str(file), **keys})
    assert (found.names, found.unusable) == (("acme", "globex"), {})
    del keys["FLEET_GLOBEX_ODOO_API_KEY"]
    without = settings.load({"FLEET_CONFIG": str(file), **keys})
    assert "FLEET_GLOBEX_ODOO_API_KEY" in without.unusable["globex"][0]


def test_a_secret_is_rotated_with_an_overlap_as_the_guide_says(tmp_path: Path) -> None:
    script = commands("security.md", "Rotating keys") + "\ncat link_secret link_secret_old"
    (tmp_path / "link_secret").write_text("o" * 48, encoding="utf-8")
    new, old = run(script, tmp_path, "sqlite:///fleet.db").split()
    assert (len(new), old) == (64, "o" * 48)
