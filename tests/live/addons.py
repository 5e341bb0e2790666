"""Addons from PyPI on the real Odoo, and databases in which they or further ones are installed.

Odoo looks for addons in its data folder too, from the start, so the running server finds what is
put there without a restart.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZipFile

from .odoo_server import Home, OdooServer, odoo, run, step


@dataclass(frozen=True)
class Addon:
    """An addon, and what PyPI calls the release to take."""

    module: str
    release: str


BASE_TIER_VALIDATION: Final = Addon(
    "base_tier_validation", "odoo-addon-base-tier-validation==19.0.1.4.6"
)
SALE_TIER_VALIDATION: Final = Addon(
    "sale_tier_validation", "odoo-addon-sale-tier-validation==19.0.1.0.0.3"
)
HELPDESK_MGMT: Final = Addon("helpdesk_mgmt", "odoo-addon-helpdesk-mgmt==19.0.1.3.2")
RELEASE: Final = ".release"
OF_ODOO_19: Final = (BASE_TIER_VALIDATION, SALE_TIER_VALIDATION, HELPDESK_MGMT)


@contextlib.contextmanager
def database_with(server: OdooServer, *addons: Addon) -> Iterator[str]:
    """A clone of the demo database in which these addons are installed."""
    with server.home.locked():
        put_in_place(server.home, addons)
    with database_of(server, *(addon.module for addon in addons)) as database:
        yield database


@contextlib.contextmanager
def database_of(server: OdooServer, *modules: str) -> Iterator[str]:
    """A clone of the demo database in which these modules are installed; addons are in place.

    Another process installs them before the server is asked for the database the first time.
    """
    database = server.clone("with_" + "_".join(modules))
    options = ("--stop-after-init", "--no-http", "--workers=0")
    try:
        with step(f"install {', '.join(modules)}"):
            odoo(server.home, "server", "-d", database, "-i", ",".join(modules), *options)
        yield database
    finally:
        server.drop(database)


def put_in_place(home: Home, addons: Sequence[Addon]) -> None:
    """Unpack the releases that are not there yet."""
    folder = home.root / "data" / "addons" / "19.0"
    missing = [addon for addon in addons if _release_of(folder / addon.module) != addon.release]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # Odoo makes it read-only, "will need manual +w to activate it"
    part = home.root / "addons.part"
    shutil.rmtree(part, ignore_errors=True)
    try:
        with step(f"download {', '.join(addon.release for addon in missing)}"):
            # They depend on a distribution called odoo, which is not what we run.
            releases = [addon.release for addon in missing]
            run(home.python, "-m", "pip", "download", "--quiet", "--no-deps", "-d", part, *releases)
        for wheel in sorted(part.glob("*.whl")):
            _unpack(wheel, part)
        for addon in missing:
            unpacked = part / "odoo" / "addons" / addon.module
            (unpacked / RELEASE).write_text(addon.release)
            shutil.rmtree(folder / addon.module, ignore_errors=True)
            unpacked.replace(folder / addon.module)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _release_of(addon: Path) -> str:
    kept = addon / RELEASE
    return kept.read_text() if kept.exists() else ""


def _unpack(wheel: Path, folder: Path) -> None:
    with ZipFile(wheel) as archive:
        archive.extractall(folder)
