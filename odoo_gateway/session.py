"""What one tenant's Odoo has: its companies, modules, fields and rights, asked once and kept."""

import math
import re
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Final, TypeVar

from odoo_gateway import answers, field_names, homes
from odoo_gateway.errors import OdooError, OdooRejected, OdooSchemaDrift
from odoo_gateway.learnt import LIFE_SECONDS, Described, Kept, Learnt, Store, footing
from odoo_gateway.records import BadValue, Record, declared, fields_of, parse
from odoo_gateway.sight import Me
from odoo_gateway.transport import Transport

#: The field that says whose a row is.
COMPANY: Final = "company_id"
#: How the tables are called that we put into Odoo.
OURS: Final = "x_ops_"
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
    """One tenant's database. One per process and tenant; keeps what it learnt, and `store` longer.

    read_megabytes: of memory that the rows of one question may hold. at_once: calls at the same
    time, where a reader has several to make. store: from which a later process takes what was
    learnt. identity: what besides modules and user tells one database from another.
    """

    def __init__(
        self,
        transport: Transport,
        base_url: str = "",
        read_megabytes: float = 256.0,
        at_once: int = 1,
        clock: Callable[[], float] = time.monotonic,
        store: Store | None = None,
        identity: str = "",
    ) -> None:
        self.transport = transport
        self.read_megabytes = read_megabytes
        self.base_url = base_url.rstrip("/")
        self.at_once = at_once
        self._clock = clock
        self._shared: dict[Hashable, tuple[float, Any]] = {}
        self._store, self._identity = store, identity
        # Taken from the store when something of it is used for the first time.
        self._learnt: Learnt | None = None
        self._learnt_at = self._confirmed_at = -math.inf
        self._is_confirmed = store is None
        self._is_from_before = self._is_asked_anew = self._has_grown = False
        # When it was asked, the modules, and what tells of a change.
        self._modules: tuple[float, Mapping[str, str], Sequence[Any]] | None = None
        self._me: tuple[Me | None] | None = None
        self._layouts: dict[type[Record], Layout] = {}

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """The method's result, as the transport gives it."""
        return self.transport.call(model, method, args, kwargs)

    def call_all(self, calls: Sequence[Call]) -> Sequence[Any]:
        """The results of calls that do not hang on each other, as if made one after the other.

        Raises what the first of them raises that fails; those after it may not be made.
        """
        if self.at_once < 2 or len(calls) < 2:
            return [self.call(call.model, call.method, *call.args, **call.kwargs) for call in calls]
        with ThreadPoolExecutor(self.at_once) as pool:
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

    def begin(self, after_seconds: float = 0.0) -> None:
        """Somebody begins to read: what is known is confirmed before the next use of it.

        That is a question or two, and none for who uses nothing that was learnt. after_seconds:
        leave it at what was confirmed within so many.
        """
        now = self._clock()
        if now - self._confirmed_at < after_seconds:
            return
        self._is_confirmed = self._store is None
        self._me = None
        if self._modules is not None and now - self._modules[0] > SHARED_SECONDS:
            self._forget_modules()

    def forget(self) -> None:
        """Ask anew for everything: what was learnt was wrong."""
        self._take(Learnt(), self._clock())
        self._is_asked_anew, self._is_confirmed = True, self._store is None
        self._forget_modules()
        self.__dict__.pop("companies", None)

    def may_be_outdated(self, error: OdooError) -> bool:
        """Whether an error may come of what was learnt before whoever reads now has begun."""
        is_of_it = isinstance(error, OdooSchemaDrift) or (
            isinstance(error, OdooRejected) and error.for_rights
        )
        return is_of_it and self._is_from_before

    def keep(self) -> None:
        """Have the store keep what was learnt since the last time, if anything was."""
        learnt = self._learnt
        if self._store is None or learnt is None or not learnt.footing or not self._has_grown:
            return
        age = self._clock() - self._learnt_at
        self._store.keep(Kept(learnt.footing, learnt.as_json(), age))
        self._has_grown = self._is_asked_anew = False

    @property
    def modules(self) -> Mapping[str, str]:
        """The installed modules: technical name to version, like "19.0.1.0"."""
        return self._asked_modules[1]

    @cached_property
    def major_version(self) -> int:
        """16 to 19, or what an online version calls itself ("saas~18.2" counts as 18)."""
        digits = re.search(r"\d+", self.modules.get("base", ""))
        if digits is None:
            raise OdooSchemaDrift("the module base names no version: is this Odoo 16 to 19?")
        return int(digits.group())

    @property
    def user_id(self) -> int:
        """The id of the user that we log in as."""
        learnt = self._known
        if learnt.user_id is None:
            asked = "res.users.context_get"
            learnt.user_id = answers.whole(self.call("res.users", "context_get")["uid"], asked)
            self._has_grown = True
        return learnt.user_id

    @property
    def me(self) -> Me | None:
        """The user as it is, asked once after each `begin`; None where it may not be read."""
        if self._me is None:
            self._me = (self._ask_me(),)
        return self._me[0]

    @cached_property
    def companies(self) -> tuple[Company, ...]:
        """All companies that the user is allowed in, by id."""
        # Nothing of them hangs on modules or groups, so nothing needs to be confirmed.
        names = self._find_layout(Company, self._remembered).names
        fields = list(names.values())
        try:
            answer = self.call(Company.MODEL, "search_read", [], fields, order="id", load="")
        except (OdooRejected, OdooSchemaDrift):
            if not self._remembered.footing:
                raise
            self.forget()
            return self.companies
        rows = answers.rows(answer, f"{Company.MODEL}.search_read")
        try:
            return tuple(parse(Company, row, names) for row in rows)
        except BadValue as error:
            raise OdooSchemaDrift(f"{Company.MODEL} cannot be read: {error}") from error

    def layout(self, record: type[Record]) -> Layout:
        """Which of the record's fields this database shows to this user, and under which name.

        Raises OdooSchemaDrift when a field without a default is absent or hidden.
        """
        learnt = self._known
        if record not in self._layouts:
            self._layouts[record] = self._find_layout(record, learnt)
        return self._layouts[record]

    def has_company(self, model: str) -> bool:
        """Whether rows of the model have a `company_id` that this user may see."""
        return COMPANY in self._fields(self._known, model)

    def may_read(self, model: str) -> bool:
        """Whether the model exists and the user has the right to read it at all."""
        rights = self._known.rights
        if model not in rights:
            rights[model] = self.exists(model) is not False and (
                model in self._readable or self._may_read(model)
            )
            self._has_grown = True
        return rights[model]

    def may_write(self, model: str) -> bool:
        """Whether the user has the right to write the model, some of its rows at least."""
        rights, right = self._known.rights, f"{model} write"
        if right not in rights:
            rights[right] = bool(
                self.call(model, "check_access_rights", "write", raise_exception=False)
            )
            self._has_grown = True
        return rights[right]

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
        ids = self._known.ids
        if (module, name) not in ids:
            asked = "ir.model.data.check_object_reference"
            answer = self.call("ir.model.data", "check_object_reference", module, name)
            found = answers.listed(answer, asked)
            ids[module, name] = answers.whole(found[-1] if found else None, asked)
            self._has_grown = True
        return ids[module, name]

    def link(self, model: str, record_id: int) -> str:
        """Where a person opens the record in a browser."""
        if self.major_version >= 18:
            return f"{self.base_url}/odoo/{model}/{record_id}"
        return f"{self.base_url}/web#id={record_id}&model={model}&view_type=form"

    @staticmethod
    def view(base_url: str, model: str, record_id: int) -> str:
        """As `link`, of an Odoo of whatever version, which leads on from there itself."""
        return f"{base_url.rstrip('/')}/mail/view?model={model}&res_id={record_id}"

    def page(self, path: str, action: str) -> str:
        """Where a person opens a page of Odoo: by its path, or by its action before Odoo 18."""
        if self.major_version >= 18:
            return f"{self.base_url}/odoo/{path}"
        return f"{self.base_url}/web#action={action}"

    def exists(self, model: str) -> bool | None:
        """Without asking for the model itself, which Odoo's log would tell of; None: not known.

        Of our own tables, whether the user may read them.
        """
        if model.startswith(OURS) and self._readable:
            return model in self._readable
        if model not in homes.HOMES:
            return None
        return homes.exists(model, self.modules, self.major_version)

    @property
    def _asked_modules(self) -> tuple[float, Mapping[str, str], Sequence[Any]]:
        """When it was asked, the modules, and all that tells that one of them was changed."""
        if self._modules is None:
            at, columns = self._clock(), ("name", "latest_version", "write_date")
            answer = self.call(
                "ir.module.module",
                "search_read",
                # What waits to be upgraded or removed is there until then.
                [("state", "in", ["installed", "to upgrade", "to remove"])],
                list(columns),
                order="id",
            )
            rows = answers.rows(answer, "ir.module.module.search_read", columns[:2])
            versions = {str(row["name"]): str(row["latest_version"] or "") for row in rows}
            told = [[str(row.get(column)) for column in columns] for row in rows]
            self._modules = at, versions, told
        return self._modules

    @property
    def _remembered(self) -> Learnt:
        """What is known, which need not hold any more."""
        if self._learnt is None:
            kept = None if self._store is None else self._store.recall()
            if kept is None or kept.age >= LIFE_SECONDS:
                self._learnt_at, self._learnt = self._clock(), Learnt()
            else:
                self._learnt_at = self._clock() - kept.age
                self._learnt = Learnt.of_json(kept.footing, kept.learnt)
        return self._learnt

    @property
    def _known(self) -> Learnt:
        """What is known, and holds."""
        if not self._is_confirmed:
            # Set first, since to confirm it needs what is known.
            self._is_confirmed = True
            try:
                self._confirm()
            except BaseException:
                self._is_confirmed = False
                raise
        return self._remembered

    def _confirm(self) -> None:
        learnt, now = self._remembered, self._clock()
        life = SHARED_SECONDS if learnt.footing is None else LIFE_SECONDS
        is_young = now - self._learnt_at < life
        self._confirmed_at, self._is_from_before = now, bool(learnt.footing)
        if learnt.footing and is_young and learnt.footing == self._footing():
            return
        if learnt.footing:
            self.__dict__.pop("companies", None)
        if learnt.footing or not is_young:
            learnt = Learnt()
            self._take(learnt, now)
        self._is_from_before = False
        # Asked for before anything is learnt on it.
        learnt.footing = self._footing()
        if self._store is None or self._is_asked_anew or not learnt.footing:
            return
        # Another process may have learnt all of it since.
        kept = self._store.recall()
        if kept is not None and kept.footing == learnt.footing and kept.age < LIFE_SECONDS:
            self._take(Learnt.of_json(kept.footing, kept.learnt), now - kept.age)
            self._is_from_before = True

    def _forget_modules(self) -> None:
        self._modules = None
        self.__dict__.pop("major_version", None)

    def _take(self, learnt: Learnt, since: float) -> None:
        """Go by this from now on."""
        self._learnt, self._learnt_at = learnt, since
        self._layouts, self._me, self._has_grown = {}, None, False
        self.__dict__.pop("_readable", None)

    def _footing(self) -> str:
        """What all that is learnt hangs on, as it is now; "" where the user is not told of it."""
        try:
            me = self.me
            if me is None:
                return ""
            groups = sorted(me.all_group_ids)
            return footing(self._identity, me.id, me.login, groups, self._asked_modules[2])
        except (OdooRejected, OdooSchemaDrift):
            return ""

    def _ask_me(self) -> Me | None:
        if not self.may_read(Me.MODEL):
            return None
        names = self.layout(Me).names
        itself = [("id", "=", self.user_id)]
        answer = self.call(Me.MODEL, "search_read", itself, list(names.values()), load="")
        rows = answers.rows(answer, f"{Me.MODEL}.search_read")
        try:
            return parse(Me, rows[0], names) if rows else None
        except BadValue:
            return None

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

    def _fields(self, learnt: Learnt, model: str, *records: type[Record]) -> Described:
        """What the database has of the fields that these and all other records of it declare."""
        asked, found = learnt.fields.get(model, (frozenset(), {}))
        if not _names(model, records) <= asked:
            # All that are known by now: a module that is loaded later may declare one more.
            asked = _names(model, [*records, *declared(model)])
            answer = self.call(model, "fields_get", sorted(asked), ["type", "relation"])
            found = answers.fields(answer, f"{model}.fields_get")
            learnt.fields[model] = asked, found
            self._has_grown = True
        return found

    def _find_layout(self, record: type[Record], learnt: Learnt) -> Layout:
        if self.exists(record.MODEL) is False:
            raise OdooSchemaDrift(_absent_model(record))
        try:
            found = self._fields(learnt, record.MODEL, record)
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
