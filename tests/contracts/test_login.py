"""Logging in, and what the server says of itself, at the level of the wire."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any

import odoorpc
import odoorpc.error
import pytest

from odoo_gateway.errors import OdooLoginRefused
from odoo_gateway.transport import Address, OdooRpc
from tests.contracts.asking import Asker

VERSION = {
    "protocol_version": 1,
    "server_serie": "19.0",
    "server_version": "19.0",
    "server_version_info": [19, 0, 0, "final", 0, ""],
}
HEADLINE = "Odoo Server Error"


def post(odoo: Asker, path: str, body: bytes) -> tuple[int, Any]:
    """Status and decoded body of one request."""
    request = urllib.request.Request(
        f"{odoo.address.url}{path}", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return response.status, json.load(response)


def rpc(odoo: Asker, service: str, method: str, args: Sequence[Any]) -> Any:
    """The whole JSON-RPC answer."""
    params = {"service": service, "method": method, "args": list(args)}
    call = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 7}
    status, answer = post(odoo, "/jsonrpc", json.dumps(call).encode())
    assert status == 200
    assert answer["jsonrpc"] == "2.0"
    assert answer["id"] == 7
    return answer


def test_the_version_is_told_on_the_web_route(odoo: Asker) -> None:
    body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": {}, "id": 3}).encode()
    _, answer = post(odoo, "/web/webclient/version_info", body)
    assert answer == {"jsonrpc": "2.0", "id": 3, "result": VERSION}


def test_the_version_is_told_by_the_service(odoo: Asker) -> None:
    assert rpc(odoo, "common", "version", [])["result"] == VERSION


@pytest.mark.parametrize("method", ["login", "authenticate"])
def test_the_right_password_gives_the_id_of_the_user(odoo: Asker, method: str) -> None:
    at = odoo.address
    more: list[Any] = [{}] if method == "authenticate" else []
    user_id = rpc(odoo, "common", method, [at.database, at.login, at.secret, *more])["result"]
    assert user_id == odoo.ask("res.users", "context_get")["uid"]


@pytest.mark.parametrize(
    ("login", "secret"), [("nobody@example.com", "x"), ("", ""), (None, "wrong")], ids=str
)
def test_a_wrong_login_gives_false(odoo: Asker, login: str | None, secret: str) -> None:
    name = odoo.address.login if login is None else login
    answer = rpc(odoo, "common", "login", [odoo.address.database, name, secret])
    assert answer["result"] is False


@pytest.mark.parametrize("method", ["login", "authenticate"])
def test_a_database_that_does_not_exist_is_an_operational_error(odoo: Asker, method: str) -> None:
    more: list[Any] = [{}] if method == "authenticate" else []
    error = rpc(odoo, "common", method, ["no_such_database", "x", "y", *more])["error"]
    data = error["data"]
    assert error["message"] == HEADLINE
    assert data["name"] == "psycopg2.OperationalError"
    assert 'FATAL:  database "no_such_database" does not exist' in data["message"]


@pytest.mark.parametrize("secret", ["wrong", ""])
def test_a_call_with_a_wrong_password_is_denied(odoo: Asker, secret: str) -> None:
    user_id = odoo.ask("res.users", "context_get")["uid"]
    call = [odoo.address.database, user_id, secret, "res.partner", "search_count", [[]]]
    error = rpc(odoo, "object", "execute_kw", call)["error"]
    assert error["message"] == HEADLINE
    assert error["data"]["name"] == "odoo.exceptions.AccessDenied"
    assert error["data"]["message"] == "Access Denied"


def test_arguments_may_be_given_one_by_one(odoo: Asker) -> None:
    at, user_id = odoo.address, odoo.ask("res.users", "context_get")["uid"]
    first = [at.database, user_id, at.secret, "sale.order", "search_count"]
    counted = odoo.ask("sale.order", "search_count", [])
    assert rpc(odoo, "object", "execute", [*first, []])["result"] == counted
    assert rpc(odoo, "object", "execute_kw", [*first, [[]]])["result"] == counted
    assert rpc(odoo, "object", "execute_kw", [*first, [[]], None])["result"] == counted


@pytest.mark.parametrize(
    ("service", "method", "name", "message"),
    [
        ("no_such_service", "version", "builtins.KeyError", "no_such_service"),
        ("common", "no_such", "builtins.Exception", "Method not found: no_such"),
        ("object", "no_such", "builtins.NameError", "Method not available no_such"),
    ],
)
def test_what_no_service_has_is_refused(
    odoo: Asker, service: str, method: str, name: str, message: str
) -> None:
    at, user_id = odoo.address, odoo.ask("res.users", "context_get")["uid"]
    args = [at.database, user_id, at.secret, "res.partner", "search_count", []]
    data = rpc(odoo, service, method, args)["error"]["data"]
    assert (data["name"], data["message"]) == (name, message)
    assert data["arguments"] == [message]
    assert data["context"] == {}
    assert name.split(".")[-1] in data["debug"]


def test_what_is_no_json_is_a_bad_request(odoo: Asker) -> None:
    with pytest.raises(urllib.error.HTTPError) as failure:
        post(odoo, "/jsonrpc", b"{not json")
    assert failure.value.code == 400


def test_odoorpc_logs_in(odoo: Asker) -> None:
    assert odoo.client.version == "19.0"
    assert odoo.client.env.uid == odoo.ask("res.users", "context_get")["uid"]
    assert set(odoo.client.env.context) == {"lang", "tz", "uid"}


def test_odoorpc_is_told_of_a_wrong_password_without_details(odoo: Asker) -> None:
    client = odoorpc.ODOO(odoo.client.host, port=odoo.client.port)
    with pytest.raises(odoorpc.error.RPCError) as failure:
        client.login(odoo.address.database, "nobody@example.com", "wrong")
    assert not failure.value.info


def test_our_adapter_names_a_wrong_password(odoo: Asker) -> None:
    at = odoo.address
    wrong = OdooRpc(Address(at.url, at.database, "nobody@example.com", "wrong"))
    with pytest.raises(OdooLoginRefused, match=r"refused the login 'nobody@example\.com'"):
        wrong.call("res.partner", "search_count", [[]], {})


def test_our_adapter_names_a_wrong_database(odoo: Asker) -> None:
    at = odoo.address
    wrong = OdooRpc(Address(at.url, "no_such_database", at.login, at.secret))
    with pytest.raises(OdooLoginRefused, match="no database 'no_such_database'"):
        wrong.call("res.partner", "search_count", [[]], {})


def test_the_context_of_the_user_has_language_zone_and_id(odoo: Asker) -> None:
    context = odoo.ask("res.users", "context_get")
    assert context == {"lang": "en_US", "tz": "Europe/Brussels", "uid": context["uid"]}
