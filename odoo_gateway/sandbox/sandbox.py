"""The sandbox itself: a transport that needs no network, and the core of the one that serves it."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import odoorpc.error

from odoo_gateway import transport
from odoo_gateway.sandbox import firm, methods, schema
from odoo_gateway.sandbox.database import Account, Database, Row, Rows
from odoo_gateway.sandbox.failures import Failure
from odoo_gateway.sandbox.modules import installed, without

VERSION: dict[str, Any] = {
    "server_version": "19.0",
    "server_version_info": [19, 0, 0, "final", 0, ""],
    "server_serie": "19.0",
    "protocol_version": 1,
}


class Sandbox:
    """A firm as of a day, answering like Odoo 19 Community; implements Transport.

    rows           other rows than the firm's, by model
    hidden_fields  (model, field) pairs that the account's groups do not show
    denied_models  models that the account may not read
    lacks_modules  modules that are not installed, with the models and fields they bring
    lacks_models   models that do not exist, as on an older Odoo
    corrupt        (model, id) to values that are put into that row as they are
    company_ids    the companies that the account is allowed in, its main one first
    """

    def __init__(
        self,
        as_of: date,
        *,
        rows: Rows | None = None,
        hidden_fields: Collection[tuple[str, str]] = (),
        denied_models: Collection[str] = (),
        lacks_modules: Collection[str] = (),
        lacks_models: Collection[str] = (),
        corrupt: Mapping[tuple[str, int], Mapping[str, Any]] | None = None,
        company_ids: Sequence[int] = (1, 2),
    ) -> None:
        self.as_of = as_of
        self.account = Account(firm.USER_ID, tuple(company_ids), tz="Europe/Brussels")
        found = {model: list(of) for model, of in (rows or firm.build(as_of)).items()}
        found.setdefault("ir.module.module", installed(lacks_modules))
        self._database = Database(
            schema=without(schema.load(), lacks_modules, lacks_models),
            rows=_corrupted(found, corrupt or {}),
            account=self.account,
            hidden_fields=frozenset(hidden_fields),
            denied_models=frozenset(denied_models),
        )

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call: the very errors that the same call over the network raises."""
        sent_args, sent_kwargs = json.loads(json.dumps([list(args), dict(kwargs)]))
        try:
            return self.answer(model, method, sent_args, sent_kwargs)
        except Failure as failure:
            error = failure.as_error()
            refused = odoorpc.error.RPCError(error["message"], error)
            raise transport._server_said(refused, ADDRESS, f"{model}.{method}") from refused

    def answer(
        self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        """As `execute_kw` on the server. Raises Failure."""
        return methods.call(self._database, model, method, args, kwargs)


ADDRESS = transport.Address("http://sandbox", "sandbox", "fleet", "sandbox")


def _corrupted(
    rows: Mapping[str, Sequence[Row]],
    corrupt: Mapping[tuple[str, int], Mapping[str, Any]],
) -> dict[str, list[Row]]:
    return {
        model: [{**row, **corrupt.get((model, row["id"]), {})} for row in of]
        for model, of in rows.items()
    }
