"""Complete answers about one company: search, group and count, or a named error."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.records import BadValue, Record, parse
from odoo_gateway.session import Session
from odoo_gateway.sight import Sight

Condition = tuple[str, str, Any] | str
Domain = Sequence[Condition]
Key = int | str | date | None
R = TypeVar("R", bound=Record)
HIDDEN = "is referred to, but hidden from the fleet's user or deleted"

# Models that an Odoo searches without heeding the order asked for, where the user has no HR rights.
UNORDERED: Final = {("hr.employee", 16)}
# Models of which Odoo hides rows after it has taken a page of them (`_search` of both), so that a
# short page need not be the last.
HIDDEN_FROM_PAGES: Final = ("mail.activity", "mail.message")
# Models whose `search_read` takes no further arguments.
TAKES_NO_LOAD: Final = {("account.move.line", 16)}
# What Python says of such a model, which a module may bring too.
NO_LOAD: Final = "unexpected keyword argument 'load'"


@dataclass(frozen=True)
class Drift:
    """One row that does not fit its record, and the records that it belongs to."""

    model: str
    record_id: int
    field: str
    problem: str
    related: tuple[tuple[str, int], ...] = ()

    def touches(self, model: str, record_id: int | None) -> bool:
        """Whether what we would say about that record rests on the unreadable row."""
        return (model, record_id) == (self.model, self.record_id) or (
            model,
            record_id,
        ) in self.related


@dataclass(frozen=True)
class Group:
    """One group: keys (many2one as id), sums, earliest and latest days in the order asked for."""

    keys: tuple[Key, ...]
    sums: tuple[float, ...]
    earliest: tuple[date | None, ...]
    count: int
    latest: tuple[date | None, ...] = ()

    def id_at(self, position: int) -> int:
        """The key as the id of a record; raises OdooUnavailable when it is none."""
        key = self.keys[position]
        if not isinstance(key, int):
            raise OdooUnavailable(f"grouping answered {key!r} where the id of a record belongs")
        return key

    def day_at(self, position: int) -> date:
        """The key as a day; raises OdooUnavailable when it is none."""
        key = self.keys[position]
        if not isinstance(key, date):
            raise OdooUnavailable(f"grouping answered {key!r} where a day belongs")
        return key


@dataclass(frozen=True)
class _Asked:
    """What a grouping asks for, in the words of Odoo 19 and of the versions before."""

    by: tuple[str, ...]
    sums: tuple[str, ...]
    earliest: tuple[str, ...]
    latest: tuple[str, ...]

    def aggregates(self) -> list[str]:
        return [
            *(f"{name}:sum" for name in self.sums),
            *(f"{name}:min" for name in self.earliest),
            *(f"{name}:max" for name in self.latest),
        ]

    def classic_aggregates(self) -> list[str]:
        return [
            *(f"{name}:sum" for name in self.sums),
            *(f"{name}_min:min({name})" for name in self.earliest),
            *(f"{name}_max:max({name})" for name in self.latest),
        ]


class Reader:
    """Reads one company of one database.

    Every call names its companies: the reader's own first, then the others that the user has,
    so rows of other companies are seen only where a domain asks for them.
    `drift` collects the rows that no record could be made of. `context` goes with every call.
    """

    def __init__(
        self,
        session: Session,
        company_id: int,
        page_size: int = 2000,
        most_rows: int = 2_000_000,
    ) -> None:
        self.session = session
        self.company_id = company_id
        self.drift: list[Drift] = []
        self._page_size = page_size
        self._most_rows = most_rows
        self._takes_no_load: set[str] = set()
        self._sight = Sight(self)
        others = [company.id for company in session.companies if company.id != company_id]
        self.context = {
            "allowed_company_ids": [company_id, *others],
            "lang": "en_US",
            "tz": "UTC",
        }

    def search(self, record: type[R], domain: Domain, *, archived: bool = False) -> tuple[R, ...]:
        """All records that match, by ascending id; with `archived`, the inactive ones too.

        Pages by an id cursor, so rows that come or go meanwhile shift no page. Raises OdooError
        rather than give part of the answer, or more rows than any firm has.
        """
        found: list[R] = []
        fields = list(self.session.layout(record).names.values())
        context = {**self.context, "active_test": not archived}
        for row in self._rows(record.MODEL, domain, fields, context):
            self._take(record, row, found)
        return tuple(found)

    def referred(
        self, record: type[R], by: Mapping[int, Collection[tuple[str, int]]]
    ) -> Mapping[int, R]:
        """The records that others refer to, archived ones too, by id; `by` says which do, by id.

        A record that a rule hides, or that is gone, is drift of those that refer to it.
        """
        found = {
            each.id: each for each in self.search(record, [("id", "in", sorted(by))], archived=True)
        }
        known = found.keys() | self.unreadable(record.MODEL)
        for record_id in sorted(by.keys() - known):
            self.drift.append(
                Drift(record.MODEL, record_id, "id", HIDDEN, tuple(sorted(by[record_id])))
            )
        return found

    def count(self, model: str, domain: Domain) -> int:
        """How many rows the user sees."""
        answer = self.session.call(model, "search_count", list(domain), context=self.context)
        return answers.whole(answer, f"{model}.search_count")

    def group(
        self,
        model: str,
        domain: Domain,
        by: Sequence[str],
        sums: Sequence[str] = (),
        earliest: Sequence[str] = (),
        latest: Sequence[str] = (),
    ) -> tuple[Group, ...]:
        """Sums, earliest and latest dates by keys (`field` or `date_field:day`), server-side."""
        asked = _Asked(tuple(by), tuple(sums), tuple(earliest), tuple(latest))
        if self.session.major_version >= 19:
            answer = self.session.call(
                model,
                "formatted_read_group",
                list(domain),
                list(by),
                ["__count", *asked.aggregates()],
                context=self.context,
            )
            keys = ("__count", *by, *asked.aggregates())
            rows = answers.rows(answer, f"{model}.formatted_read_group", keys)
            return tuple(_formatted_group(row, asked) for row in rows)
        answer = self.session.call(
            model,
            "read_group",
            list(domain),
            asked.classic_aggregates(),
            list(by),
            lazy=False,
            context=self.context,
        )
        aggregates = [name.split(":")[0] for name in asked.classic_aggregates()]
        rows = answers.rows(answer, f"{model}.read_group", ("__count", *by, *aggregates))
        return tuple(_classic_group(row, asked) for row in rows)

    def lacks(self, record: type[Record], field: str) -> bool:
        """Whether this database has no such optional field for this user."""
        return field in self.session.layout(record).absent

    def relate(self, model: str, owners: Mapping[int, tuple[str, int]]) -> None:
        """Tell what unreadable rows of a model belong to, by id, where they do not say it."""
        self.drift = [
            replace(drift, related=(*drift.related, owners[drift.record_id]))
            if drift.model == model and drift.record_id in owners
            else drift
            for drift in self.drift
        ]

    def sees_all(self, model: str) -> bool:
        """Whether it is shown that the user sees every row of a model in its companies."""
        return not self._sight.doubt(model)

    def doubt(self, model: str) -> str:
        """Why that cannot be shown; "" where it can."""
        return self._sight.doubt(model)

    def unreadable(self, model: str) -> frozenset[int]:
        """Ids of a model's records that rest on a row with drift."""
        return frozenset(
            record_id
            for drift in self.drift
            for of, record_id in ((drift.model, drift.record_id), *drift.related)
            if of == model
        )

    def _rows(
        self, model: str, domain: Domain, fields: list[str], context: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Every row, by id."""
        unordered = (model, self.session.major_version) in UNORDERED
        if unordered or model in HIDDEN_FROM_PAGES:
            return self._rows_by_ids(model, domain, fields, context)
        found: list[dict[str, Any]] = []
        last_id = 0
        while True:
            rows = self._read(model, [("id", ">", last_id), *domain], fields, context)
            ids = [row["id"] for row in rows]
            if len(set(ids)) < len(ids) or (ids and min(ids) <= last_id):
                raise OdooUnavailable(
                    f"{model}: a page came out of order, with a row twice or one of before, so "
                    "the answer may be incomplete; tried again"
                )
            if ids != sorted(ids):
                return self._rows_by_ids(model, domain, fields, context)
            found += rows
            if len(rows) < self._page_size:
                return found
            last_id = ids[-1]
            self._hold(model, len(found))

    def _rows_by_ids(
        self, model: str, domain: Domain, fields: list[str], context: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The same where a page tells nothing of the next one: all ids first, then their rows."""
        asked = f"{model}.search"
        answer = self.session.call(model, "search", list(domain), context=context)
        ids = sorted({answers.whole(number, asked) for number in answers.listed(answer, asked)})
        self._hold(model, len(ids))
        found: list[dict[str, Any]] = []
        for start in range(0, len(ids), self._page_size):
            chunk = ids[start : start + self._page_size]
            found += self._read(model, [("id", "in", chunk), *domain], fields, context)
        return sorted(found, key=lambda row: int(row["id"]))

    def _read(
        self, model: str, domain: Domain, fields: list[str], context: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """One page of rows; relations as ids, or with names where the model knows no other way."""
        asked: dict[str, Any] = {"limit": self._page_size, "order": "id", "context": context}
        takes_no_load = (model, self.session.major_version) in TAKES_NO_LOAD
        if not takes_no_load and model not in self._takes_no_load:
            asked["load"] = ""
        try:
            answer = self.session.call(model, "search_read", list(domain), fields, **asked)
        except OdooRejected as error:
            if "load" not in asked or NO_LOAD not in str(error):
                raise
            self._takes_no_load.add(model)
            return self._read(model, domain, fields, context)
        rows = answers.rows(answer, f"{model}.search_read")
        if len(rows) > self._page_size:
            raise OdooUnavailable(
                f"{model}: a page of {self._page_size} rows came with {len(rows)}; tried again "
                "later"
            )
        return rows

    def _hold(self, model: str, count: int) -> None:
        """Raises OdooRejected where an answer would be larger than any firm has."""
        if count >= self._most_rows:
            raise OdooRejected(
                f"{model} has more than {self._most_rows:,} rows for one question, more than we "
                "hold in memory: is what answers there an Odoo?"
            )

    def _take(self, record: type[R], row: dict[str, Any], found: list[R]) -> None:
        layout = self.session.layout(record)
        try:
            found.append(parse(record, row, layout.names))
        except BadValue as bad:
            related = tuple(
                (model, number)
                for field, model in layout.relations.items()
                if (number := _id_of(row.get(layout.names[field])))
            )
            self.drift.append(Drift(record.MODEL, row["id"], bad.field, bad.problem, related))


def _id_of(value: Any) -> int | None:
    """The id in a many2one as it travels: alone, or with the name."""
    if isinstance(value, list) and value:
        value = value[0]
    return value if type(value) is int else None


def _formatted_group(row: dict[str, Any], asked: _Asked) -> Group:
    return Group(
        keys=tuple(_key(row[name], name) for name in asked.by),
        sums=tuple(answers.number(row[f"{name}:sum"], f"{name}:sum") for name in asked.sums),
        earliest=tuple(_day(row[f"{name}:min"]) for name in asked.earliest),
        count=answers.whole(row["__count"], "__count"),
        latest=tuple(_day(row[f"{name}:max"]) for name in asked.latest),
    )


def _classic_group(row: dict[str, Any], asked: _Asked) -> Group:
    """The shape that Odoo 16 to 18 answer: dates as labels, their bounds apart."""

    def value(name: str) -> Any:
        if ":" not in name:
            return row[name]
        ranges = row.get("__range", {})
        bounds = ranges.get(name) or ranges.get(name.split(":")[0])
        return [bounds["from"]] if bounds else False

    return Group(
        keys=tuple(_key(value(name), name) for name in asked.by),
        sums=tuple(answers.number(row[name], f"sum of {name}") for name in asked.sums),
        earliest=tuple(_day(row[f"{name}_min"]) for name in asked.earliest),
        count=answers.whole(row["__count"], "__count"),
        latest=tuple(_day(row[f"{name}_max"]) for name in asked.latest),
    )


def _day(value: Any) -> date | None:
    if value is False or value is None:
        return None
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError) as error:
        raise OdooUnavailable(
            f"grouping answered {value!r} where a day belongs; tried again later"
        ) from error


def _key(value: Any, name: str) -> Key:
    if value is False or value is None:
        return None
    if isinstance(value, list | tuple) and value:
        value = value[0]
    if ":" in name:
        return _day(value)
    if isinstance(value, int | str):
        return value
    raise OdooUnavailable(f"grouping by {name} answered {value!r}, which is no key")
