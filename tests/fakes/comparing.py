"""Holds what a user with fewer rights is told against what the administrator is told.

Every figure is equal, or the document says that it is not verifiable. Both are scopes of the JSON
contract.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

Scope = Mapping[str, Any]
Row = Mapping[str, Any]

KEYS: Final[Mapping[str, Sequence[str]]] = {
    "expense_exceptions": ("expense_id",),
    "margin_watch": ("project_id",),
    "change_requests": ("kind", "model", "record_id"),
    "milestone_billing": ("sale_order_id",),
    "master_data": ("kind", "model", "record_id", "other_id"),
    "invoice_readiness": ("sale_order_id",),
    "presales_review": ("opportunity_id",),
    "quote_check": ("model", "record_id"),
    "late_starts": ("project_id",),
    "leakage": ("kind", "model", "record_id", "currency"),
    "project_setup": ("model", "record_id"),
    "wip_aging": ("sale_order_line_id",),
    "timesheet_reminders": ("employee_id",),
    "utilization_variance": ("employee_id",),
    "handoff_gate": ("sale_order_id",),
    "pending_approvals": ("kind", "model", "record_id", "project_id", "week"),
}
# What of an order follows from its checks, of which each says by itself that it cannot be made.
OF_CHECKS: Final = frozenset(
    {
        *("status", "verdict", "not_verified", "checks", "becomes_ready_when", "partial_bill"),
        *("waiting_to_be_ready_days", "waiting_for_finance_days"),
        # Why an order is blocked is what its checks say.
        *("reason",),
    }
)
BY_STATUS: Final = frozenset(
    {"ready", "blocked", "ready_not_verified", "bottleneck", "held_up_by", "proposed", "unverified"}
)
MEASURED_BY_STATUS: Final = frozenset(
    {
        *("readiness_amount", "readiness_orders", "readiness_not_verified_amount"),
        *("readiness_held_up_amount", "readiness_held_up_orders"),
        *("drafting_amount", "drafting_orders"),
    }
)
WITHHELD: Final = (None, "not_verifiable")
# How something is called whose name is hidden.
BY_ID: Final = re.compile(r"(customer|department) \d+")


@dataclass
class Compared:
    """What came of one job and user. wrong: figures that differ, and nothing says so."""

    equal: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def compare(job: str, whole: Scope, poor: Scope) -> Compared:
    """Every row, total, measure and finding of the administrator's, and of the other's too."""
    found = Compared()
    gaps = poor["not_verifiable"]
    said = {figure for gap in gaps for figure in gap["figures"]}
    for kind, differences in (
        ("rows", _rows(job, whole, poor, said, found)),
        ("totals", _totals(whole, poor, said, found)),
        ("measures", _measures(whole, poor, said, found)),
        ("findings", _findings(whole, poor, said)),
    ):
        found.wrong += [f"{kind}: {difference}" for difference in differences]
    return found


def _rows(job: str, whole: Scope, poor: Scope, said: set[str], found: Compared) -> Iterator[str]:
    own = {_key(job, row): row for row in whole["rows"]}
    seen = {_key(job, row): row for row in poor["rows"]}
    for key, row in own.items():
        if key in seen:
            yield from _row(key, row, seen[key], said, found)
        elif "rows" in said:
            found.withheld["rows"] += 1
        else:
            yield f"{key} is missing"
    yield from (f"{key} is nobody else's" for key in seen if key not in own)


def _row(key: Any, own: Row, row: Row, said: set[str], found: Compared) -> Iterator[str]:
    for column, value in own.items():
        if row.get(column) == value:
            found.equal[column] += 1
        elif (
            (column in said and row[column] in WITHHELD)
            or (column in ("status", "reason") and _says_why_not(row))
            or (row.get("status") == "not_verifiable" and row[column] is None)
            or (_is_told(column, row, said) and BY_ID.fullmatch(str(row[column])))
            or (column in OF_CHECKS and "checks" in row and _checks_say_so(own, row))
        ):
            found.withheld[column] += 1
        else:
            yield f"{key} {column}: {row.get(column)!r} instead of {value!r}"


def _says_why_not(row: Row) -> bool:
    """Whether the row itself says that it is not verifiable, and why."""
    return row.get("status") == "not_verifiable" and bool(row.get("reason"))


def _is_told(column: str, row: Row, said: set[str]) -> bool:
    """Whether it is said that a name may be an id, of all rows or of this one."""
    return column in said or row.get("status") == "not_verifiable"


def _checks_say_so(own: Row, row: Row) -> bool:
    """Whether an order's checks differ only where they say that they cannot be made."""
    if row["checks"] == [] and row["status"] == "not_verifiable":
        return True
    differing = [
        check
        for check, before in zip(row["checks"], own["checks"], strict=True)
        if (check["result"], check["reason"]) != (before["result"], before["reason"])
    ]
    unmade = all(
        check["result"] == "not_verifiable" or "there may be more" in check["reason"]
        for check in differing
    )
    as_far = {"unverified", "ready_as_far_as_verifiable"} & {row["status"], row.get("verdict")}
    return bool(differing) and unmade and bool(row["status"] == own["status"] or as_far)


def _totals(whole: Scope, poor: Scope, said: set[str], found: Compared) -> Iterator[str]:
    seen = {total.get("currency"): total for total in poor["totals"]}
    for own in whole["totals"]:
        total = seen.get(own.get("currency"))
        if total is None:
            if "totals" not in said:
                yield f"{own.get('currency')} is missing"
            found.withheld["totals"] += 1
            continue
        unverified = Decimal(total.get("ready_not_verified") or total.get("unverified") or 0)
        for name, value in own.items():
            if total[name] == value:
                found.equal[f"total {name}"] += 1
            elif ((name in said or "totals" in said) and total[name] is None) or (
                name in BY_STATUS and unverified
            ):
                found.withheld[f"total {name}"] += 1
            else:
                yield f"{own.get('currency')} {name}: {total[name]!r} instead of {value!r}"


def _measures(whole: Scope, poor: Scope, said: set[str], found: Compared) -> Iterator[str]:
    def by_name(scope: Scope) -> Mapping[Any, float]:
        return {
            (measure["name"], *sorted(measure["labels"].items())): measure["value"]
            for measure in scope["measures"]
        }

    own, seen = by_name(whole), by_name(poor)
    unverified = any(
        value
        for key, value in seen.items()
        if "not_verified" in key[0] or ("status", "unverified") in key
    )
    for key in own.keys() | seen.keys():
        if own.get(key) == seen.get(key):
            found.equal[f"measure {key[0]}"] += 1
        elif (key not in seen and (key[0] in said or "measures" in said)) or (
            key[0] in MEASURED_BY_STATUS and unverified
        ):
            found.withheld[f"measure {key[0]}"] += 1
        else:
            yield f"{key}: {seen.get(key)!r} instead of {own.get(key)!r}"


def _findings(whole: Scope, poor: Scope, said: set[str]) -> Iterator[str]:
    """A finding that nobody else has is wrong, but of orders of which not all is known."""
    own = {finding["key"]: finding for finding in whole["findings"]}
    for finding in poor["findings"]:
        before = own.get(finding["key"])
        if finding["key"] == "not-verifiable":
            continue
        as_far = "as far as" in finding["title"]
        if before is None and not as_far:
            yield f"{finding['key']} is nobody else's: {finding['title']}"
        for name in ("amount", "currency", "since"):
            value = finding[name]
            if before and value != before[name] and value is not None:
                yield f"{finding['key']} {name}: {value!r} instead of {before[name]!r}"


def _key(job: str, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in KEYS[job])
