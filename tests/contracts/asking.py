"""Asks a server under contract over plain JSON-RPC, and says how it refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import odoorpc
import odoorpc.error

from odoo_gateway.reader import TAKES_NO_LOAD
from odoo_gateway.sandbox import schema
from odoo_gateway.sandbox.schema import NEWEST, Shape
from odoo_gateway.transport import Address, OdooRpc

Row = dict[str, Any]
# Odoo leaves out the files behind a record's own fields unless a domain names the id.
EVERYWHERE: Sequence[Any] = [("id", "!=", 0)]
# What a record rule leaves the clerk, by model.
RULED: Mapping[str, Sequence[Any]] = {
    "account.analytic.line": [
        ("project_id", "!=", False),
        "|",
        ("so_line.state", "=", "sale"),
        ("unit_amount", ">", 3),
    ],
    "sale.order": [("state", "=", "sale")],
}
ARCHIVED_TOO: Mapping[str, Any] = {"active_test": False}


@dataclass(frozen=True)
class Refusal:
    """The error of an answer: its code, and the class and message of the exception behind it."""

    code: int
    name: str
    message: str


@dataclass
class Asker:
    """One login on one server."""

    address: Address
    tables: dict[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def client(self) -> odoorpc.ODOO:
        """Logged in on first use."""
        parts = urlsplit(self.address.url)
        client = odoorpc.ODOO(parts.hostname, port=parts.port, timeout=60)
        client.login(self.address.database, self.address.login, self.address.secret)
        return client

    @cached_property
    def transport(self) -> OdooRpc:
        """The same login as our own adapter makes it."""
        return OdooRpc(self.address)

    def ask(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """The answer; odoorpc's errors where it is none."""
        return self.client.execute_kw(model, method, list(args), kwargs)

    def refusal(self, model: str, method: str, *args: Any, **kwargs: Any) -> Refusal:
        """How the server refused; fails if it answered."""
        try:
            answer = self.ask(model, method, *args, **kwargs)
        except odoorpc.error.RPCError as error:
            data = error.info["data"]
            assert set(data) >= {"name", "message", "arguments", "context", "debug"}
            return Refusal(error.info["code"], data["name"], data["message"])
        raise AssertionError(f"{model}.{method} answered {answer!r}")

    def rows(
        self, model: str, domain: Sequence[Any], fields: Sequence[str], **kwargs: Any
    ) -> list[Row]:
        """Rows with ids for relations, archived ones too, by id."""
        context = {**ARCHIVED_TOO, **kwargs.pop("context", {})}
        options = {"load": "", "order": "id", "context": context, **kwargs}
        if (model, NEWEST) in TAKES_NO_LOAD:
            del options["load"]
        found: list[Row] = self.ask(model, "search_read", list(domain), list(fields), **options)
        return found

    def ids(self, model: str, domain: Sequence[Any], **kwargs: Any) -> list[int]:
        """Ids of what matches, archived ones too, by id."""
        return [row["id"] for row in self.rows(model, domain, ["id"], **kwargs)]

    def count(self, model: str, domain: Sequence[Any], **context: Any) -> int:
        """How many match, archived ones too."""
        found: int = self.ask(
            model, "search_count", list(domain), context={**ARCHIVED_TOO, **context}
        )
        return found

    def table(self, model: str) -> list[Row]:
        """Every row of a model with every field that the schema has; asked once."""
        if model not in self.tables:
            self.tables[model] = self.rows(model, EVERYWHERE, list(shapes(model)))
        return self.tables[model]

    def found(self, model: str, domain: Sequence[Any]) -> list[int]:
        """Ids among the whole table that match, by id."""
        return self.ids(model, [*EVERYWHERE, *domain])


def shapes(model: str) -> Mapping[str, Shape]:
    """The fields under contract."""
    return schema.load()[model]


# Values with a structure of their own: nobody compares or sorts by them.
STRUCTURED: Final = ("json", "properties")


def can_be_asked_for(model: str, shape: Shape) -> bool:
    """Whether domains may name the field, and mean what they say."""
    return (
        shape.searchable
        and shape.name != "display_name"
        and shape.type not in STRUCTURED
        and (model, shape.name) not in schema.VALUE_IGNORED
    )


def every_field(*types: str) -> list[tuple[str, str]]:
    """Model and name of each searchable field under contract, perhaps only of some types."""
    return [
        (model, name)
        for model, fields in schema.load().items()
        for name, shape in fields.items()
        if can_be_asked_for(model, shape) and (not types or shape.type in types)
    ]


def label(value: object) -> str:
    """How a pair or a path reads in the name of a case."""
    return ".".join(map(str, value)) if isinstance(value, tuple) else str(value)
