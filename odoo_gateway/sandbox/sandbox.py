"""The sandbox itself: a transport that needs no network, and the core of the one that serves it."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any

import odoorpc.error

from odoo_gateway import transport
from odoo_gateway.outbox import MODEL
from odoo_gateway.procedures.calling import DIRECTORY
from odoo_gateway.sandbox import (
    conditions,
    firm,
    methods,
    older,
    outbox,
    procedures,
    rights,
    schema,
)
from odoo_gateway.sandbox import gates as decisions
from odoo_gateway.sandbox.database import Account, Database, Row, Rows, Test, View
from odoo_gateway.sandbox.domain import parse
from odoo_gateway.sandbox.failures import Failure
from odoo_gateway.sandbox.modules import installed as modules_of
from odoo_gateway.sandbox.modules import without
from odoo_gateway.sandbox.schema import Schema


class Sandbox:
    """A firm as of a day, answering like Odoo Community; implements Transport.

    version        16 to 19: the schema, names, states and methods that this Odoo has
    declares       fields that further modules bring: `fields_get` answers by model and field
    rows           other rows than the firm's, by model
    hidden_fields  (model, field) pairs that the account's groups do not show
    denied_models  models that the account may not read
    lacks_modules  modules that are not installed, with the models and fields they bring
    lacks_models   models that do not exist, as on an older Odoo
    corrupt        (model, id) to values that are put into that row as they are
    company_ids    the companies that the account is allowed in, its main one first
    rules          what record rules leave the account of a model, as a domain beside companies
    groups         the account's groups by their external ids; the administrator's if not given
    installed      with our procedures and our outbox, into which `tell` puts events
    gates          those that were installed, too: they refuse nothing here, for nobody confirms
    """

    def __init__(
        self,
        as_of: date,
        *,
        version: int = schema.NEWEST,
        declares: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
        rows: Rows | None = None,
        hidden_fields: Collection[tuple[str, str]] = (),
        denied_models: Collection[str] = (),
        lacks_modules: Collection[str] = (),
        lacks_models: Collection[str] = (),
        corrupt: Mapping[tuple[str, int], Mapping[str, Any]] | None = None,
        company_ids: Sequence[int] = (1, 2),
        rules: Mapping[str, Sequence[Any]] | None = None,
        groups: Sequence[str] = rights.ADMINISTRATOR,
        installed: bool = False,
        gates: Collection[str] = (),
    ) -> None:
        self.as_of = as_of
        self.version = version
        self.account = Account(firm.USER_ID, tuple(company_ids), tz="Europe/Brussels")
        known = without(schema.load(version), lacks_modules, lacks_models)
        changed = _corrupted(rows or firm.build(as_of), corrupt or {})
        found = older.as_kept_by(version, known, changed)
        found.setdefault("ir.module.module", modules_of(lacks_modules, version, declares or ()))
        known = rights.known(_with(known, schema.shapes_of(declares or {})), version)
        self._events = count(1)
        if installed or gates:
            if gates:
                known = _with(known, decisions.known())
            known = _with(_with(known, outbox.known()), procedures.known())
            found |= procedures.rows(found)
            found[DIRECTORY] += decisions.listed(gates)
            # Who is no administrator runs them, and may read none.
            denied_models = {*denied_models, procedures.ACTION}
        found |= rights.rows(found, known, version, firm.USER_ID, groups, rules or {})
        self._database = Database(
            schema=known,
            rows=found,
            account=self.account,
            hidden_fields=frozenset(hidden_fields),
            denied_models=frozenset(denied_models),
            version=version,
            as_of=as_of,
            ruled={model: _ruled(model, domain) for model, domain in (rules or {}).items()},
        )

    def tell(
        self,
        kind: str,
        record_id: int,
        at: datetime,
        old: Mapping[str, str] | None = None,
        new: Mapping[str, str] | None = None,
        user_id: int = firm.USER_ID,
    ) -> None:
        """Have a change stand in the outbox, as Odoo does when somebody makes it."""
        number = next(self._events)
        row = outbox.written(number, kind, record_id, at, old or {}, new or {}, user_id)
        with self._database.writing:
            self._database.tables[MODEL][number] = row

    @property
    def version_info(self) -> dict[str, Any]:
        """What `/web/webclient/version_info` answers."""
        return {
            "server_version": f"{self.version}.0",
            "server_version_info": [self.version, 0, 0, "final", 0, ""],
            "server_serie": f"{self.version}.0",
            "protocol_version": 1,
        }

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


def _with(known: Schema, more: Schema) -> Schema:
    return {
        **known,
        **{model: {**known.get(model, {}), **fields} for model, fields in more.items()},
    }


def _ruled(model: str, domain: Sequence[Any]) -> Callable[[View], Test]:
    node = parse(json.loads(json.dumps(list(domain))))
    return lambda view: conditions.compiled(view, model, node)


def _corrupted(
    rows: Rows,
    corrupt: Mapping[tuple[str, int], Mapping[str, Any]],
) -> dict[str, list[Row]]:
    return {
        model: [{**row, **corrupt.get((model, row["id"]), {})} for row in of]
        for model, of in rows.items()
    }
