"""An Odoo in which something of ours stands, as far as it is asked about that."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from odoo_gateway.procedures import calling
from odoo_gateway.procedures.comparing import RULES
from odoo_gateway.procedures.events import WATCHED
from odoo_gateway.procedures.pieces import Piece
from odoo_gateway.procedures.wanted import Capabilities
from odoo_gateway.sandbox import Sandbox
from tests.fakes.overlay import Overlay

RUN: Final = ("ir.actions.server", "run")
#: Two that rules tell, of which one model is not there; one that none tells; one of no Odoo.
EVENTS: Final = (
    "hr.expense.changed",
    "hr.expense.sheet.changed",
    "sale.order.signed",
    "x.y.changed",
)


def capable(version: int = 19, **changes: Any) -> Capabilities:
    """One with all that pieces are for; of fields, those that are watched."""
    models = {"res.partner", "sale.order", "crm.lead", "account.move", "hr.expense"}
    models |= {"project.project", "project.task"}
    values = {"version": version, "has_rules": True, "models": models, "kept": WATCHED, **changes}
    return Capabilities(**values)


def answering(
    answer: Any,
    numbers: Sequence[int] = (41,),
    modules: Sequence[str] = (),
    version: int = 19,
) -> Overlay:
    """One whose procedures answer so; the directory knows them by these numbers."""
    rows = [{"id": 1, "x_name": "any", "x_action_id": number} for number in numbers]
    found = [
        {"id": number, "name": name, "latest_version": f"{version}.0"}
        for number, name in enumerate(modules, 1)
    ]
    answers: dict[tuple[str, str], Any] = {
        (calling.DIRECTORY, "search_read"): lambda *_: rows,
        RUN: lambda *_: answer,
        **({("ir.module.module", "search_read"): lambda *_: found} if modules else {}),
    }
    return Overlay(Sandbox(date(2026, 11, 23)), answers)


def installed_in(
    inner: Sandbox,
    pieces: Sequence[Piece],
    kept: Mapping[str, Sequence[str]],
    edits: Any = None,
    version: int = 19,
) -> Overlay:
    """One in which all of these stand, but for those values; None: the record is gone."""
    edits = edits or {}
    told = {
        piece.name: {
            "model": piece.model,
            "values": {
                key: list(value) if isinstance(value, tuple) else value
                for key, value in {**piece.values, **(edits.get(piece.name) or {})}.items()
            },
        }
        for piece in pieces
        if edits.get(piece.name, {}) is not None
    }
    found = answering({"pieces": told, "kept": kept}, modules=["base", RULES], version=version)
    found.inner = inner
    return found


def empty(inner: Sandbox, kept: Mapping[str, Sequence[str]]) -> Overlay:
    """One of an administrator, in which nothing of ours stands."""
    models = [{"id": number, "model": model} for number, model in enumerate(kept, 1)]
    fields = [{"id": 1, "model": model, "name": name} for model in kept for name in kept[model]]
    found = answering({}, modules=["base", RULES])
    found.inner = inner
    found.answers = {
        **found.answers,
        ("ir.actions.server", "check_access_rights"): lambda *_: True,
        ("ir.model", "check_access_rights"): lambda *_: True,
        ("ir.model", "search_read"): lambda *_: models,
        ("ir.model.fields", "search_read"): lambda *_: fields,
        ("ir.model.data", "search_read"): lambda *_: [],
        ("res.users", "search_read"): lambda *_: [{"id": 2, "login": "fleet", "all_group_ids": []}],
        ("res.groups", "get_external_id"): lambda *_: {},
    }
    return found


def holding(inner: Sandbox, kept: Mapping[str, Sequence[str]], pieces: Sequence[Piece]) -> Overlay:
    """One of an administrator, in which all of these stand, as far as their names tell."""
    found = empty(inner, kept)
    told = {model: found.answers[model, "search_read"] for model in ("ir.model", "ir.model.fields")}
    entries = [
        {"id": number, "name": piece.name, "model": piece.model, "res_id": 9000 + number}
        for number, piece in enumerate(pieces, 1)
    ]

    def named(args: Any, _: Any) -> Any:
        return entries if args[0][0][0] == "module" else []

    def by_model(model: str) -> Any:
        return lambda args, kwargs: told[model](args, kwargs) if args[0][0][0] == "model" else []

    found.answers = {
        **found.answers,
        ("ir.model.data", "search_read"): named,
        (calling.DIRECTORY, "search_read"): lambda *_: [],
        **{(model, "search_read"): by_model(model) for model in told},
    }
    return found
