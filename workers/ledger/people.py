"""What the ledger keeps about a person, in whatever table it stands; and how it is taken out."""

import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    literal,
    or_,
    select,
    tuple_,
    update,
)

from workers.ledger import audit, marks, outbox
from workers.ledger.database import Ledger
from workers.ledger.pseudonyms import ADDRESSES, OF_PEOPLE, Person, is_full_name, objects
from workers.ledger.schema import audit as entries
from workers.ledger.schema import cases, messages, metadata, runs
from workers.ledger.statuses import UNDER_WAY, MessageStatus

SALT: Final = "pseudonyms"
PAGE: Final = 500
ERASED: Final = "the person was erased"
# Last, because what is done to the others is noted there.
TABLES: Final = (*(t for t in metadata.sorted_tables if t is not entries), entries)


@dataclass(frozen=True)
class Erased:
    """What became of one batch, or of all."""

    rows: Mapping[str, int]
    dropped: int = 0
    #: Messages that are being sent just now, which were left as they are.
    in_flight: int = 0


def salt(ledger: Ledger) -> str:
    """What this ledger's pseudonyms are made with; "" before the first."""
    with ledger.reading() as connection:
        known = [mark for mark in marks.all(connection) if mark.kind == SALT]
    return str(known[0].detail["salt"]) if known else ""


def make_salt(ledger: Ledger, now: datetime) -> str:
    """The ledger's salt, made if there is none; of several who try at once all get the same."""
    with ledger.transaction() as connection:
        if marks.renew(connection, SALT, "", now, datetime.min.replace(tzinfo=now.tzinfo)):
            marks.leave(connection, SALT, "", now, {"salt": secrets.token_hex(32)})
    return salt(ledger)


def known_as(ledger: Ledger, person: Person, tenant: str | None, roles: Collection[str]) -> Person:
    """The person with what else the ledger knows of them: names, records, keys of findings.

    A name of one word is not taken from it: it may be anybody's, or anything. roles: which are no
    names.
    """
    named: set[tuple[str, str]] = set()
    about: set[tuple[str, int, str, str]] = set()
    for _, page in _pages(ledger, TABLES, tenant):
        for row in page:
            named.update(_named(row))
            about.update(_about(row))
    mine = {address.casefold() for address in person.addresses}
    found = {name for address, name in named if address in mine and is_full_name(name)}
    names = tuple(dict.fromkeys([*person.names, *sorted(found - set(roles))]))
    folded = {name.casefold() for name in names}
    owned = {(model, number) for model, number, owner, _ in about if owner.casefold() in folded}
    records = person.records | owned
    others = {name for address, name in named if address not in mine and _holds(name, folded)}
    keys = {key for model, number, _, key in about if (model, number) in records and key}
    return replace(
        person,
        names=names,
        records=frozenset(records),
        keys=tuple(sorted(keys)),
        others=tuple(sorted(others)),
    )


def kept(
    ledger: Ledger, person: Person, tenant: str | None = None
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Every row that names the person, by table, and the entries of the audit about these rows."""
    found: dict[str, list[Mapping[str, Any]]] = {table.name: [] for table in TABLES}
    for table, page in _pages(ledger, TABLES, tenant):
        for row in page:
            if _names(person, row) or _is_of(row, table, found):
                found[table.name].append(row._asdict())
    return found


def naming(ledger: Ledger, person: Person, tenant: str | None = None) -> Mapping[str, int]:
    """How many rows of each table name the person."""
    found: Counter[str] = Counter()
    for table, page in _pages(ledger, TABLES, tenant):
        found[table.name] += sum(_names(person, row) for row in page)
    return dict(sorted((+found).items()))


def erase(
    ledger: Ledger, person: Person, now: datetime, tenant: str | None = None
) -> Iterator[Erased]:
    """Put pseudonyms in place of the person, a batch and transaction at a time.

    What waits to be sent to them is dropped. Whoever is stopped begins again, and does the rest.
    """
    for table, page in _pages(ledger, TABLES, tenant):
        theirs = [row for row in page if _names(person, row)]
        if theirs:
            with ledger.transaction() as connection, audit.rewriting(connection, now):
                yield _erase(connection, person, table, theirs, now)


def _erase(
    connection: Connection, person: Person, table: Table, theirs: Sequence[Row[Any]], now: datetime
) -> Erased:
    keys = [tuple(getattr(row, column.name) for column in table.primary_key) for row in theirs]
    # As they are by now.
    locked = select(table).where(_among(table, keys)).with_for_update()
    rows = dropped = in_flight = 0
    if table is messages:
        waiting = [row for row in connection.execute(locked) if person.named_in(row.recipient)]
        dropped = sum(_drop(connection, row, now) for row in waiting)
    for row in connection.execute(locked).all():
        if table is messages and row.status in UNDER_WAY:
            in_flight += 1
            continue
        changed = {
            name: person.without(value)
            for name, value in row._asdict().items()
            if _is_text(value) and person.named_in(value)
        }
        if changed:
            same = _among(table, [tuple(getattr(row, c.name) for c in table.primary_key)])
            connection.execute(update(table).where(same).values(changed))
            rows += 1
    return Erased({table.name: rows}, dropped, in_flight)


def _drop(connection: Connection, row: Row[Any], now: datetime) -> bool:
    if row.status is MessageStatus.PARKED:
        return outbox.discard(connection, row.id, now)
    if row.status is MessageStatus.QUEUED:
        outbox.drop_queued(connection, now, ERASED, id=row.id)
        return True
    return False


def _named(row: Row[Any]) -> Iterator[tuple[str, str]]:
    for found in objects(row._asdict()):
        name = found.get("name")
        if isinstance(name, str) and name:
            for place in ADDRESSES:
                if isinstance(address := found.get(place), str) and "@" in address:
                    yield address.casefold(), name


def _about(row: Row[Any]) -> Iterator[tuple[str, int, str, str]]:
    """Records of people: model, id, who is named as owner, and the key of what is about them."""
    columns = row._asdict()
    if isinstance(detail := columns.get("detail"), Mapping):
        columns = {**columns, "detail": {**detail, "key": detail.get("key", columns.get("key"))}}
    for found in objects(columns):
        model, number = found.get("model"), found.get("record_id")
        if isinstance(model, str) and model in OF_PEOPLE and isinstance(number, int) and number:
            yield model, number, str(found.get("owner") or ""), str(found.get("key") or "")


def _holds(name: str, parts: Iterable[str]) -> bool:
    folded = name.casefold()
    return any(part in folded and part != folded for part in parts)


def _names(person: Person, row: Row[Any]) -> bool:
    return any(_is_text(value) and person.named_in(value) for value in row._asdict().values())


def _is_text(value: Any) -> bool:
    return isinstance(value, str | Mapping | list) and not isinstance(value, StrEnum)


def _is_of(row: Row[Any], table: Table, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> bool:
    """Whether an entry of the audit is about a case or a message of theirs."""
    if table is not entries:
        return False
    return any(row.message_id == each["id"] for each in found[messages.name]) or any(
        row.case_id == each["id"] for each in found[cases.name]
    )


def _pages(
    ledger: Ledger, tables: Iterable[Table], tenant: str | None
) -> Iterator[tuple[Table, Sequence[Row[Any]]]]:
    """All rows, or those of a tenant; by their keys, so that what comes meanwhile shifts none."""
    for table in tables:
        every = _of_tenant(table, tenant)
        if every is None:
            continue
        keys = list(table.primary_key)
        page_of = every.order_by(*keys).limit(PAGE)
        after: tuple[Any, ...] | None = None
        while True:
            with ledger.reading() as connection:
                further = page_of if after is None else page_of.where(_beyond(keys, after))
                page = connection.execute(further).all()
            if page:
                after = tuple(getattr(page[-1], column.name) for column in keys)
                yield table, page
            if len(page) < PAGE:
                break


def _of_tenant(table: Table, tenant: str | None) -> Select[Any] | None:
    if tenant is None:
        return select(table)
    if "tenant" in table.c:
        return select(table).where(table.c.tenant == tenant)
    if "run_id" in table.c:
        theirs = select(runs.c.id).where(runs.c.tenant == tenant)
        return select(table).where(table.c.run_id.in_(theirs))
    return None


def _beyond(keys: Sequence[Column[Any]], after: Sequence[Any]) -> ColumnElement[bool]:
    bound = [literal(value, column.type) for value, column in zip(after, keys, strict=True)]
    return tuple_(*keys) > tuple_(*bound)


def _among(table: Table, keys: Sequence[Sequence[Any]]) -> ColumnElement[bool]:
    first, *more = table.primary_key
    if not more:
        return first.in_([key for (key,) in keys])
    every = [and_(*(c == v for c, v in zip(table.primary_key, key, strict=True))) for key in keys]
    return or_(*every)
