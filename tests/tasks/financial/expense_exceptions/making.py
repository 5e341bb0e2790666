"""Expenses of the sandbox's firm, each made by a test."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.sandbox import Sandbox, firm
from tasks.domain.findings import Finding, Report
from tasks.domain.periods import AsOf
from tasks.financial.expense_exceptions.job import JOB
from tasks.financial.expense_exceptions.policy import ExpensePolicy
from tests.tasks.conftest import MONDAY, reading

Row = dict[str, Any]
NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
EXPENSE, FILE, MOVE, MOVE_LINE = "hr.expense", "ir.attachment", "account.move", "account.move.line"
EUR, USD, JPY, GBP = 1, 2, 3, 4
# Elise, Femke, her colleague, and Bruno who approves what both spend.
ELISE, FEMKE, BRUNO = 5, 6, 102
TRAVEL, MEALS = 7, 6


def ago(days: int) -> str:
    return str(MONDAY.date() - timedelta(days=days))


def expense(number: int, **values: Any) -> Row:
    """A submitted expense of Elise of a few days ago: 80.00 EUR with its taxes."""
    amount = values.get("total_amount_currency", values.get("total_amount", 80.0))
    row = {
        "id": number,
        "name": f"Expense {number}",
        "employee_id": ELISE,
        "company_id": 1,
        "state": "submitted",
        "sale_order_id": False,
        "date": ago(5),
        "create_date": f"{ago(4)} 10:00:00",
        "manager_id": BRUNO,
        "total_amount": amount,
        "total_amount_currency": amount,
        "currency_id": EUR,
        "payment_mode": "own_account",
        "product_id": False,
        "analytic_distribution": False,
        "approval_date": False,
        "account_move_id": False,
        "split_expense_origin_id": False,
    }
    return {**row, **values}


def receipt(number: int, checksum: str = "", *, file: int = 0) -> Row:
    """A file on an expense, another one than all others have if not said otherwise."""
    known = {"res_model": EXPENSE, "res_id": number, "checksum": checksum or f"sum-{number}"}
    return {"id": file or 70_000 + number, "name": "receipt.pdf", "res_field": False, **known}


def entry(number: int, **values: Any) -> Row:
    """A posted entry of long ago."""
    known = {"company_id": 1, "currency_id": EUR, "move_type": "in_receipt", "state": "posted"}
    dated = {"name": f"RCPT/{number}", "date": ago(60), "payment_state": "paid"}
    return {"id": number, **known, **dated, **values}


def entry_line(number: int, move: int, residual: float, kind: str = "liability_payable") -> Row:
    known = {"company_id": 1, "currency_id": EUR, "move_type": "in_receipt", "sale_line_ids": []}
    amounts = {"quantity": 1.0, "price_unit": 0.0, "discount": 0.0, "price_subtotal": 0.0}
    of = {"move_id": move, "amount_residual": residual, "account_type": kind}
    return {"id": number, "parent_state": "posted", **known, **amounts, **of}


def odoo(
    *expenses: Row,
    receipts: Sequence[Row] | None = None,
    version: int = 19,
    corrupt: Mapping[tuple[str, int], Row] | None = None,
    more: Mapping[str, Sequence[Row]] | None = None,
    **switches: Any,
) -> Sandbox:
    """The firm with these expenses alone, each with a file of its own if not said otherwise."""
    rows = {model: [*of] for model, of in firm.build(MONDAY.date()).items()}
    rows[EXPENSE] = list(expenses)
    files = [receipt(e["id"]) for e in expenses] if receipts is None else receipts
    rows[FILE] = [f for f in rows[FILE] if f["res_model"] != EXPENSE] + list(files)
    for model, of in (more or {}).items():
        rows[model] = [*rows[model], *of]
    return Sandbox(MONDAY.date(), rows=rows, version=version, corrupt=corrupt, **switches)


def look(
    sandbox: Any, company_id: int = 1, now: AsOf = NOW, *, drifts: bool = False, **policy: Any
) -> Report:
    reader = reading(sandbox, company_id)
    report = JOB.run(reader, now, ExpensePolicy.model_validate(policy))
    assert bool(reader.drift) is drifts
    return report


def keys(report: Report) -> set[str]:
    return {finding.key for finding in report.findings}


def finding(report: Report, key: str) -> Finding:
    (found,) = (each for each in report.findings if each.key == key)
    return found


def row(report: Report, number: int) -> Mapping[str, Any]:
    (found,) = (each for each in report.rows if each["expense_id"] == number)
    return found


def measured(report: Report) -> dict[tuple[str, ...], float]:
    """What is not zero."""
    return {(m.name, *m.labels.values()): m.value for m in report.measures if m.value}
