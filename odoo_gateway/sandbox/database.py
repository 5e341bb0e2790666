"""The rows of the firm, and what one call may see of them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.gates import DECISIONS
from odoo_gateway.outbox import MODEL
from odoo_gateway.sandbox.access import has_company_rule, may_see_company
from odoo_gateway.sandbox.failures import access_error, user_error
from odoo_gateway.sandbox.schema import NEWEST, Schema, Shape

Row = dict[str, Any]
Rows = Mapping[str, Iterable[Row]]
Test = Callable[[Row], bool]

EMPTY_NUMBER = {
    "integer": 0,
    "many2one_reference": 0,
    "float": 0.0,
    "monetary": 0.0,
    "boolean": False,
}
# What hangs on a record, and the field that names the record's model.
ABOUT_RECORDS: Final = {"mail.activity": "res_model", "mail.message": "model"}
# All that our group may do to tables of ours, beside reading them.
OF_OURS: Final = (("unlink", MODEL), ("create", DECISIONS))


@dataclass(frozen=True)
class Account:
    """Who asks: the user, the companies it is allowed in, its main one first, and its zone."""

    user_id: int
    company_ids: tuple[int, ...]
    lang: str = "en_US"
    tz: str = "UTC"


@dataclass(frozen=True)
class Database:
    """All rows, with the fields and models that this account may not see."""

    schema: Schema
    rows: Rows
    account: Account
    hidden_fields: Collection[tuple[str, str]] = frozenset()
    denied_models: Collection[str] = frozenset()
    version: int = NEWEST
    #: The day that the firm lives in.
    as_of: date = date.min
    tables: Mapping[str, dict[int, Row]] = field(init=False)
    #: Of what was imported, the model and id; changed under `writing` alone.
    external_ids: dict[str, tuple[str, int]] = field(default_factory=dict)
    writing: Lock = field(default_factory=Lock)
    #: Of a model that record rules narrow, which rows they leave, companies apart.
    ruled: Mapping[str, Callable[["View"], Test]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tables = {model: {row["id"]: row for row in rows} for model, rows in self.rows.items()}
        # The rows belong to whoever gave them; these tables are written to.
        for model in (*ABOUT_RECORDS, DECISIONS, MODEL):
            tables[model] = {row["id"]: dict(row) for row in self.rows.get(model, ())}
        object.__setattr__(self, "tables", tables)

    def row(self, model: str, record_id: int) -> Row | None:
        """One row by id, whatever the rules say."""
        return self.tables.get(model, {}).get(record_id)

    def name_of(self, model: str, record_id: int) -> str:
        """What Odoo shows for a record, also where rules hide the record itself."""
        row = self.row(model, record_id) or {}
        return row.get("display_name") or row.get("name") or f"{model},{record_id}"


class View:
    """The database under the context of one call: its companies, its zone, its language."""

    def __init__(self, database: Database, context: Mapping[str, Any]) -> None:
        self.database = database
        self.context = context
        self._rules: dict[str, Test] = {}

    def shapes(self, model: str) -> Mapping[str, Shape]:
        """The fields of a model, hidden ones too."""
        try:
            return self.database.schema[model]
        except KeyError:
            raise user_error(f"Object {model} doesn't exist") from None

    def is_hidden(self, model: str, name: str) -> bool:
        """Whether a group that the account lacks guards the field."""
        return (model, name) in self.database.hidden_fields

    def check_field(self, model: str, name: str) -> None:
        """Raises AccessError for a guarded field."""
        if self.is_hidden(model, name):
            raise access_error(
                f'You do not have enough rights to access the field "{name}" on {model} '
                f"({model}). Please contact your system administrator.\n\nOperation: read"
            )

    def may(self, operation: str, model: str) -> bool:
        """Whether the account has the right at all; it reads, writes and takes."""
        if model in self.database.denied_models:
            return False
        return operation == "read" or model in ABOUT_RECORDS or (operation, model) in OF_OURS

    def check_right(self, operation: str, model: str) -> None:
        """Raises AccessError where the right is lacking."""
        if not self.may(operation, model):
            verb = {"read": "access", "write": "modify", "unlink": "delete"}.get(
                operation, operation
            )
            raise access_error(
                f"You are not allowed to {verb} '{model}' ({model}) records.\n\n"
                "No group currently allows this operation.\n\n"
                "Contact your administrator to request access if necessary."
            )

    @cached_property
    def company_ids(self) -> tuple[int, ...]:
        """The companies of this call, else all of the account."""
        return tuple(self.context.get("allowed_company_ids") or self.database.account.company_ids)

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where a plain day begins and ends for moments in time."""
        return ZoneInfo(self.context.get("tz") or self.database.account.tz)

    def visible(self, model: str) -> list[Row]:
        """The rows that record rules leave, by id."""
        if has_company_rule(model):
            self._check_companies()
        table = self.database.tables.get(model, {})
        seen = self._under_rules(model)
        return [table[record_id] for record_id in sorted(table) if seen(table[record_id])]

    def value(self, model: str, row: Row, shape: Shape) -> Any:
        """A row's value as it is stored: ids for relations, False where there is none."""
        if shape.is_many:
            return list(row.get(shape.name) or ())
        if shape.name == "display_name":
            return self.database.name_of(model, row["id"])
        value = row.get(shape.name)
        return EMPTY_NUMBER.get(shape.type, False) if value is None else value

    def members(self, model: str, row: Row, shape: Shape) -> list[int]:
        """The ids of a list that a reader sees: no archived records, none that rules hide."""
        table = self.database.tables.get(shape.relation, {})
        seen = self._under_rules(shape.relation)
        return [
            number
            for number in self.value(model, row, shape)
            if (target := table.get(number)) is not None
            and (shape.sees_archived or target.get("active") is not False)
            and seen(target)
        ]

    def _check_companies(self) -> None:
        if not set(self.company_ids) <= set(self.database.account.company_ids):
            raise access_error("Access to unauthorized or invalid companies.")

    def _under_rules(self, model: str) -> Test:
        if model not in self._rules:
            self._rules[model] = self._rule(model)
        return self._rules[model]

    def _rule(self, model: str) -> Test:
        rule = self.database.ruled.get(model)
        left = rule(self) if rule else None
        return lambda row: (left is None or left(row)) and self._follows(model, row)

    def _follows(self, model: str, row: Row) -> bool:
        """Whether the row's company, or the record that it is about, lets it be seen."""
        if model in ABOUT_RECORDS or model == "ir.attachment":
            named = row.get(ABOUT_RECORDS.get(model, "res_model"))
            return not named or self.sees(named, row["res_id"])
        return may_see_company(model, row, self.database, self.company_ids)

    def sees(self, model: str, record_id: int) -> bool:
        """Whether the record is there and the record rules let it through."""
        record = self.database.row(model, record_id)
        return record is not None and self._under_rules(model)(record)
