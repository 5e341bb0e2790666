"""What one tenant's Odoo has: its companies, modules, fields and rights, asked once and kept."""

import re
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, TypeVar

from odoo_gateway import answers, field_names, homes
from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.records import BadValue, Record, declared, fields_of, parse
from odoo_gateway.transport import Transport

#: The field that says whose a row is.
COMPANY: Final = "company_id"
# Seconds that the answer to a question of all companies serves them all.
SHARED_SECONDS: Final = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Company(Record):
    """A company that the user may see."""

    MODEL: ClassVar[str] = "res.company"
    MODULE: ClassVar[str] = "base"
    id: int
    name: str
    currency_id: int
    resource_calendar_id: int | None


@dataclass(frozen=True)
class Layout:
    """How one record maps onto one database."""

    #: Our field name to the database's.
    names: Mapping[str, str]
    #: Our field name to the model that it links to.
    relations: Mapping[str, str]
    absent: frozenset[str]


@dataclass(frozen=True)
class Call:
    """One call of a model's method."""

    model: str
    method: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


class Session:
    """One tenant's database. Keeps what it learnt for its life: one per process and tenant.

    read_megabytes: of memory that the rows of one question may hold. at_once: calls at the same
    time, where a reader has several to make.
    """

    def __init__(
        self,
        transport: Transport,
        base_url: str = "",
        read_megabytes: float = 256.0,
        at_once: int = 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.transport = transport
        self.read_megabytes = read_megabytes
        self.base_url = base_url.rstrip("/")
        self._at_once = at_once
        self._clock = clock
        self._layouts: dict[type[Record], Layout] = {}
        self._rights: dict[str, bool] = {}
        self._described: dict[str, tuple[frozenset[str], Mapping[str, Any]]] = {}
        self._references: dict[tuple[str, str], int] = {}
        self._shared: dict[Hashable, tuple[float, Any]] = {}

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """The method's result, as the transport gives it."""
        return self.transport.call(model, method, args, kwargs)

    def call_all(self, calls: Sequence[Call]) -> Sequence[Any]:
        """The results of calls that do not hang on each other, as if made one after the other.

        Raises what the first of them raises that fails; those after it may not be made.
        """
        if self._at_once < 2 or len(calls) < 2:
            return [self.call(call.model, call.method, *call.args, **call.kwargs) for call in calls]
        with ThreadPoolExecutor(self._at_once) as pool:
            asked = [
                pool.submit(
                    copy_context().run,
                    self.call,
                    call.model,
                    call.method,
                    *call.args,
                    **call.kwargs,
                )
                for call in calls
            ]
            try:
                return [each.result() for each in asked]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    @cached_property
    def modules(self) -> Mapping[str, str]:
        """The installed modules: technical name to version, like "19.0.1.0"."""
        answer = self.call(
            "ir.module.module",
            "search_read",
            # What waits to be upgraded or removed is there until then.
            [("state", "in", ["installed", "to upgrade", "to remove"])],
            ["name", "latest_version"],
            order="id",
        )
        rows = answers.rows(answer, "ir.module.module.search_read", ("name", "latest_version"))
        return {str(row["name"]): str(row["latest_version"] or "") for row in rows}

    @cached_property
    def major_version(self) -> int:
        """16 to 19, or what an online version calls itself ("saas~18.2" counts as 18)."""
        digits = re.search(r"\d+", self.modules.get("base", ""))
        if digits is None:
            raise OdooSchemaDrift("the module base names no version: is this Odoo 16 to 19?")
        return int(digits.group())

    @cached_property
    def user_id(self) -> int:
        """The id of the user that we log in as."""
        return answers.whole(self.call("res.users", "context_get")["uid"], "res.users.context_get")

    @cached_property
    def companies(self) -> tuple[Company, ...]:
        """All companies that the user is allowed in, by id."""
        names = self.layout(Company).names
        answer = self.call(
            Company.MODEL, "search_read", [], list(names.values()), order="id", load=""
        )
        rows = answers.rows(answer, f"{Company.MODEL}.search_read")
        try:
            return tuple(parse(Company, row, names) for row in rows)
        except BadValue as error:
            raise OdooSchemaDrift(f"{Company.MODEL} cannot be read: {error}") from error

    def layout(self, record: type[Record]) -> Layout:
        """Which of the record's fields this database shows to this user, and under which name.

        Raises OdooSchemaDrift when a field without a default is absent or hidden.
        """
        if record not in self._layouts:
            self._layouts[record] = self._find_layout(record)
        return self._layouts[record]

    def has_company(self, model: str) -> bool:
        """Whether rows of the model have a `company_id` that this user may see."""
        return COMPANY in self._fields(model)

    def may_read(self, model: str) -> bool:
        """Whether the model exists and the user has the right to read it at all."""
        if model not in self._rights:
            self._rights[model] = self.exists(model) is not False and (
                model in self._readable or self._may_read(model)
            )
        return self._rights[model]

    def shared(self, question: Hashable, ask: Callable[[], T]) -> T:
        """The answer to a question that is the same for all companies, for a minute."""
        since, answer = self._shared.get(question, (0.0, None))
        if question not in self._shared or self._clock() - since > SHARED_SECONDS:
            answer = ask()
            self._shared[question] = (self._clock(), answer)
        found: T = answer
        return found

    def reference(self, module: str, name: str) -> int:
        """The id of a record that a module brings, by its external id. Raises OdooError."""
        if (module, name) not in self._references:
            asked = "ir.model.data.check_object_reference"
            answer = self.call("ir.model.data", "check_object_reference", module, name)
            found = answers.listed(answer, asked)
            self._references[module, name] = answers.whole(found[-1] if found else None, asked)
        return self._references[module, name]

    def link(self, model: str, record_id: int) -> str:
        """Where a person opens the record in a browser."""
        if self.major_version >= 18:
            return f"{self.base_url}/odoo/{model}/{record_id}"
        return f"{self.base_url}/web#id={record_id}&model={model}&view_type=form"

    def page(self, path: str, action: str) -> str:
        """Where a person opens a page of Odoo: by its path, or by its action before Odoo 18."""
        if self.major_version >= 18:
            return f"{self.base_url}/odoo/{path}"
        return f"{self.base_url}/web#action={action}"

    def exists(self, model: str) -> bool | None:
        """Without asking for the model itself, which Odoo's log would tell of; None: not known."""
        if model not in homes.HOMES:
            return None
        return homes.exists(model, self.modules, self.major_version)

    @cached_property
    def _readable(self) -> frozenset[str]:
        """The models that the user may read, told at once; none where it is no internal user."""
        try:
            answer = self.call("ir.model", "get_available_models")
        except (OdooRejected, OdooSchemaDrift):
            return frozenset()
        rows = answers.rows(answer, "ir.model.get_available_models", ("model",))
        return frozenset(str(row["model"]) for row in rows)

    def _may_read(self, model: str) -> bool:
        try:
            return bool(self.call(model, "check_access_rights", "read", raise_exception=False))
        except OdooSchemaDrift:
            return False

    def _fields(self, model: str, *records: type[Record]) -> Mapping[str, Any]:
        """What the database has of the fields that these and all other records of it declare."""
        asked, found = self._described.get(model, (frozenset(), {}))
        if not _names(model, records) <= asked:
            # All that are known by now: a module that is loaded later may declare one more.
            asked = _names(model, [*records, *declared(model)])
            answer = self.call(model, "fields_get", sorted(asked), ["type", "relation"])
            found = answers.fields(answer, f"{model}.fields_get")
            self._described[model] = asked, found
        return found

    def _find_layout(self, record: type[Record]) -> Layout:
        if self.exists(record.MODEL) is False:
            raise OdooSchemaDrift(_absent_model(record))
        try:
            found = self._fields(record.MODEL, record)
        except OdooSchemaDrift as error:
            raise OdooSchemaDrift(_absent_model(record)) from error
        fields = fields_of(record)
        names = {
            f.name: actual
            for f in fields
            for actual in field_names.candidates(record.MODEL, f.name)[::-1]
            if actual in found
        }
        absent = [f for f in fields if f.name not in names]
        missing = [f.name for f in absent if not f.optional]
        if missing:
            raise OdooSchemaDrift(_absence(record, missing))
        relations = {
            ours: found[actual]["relation"]
            for ours, actual in names.items()
            if found[actual].get("relation")
        }
        return Layout(names, relations, frozenset(f.name for f in absent))


def _names(model: str, records: Iterable[type[Record]]) -> frozenset[str]:
    """How Odoo may call the fields of records, and the one that every question goes by."""
    names = (field.name for record in records for field in fields_of(record))
    return frozenset(
        [COMPANY, *(actual for name in names for actual in field_names.candidates(model, name))]
    )


def _absent_model(record: type[Record]) -> str:
    return (
        f"{record.MODEL} does not exist on this database: the module {record.MODULE!r} is not "
        "installed. Install it, or disable the job for this tenant"
    )


def _absence(record: type[Record], missing: Sequence[str]) -> str:
    return (
        f"{record.MODEL} shows no field {', '.join(missing)} to this user: either the module "
        f"{record.MODULE!r} is not installed, or a group that the user lacks guards the field. "
        "Install the module or widen the user's groups"
    )
