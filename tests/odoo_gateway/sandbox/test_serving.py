"""The sandbox as a process and as a server: it says where it is and answers many at once."""

import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from odoo_gateway.errors import OdooLoginRefused, OdooUnavailable
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.server import Site, serving
from odoo_gateway.session import Session
from odoo_gateway.transport import Address, OdooRpc

AS_OF = date(2026, 11, 23)


def test_many_callers_get_the_answers_of_one() -> None:
    with serving(Site(Sandbox(AS_OF))) as url:
        transport = OdooRpc(Address(url, "sandbox", "fleet", "sandbox"))
        alone = transport.call("sale.order", "search_count", [[]], {})
        with ThreadPoolExecutor(8) as pool:
            answers = pool.map(
                lambda _: transport.call("sale.order", "search_count", [[]], {}), range(40)
            )
        assert set(answers) == {alone}


def test_a_server_that_went_away_is_unavailable() -> None:
    with serving(Site(Sandbox(AS_OF))) as url:
        transport = OdooRpc(Address(url, "sandbox", "fleet", "sandbox"))
        transport.call("sale.order", "search_count", [[]], {})
    with pytest.raises(OdooUnavailable):
        transport.call("sale.order", "search_count", [[]], {})


def test_database_and_passwords_are_chosen_by_the_site() -> None:
    site = Site(Sandbox(AS_OF), database="firm", passwords={"anna": "s3cret", "bob": "other"})
    with serving(site) as url:
        for login, password in site.passwords.items():
            assert Session(OdooRpc(Address(url, "firm", login, password))).companies
        for login, password in (("anna", "other"), ("carl", "s3cret")):
            with pytest.raises(OdooLoginRefused):
                Session(OdooRpc(Address(url, "firm", login, password))).modules  # noqa: B018


@pytest.mark.parametrize("path", ["/", "/web/login", "/web/database/manager"])
def test_there_are_no_pages(path: str) -> None:
    with (
        serving(Site(Sandbox(AS_OF))) as url,
        pytest.raises(urllib.error.HTTPError) as failure,
    ):
        urllib.request.urlopen(f"{url}{path}", timeout=10)
    assert failure.value.code == 404


def test_the_command_prints_its_address_and_stops_when_told() -> None:
    command = [sys.executable, "-m", "odoo_gateway.sandbox", "--port", "0", "--as-of", str(AS_OF)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, *login = process.stdout.readline().split()
        session = Session(OdooRpc(Address(url, "sandbox", "fleet", "sandbox")))
        assert session.major_version == 19
        assert login == ["database", "sandbox", "login", "fleet", "password", "sandbox"]
        process.terminate()
        assert process.wait(10) == 0
