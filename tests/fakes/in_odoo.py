"""An Odoo in which something of ours stands, as far as it is asked about that."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from odoo_gateway.procedures import calling
from odoo_gateway.procedures.events import WATCHED
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
    models = {"res.partner", "sale.order", "project.task", "crm.lead", "account.move", "hr.expense"}
    values = {"version": version, "has_rules": True, "models": models, "kept": WATCHED, **changes}
    return Capabilities(**values)


def answering(answer: Any, numbers: Sequence[int] = (41,), modules: Sequence[str] = ()) -> Overlay:
    """One whose procedures answer so; the directory knows them by these numbers."""
    rows = [{"id": 1, "x_name": "any", "x_action_id": number} for number in numbers]
    found = [
        {"id": number, "name": name, "latest_version": "19.0"}
        for number, name in enumerate(modules, 1)
    ]
    answers: dict[tuple[str, str], Any] = {
        (calling.DIRECTORY, "search_read"): lambda *_: rows,
        RUN: lambda *_: answer,
        **({("ir.module.module", "search_read"): lambda *_: found} if modules else {}),
    }
    return Overlay(Sandbox(date(2026, 11, 23)), answers)
