"""Databases in which an addon was never installed, made in a second from one in which it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .odoo_server import OdooServer

# Odoo loads what this table says is installed; the models of all else do not exist for it.
FORGET = """
    WITH RECURSIVE gone(name) AS (
        SELECT unnest(string_to_array('{names}', ' '))::varchar
        UNION
        SELECT m.name FROM ir_module_module m
        JOIN ir_module_module_dependency d ON d.module_id = m.id
        JOIN gone ON gone.name = d.name
        WHERE m.state = 'installed'
    )
    UPDATE ir_module_module SET state = 'uninstalled' WHERE name IN (SELECT name FROM gone)
"""


@contextlib.contextmanager
def database_without(server: OdooServer, *modules: str) -> Iterator[str]:
    """A clone of the demo database without these modules and what depends on them."""
    database = server.clone("without_" + "_".join(modules))
    try:
        server.postgres.query(FORGET.format(names=" ".join(modules)), database)
        yield database
    finally:
        server.drop(database)
