"""Puts our pieces into an Odoo and takes them out again, as an administrator.

Each piece comes by Odoo's own `load`, under its external id and in one transaction, so an install
that was cut off is done again and goes on from there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected, OdooSchemaDrift, OdooUnavailable
from odoo_gateway.procedures import calling
from odoo_gateway.procedures.comparing import Found, Standing, State
from odoo_gateway.procedures.pieces import (
    ACCESS,
    ACTION,
    FIELD,
    GROUP,
    MODEL,
    MODULE,
    RELATIONS,
    RULE,
    Piece,
    Value,
    ours,
)
from odoo_gateway.session import Session
from odoo_gateway.writer import CONFLICTS

Row: TypeAlias = dict[str, str]
#: What comes first, for what comes later hangs on it; it goes the other way.
COMES: Final = (GROUP, MODEL, FIELD, ACCESS, RULE, ACTION, calling.DIRECTORY)
#: To be read as it is written here, whatever the administrator's language.
ENGLISH: Final = {"lang": "en_US"}


def check_administrator(session: Session) -> None:
    """Raises OdooRejected for who may not set up Odoo."""
    for model in (ACTION, MODEL):
        may = session.call(model, "check_access_rights", "create", raise_exception=False)
        if not may:
            raise OdooRejected(
                "this user is no administrator of Odoo (Settings, Users, Administration): log in "
                "as one; its key is used once and kept nowhere"
            )


def install(session: Session, pieces: Sequence[Piece], standings: Sequence[Standing]) -> None:
    """Make or mend what does not stand as it should, and remove what is needless.

    In as few calls as can be: after each, all processes of Odoo learn its models and rules anew.
    """
    state = {standing.name: standing.state for standing in standings}
    wrong = [piece for piece in pieces if state[piece.name] is not State.OK]
    new = {piece.name for piece in wrong if state[piece.name] is State.MISSING}
    with_their_table = [
        piece.name
        for piece in wrong
        if piece.model == FIELD and new.issuperset((piece.name, *_linked(piece, "model_id")))
    ]
    for model in COMES:
        batches: dict[tuple[str, ...], list[Row]] = defaultdict(list)
        for piece in wrong:
            if piece.model == model and piece.name not in with_their_table:
                rows = [dict(_columns(session, piece, is_new=piece.name in new))]
                if model == MODEL and piece.name in new:
                    rows = _with_fields(session, rows[0], piece, pieces)
                batches[tuple(rows[0])] += rows
        for batch in batches.values():
            _load(session, model, batch)
    # What came by `load` does not fire yet, and not before it is whole.
    rules = [piece.name for piece in wrong if piece.model == RULE]
    if rules:
        domain = [("module", "=", MODULE), ("name", "in", rules)]
        ids = [entry["res_id"] for entry in _entries(session, domain)]
        session.call(RULE, "write", ids, {"active": True})
    _unlink(session, [each for each in standings if each.state is State.NEEDLESS])


def remove(session: Session, found: Found) -> None:
    """Take out all that is ours, and nothing else."""
    _unlink(session, [Standing(n, m, n, State.NEEDLESS) for n, (m, _) in found.pieces.items()])


def _unlink(session: Session, needless: Collection[Standing]) -> None:
    names: dict[str, list[str]] = defaultdict(list)
    for each in needless:
        names[each.model].append(each.name)
    for model in (*reversed(COMES[3:]), *COMES[1:3], GROUP):
        if names[model]:
            domain = [("module", "=", MODULE), ("model", "=", model), ("name", "in", names[model])]
            _unlink_all(session, model, _entries(session, domain))


def _unlink_all(session: Session, model: str, entries: Sequence[Mapping[str, int]]) -> None:
    """These records, as far as they are there, with their external ids."""
    ids = sorted({entry["res_id"] for entry in entries})
    # In Odoo 16 a rule has its action inside, and leaves it behind.
    actions = _inner_actions(session, ids) if model == RULE and session.major_version < 17 else []
    try:
        there = session.call(model, "search", [("id", "in", ids)], context={"active_test": False})
        session.call(model, "unlink", there)
    except OdooSchemaDrift:
        # A table of ours that somebody dropped before.
        pass
    if actions:
        session.call(ACTION, "unlink", actions)
    # Odoo forgets them with the records, but not with those that went with another one.
    session.call("ir.model.data", "unlink", [entry["id"] for entry in entries])


def _inner_actions(session: Session, rules: Sequence[int]) -> list[int]:
    fields, context = ["action_server_id"], {"active_test": False}
    domain = [("id", "in", list(rules))]
    rows = session.call(RULE, "search_read", domain, fields, load="", context=context)
    found = answers.rows(rows, f"{RULE}.search_read", fields)
    return [row["action_server_id"] for row in found]


def _with_fields(session: Session, table: Row, piece: Piece, pieces: Sequence[Piece]) -> list[Row]:
    """A new table with all its fields."""
    fields = [
        {
            f"field_id/{name}": value
            for name, value in _columns(session, each, leaves_out="model_id")
        }
        for each in pieces
        if each.model == FIELD and _linked(each, "model_id") == (piece.values["model"],)
    ]
    return [table | fields[0], *fields[1:]]


def _load(session: Session, model: str, rows: Sequence[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = [[row.get(name, "") for name in names] for row in rows]
    said, which = "", model
    # Who lost a race with another install finds at the second try what it lost to.
    for _ in range(2):
        answer = session.call(model, "load", names, table, context=ENGLISH)
        if answer["ids"]:
            return
        told = answer["messages"][0]
        said = str(told["message"]).strip().splitlines()[0]
        which = rows[told.get("record", 0)].get("id", model)
    if any(words in said for words in CONFLICTS):
        raise OdooUnavailable(f"somebody else puts {which} there too, try again: {said}")
    raise OdooRejected(f"Odoo does not take {which}: {said}")


def _columns(
    session: Session, piece: Piece, *, is_new: bool = True, leaves_out: str = ""
) -> Iterator[tuple[str, str]]:
    """The piece as Odoo imports it."""
    yield "id", ours(piece.name)
    for name, value in piece.values.items():
        relation = RELATIONS.get(name)
        if name == leaves_out:
            continue
        if piece.model == RULE and name == "active" and is_new:
            yield name, "0"
        elif relation in (MODEL, FIELD):
            yield f"{name}/.id", ",".join(map(str, _ids(session, piece, relation, name)))
        elif relation:
            yield f"{name}/id", ",".join(_linked(piece, name))
        else:
            yield name, _text(value)


def _text(value: Value) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _linked(piece: Piece, name: str) -> tuple[str, ...]:
    """What a field of a piece links to."""
    value = piece.values[name]
    assert isinstance(value, tuple)
    return value


def _ids(session: Session, piece: Piece, relation: str, field: str) -> list[int]:
    names = _linked(piece, field)
    if not names:
        return []
    domain = [("model", "in", list(names))]
    if relation == FIELD:
        domain = [("model", "in", list(_linked(piece, "model_id"))), ("name", "in", list(names))]
    found = answers.listed(session.call(relation, "search", domain), f"{relation}.search")
    if len(found) != len(names):
        raise OdooRejected(f"this Odoo has not all of {', '.join(names)}, which {piece.name} needs")
    return found


def _entries(session: Session, domain: Sequence[object]) -> list[dict[str, int]]:
    asked = "ir.model.data"
    answer = session.call(asked, "search_read", list(domain), ["res_id"])
    return answers.rows(answer, f"{asked}.search_read", ("id", "res_id"))
