"""Looks of the job at orders that a test makes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.sandbox import Sandbox
from tasks.domain.findings import Report
from tasks.domain.periods import AsOf
from tasks.financial.milestone_billing.job import JOB
from tasks.financial.milestone_billing.policy import DraftingPolicy
from tests.fakes import drafting
from tests.tasks.conftest import MONDAY, reading

Row = dict[str, Any]
NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)


def odoo(*lines: Row, **more: Any) -> Sandbox:
    """The order with these lines, else with one that is delivered by hand."""
    switches = {
        name: more.pop(name)
        for name in ("version", "corrupt", "denied_models", "rules", "lacks_modules")
        if name in more
    }
    orders = more.pop("sale_order", None) or [drafting.order()]
    rows = drafting.rows(sale_order=orders, sale_order_line=lines or [drafting.line()], **more)
    return Sandbox(MONDAY.date(), rows=rows, **switches)


def look(sandbox: Any, now: AsOf = NOW, *, drifts: bool = False, **policy: Any) -> Report:
    """Hours need no approval if not said otherwise."""
    reader = reading(sandbox)
    values = {"time_approval_required": False, **policy}
    report = JOB.run(reader, now, DraftingPolicy.model_validate(values))
    assert bool(reader.drift) is drifts, reader.drift
    return report


def row(sandbox: Any, now: AsOf = NOW, **policy: Any) -> Mapping[str, Any]:
    (found,) = look(sandbox, now, **policy).rows
    return found


def failed(found: Mapping[str, Any]) -> list[str]:
    return [check["check"] for check in found["checks"] if check["result"] == "fail"]


def on_day(day: int) -> AsOf:
    """Another day of that month."""
    moment = MONDAY.replace(day=day)
    return replace(NOW, instant=moment, now=moment)
