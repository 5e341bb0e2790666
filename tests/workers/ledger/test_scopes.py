"""Scopes: the companies that a tenant was last seen with."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from workers.ledger import scopes
from workers.ledger.database import Ledger
from workers.ledger.scopes import Scope

from .examples import NOW

BERLIN = Scope("acme", 1, "Acme GmbH", ZoneInfo("Europe/Berlin"))
BOSTON = Scope("acme", 2, "Acme Inc.", ZoneInfo("America/New_York"))


def test_scopes_come_back_by_company(ledger: Ledger) -> None:
    with ledger.transaction() as connection:
        scopes.remember(connection, "acme", [BOSTON, BERLIN], NOW)
        assert scopes.of_tenant(connection, "acme") == (BERLIN, BOSTON)
        assert scopes.of_tenant(connection, "other") == ()


def test_a_renamed_or_moved_company_is_remembered_as_it_is_now(ledger: Ledger) -> None:
    moved = Scope("acme", 1, "Acme AG", ZoneInfo("Europe/Zurich"))
    with ledger.transaction() as connection:
        scopes.remember(connection, "acme", [BERLIN], NOW)
        scopes.remember(connection, "acme", [moved], NOW)
        assert scopes.of_tenant(connection, "acme") == (moved,)


def test_a_company_that_is_gone_is_forgotten_for_that_tenant_alone(ledger: Ledger) -> None:
    elsewhere = Scope("other", 2, "Other", ZoneInfo("UTC"))
    with ledger.transaction() as connection:
        scopes.remember(connection, "acme", [BERLIN, BOSTON], NOW)
        scopes.remember(connection, "other", [elsewhere], NOW)
        scopes.remember(connection, "acme", [BERLIN], NOW)
        assert scopes.of_tenant(connection, "acme") == (BERLIN,)
        assert scopes.of_tenant(connection, "other") == (elsewhere,)
        assert scopes.by_tenant(connection) == {"acme": [BERLIN], "other": [elsewhere]}


def test_a_tenant_knows_when_it_was_last_seen(ledger: Ledger) -> None:
    later = NOW + timedelta(hours=1)
    with ledger.transaction() as connection:
        assert scopes.last_seen(connection) == {}
        scopes.remember(connection, "acme", [BERLIN], NOW)
        scopes.remember(connection, "acme", [BERLIN], later)
        assert scopes.last_seen(connection) == {"acme": later}
