"""Orders, hours and costs of the sandbox's firm, each made by a test."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.sandbox import Sandbox, firm
from tasks.domain.findings import Finding, Report
from tasks.domain.periods import AsOf
from tasks.financial.leakage.job import JOB
from tasks.financial.leakage.policy import LeakagePolicy
from tests.fakes.modules import Declared
from tests.tasks.conftest import MONDAY, reading

Row = dict[str, Any]
Rows = Mapping[str, Iterable[Row]]
NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
ORDER, LINE, PROJECT = "sale.order", "sale.order.line", "project.project"
EXPENSE, MOVE, MOVE_LINE = "hr.expense", "account.move", "account.move.line"
HOURS: Final = "account.analytic.line"
PRODUCT: Final = "product.product"
BOUGHT: Final = "purchase.order.line"
EUR, USD, GBP = 1, 2, 4
HOUR, DAY = 4, 5
# Products of the firm, and ours.
BY_HOUR, PREPAID, REINVOICED, COST, INSIDE = 1, 2, 7, 901, 902
# Elise who works, and Bruno who sells and leads.
ELISE, BRUNO, CHIARA = 5, 102, 103
TEAM: Final = 1
PURCHASES: Final[Declared] = {
    "purchase.order": {"id": {"type": "integer", "store": True}},
    BOUGHT: {
        "id": {"type": "integer", "store": True},
        "company_id": {"type": "many2one", "relation": "res.company", "store": True},
        "sale_line_id": {"type": "many2one", "relation": LINE, "store": True},
    },
    MOVE_LINE: {"purchase_line_id": {"type": "many2one", "relation": BOUGHT, "store": True}},
}


def ago(days: int) -> str:
    return str(MONDAY.date() - timedelta(days=days))


def order(number: int = 9, **values: Any) -> Row:
    """A confirmed order that Bruno sold, a year ago."""
    known = {"partner_id": 20, "partner_invoice_id": 20, "user_id": BRUNO, "currency_id": EUR}
    row = {
        "id": number,
        "name": f"S{number:05}",
        "company_id": 1,
        "state": "sale",
        "date_order": f"{ago(365)} 09:30:00",
        "amount_untaxed": 1000.0,
        "client_order_ref": False,
        "signed_on": False,
        "team_id": TEAM,
    }
    return {**known, **row, **values}


def line(number: int = 90, of: int = 9, **values: Any) -> Row:
    """Twenty hours at 100 that are billed as worked."""
    row: Row = {
        "id": number,
        "order_id": of,
        "sequence": number,
        "name": f"Line {number}\nwith more words",
        "product_id": BY_HOUR,
        "currency_id": EUR,
        "company_id": 1,
        "state": "sale",
        "display_type": False,
        "price_unit": 100.0,
        "discount": 0.0,
        "product_uom_qty": 20.0,
        "product_uom_id": HOUR,
        "qty_delivered": 0.0,
        "qty_invoiced": 0.0,
        "qty_delivered_method": "timesheet",
        "is_downpayment": False,
        "is_expense": False,
        "is_service": True,
        "tax_ids": [],
        "project_id": False,
        "combo_item_id": False,
        "tax_calculation_rounding_method": "round_per_line",
        "qty_to_invoice": 0.0,
        "untaxed_amount_invoiced": 0.0,
        "untaxed_amount_to_invoice": 0.0,
    }
    row |= values
    due = row["qty_delivered"] if row["product_id"] != PREPAID else row["product_uom_qty"]
    return {
        "qty_to_invoice": due - row["qty_invoiced"],
        "price_subtotal": row["product_uom_qty"] * row["price_unit"] * (1 - row["discount"] / 100),
        **row,
        **values,
    }


def hours(number: int, on: int | bool = 90, amount: float = 4.0, days: int = 70, **v: Any) -> Row:
    """Elise's hours on a line of an order, that cost 50 each and stand on no invoice."""
    row = {
        "id": number,
        "date": ago(days),
        "create_date": f"{ago(days)} 14:00:00",
        "employee_id": ELISE,
        "project_id": 800,
        "task_id": 81,
        "unit_amount": amount,
        "product_uom_id": HOUR,
        "amount": -50.0 * amount,
        "company_id": 1,
        "so_line": on,
        "timesheet_invoice_type": "billable_time",
        "timesheet_invoice_id": False,
        "holiday_id": False,
        "global_leave_id": False,
        "account_id": 800,
        "move_line_id": False,
        "category": "other",
    }
    return {**row, **v}


def cost(number: int, of: int, amount: float, days: int = 70, **values: Any) -> Row:
    """What was spent by the line of an entry, on the account of the project."""
    spent = {"project_id": False, "task_id": False, "employee_id": False, "unit_amount": 1.0}
    booked = {"amount": -amount, "move_line_id": of, "category": "vendor_bill", "so_line": False}
    return {**hours(number, days=days), **spent, **booked, **values}


def bill(number: int, days: int = 70, **values: Any) -> Row:
    """A vendor's, that is posted."""
    known = {"company_id": 1, "currency_id": EUR, "move_type": "in_invoice", "state": "posted"}
    dated = {"date": ago(days), "invoice_date": ago(days), "payment_state": "not_paid"}
    return {
        "id": number,
        "name": f"BILL/{number}",
        "reversed_entry_id": False,
        **known,
        **dated,
        **values,
    }


def bill_line(number: int, of: int, amount: float, days: int = 70, **values: Any) -> Row:
    row = {
        "id": number,
        "move_id": of,
        "company_id": 1,
        "currency_id": EUR,
        "product_id": COST,
        "date": ago(days),
        "move_type": "in_invoice",
        "parent_state": "posted",
        "sale_line_ids": [],
        "quantity": 1.0,
        "price_unit": amount,
        "discount": 0.0,
        "price_subtotal": amount,
        "expense_id": False,
    }
    return {**row, **values}


def expense(number: int, days: int = 70, **values: Any) -> Row:
    """Elise's draft for a customer: 80.00 EUR."""
    amount = values.get("untaxed_amount_currency", 80.0)
    row = {
        "id": number,
        "name": f"Expense {number}",
        "employee_id": ELISE,
        "company_id": 1,
        "state": "draft",
        "sale_order_id": False,
        "date": ago(days),
        "create_date": f"{ago(4)} 10:00:00",
        "manager_id": CHIARA,
        "total_amount": amount,
        "total_amount_currency": amount,
        "untaxed_amount": amount,
        "untaxed_amount_currency": amount,
        "currency_id": EUR,
        "payment_mode": "own_account",
        "product_id": COST,
    }
    return {**row, **values}


def project(number: int = 800, **values: Any) -> Row:
    """Billable, led by Chiara, with an account of its own."""
    known = {"name": f"Project {number}", "company_id": 1, "user_id": CHIARA, "active": True}
    sells = {"is_template": False, "allow_billable": True, "account_id": number}
    return {"id": number, **known, **sells, "last_update_status": "on_track", **values}


def odoo(rows: Rows, version: int = 19, *, purchases: bool = False, **switches: Any) -> Sandbox:
    """The firm with these orders, lines, hours, costs, expenses and projects alone."""
    found = {model: [*of] for model, of in firm.build(MONDAY.date()).items()}
    ours = (ORDER, LINE, HOURS, EXPENSE, MOVE, MOVE_LINE, PROJECT, "project.milestone")
    found |= {model: [] for model in ours}
    products = ({"id": COST, "name": "Travel"}, {"id": INSIDE, "name": "Snacks"})
    found[PRODUCT] = [
        *({**row, "expense_policy": "no", "display_name": row["name"]} for row in found[PRODUCT]),
        *({**found[PRODUCT][6], **row, "display_name": row["name"]} for row in products),
    ]
    for row in found[PRODUCT]:
        row["expense_policy"] = "cost" if row["id"] in (COST, REINVOICED) else "no"
    found[PROJECT] = [project()]
    if purchases:
        found |= {BOUGHT: [], "purchase.order": []}
        switches["declares"] = {**PURCHASES, **switches.get("declares", {})}
    for model, of in rows.items():
        replaced = {row["id"] for row in of}
        found[model] = [row for row in found[model] if row["id"] not in replaced] + [*of]
    return Sandbox(MONDAY.date(), rows=found, version=version, **switches)


def look(
    sandbox: Any, company_id: int = 1, now: AsOf = NOW, *, drifts: bool = False, **policy: Any
) -> Report:
    reader = reading(sandbox, company_id)
    report = JOB.run(reader, now, LeakagePolicy.model_validate(policy))
    assert bool(reader.drift) is drifts, reader.drift
    return report


def leaking(report: Report) -> dict[tuple[str, int], str | None]:
    """The amount of each row with its currency, by kind and record."""
    return {
        (row["kind"], row["record_id"]): row["amount"] and f"{row['amount']} {row['currency']}"
        for row in report.rows
    }


def keys(report: Report) -> set[str]:
    return {finding.key for finding in report.findings}


def finding(report: Report, key: str) -> Finding:
    (found,) = (each for each in report.findings if each.key == key)
    return found


def row_of(report: Report, kind: str) -> Mapping[str, Any]:
    (found,) = (row for row in report.rows if row["kind"] == kind)
    return found


def measured(report: Report) -> dict[tuple[str, ...], float]:
    """What is not zero."""
    return {(m.name, *m.labels.values()): m.value for m in report.measures if m.value}
