"""`fleet why`: why somebody got, or got no, mail; and what became of a record."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import typer

from odoo_gateway.errors import ConfigurationError, quoted
from workers.commands import audit, cases, opening, options, outbox, readers, rows
from workers.commands.console import print_json, say, show
from workers.commands.options import InZone, Json, Newest, OfCompany, OfJob, OfTenant, Since
from workers.commands.rows import Row
from workers.commands.verbs import Verb
from workers.delivery import waiting
from workers.delivery.waiting import Wait
from workers.ledger import lookup
from workers.ledger.lookup import Found, Wanted
from workers.ledger.outbox import Message
from workers.ledger.statuses import CaseState, MessageStatus
from workers.wiring import Fleet

T = TypeVar("T")
NOTHING: Final[Mapping[str, Sequence[Row]]] = {"cases": [], "messages": [], "audit": []}
# What one sentence can name.
MOST_NAMED: Final = 3
cli = typer.Typer()


@cli.command(cls=Verb, epilog="fleet why ann@acme.example --since 7d")
def why(
    asked: Annotated[
        str, typer.Argument(help="An address, a name, a role, an id, model,id or a case's key.")
    ],
    tenant: OfTenant = None,
    company: OfCompany = None,
    job: OfJob = None,
    since: Since = None,
    limit: Newest = 50,
    zone: InZone = None,
    as_json: Json = False,
) -> None:
    """Say why somebody got, or got no, mail, or what became of a record, and show all of it."""
    fleet = opening.fleet(logging.WARNING)
    found = answered(
        fleet, asked, options.wanted(fleet, tenant, company, job, since=since, limit=limit)
    )
    if as_json:
        print_json({"schema": 1, "asked": asked, **found})
        return
    for sentence in found["answer"]:
        say(sentence)
    for part in ("cases", "messages", "audit"):
        show(found[part], False, part.capitalize())


def answered(fleet: Fleet, asked: str, wanted: Wanted) -> Mapping[str, Any]:
    """Why a person got, or got no, mail; or what became of a record: cases, messages, audit.

    asked: a person's address or name, a role, a record's id, name or `model,id`, or the key of a
    case; what any of them finds is told. Of an id that records of several models have, those are
    told to choose from. Raises ConfigurationError when it is empty.
    """
    if not asked.strip():
        raise ConfigurationError("fleet why: name an address, a person or a record")
    record = replace(wanted, record=asked)
    with fleet.ledger.reading() as connection:
        if asked.isdecimal() and len(models := lookup.models_of(connection, record)) > 1:
            return {"answer": list(_choices(asked, models)), **NOTHING}
        by_name = lookup.find_cases(connection, replace(wanted, person=asked), None)
        people = readers.names_of(asked, by_name)
        ways = [*(replace(wanted, person=each) for each in people), record]
        about = _once(lookup.find_cases(connection, way, None) for way in ways)
        roles = readers.roles_of(fleet, connection, people, wanted)
        heard = readers.cases_of(connection, roles, wanted)
        found = _once([about, heard])
        behind = [each for role in roles if asked == role.name for each in role.readers]
        ways += [replace(wanted, person=each) for each in behind]
        messages = _once(
            [
                *(lookup.find_messages(connection, way) for way in ways),
                lookup.messages_about(connection, wanted, about),
            ]
        )
        shown = cases.of(connection, found)
        entries = _once(
            [
                *(lookup.find_entries(connection, way) for way in ways),
                lookup.entries_about(connection, wanted, found, messages),
            ]
        )
        hindered = waiting.hindrances(connection, fleet.clock())
        told = [*readers.told_of(connection, roles)]
        untold = {
            each[0].id: readers.why_untold(fleet, connection, each, people)
            for each in about
            if each[0].state == CaseState.OPEN and each not in heard
            if readers.concerns(each[0], people)
        }
    waits = outbox.waits_of(fleet, messages, hindered)
    return {
        "answer": [
            *told,
            *_standing(asked, about, untold, in_a_role=bool(roles)),
            *_told(messages, found, waits, fleet.clock()),
        ],
        "cases": shown,
        "messages": [outbox.row(message, waits.get(message.id)) for message in messages],
        "audit": [audit.row(e) for e in sorted(entries, key=lambda e: e.at, reverse=True)],
    }


def _once(found: Iterable[Sequence[T]]) -> Sequence[T]:
    """What any of them found, once."""
    kept: list[T] = []
    for part in found:
        kept += [row for row in part if row not in kept]
    return kept


def _choices(number: str, models: Sequence[str]) -> Iterator[str]:
    yield f"{number} is the id of {len(models)} records, each of another model; ask for one:"
    for model in models:
        yield f"    fleet why {model},{number}"


def _standing(
    asked: str, found: Sequence[Found], untold: Mapping[int, str], *, in_a_role: bool
) -> Iterator[str]:
    standing = [(case, place.job) for case, place in found if case.state == CaseState.OPEN]
    if not standing and not in_a_role:
        yield f"No open case names {quoted(asked)}: {_unnamed(asked)}."
    for case, job in standing:
        about = f"{cases.record_of(case)} ({case.finding.title})"
        yield f"{job} has had a case open on {about} since {case.opened_on}."
        if why := untold.get(case.id):
            yield f"    No message of it to {asked}: {why}."


def _unnamed(asked: str) -> str:
    """Why no case does; the ledger knows addresses by whom a case tells, and names by its owner."""
    if "@" in asked:
        return "no step that is due tells that address; ask by the person's name for all about them"
    return "no job has found anything that waits there"


def _told(
    messages: Sequence[Message],
    found: Sequence[Found],
    waits: Mapping[int, Wait],
    now: datetime,
) -> Iterator[str]:
    records = {(place, case.finding.key): cases.record_of(case) for case, place in found}
    if not messages:
        yield "No message was ever queued about it, or what was is older than the ledger keeps."
    for message in messages:
        keys = [(message.place, key) for key in message.finding_keys]
        about = list(dict.fromkeys(records[key] for key in keys if key in records))
        named = f"{len(about)} records" if len(about) > MOST_NAMED else ", ".join(about)
        what = f"message-{message.id} ({message.job}, {message.step}, to {message.recipient}"
        what += f", about {named})" if about else ")"
        if message.status == MessageStatus.SENT:
            yield f"{what} was sent at {rows.instant(message.sent_at)}."
        elif message.status == MessageStatus.DROPPED:
            yield f"{what} was dropped: {message.error}."
        elif message.status == MessageStatus.PARKED:
            yield f"{what} was given up: {message.error_class}: {message.error}; see `fleet dead`."
        else:
            yield f"{what} {_waiting(waits[message.id], now)}."


def _waiting(wait: Wait, now: datetime) -> str:
    if wait.until > now:
        return f"waits until {rows.instant(wait.until)}: {wait.why}"
    return f"waits: {wait.why}" if wait.why else "goes out now"
