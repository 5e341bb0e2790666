"""`fleet` as people and programs start it: a process of its own, told only by its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

START = "from workers.commands.cli import main; main()"


@dataclass(frozen=True)
class Told:
    """What a process said, and with which code it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Fleet:
    """One way to call the command: an Odoo, a database, a user, and a folder to stand in.

    A configuration file names the Odoo itself.
    """

    folder: Path
    url: str
    database: str
    login: str
    secret: str
    config: Path | None = None
    #: Further variables.
    more: Mapping[str, str] = field(default_factory=dict, hash=False)

    def run(self, *arguments: str, as_json: bool = True) -> Told:
        """`fleet run ... --dry-run`, for programs or for people."""
        document = ["--json"] if as_json else []
        return self.command("run", *arguments, *document, "--dry-run")

    def command(self, *arguments: str) -> Told:
        """Any verb of `fleet`."""
        done = subprocess.run(
            [sys.executable, "-c", START, *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Told(done.returncode, done.stdout, done.stderr)

    def _environment(self) -> dict[str, str]:
        foreign = ("FLEET_", "COVERAGE_", "COV_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return (
            kept
            | self._connection()
            | dict(self.more)
            | {
                "FLEET_DATABASE_URL": f"sqlite:///{self.folder}/f.db",
                "NO_PROXY": "127.0.0.1",
                "no_proxy": "127.0.0.1",
            }
        )

    def _connection(self) -> dict[str, str]:
        """By the environment alone, or by a file whose one tenant is called `firm`."""
        if self.config:
            return {"FLEET_CONFIG": str(self.config), "FLEET_FIRM_ODOO_API_KEY": self.secret}
        return {
            "FLEET_ODOO_URL": self.url,
            "FLEET_ODOO_DB": self.database,
            "FLEET_ODOO_LOGIN": self.login,
            "FLEET_ODOO_API_KEY": self.secret,
        }
