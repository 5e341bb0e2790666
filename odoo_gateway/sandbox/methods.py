"""The methods of a model that the sandbox answers, with the signatures of Odoo 19."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from odoo_gateway import outbox
from odoo_gateway.gates import DECISIONS
from odoo_gateway.sandbox import classic, gates, imports, procedures
from odoo_gateway.sandbox.conditions import matching
from odoo_gateway.sandbox.database import Database, Row, View
from odoo_gateway.sandbox.domain import parse
from odoo_gateway.sandbox.failures import (
    Failure,
    access_error,
    attribute_error,
    type_error,
    value_error,
)
from odoo_gateway.sandbox.grouping import aggregate, grouped, parse_key
from odoo_gateway.sandbox.order import rows_in_order
from odoo_gateway.sandbox.schema import Shape

DROPS_ORDER: Final = 16
OPERATIONS: Final = ("read", "write", "create", "unlink")


class Base:
    """One model under one call; the classes are named like Odoo's, which its complaints name."""

    def __init__(self, view: View, name: str) -> None:
        self._view = view
        self._name = name
        self._shapes = view.shapes(name)

    def formatted_read_group(
        self,
        domain: Any,
        groupby: Sequence[str] = (),
        aggregates: Sequence[str] = (),
        having: Any = (),
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Row]:
        """Groups with their keys, their aggregates and the domain that leads to their rows."""
        if having:
            raise Failure("builtins.NotImplementedError", "the sandbox does not know having")
        rows = self._found(domain)
        keys = [parse_key(self._view, self._name, spec) for spec in groupby]
        computed = {spec: aggregate(self._view, self._name, spec) for spec in aggregates}
        if not keys:
            totals = {spec: compute(rows) for spec, compute in computed.items()}
            return [{"__extra_domain": [[1, "=", 1]], **totals}]
        groups = grouped(self._view, self._name, rows, keys, order or ", ".join(groupby))
        end = (offset or 0) + limit if limit else None
        return [
            classic.formatted(self._view, group, keys, computed)
            for group in groups[offset or 0 : end]
        ]

    def _found(self, domain: Any) -> list[Row]:
        active_test = bool(self._view.context.get("active_test", True))
        return matching(self._view, self._name, parse(domain), active_test)


class BaseModel(Base):
    """What every model answers."""

    def check_access_rights(self, operation: str, raise_exception: bool = True) -> bool | None:
        """Whether the account may do that; None where it may and asked to be refused."""
        if operation not in OPERATIONS:
            raise Failure("builtins.AssertionError", "Invalid access mode")
        if not raise_exception:
            return self._view.may(operation, self._name)
        self._view.check_right(operation, self._name)
        return None

    def fields_get(
        self, allfields: Sequence[str] | None = None, attributes: Sequence[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """The fields that the account may see; names that do not exist are left out."""
        return {
            name: shape.described(attributes)
            for name, shape in self._shapes.items()
            if (not allfields or name in allfields) and not self._view.is_hidden(self._name, name)
        }

    def search_count(self, domain: Any, limit: int | None = None) -> int:
        """How many rows match, at most `limit`."""
        found = len(self._found(domain))
        return min(found, limit) if limit else found

    def search(
        self,
        domain: Any,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[int]:
        """The ids of the rows that match, in order."""
        rows = self._ordered(domain, order)
        end = (offset or 0) + limit if limit else None
        return [row["id"] for row in rows[offset or 0 : end]]

    def search_read(
        self,
        domain: Any = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        **read_kwargs: Any,
    ) -> list[Row]:
        """The rows that match, in order, with the fields asked for."""
        names = fields or list(self.fields_get(attributes=()))
        shapes = [self._shape(name) for name in names]
        rows = self._ordered(domain or [], order)
        for name in read_kwargs.keys() - {"load"}:
            raise type_error(
                f"BaseModel._read_format() got an unexpected keyword argument {name!r}"
            )
        classic_read = read_kwargs.get("load", "_classic_read") == "_classic_read"
        end = (offset or 0) + limit if limit else None
        return [self._read(row, shapes, classic_read) for row in rows[offset or 0 : end]]

    def read_group(
        self,
        domain: Any,
        fields: Sequence[str],
        groupby: Sequence[str] | str,
        offset: int = 0,
        limit: int | None = None,
        orderby: str | bool = False,
        lazy: bool = True,
    ) -> list[Row]:
        """As Odoo 18 and before answered: dates as labels, their bounds apart."""
        request = classic.Request.of(self._view, self._name, fields, groupby, lazy)
        rows = self._found(domain)
        found = classic.answered(self._view, request, rows, domain, str(orderby or ""))
        end = (offset or 0) + limit if limit else None
        return found[offset or 0 : end]

    def _ordered(self, domain: Any, order: str | None) -> list[Row]:
        return rows_in_order(self._view, self._name, self._found(domain), order)

    def _shape(self, name: str) -> Shape:
        if name not in self._shapes:
            raise value_error(f"Invalid field {name!r} on {self._name!r}")
        self._view.check_field(self._name, name)
        return self._shapes[name]

    def _read(self, row: Row, shapes: Sequence[Shape], with_names: bool) -> Row:
        answer: Row = {"id": row["id"]}
        for shape in shapes:
            if shape.is_many:
                answer[shape.name] = self._view.members(self._name, row, shape)
                continue
            value = self._view.value(self._name, row, shape)
            if with_names and shape.type == "many2one" and value and isinstance(value, int):
                value = [value, self._view.database.name_of(shape.relation, value)]
            answer[shape.name] = value
        return answer


class Employees(BaseModel):
    """Employees, who are searched in their public model where the account has no HR rights."""

    def _ordered(self, domain: Any, order: str | None) -> list[Row]:
        """Odoo 16 passes on what was found there, and not the order asked for."""
        guarded = any(model == self._name for model, _ in self._view.database.hidden_fields)
        dropped = guarded and self._view.database.version == DROPS_ORDER
        return super()._ordered(domain, None if dropped else order)


class JournalItems(BaseModel):
    """Journal items as Odoo 16 has them, whose `search_read` takes nothing more."""

    def search_read(  # type: ignore[override]
        self,
        domain: Any = None,
        fields: Sequence[str] | None = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Row]:
        """As BaseModel.search_read."""
        return super().search_read(domain, fields, offset, limit, order)


class Users(BaseModel):
    """The users, who may also ask for their own context."""

    def context_get(self) -> dict[str, Any]:
        """Language, zone and id of the one who asks."""
        account = self._view.database.account
        return {"lang": account.lang, "tz": account.tz, "uid": account.user_id}


class Models(BaseModel):
    """The models, of which every internal user may ask which it may read."""

    def get_available_models(self) -> list[Row]:
        """Name and title of those."""
        names = [name for name in self._view.database.schema if self._view.may("read", name)]
        return [{"display_name": name, "model": name} for name in sorted(names)]


class References(BaseModel):
    """External ids, of which everybody may ask where one leads."""

    def __init__(self, view: View, name: str) -> None:
        # No table of ours: nothing else of it is known.
        self._view = view
        self._name = name

    def check_object_reference(
        self, module: str, xml_id: str, raise_on_access_error: bool = False
    ) -> list[Any]:
        """Model and id."""
        found = imports.KNOWN_RECORDS.get(f"{module}.{xml_id}")
        if found is None:
            raise value_error(f"External ID not found in the system: {module}.{xml_id}")
        return list(found)


class Groups(BaseModel):
    """The groups, which are known by external ids."""

    def get_external_id(self, ids: Sequence[int]) -> dict[str, str]:
        """The external id of each group, "" where it has none."""
        return {str(number): self._view.database.name_of(self._name, number) for number in ids}


class Mail(BaseModel):
    """Activities and messages, which are imported under external ids."""

    def load(self, fields: Sequence[str], data: Sequence[Sequence[Any]]) -> dict[str, Any]:
        """Create or update; what is refused stands in the messages of the answer."""
        return imports.load(self._view, self._name, fields, data)

    def get_external_id(self, ids: Sequence[int]) -> dict[str, str]:
        """The external id of each, "" where it has none."""
        known = {found: name for name, found in self._view.database.external_ids.items()}
        return {str(number): known.get((self._name, number), "") for number in ids}

    def unlink(self, ids: Sequence[int]) -> bool:
        """Gone, with its external id."""
        with self._view.database.writing:
            for number in ids:
                self._view.database.tables[self._name].pop(number)
                names = self._view.database.external_ids
                for name in [name for name, at in names.items() if at == (self._name, number)]:
                    del names[name]
        return True


class Activities(Mail):
    """Activities, which people mark done."""

    def action_feedback(self, ids: Sequence[int], feedback: str | bool = False) -> bool:
        """Done: kept as an archived row since Odoo 19, gone before; without the message of it."""
        imports.finish(self._view.database, ids)
        return False


class Events(BaseModel):
    """The rows of our outbox, which whoever took them has gone."""

    def unlink(self, ids: Sequence[int]) -> bool:
        """Without a word about those that are not there."""
        with self._view.database.writing:
            for number in ids:
                self._view.database.tables[self._name].pop(number, None)
        return True


class Decisions(BaseModel):
    """What gates go by, which whoever may only adds to."""

    def create(self, values: Any) -> int:
        """Its id."""
        with self._view.database.writing:
            return gates.create(self._view.database.tables[self._name], values)


class Actions(BaseModel):
    """Server actions: our procedures."""

    def run(self, ids: Sequence[int]) -> Row:
        """What it answers."""
        return procedures.run(self._view, ids)


CLASSES: Final[Mapping[str, type[BaseModel]]] = {
    procedures.ACTION: Actions,
    "hr.employee": Employees,
    "ir.model": Models,
    "ir.model.data": References,
    "mail.activity": Activities,
    "mail.message": Mail,
    "res.groups": Groups,
    "res.users": Users,
    DECISIONS: Decisions,
    outbox.MODEL: Events,
}
OLDER_CLASSES: Final[Mapping[tuple[str, int], type[BaseModel]]] = {
    ("account.move.line", 16): JournalItems,
}
# Methods that older Odoos have not.
SINCE: Final = {"formatted_read_group": 19}
WRITES: Final = {"create": "create", "write": "write", "unlink": "unlink", "load": "create"}


def call(
    database: Database, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """The answer to one `execute_kw`. Raises Failure."""
    keywords = dict(kwargs)
    view = View(database, keywords.pop("context", None) or {})
    usual = CLASSES.get(model, BaseModel)
    target = OLDER_CLASSES.get((model, database.version), usual)(view, model)
    if method.startswith("_"):
        raise access_error(
            f"Private methods (such as '{model}.{method}') cannot be called remotely."
        )
    if method in WRITES:
        view.check_right(WRITES[method], model)
    public: Callable[..., Any] | None = getattr(target, method, None)
    if public is None or database.version < SINCE.get(method, 0):
        raise attribute_error(f"The method '{model}.{method}' does not exist")
    _check_arguments(public, args, keywords)
    return public(*args, **keywords)


def _check_arguments(
    method: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> None:
    try:
        inspect.signature(method).bind(*args, **kwargs)
    except TypeError:
        try:
            method(*args, **kwargs)
        except TypeError as error:
            raise type_error(str(error)) from error
