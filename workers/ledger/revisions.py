"""The revision that the tables are at, the one they must be at, and the way from one to the other.

Runs without an alembic.ini: the connection is handed to `migrations/env.py`. Every command asks for
the revision, and Alembic takes long to load, so only an upgrade loads it.
"""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

MIGRATIONS = Path(__file__).with_name("migrations")
VERSION = table("alembic_version", column("version_num"))


def current(connection: Connection) -> str | None:
    """The revision of the database, None when it is empty."""
    if not inspect(connection).has_table(VERSION.name):
        return None
    found: str | None = connection.execute(select(VERSION.c.version_num)).scalar()
    return found


def known() -> tuple[str, ...]:
    """Every revision of this version of the fleet, newest first: files are named by theirs."""
    files = (MIGRATIONS / "versions").glob("[0-9]*.py")
    return tuple(sorted((file.stem.partition("_")[0] for file in files), reverse=True))


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision, in the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
