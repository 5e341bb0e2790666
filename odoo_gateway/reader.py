"""Complete answers about one company: search, group and count, or a named error."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from math import fsum
from sys import getsizeof
from typing import Any, Final, TypeVar

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.records import BadValue, Record, has_lists, is_sane, parser
from odoo_gateway.session import Call, Company, Session
from odoo_gateway.sight import Doubt, Sight

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
TAKES_NO_LOAD: Final = {
    ("account.move.line", 16),
    *(("project.tags", version) for version in (16, 17, 18, 19)),
}
# Models whose `company_id` does not say whose a row is: where somebody starts, where a file was
# put. No rule of Odoo's goes by it.
OF_NO_COMPANY: Final = ("ir.attachment", "res.users")
# Since when a grouping lists values of all its rows in one order, that of their ids.
LISTS_VALUES_SINCE: Final = 19
# What a record has at least of rows that are grouped by it, so that a page is of fewer records.
ROWS_OF_A_RECORD: Final = 4
# What the rows of one page may hold in memory, as far as the page before tells.
PAGE_BYTES: Final = 8 * 2**20
# What is more than one answer may be is asked for in so many parts, down to that part of a page.
PARTS: Final = 8
SMALLEST_PART: Final = PARTS**2
# What of JSON may be large, and what any other value is at most: a number that anybody has.
LARGE: Final = frozenset({str, list, dict})
SMALL_BYTES: Final = 28
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

    @property
    def told(self) -> str:
        """The row and what is wrong with it, in words."""
        of = "" if self.field == "id" else f" {self.field}:"
        return f"{self.model} {self.record_id}{of} {self.problem}"

    @property
    def records(self) -> tuple[tuple[str, int], ...]:
        """Model and id of the row, and of the records that it belongs to."""
        return ((self.model, self.record_id), *self.related)

    def may_touch(self, *records: tuple[str, int]) -> bool:
        """Whether it may, since the row says of no record of their models that it belongs to it."""
        models = {model for model, _ in self.records}
        return any(record in self.records or record[0] not in models for record in records)


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
class Grouping:
    """A question of `Reader.group`, in the words of Odoo 19 and of the versions before."""

    model: str
    domain: Domain
    by: Sequence[str]
    sums: Sequence[str] = ()
    earliest: Sequence[str] = ()
    latest: Sequence[str] = ()
    all_companies: bool = False

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

    A question about a model with `company_id` is one about the rows of this company and of none,
    which Odoo's own rules share among all; `all_companies` asks for those of every company that the
    user has. Records that rows refer to are read by id, whichever company they are of.
    `drift` collects the rows that no record could be made of. `context` goes with every call.
    """

    def __init__(
        self,
        session: Session,
        company_id: int,
        page_size: int = 2000,
        most_rows: int = 2_000_000,
    ) -> None:
        session.begin()
        self.session = session
        self.company_id = company_id
        self.drift: list[Drift] = []
        self._page_size = page_size
        self._most_rows = most_rows
        self._takes_no_load: set[str] = set()
        self._read_before: dict[type[Record], dict[int, Any]] = {}
        self._sight = Sight(self)
        others = [company.id for company in session.companies if company.id != company_id]
        self.context = {
            "allowed_company_ids": [company_id, *others],
            "lang": "en_US",
            "tz": "UTC",
        }

    @property
    def company(self) -> Company:
        """The company itself. Raises OdooRejected where the user does not see it."""
        for company in self.session.companies:
            if company.id == self.company_id:
                return company
        raise OdooRejected(
            f"{Company.MODEL} {self.company_id} is hidden from the fleet's user: allow it in the "
            "company, and let it read it"
        )

    def search(
        self,
        record: type[R],
        domain: Domain,
        *,
        archived: bool = False,
        all_companies: bool = False,
    ) -> tuple[R, ...]:
        """All records that match, by ascending id; with `archived`, the inactive ones too.

        Pages by an id cursor, so rows that come or go meanwhile shift no page. Raises OdooError
        rather than give part of the answer, or more rows or bytes than any firm has.
        """
        found: list[R] = []
        fields = list(self.session.layout(record).names.values())
        if self._is_of_none(record.MODEL, domain):
            return ()
        context = {**self.context, "active_test": not archived}
        asked = self._asked(record.MODEL, domain, all_companies)
        parsed = parser(record, self.session.layout(record).names)
        for row in self._rows(record.MODEL, asked, fields, context):
            try:
                found.append(parsed(row))
            except BadValue as bad:
                self._note(record, row, bad)
        # What was read whole need not be asked for again by its id; much of it would only be held.
        if len(found) <= self._page_size and (archived or not has_lists(record)):
            known = self._read_before.setdefault(record, {})
            known |= {each.id: each for each in found if each.id not in known}
        return tuple(found)

    def read(self, record: type[R], ids: Iterable[int]) -> tuple[R, ...]:
        """The records with these ids, archived ones too, of whichever company, by ascending id.

        Each is asked for once.
        """
        known: dict[int, R | None] = self._read_before.setdefault(record, {})
        wanted = sorted({*ids})
        if missing := [number for number in wanted if number not in known]:
            domain: Domain = [("id", "in", missing)]
            found = self.search(record, domain, archived=True, all_companies=True)
            known |= {**dict.fromkeys(missing), **{each.id: each for each in found}}
        return tuple(each for number in wanted if (each := known[number]) is not None)

    def shared(self, record: type[R], domain: Domain, *, archived: bool = False) -> tuple[R, ...]:
        """As search in all companies, of what is the same for all and changes seldom.

        All readers of the tenant have one answer to it for a minute.
        """

        def ask() -> tuple[tuple[R, ...], Sequence[Drift]]:
            alone = copy(self)
            alone.drift = []
            found = alone.search(record, domain, archived=archived, all_companies=True)
            return found, alone.drift

        found, drift = self.session.shared((record, repr(domain), archived), ask)
        self.drift += drift
        return found

    def referred(
        self, record: type[R], by: Mapping[int, Collection[tuple[str, int]]]
    ) -> Mapping[int, R]:
        """The records that others refer to, archived ones too, by id; `by` says which do, by id.

        A record that a rule hides, or that is gone, is drift of those that refer to it.
        """
        found = {each.id: each for each in self.read(record, by)}
        self.miss(record.MODEL, by, found.keys() | self.unreadable(record.MODEL))
        return found

    def miss(
        self, model: str, by: Mapping[int, Collection[tuple[str, int]]], known: Collection[int]
    ) -> None:
        """Make the records that others refer to, and that are not known, drift of those, once."""
        for record_id in sorted(by.keys() - {*known}):
            drift = Drift(model, record_id, "id", HIDDEN, tuple(sorted(by[record_id])))
            if drift not in self.drift:
                self.drift.append(drift)

    def count(
        self, model: str, domain: Domain, *, archived: bool = False, all_companies: bool = False
    ) -> int:
        """How many rows the user sees; with `archived`, the inactive ones too."""
        context = {**self.context, "active_test": not archived}
        asked = self._asked(model, domain, all_companies)
        answer = self.session.call(model, "search_count", asked, context=context)
        return answers.whole(answer, f"{model}.search_count")

    def group(
        self,
        model: str,
        domain: Domain,
        by: Sequence[str],
        sums: Sequence[str] = (),
        earliest: Sequence[str] = (),
        latest: Sequence[str] = (),
        all_companies: bool = False,
    ) -> tuple[Group, ...]:
        """Sums, earliest and latest dates by keys (`field` or `date_field:day`), server-side."""
        asked = Grouping(
            model, domain, tuple(by), tuple(sums), tuple(earliest), tuple(latest), all_companies
        )
        return self.groups([asked])[0]

    def groups(self, asked: Sequence[Grouping]) -> Sequence[tuple[Group, ...]]:
        """As `group`, of several questions at the same time where the tenant lets us."""
        open_ones = [each for each in asked if not self._is_of_none(each.model, each.domain)]
        found = self.session.call_all([self._call_of(each) for each in open_ones])
        known = dict(zip(map(id, open_ones), found, strict=True))
        return [
            self._groups_of(each, known[id(each)]) if id(each) in known else () for each in asked
        ]

    def _call_of(self, asked: Grouping) -> Call:
        domain = self._asked(asked.model, asked.domain, asked.all_companies)
        by, context = list(asked.by), {"context": self.context}
        if self.session.major_version >= 19:
            aggregates = ["__count", *asked.aggregates()]
            return Call(asked.model, "formatted_read_group", (domain, by, aggregates), context)
        told = (domain, asked.classic_aggregates(), by)
        return Call(asked.model, "read_group", told, {"lazy": False, **context})

    def _groups_of(self, asked: Grouping, answer: Any) -> tuple[Group, ...]:
        if self.session.major_version >= 19:
            keys = ("__count", *asked.by, *asked.aggregates())
            rows = answers.rows(answer, f"{asked.model}.formatted_read_group", keys)
            return self._sane(asked, [_formatted_group(row, asked) for row in rows])
        aggregates = [name.split(":")[0] for name in asked.classic_aggregates()]
        rows = answers.rows(
            answer, f"{asked.model}.read_group", ("__count", *asked.by, *aggregates)
        )
        return self._sane(asked, [_classic_group(row, asked) for row in rows])

    def group_of(
        self,
        model: str,
        ids: Iterable[int],
        domain: Domain,
        by: Sequence[str],
        amount: str,
        *,
        all_companies: bool = False,
    ) -> Iterator[Group]:
        """As `group` with one sum, of the records that the first key names: a page of them at once.

        Where Odoo lists values, rows are added up here: to write a group takes it longer than to
        list a dozen rows, and a group is as large.
        """
        wanted, at_once = sorted(ids), self.session.at_once
        page, start = max(1, self._page_size // ROWS_OF_A_RECORD // at_once), 0
        # Of none, too: only then is it known that the model may be read.
        while start < (len(wanted) or 1):
            wave = wanted[start : start + page * at_once]
            asked = [
                Grouping(
                    model,
                    [(by[0], "in", of_page), *domain],
                    by,
                    (amount,),
                    all_companies=all_companies,
                )
                for of_page in _pages(wave, page)
            ]
            try:
                if wanted and self.session.major_version >= LISTS_VALUES_SINCE:
                    told = self.session.call_all([self._listing(each) for each in asked])
                    found = map(self._added_up, asked, told)
                    groups = [self._sane(*each) for each in zip(asked, found, strict=True)]
                else:
                    groups = list(self.groups(asked))
            except OdooRejected as error:
                page = self._smaller(page, error)
                continue
            start += page * at_once
            yield from chain.from_iterable(groups)

    def _listing(self, grouping: Grouping) -> Call:
        """The question for the values of all rows of each record, listed in turn."""
        domain = self._asked(grouping.model, grouping.domain, grouping.all_companies)
        told = (domain, [grouping.by[0]], ["__count", *_listed(grouping)])
        return Call(grouping.model, "formatted_read_group", told, {"context": self.context})

    def _added_up(self, grouping: Grouping, answer: Any) -> Sequence[Group]:
        """The groups of one page, from the answer to `_listing`."""
        by, listed = grouping.by, _listed(grouping)
        asked = f"{grouping.model}.formatted_read_group"
        found: list[Group] = []
        for row in answers.rows(answer, asked, ("__count", by[0], *listed)):
            columns = [answers.listed(row[name], asked) for name in listed]
            if any(len(column) != row["__count"] for column in columns):
                raise OdooUnavailable(f"{asked} listed other rows than it counted; tried again")
            totals: dict[tuple[Any, ...], list[float]] = defaultdict(list)
            for key, value in zip(zip(*columns[:-1], strict=True), columns[-1], strict=True):
                totals[key].append(answers.number(value, asked))
            first = _key(row[by[0]], by[0])
            for key, values in totals.items():
                keys = map(_key, key, by[1:])
                found.append(Group((first, *keys), (_total(fsum(values), asked),), (), len(values)))
        return found

    def _sane(self, asked: Grouping, groups: Sequence[Group]) -> tuple[Group, ...]:
        """The groups; one whose sum no firm has is drift of the records that it is grouped by."""
        odd = [group for group in groups if not all(map(is_sane, group.sums))]
        if odd:
            answer = self.session.call(asked.model, "fields_get", list(asked.by), ["relation"])
            described = answers.fields(answer, f"{asked.model}.fields_get")
            relations = [described.get(name, {}).get("relation") for name in asked.by]
            self.drift += [_odd(asked, group, relations) for group in odd]
        return tuple(group for group in groups if group not in odd)

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

    def doubt(self, model: str, *, every: bool = False) -> Doubt | None:
        """Why that cannot be shown; None where it can.

        every: of all rows, not only of what most jobs ask for: hours, and invoices of customers.
        """
        return self._sight.doubt(model, every=every)

    def doubt_of_booked(self) -> Doubt | None:
        """The same of what is booked on analytic accounts, beside hours."""
        return self._sight.doubt_of_booked()

    def lost(self, model: str) -> Drift | None:
        """A row of a model that could not be read; None where all could, of those looked up."""
        return next((drift for drift in self.drift if drift.model == model), None)

    def unreadable(self, model: str) -> frozenset[int]:
        """Ids of a model's records that rest on a row with drift."""
        return frozenset(
            record_id for drift in self.drift for of, record_id in drift.records if of == model
        )

    def _is_of_none(self, model: str, domain: Domain) -> bool:
        """Whether no row can match.

        A model that the user may not read is asked all the same, for Odoo to say so.
        """
        return _is_impossible(domain) and self.session.may_read(model)

    def _asked(self, model: str, domain: Domain, all_companies: bool) -> list[Condition]:
        """The domain, of our company where the model's rows are of one."""
        if all_companies or model in OF_NO_COMPANY or not self.session.has_company(model):
            return list(domain)
        return [("company_id", "in", [self.company_id, False]), *domain]

    def _rows(
        self, model: str, domain: Domain, fields: list[str], context: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Every row, by id."""
        first = domain[0] if domain else ""
        if not isinstance(first, str) and first[:2] == ("id", "in"):
            return self._rows_of(model, sorted(first[2]), domain[1:], fields, context)
        unordered = (model, self.session.major_version) in UNORDERED
        if unordered or model in HIDDEN_FROM_PAGES:
            return self._rows_by_ids(model, domain, fields, context)
        found: list[dict[str, Any]] = []
        held, last_id, size = 0, 0, self._page_size
        while True:
            try:
                after: Domain = [("id", ">", last_id), *domain]
                (rows,) = self._read(model, [after], fields, context, size)
            except OdooRejected as error:
                size = self._smaller(size, error)
                continue
            ids = [row["id"] for row in rows]
            if len(set(ids)) < len(ids) or (ids and min(ids) <= last_id):
                raise OdooUnavailable(
                    f"{model}: a page came out of order, with a row twice or one of before, so "
                    "the answer may be incomplete; tried again"
                )
            if ids != sorted(ids):
                return self._rows_by_ids(model, domain, fields, context)
            found += rows
            of_page = _bytes(rows)
            held += of_page
            self._hold(model, len(found), held)
            if len(rows) < size:
                return found
            last_id, size = ids[-1], self._fitting(len(rows), of_page)

    def _rows_by_ids(
        self, model: str, domain: Domain, fields: list[str], context: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """The same where a page tells nothing of the next one: all ids first, then their rows."""
        asked = f"{model}.search"
        answer = self.session.call(model, "search", list(domain), context=context)
        ids = sorted({answers.whole(number, asked) for number in answers.listed(answer, asked)})
        self._hold(model, len(ids), 0)
        return self._rows_of(model, ids, domain, fields, context)

    def _rows_of(
        self,
        model: str,
        ids: Sequence[int],
        domain: Domain,
        fields: list[str],
        context: dict[str, Any],
    ) -> list[dict[str, Any]]:
        """Every row among those with these ids, by id; several pages at the same time."""
        found: dict[int, dict[str, Any]] = {}
        held, start, size = 0, 0, self._page_size
        while start < len(ids):
            wave = ids[start : start + size * self.session.at_once]
            of_pages: list[Domain] = [[("id", "in", page), *domain] for page in _pages(wave, size)]
            try:
                pages = self._read(model, of_pages, fields, context, size)
            except OdooRejected as error:
                size = self._smaller(size, error)
                continue
            rows = [row for page in pages for row in page]
            known = {row["id"]: row for row in rows}
            if len(known) < len(rows) or not known.keys() <= {*wave}:
                raise OdooUnavailable(
                    f"{model}: rows came twice, or that were not asked for, so the answer may be "
                    "incomplete; tried again"
                )
            found |= known
            of_wave = _bytes(rows)
            held += of_wave
            self._hold(model, len(found), held)
            start += len(wave)
            size = self._fitting(len(rows), of_wave)
        return [found[number] for number in sorted(found)]

    def _fitting(self, count: int, held: int) -> int:
        """How many rows a page may have where so many held so many bytes."""
        return (
            min(self._page_size, max(1, PAGE_BYTES * count // max(held, 1)))
            if count
            else self._page_size
        )

    def _smaller(self, size: int, error: OdooRejected) -> int:
        """How much to ask for at a time instead; raises the error where that is not what helps."""
        if not error.for_size or size <= max(1, self._page_size // SMALLEST_PART):
            raise error
        return max(1, size // PARTS)

    def _read(
        self,
        model: str,
        domains: Sequence[Domain],
        fields: list[str],
        context: dict[str, Any],
        size: int,
    ) -> Sequence[list[dict[str, Any]]]:
        """A page of rows each; relations as ids, or with names where the model knows no other way.

        size: how many rows a page has at most.
        """
        asked: dict[str, Any] = {"limit": size, "order": "id", "context": context}
        takes_no_load = (model, self.session.major_version) in TAKES_NO_LOAD
        if not takes_no_load and model not in self._takes_no_load:
            asked["load"] = ""
        calls = [Call(model, "search_read", (list(domain), fields), asked) for domain in domains]
        try:
            told = self.session.call_all(calls)
        except OdooRejected as error:
            if "load" not in asked or NO_LOAD not in str(error):
                raise
            self._takes_no_load.add(model)
            return self._read(model, domains, fields, context, size)
        pages = [answers.rows(answer, f"{model}.search_read") for answer in told]
        for rows in pages:
            if len(rows) > size:
                raise OdooUnavailable(
                    f"{model}: a page of {size} rows came with {len(rows)}; tried again later"
                )
        return pages

    def _hold(self, model: str, count: int, held: int) -> None:
        """Raises OdooRejected where an answer would be larger than any firm has."""
        most = self.session.read_megabytes
        if held > most * 2**20:
            raise OdooRejected(
                f"{model} has more than {most:g} MB of rows for one question ({count:,} of them so "
                "far), more than we hold in memory: is what answers there an Odoo? If it really "
                "has so many, raise the tenant's read_megabytes"
            )
        if count >= self._most_rows:
            raise OdooRejected(
                f"{model} has more than {self._most_rows:,} rows for one question, more than we "
                "hold in memory: is what answers there an Odoo?"
            )

    def _note(self, record: type[Record], row: dict[str, Any], bad: BadValue) -> None:
        layout = self.session.layout(record)
        related = tuple(
            (model, number)
            for field, model in layout.relations.items()
            if (number := _id_of(row.get(layout.names[field])))
        )
        self.drift.append(Drift(record.MODEL, row["id"], bad.field, bad.problem, related))


def _pages(ids: Sequence[int], size: int) -> Sequence[Sequence[int]]:
    """The ids, so many at a time; a page of none where there are none."""
    return [ids[start : start + size] for start in range(0, len(ids) or 1, size)]


def _listed(grouping: Grouping) -> Sequence[str]:
    """What a grouping lists of each row: the further keys, and the amount."""
    names = (*grouping.by[1:], *grouping.sums)
    return [f"{name.split(':')[0]}:array_agg" for name in names]


def _is_impossible(domain: Domain) -> bool:
    """Whether one of the conditions that all are to hold asks for one among none."""
    open_operands = 0
    for each in domain:
        if isinstance(each, str):
            open_operands += {"!": 1}.get(each, 2) - (1 if open_operands else 0)
        elif open_operands:
            open_operands -= 1
        elif each[1] == "in" and not each[2]:
            return True
    return False


def _odd(asked: Grouping, group: Group, relations: Sequence[str | None]) -> Drift:
    field, value = next(
        pair for pair in zip(asked.sums, group.sums, strict=True) if not is_sane(pair[1])
    )
    related = tuple(
        (relation, key)
        for relation, key in zip(relations, group.keys, strict=True)
        if relation and isinstance(key, int)
    )
    return Drift(asked.model, 0, field, f"{value!r} in all is not a sum that a firm has", related)


def _bytes(rows: Sequence[dict[str, Any]]) -> int:
    """The memory that rows hold; to the last of them, for one may be as large as all others."""
    return sum(getsizeof(row) + _sizes(row.values()) for row in rows)


def _sizes(values: Collection[Any]) -> int:
    large = [each for each in values if each.__class__ in LARGE]
    inner = [each for each in large if each.__class__ is not str]
    small = (len(values) - len(large)) * SMALL_BYTES
    return small + sum(map(getsizeof, large)) + sum(map(_inner_size, inner))


def _inner_size(value: list[Any] | dict[Any, Any]) -> int:
    if isinstance(value, dict):
        return _sizes(value) + _sizes(value.values())
    return _sizes(value)


def _id_of(value: Any) -> int | None:
    """The id in a many2one as it travels: alone, or with the name."""
    if isinstance(value, list) and value:
        value = value[0]
    return value if type(value) is int else None


def _formatted_group(row: dict[str, Any], asked: Grouping) -> Group:
    return Group(
        keys=tuple(_key(row[name], name) for name in asked.by),
        sums=tuple(_total(row[f"{name}:sum"], f"{name}:sum") for name in asked.sums),
        earliest=tuple(_day(row[f"{name}:min"]) for name in asked.earliest),
        count=answers.whole(row["__count"], "__count"),
        latest=tuple(_day(row[f"{name}:max"]) for name in asked.latest),
    )


def _classic_group(row: dict[str, Any], asked: Grouping) -> Group:
    """The shape that Odoo 16 to 18 answer: dates as labels, their bounds apart."""

    def value(name: str) -> Any:
        if ":" not in name:
            return row[name]
        ranges = row.get("__range", {})
        bounds = ranges.get(name) or ranges.get(name.split(":")[0])
        return [bounds["from"]] if bounds else False

    return Group(
        keys=tuple(_key(value(name), name) for name in asked.by),
        sums=tuple(_total(row[name], f"sum of {name}") for name in asked.sums),
        earliest=tuple(_day(row[f"{name}_min"]) for name in asked.earliest),
        count=answers.whole(row["__count"], "__count"),
        latest=tuple(_day(row[f"{name}_max"]) for name in asked.latest),
    )


def _total(value: Any, asked: str) -> float:
    """A sum without what adding binary fractions leaves far behind the point.

    PostgreSQL adds in whatever order its processes end, so that would tip a cent or not.
    """
    return round(answers.number(value, asked), 8)


def _day(value: Any) -> date | None:
    if value is False or value is None:
        return None
    try:
        return _day_named(value)
    except (TypeError, ValueError) as error:
        raise OdooUnavailable(
            f"grouping answered {value!r} where a day belongs; tried again later"
        ) from error


@lru_cache(maxsize=4096)
def _day_named(value: str) -> date:
    return datetime.fromisoformat(value).date()


def _key(value: Any, name: str) -> Key:
    if value is False or value is None:
        return None
    if isinstance(value, list | tuple) and value:
        value = value[0]
    if ":" in name:
        return _day(value)
    if isinstance(value, int | str):
        return value
    raise OdooUnavailable(f"grouping by {name} answered {value!r}, which is not a key")
