"""What stands of ours in an Odoo, held against what should: nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected, OdooSchemaDrift
from odoo_gateway.procedures import calling, wanted
from odoo_gateway.procedures.events import WATCHED
from odoo_gateway.procedures.pieces import FIELD, MODEL, MODULE, RELATIONS, Piece, Values
from odoo_gateway.procedures.wanted import Capabilities
from odoo_gateway.session import Session

#: The module that brings automation rules.
RULES: Final = "base_automation"
Row = Mapping[str, Any]


class State(StrEnum):
    """How a piece stands there."""

    OK = "ok"
    MISSING = "missing"
    EDITED = "edited"
    OFF = "off"
    #: Ours, and nothing wants it any more.
    NEEDLESS = "needless"


@dataclass(frozen=True)
class Standing:
    """A piece, and how it stands."""

    name: str
    model: str
    says: str
    state: State
    #: The fields that say something else than they should.
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """What stands in an Odoo under our external ids."""

    odoo: Capabilities
    #: By name; no values where the record itself is gone.
    pieces: Mapping[str, tuple[str, Values]]


def seen_by_administrator(session: Session, events: Collection[str]) -> Found:
    """Read from Odoo's own tables. Raises OdooError, so where the user may not read them."""
    odoo = _capabilities(session, events, _kept(session))
    entries = _rows(
        session, "ir.model.data", [("module", "=", MODULE)], ("name", "model", "res_id")
    )
    by_model: dict[str, dict[int, str]] = defaultdict(dict)
    for entry in entries:
        by_model[entry["model"]][entry["res_id"]] = entry["name"]
    found: dict[str, tuple[str, Values]] = {
        entry["name"]: (entry["model"], {}) for entry in entries
    }
    for model, told in wanted.read(odoo).items():
        names = by_model.get(model)
        if names:
            for number, values in _values(session, model, list(names), told).items():
                found[names[number]] = (model, values)
    return Found(odoo, found)


def seen_by_bot(session: Session, events: Collection[str]) -> Found:
    """As our procedure tells it. Raises OdooError, so where it is not installed."""
    told, kept = calling.inventory(session)
    found = {
        name: (
            str(entry["model"]),
            {
                key: tuple(value) if isinstance(value, list) else value
                for key, value in entry["values"].items()
            },
        )
        for name, entry in told.items()
    }
    return Found(_capabilities(session, events, kept), found)


def gates_in(found: Found) -> tuple[str, ...]:
    """The gates that stand there, whole or not."""
    return tuple(name for name in wanted.GATES if f"gate_{name}" in found.pieces)


def compare(pieces: Iterable[Piece], found: Found) -> tuple[Standing, ...]:
    """Each piece, then what is ours and needless."""
    standings = [_standing(piece, found.pieces.get(piece.name)) for piece in pieces]
    known = {standing.name for standing in standings}
    needless = [
        Standing(name, model, name, State.NEEDLESS)
        for name, (model, _) in sorted(found.pieces.items())
        if name not in known and model in wanted.read(found.odoo)
    ]
    return (*standings, *needless)


def _standing(piece: Piece, found: tuple[str, Values] | None) -> Standing:
    values = found[1] if found else {}
    differs = tuple(
        key for key, value in piece.values.items() if _plain(values.get(key)) != _plain(value)
    )
    if not values:
        state, differs = State.MISSING, ()
    elif differs == ("active",):
        state = State.OFF
    else:
        state = State.EDITED if differs else State.OK
    return Standing(piece.name, piece.model, piece.says, state, differs)


def _plain(value: object) -> object:
    """Odoo keeps texts without the blanks around them, and an empty one as False."""
    if isinstance(value, str):
        return value.strip() or False
    return value or False


def _capabilities(
    session: Session, events: Collection[str], kept: Mapping[str, Collection[str]]
) -> Capabilities:
    others = wanted.models(events) - WATCHED.keys()
    there = [model for model in sorted(others) if _is_there(session, model)]
    return Capabilities(
        version=session.major_version,
        has_rules=RULES in session.modules,
        models=frozenset([*kept, *there]),
        kept=kept,
    )


def _is_there(session: Session, model: str) -> bool:
    try:
        session.call(model, "fields_get", ["id"], ["type"])
    except (OdooSchemaDrift, OdooRejected):
        return False
    return True


def _kept(session: Session) -> Mapping[str, Collection[str]]:
    there = _rows(session, MODEL, [("model", "in", sorted(WATCHED))], ("model",))
    kept: dict[str, set[str]] = {row["model"]: set() for row in there}
    domain = [("model", "in", sorted(WATCHED)), ("store", "=", True)]
    for row in _rows(session, FIELD, domain, ("model", "name")):
        if row["name"] in WATCHED[row["model"]]:
            kept[row["model"]].add(row["name"])
    return kept


def _values(
    session: Session, model: str, ids: Sequence[int], fields: Sequence[str]
) -> Mapping[int, Values]:
    try:
        rows = _rows(session, model, [("id", "in", ids)], fields)
    except OdooSchemaDrift:
        # A table of ours that somebody dropped.
        return {}
    symbols = {
        relation: _symbols(
            session, relation, rows, [f for f in fields if RELATIONS.get(f) == relation]
        )
        for relation in {RELATIONS[field] for field in fields if field in RELATIONS}
    }
    return {
        row["id"]: {
            field: tuple(sorted(symbols[RELATIONS[field]][n] for n in _linked(row[field])))
            if field in RELATIONS
            else row[field]
            for field in fields
        }
        for row in rows
    }


def _symbols(
    session: Session, relation: str, rows: Sequence[Row], fields: Sequence[str]
) -> Mapping[int, str]:
    """How Odoo's code calls the records that these fields link to."""
    ids = sorted({number for row in rows for field in fields for number in _linked(row[field])})
    if relation in (MODEL, FIELD):
        name = "model" if relation == MODEL else "name"
        return {
            row["id"]: row[name] for row in _rows(session, relation, [("id", "in", ids)], (name,))
        }
    domain = [("model", "=", relation), ("res_id", "in", ids)]
    named = _rows(session, "ir.model.data", domain, ("res_id", "module", "name"))
    return dict.fromkeys(ids, "") | {
        row["res_id"]: f"{row['module']}.{row['name']}" for row in reversed(named)
    }


def _linked(value: Any) -> Sequence[int]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _rows(
    session: Session, model: str, domain: Sequence[Any], fields: Sequence[str]
) -> list[dict[str, Any]]:
    context = {"active_test": False, "lang": "en_US"}
    answer = session.call(
        model, "search_read", list(domain), list(fields), order="id", load="", context=context
    )
    return answers.rows(answer, f"{model}.search_read", ("id", *fields))
