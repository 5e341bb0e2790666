"""How people read the words that programs use: columns, states, roles, rungs of ladders.

Those that two or more jobs use stand here, the others in the `labels` of their job. They begin as
they do within a sentence.
"""

from collections.abc import Mapping
from typing import Final

from tasks.domain.texts import Text

# The columns whose values are such words; in all others a word is a name.
OF_WORDS: Final = frozenset({"status", "handoff_status", "verdict", "billing", "bucket"})
LABELS: Final[Mapping[str, Text]] = {
    # Severities.
    "info": Text("info"),
    "warning": Text("warning"),
    "critical": Text("critical"),
    # Roles.
    "finance": Text("finance"),
    "delivery": Text("delivery"),
    "ops": Text("ops"),
    # Rungs of ladders.
    "early": Text("early"),
    "deadline": Text("deadline"),
    "late": Text("late"),
    "manager": Text("manager"),
    "owner": Text("owner"),
    # States.
    "held": Text("held"),
    "excluded": Text("excluded"),
    "ok": Text("ok"),
    "not_measurable": Text("not measurable"),
    "not_verifiable": Text("not verifiable"),
    # Results of checks.
    "pass": Text("pass"),
    "fail": Text("fail"),
    "not_applicable": Text("not applicable"),
    # Ages that are not a number of days.
    "future": Text("future"),
    "undated": Text("undated"),
    # How order lines are billed.
    "time_and_materials": Text("time and materials"),
    "milestone": Text("milestone"),
    "manual": Text("manual"),
    "fixed": Text("fixed"),
    "expense": Text("expense"),
    "down_payment": Text("down payment"),
    # Columns.
    "amount": Text("amount"),
    "basis": Text("basis"),
    "billing": Text("billing"),
    "currency": Text("currency"),
    "department": Text("department"),
    "employee": Text("employee"),
    "excluded_lines": Text("excluded lines"),
    "hours": Text("hours"),
    "odoo_to_invoice": Text("to invoice in Odoo"),
    "partner": Text("customer"),
    "period_end": Text("end of the period"),
    "period_start": Text("start of the period"),
    "policy": Text("policy"),
    "project": Text("project"),
    "reason": Text("reason"),
    "residual": Text("difference to Odoo"),
    "sale_order": Text("order"),
    "status": Text("status"),
    "waiting_days": Text("days of waiting"),
}
