"""Our outbox as `fleet odoo install` makes it in Odoo."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from odoo_gateway.outbox import FIELDS, MODEL
from odoo_gateway.sandbox.database import Row
from odoo_gateway.sandbox.schema import Schema, shapes_of

WHOLE: Final = frozenset({"id", "x_company_id", "x_res_id", "x_uid"})


def known() -> Schema:
    """The model with its fields."""
    return shapes_of({MODEL: {name: _field(name) for name in ("id", *FIELDS)}})


def written(
    number: int,
    kind: str,
    record_id: int,
    at: datetime,
    old: Mapping[str, str],
    new: Mapping[str, str],
    user_id: int,
) -> Row:
    """What the rule of an event of this kind writes about a record."""
    moment = at.astimezone(UTC)
    return {
        "id": number,
        "create_date": moment.strftime("%Y-%m-%d %H:%M:%S"),
        "x_at": moment.isoformat(),
        "x_company_id": 1,
        "x_event": f"{kind},{record_id},{moment.isoformat()}",
        "x_kind": kind,
        "x_model": kind.rpartition(".")[0],
        "x_new": repr(dict(new)),
        "x_old": repr(dict(old)),
        "x_res_id": record_id,
        "x_uid": user_id,
    }


def _field(name: str) -> dict[str, Any]:
    kind = "integer" if name in WHOLE else "datetime" if name == "create_date" else "char"
    return {"type": kind, "store": True}
