"""The fleet's own API key in a real Odoo: when the first one of its user expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from odoo_gateway.reader import Reader
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc
from workers.watch import api_keys

from . import bots
from .bots import Bot
from .odoo_server import OdooServer

pytestmark = pytest.mark.live

USER = Bot("keyholder", groups=("base.group_user",))
NOW = datetime.now(UTC).replace(microsecond=0)
SOON = NOW + timedelta(days=9)

# The keys of two users, made as Odoo makes them; each ends so many days from now.
MAKE_KEYS = """
from datetime import datetime, timedelta
soon = datetime.fromisoformat('{soon}')
for login, days in (('keyholder', 0), ('keyholder', 50), ('admin', -8)):
    user = env['res.users'].search([('login', '=', login)])
    keys = env['res.users.apikeys'].with_user(user).sudo()
    print(keys._generate('rpc', f'{{login}} {{days}}', soon + timedelta(days=days)))
env.cr.commit()
"""


@pytest.fixture(scope="module")
def keys(odoo_server: OdooServer, demo_db: str) -> list[str]:
    bots.make(odoo_server, demo_db, USER)
    source = MAKE_KEYS.format(soon=SOON.replace(tzinfo=None).isoformat())
    return odoo_server.shell(demo_db, source).splitlines()[-3:]


@pytest.mark.parametrize("which", [0, 1])
def test_the_first_of_the_users_own_keys_to_expire_is_found_whichever_logs_in(
    odoo_server: OdooServer, demo_db: str, keys: list[str], which: int
) -> None:
    session = Session(OdooRpc(Address(odoo_server.url, demo_db, USER.login, keys[which])))
    reader = Reader(session, session.companies[0].id)
    found = api_keys.first_to_expire(reader, USER.login, NOW)
    assert found == api_keys.Expiry("keyholder 0", SOON)


def test_an_administrator_who_sees_all_keys_hears_of_the_users_alone(
    odoo_server: OdooServer, demo_db: str, keys: list[str]
) -> None:
    session = Session(OdooRpc(Address(odoo_server.url, demo_db, "admin", "admin")))
    reader = Reader(session, session.companies[0].id)
    found = api_keys.first_to_expire(reader, USER.login, NOW)
    assert found is not None
    assert found.name == "keyholder 0"
