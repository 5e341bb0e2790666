"""The made-up firm with some of its change requests changed, and a look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.sandbox import Sandbox, firm
from tasks.domain.deciding import Answer, State
from tasks.domain.findings import Finding, Report
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposed, Said
from tasks.execution.change_requests.job import JOB
from tests.tasks.conftest import MONDAY, reading

# The quotations of the made-up firm that change orders 1, 9 and, in company 2, 23.
INTERFACE, SECOND_LAB, PHONE = 33, 34, 35
HAFENWERK: Final = 1
BRUNO, CHIARA = "bruno.claes@nordwind.example", "chiara.conti@nordwind.example"
NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def firm_with(
    changes: Mapping[tuple[str, int], Mapping[str, Any]] | None = None,
    more: Rows | None = None,
    **switches: Any,
) -> Sandbox:
    """The firm with other values in some rows, and with some rows more."""
    tables = dict(firm.build(MONDAY.date()))
    for model, rows in (more or {}).items():
        tables[model] = [*tables.get(model, []), *map(dict, rows)]
    return Sandbox(MONDAY.date(), rows=tables, corrupt=changes, **switches)


def look(
    odoo: Sandbox | None = None,
    *proposed: Proposed,
    company_id: int = 1,
    at: AsOf = NOW,
    **policy: Any,
) -> Report:
    """What the job says."""
    as_of = replace(at, proposed=proposed) if proposed else at
    return JOB.run(reading(odoo or firm_with(), company_id), as_of, JOB.policy(**policy))


def finding(report: Report, kind: str, record_id: int = INTERFACE) -> Finding | None:
    """The one finding of a kind about a record."""
    found = [f for f in report.findings if f.kind == kind and f.record_id == record_id]
    assert len(found) <= 1
    return found[0] if found else None


def row(report: Report, record_id: int = INTERFACE, kind: str = "change_request") -> Any:
    """The row of a change request, or of what grew on an order."""
    (found,) = (r for r in report.rows if (r["kind"], r["record_id"]) == (kind, record_id))
    return found


def decided(
    state: State = State.APPROVED,
    record_id: int = INTERFACE,
    identity: str = "4400.00 EUR - 0",
    at: str = "2026-11-12T10:00",
    **more: Any,
) -> Proposed:
    """A proposal of before, asked for on 11 November at 10:00 and decided then."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    answers = {State.APPROVED: Answer.APPROVED, State.REFUSED: Answer.REFUSED}
    said = (Said(CHIARA, answers[state], moment, "director"),) if state in answers else ()
    values: dict[str, Any] = {
        "kind": "change_request",
        "model": "sale.order",
        "record_id": record_id,
        "identity": identity,
        "asked_at": datetime(2026, 11, 11, 10, tzinfo=UTC),
        "state": state,
        "decided_at": moment if said else None,
        "said": said,
    }
    return Proposed(**{**values, **more})


def confirmed(record_id: int = INTERFACE, on: str = "2026-11-13 09:00:00") -> dict[Any, Any]:
    """A quotation that became an order."""
    return {("sale.order", record_id): {"state": "sale", "date_order": on}} | {
        ("sale.order.line", 10 * record_id): {"state": "sale"}
    }


def added_line(
    number: int = 9001, on: str = "2026-11-14 09:00:00", amount: float = 4400.0, **more: Any
) -> dict[str, Any]:
    """A line that somebody put on Hafenwerk's order."""
    (first, *_) = (
        line
        for line in firm.build(MONDAY.date())["sale.order.line"]
        if line["order_id"] == HAFENWERK
    )
    values = {"id": number, "name": "Extra", "create_date": on, "price_subtotal": amount}
    return {**first, **values, "product_uom_qty": 40.0, "qty_delivered": 0.0, **more}
