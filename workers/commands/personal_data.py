"""What is kept about a person, asked of Odoo and ledger; exported, and erased."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from odoo_gateway.errors import ConfigurationError, FleetError, OdooError, quoted
from odoo_gateway.reader import Domain, Reader
from odoo_gateway.records import Record
from workers.config.strict import bare_address
from workers.config.tenants import Recipients, Tenant
from workers.ledger import audit, people
from workers.ledger.audit import Entry
from workers.ledger.pseudonyms import Person, is_full_name, is_name, only_about
from workers.ledger.statuses import MessageStatus
from workers.wiring import Fleet

PARTS: Final = ("cases", "messages", "acts", "audit")


@dataclass(frozen=True)
class Named(Record):
    """A record of a person; `addressed` are the fields that may hold an address of theirs."""

    addressed: ClassVar[Sequence[str]]
    id: int
    name: str


@dataclass(frozen=True)
class OdooEmployee(Named):
    """An employee."""

    MODEL: ClassVar[str] = "hr.employee"
    MODULE: ClassVar[str] = "hr"
    addressed: ClassVar[Sequence[str]] = ("work_email",)


@dataclass(frozen=True)
class OdooUser(Named):
    """Somebody who can log in."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    addressed: ClassVar[Sequence[str]] = ("login", "partner_id.email")


@dataclass(frozen=True)
class OdooContact(Named):
    """A contact; firms with the same address are left out."""

    MODEL: ClassVar[str] = "res.partner"
    MODULE: ClassVar[str] = "base"
    addressed: ClassVar[Sequence[str]] = ("email",)
    is_company: bool = False


KINDS: Final[Sequence[type[Named]]] = (OdooEmployee, OdooUser, OdooContact)


@dataclass(frozen=True)
class Asked:
    """Who is meant, and in which tenant, or all; by what else they are known."""

    address: str
    tenant: str | None = None
    names: Sequence[str] = ()
    also: Sequence[str] = ()


@dataclass(frozen=True)
class Found:
    """The person as Odoo and ledger know them."""

    person: Person
    #: Why, by tenant whose Odoo did not tell.
    not_asked: Mapping[str, str]
    #: Names of one word, by which nothing is looked for unless they are given.
    unsure: Sequence[str] = ()


def find(fleet: Fleet, asked: Asked) -> Found:
    """Ask each Odoo and the ledger what the person is called.

    Raises ConfigurationError for what is not an address, or a tenant that is not configured.
    """
    for address in (asked.address, *asked.also):
        _check(address)
    for name in asked.names:
        if not is_name(name):
            raise ConfigurationError(
                f"--name {quoted(name)}: a name has two letters at least; what has fewer "
                "stands anywhere, and would be replaced in what is about others"
            )
    if asked.tenant is not None and asked.tenant not in fleet.settings.names:
        fleet.settings.tenant(asked.tenant)
    fleet.ledger.check()
    person = Person(
        addresses=(asked.address.strip().lower(), *(each.strip() for each in asked.also)),
        names=tuple(name.strip() for name in asked.names if name.strip()),
        salt=people.salt(fleet.ledger),
    )
    not_asked = {
        name: problems[0]
        for name, problems in fleet.settings.unusable.items()
        if asked.tenant in (None, name)
    }
    unsure: list[str] = []
    for tenant in fleet.settings.tenants.values():
        if asked.tenant in (None, tenant.name):
            try:
                known = list(_in_odoo(fleet, tenant, person.addresses))
            except OdooError as error:
                not_asked[tenant.name] = str(error)
                continue
            unsure += [name for *_, name in known if not is_full_name(name)]
            person = replace(
                person,
                names=(*person.names, *(name for *_, name in known if is_full_name(name))),
                records=person.records | {(model, number) for model, number, _ in known},
            )
    person = replace(person, names=tuple(dict.fromkeys(person.names)))
    person = people.known_as(fleet.ledger, person, asked.tenant, Recipients.model_fields)
    return Found(person, not_asked, sorted(set(unsure) - set(person.names)))


def exported(fleet: Fleet, asked: Asked, found: Found) -> Mapping[str, Any]:
    """All that is kept about the person, JSON-ready. Of lists with others in them, their part."""
    person, days = found.person, fleet.settings.environment.link_days
    kept = people.kept(fleet.ledger, person, asked.tenant)
    theirs = [row for row in kept["messages"] if person.named_in(row["recipient"])]
    part = {name: [_ready(person, row) for row in kept[name]] for name in PARTS}
    rest = {name: [_ready(person, r) for r in rows] for name, rows in kept.items() if rows}
    return {
        "schema": 1,
        "address": asked.address,
        "known_as": {
            "addresses": list(person.addresses),
            "names": list(person.names),
            "records": [list(record) for record in sorted(person.records)],
        },
        **part,
        "other": {name: rows for name, rows in rest.items() if name not in PARTS},
        "links": [
            {"message": row["id"], "job": row["job"], "opens_until": until.isoformat()}
            for row in theirs
            if row["status"] is MessageStatus.SENT
            for until in _opens_until(row["payload"], days)
        ],
        "configuration": list(configured(fleet, asked, person)),
        "not_asked": dict(found.not_asked),
        "names_of_one_word": list(found.unsure),
    }


def is_known(document: Mapping[str, Any]) -> bool:
    """Whether anything is kept about whom an export is of; not where an Odoo did not tell."""
    said = (*(document[part] for part in PARTS), document["other"], document["configuration"])
    return any(said) or bool(document["known_as"]["records"] or document["not_asked"])


def erased(fleet: Fleet, asked: Asked, found: Found, reason: str) -> Mapping[str, Any]:
    """Put a pseudonym in place of the person, everywhere; says what was done.

    Raises FleetError while an Odoo that may know further names is away and none was given.
    """
    refuse_unknown(found, asked)
    if not reason.strip():
        raise ConfigurationError("--reason: say why, such as the number of their request")
    now = fleet.clock()
    person = replace(found.person, salt=people.make_salt(fleet.ledger, now))
    rows: Counter[str] = Counter()
    dropped = in_flight = 0
    for batch in people.erase(fleet.ledger, person, now, asked.tenant):
        rows.update(batch.rows)
        dropped, in_flight = dropped + batch.dropped, in_flight + batch.in_flight
    done = {
        "pseudonym": person.pseudonym,
        "rows": {name: count for name, count in sorted(rows.items()) if count},
        "dropped": dropped,
        "in_flight": in_flight,
    }
    if any(rows.values()):
        detail = {**done, "reason": person.without(reason)}
        with fleet.ledger.transaction() as connection:
            audit.note(connection, Entry("person.erased", now, tenant=asked.tenant, detail=detail))
    fleet.ledger.leave_no_traces()
    return {**done, **_of_whom(fleet, asked, found)}


def to_erase(fleet: Fleet, asked: Asked, found: Found) -> Mapping[str, Any]:
    """What `erased` would do now; changes nothing."""
    kept = people.naming(fleet.ledger, found.person, asked.tenant)
    return {"rows": kept, "in_flight": 0, **_of_whom(fleet, asked, found)}


def _of_whom(fleet: Fleet, asked: Asked, found: Found) -> Mapping[str, Any]:
    return {
        "names": list(found.person.names),
        "names_of_one_word": list(found.unsure),
        "configuration": list(configured(fleet, asked, found.person)),
    }


def refuse_unknown(found: Found, asked: Asked) -> None:
    """Raises FleetError where names may be missing: what is left over would look like erased."""
    if found.not_asked and not asked.names:
        tenants = "; ".join(f"tenant {name}: {why}" for name, why in found.not_asked.items())
        raise FleetError(
            f"nobody can tell now what the person is called in Odoo ({tenants}): try again when "
            "it answers, or give every name that they are known by with --name"
        )


def configured(fleet: Fleet, asked: Asked, person: Person) -> Iterator[str]:
    """Where the configuration names the person, who is written to as long as it does."""
    for tenant in fleet.settings.tenants.values():
        if asked.tenant in (None, tenant.name):
            said = tenant.settings.model_dump(mode="json")
            yield from _places(person, said, f"tenants.{tenant.name}")
    if person.named_in(fleet.settings.environment.mail_from):
        yield "FLEET_MAIL_FROM"


def save(document: Mapping[str, Any], file: Path) -> None:
    """Write the export, readable by nobody else. Raises ConfigurationError."""
    try:
        file.touch(mode=0o600, exist_ok=True)
        file.chmod(0o600)
        file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--output {file}: {error.strerror}") from error


def _check(address: str) -> None:
    try:
        bare_address(address)
    except ValueError as error:
        raise ConfigurationError(
            f"{quoted(address)} is not an e-mail address alone, like finance@acme.example"
        ) from error


def _in_odoo(fleet: Fleet, tenant: Tenant, wanted: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Model, id and name of every record of a person with one of these addresses."""
    session = fleet.session(tenant)
    reader = Reader(session, session.companies[0].id)
    for kind in KINDS:
        if kind.MODULE in session.modules:
            same = [
                (field, "=ilike", _literally(address))
                for address in wanted
                for field in kind.addressed
            ]
            domain: Domain = [*["|"] * (len(same) - 1), *same]
            for record in reader.search(kind, domain, archived=True, all_companies=True):
                if not getattr(record, "is_company", False):
                    yield kind.MODEL, record.id, record.name


def _literally(address: str) -> str:
    return address.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _opens_until(payload: Mapping[str, Any], days: int) -> Iterator[date]:
    if issued_on := payload.get("issued_on"):
        yield date.fromisoformat(issued_on) + timedelta(days=days)


def _ready(person: Person, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row as JSON has it."""
    mine = person.named_in(row.get("recipient") or "")
    return {
        key: value.isoformat()
        if isinstance(value, date | datetime)
        else value
        if mine
        else only_about(person, value)
        for key, value in row.items()
        if value is not None
    }


def _places(person: Person, said: Any, place: str) -> Iterator[str]:
    if isinstance(said, Mapping):
        for key, value in said.items():
            yield from _places(person, value, f"{place}.{key}")
            if person.named_in(str(key)):
                yield place
    elif isinstance(said, list):
        for value in said:
            yield from _places(person, value, place)
    elif isinstance(said, str) and person.named_in(said):
        yield place
