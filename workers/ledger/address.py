"""Where the ledger is: its URL, and how to speak of it without the password."""

import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from odoo_gateway.errors import ConfigurationError

# The first that knows RETURNING.
OLDEST_SQLITE = (3, 35)
FORMS = "sqlite:///fleet.db or postgresql://user:password@host/database"


@dataclass(frozen=True)
class Address:
    """A parsed URL whose text never shows the password, nor anything from the query."""

    url: URL = field(repr=False)

    def __str__(self) -> str:
        if self.file is not None:
            return f"sqlite:///{self.file}"
        port = f":{self.url.port}" if self.url.port else ""
        return f"postgresql://{self.url.host or ''}{port}/{self.url.database or ''}"

    @property
    def file(self) -> Path | None:
        """The file of a SQLite ledger."""
        sqlite = self.url.get_backend_name() == "sqlite"
        return Path(self.url.database or "") if sqlite else None

    def without_secrets(self, text: str) -> str:
        """The first line of a driver's words, the password struck out.

        Later lines quote what was written.
        """
        line = text.partition("\n")[0]
        password = self.url.password
        return line.replace(str(password), "***") if password else line


def parse(url: str) -> Address:
    """Read a URL. Raises ConfigurationError, which quotes no part of it."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"the ledger's URL cannot be read: write it as {FORMS}") from None
    if parsed.drivername == "sqlite":
        return _file(parsed)
    if parsed.drivername not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ConfigurationError(f"the ledger is kept in SQLite or PostgreSQL: write {FORMS}")
    if "@" in f"{parsed.host}{parsed.database}":
        raise ConfigurationError(
            "the ledger's URL has more than one @: in a password, write it as %40"
        )
    return Address(parsed.set(drivername="postgresql+psycopg"))


def _file(url: URL) -> Address:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigurationError(
            f"SQLite {sqlite3.sqlite_version} is too old, the ledger needs 3.35: "
            "use PostgreSQL, or a Python with a newer SQLite"
        )
    if url.host or url.username or url.query:
        raise ConfigurationError("the ledger's URL needs three slashes: sqlite:///fleet.db")
    if url.database in {None, "", ":memory:"}:
        raise ConfigurationError(
            "the ledger cannot be kept in memory, as each process would have its own: "
            "name a file, such as sqlite:///fleet.db"
        )
    return Address(url)
