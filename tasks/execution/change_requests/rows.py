"""How change requests, and what grew without one, are told as rows and totals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.execution.change_requests.judgement import Creep, Standing, Status
from tasks.execution.change_requests.snapshot import Snapshot


def row(standing: Standing, snapshot: Snapshot, as_of: AsOf) -> Mapping[str, Any]:
    """One change request."""
    request = standing.request
    order = snapshot.orders.get(request.order_id or 0)
    project = snapshot.projects.get(request.project_id or 0)
    return {
        "kind": "change_request",
        "model": request.model,
        "record_id": request.record_id,
        "change_request": request.name,
        "sale_order_id": request.order_id,
        "sale_order": order.name if order else None,
        "project_id": request.project_id,
        "project": project.name if project else None,
        "amount": _text(request.amount, request.currency),
        "currency": request.currency.code if request.currency else None,
        "hours": request.hours,
        "raised": _day(request.raised_at, as_of),
        "raised_by": snapshot.people.name(request.raised_by),
        "status": standing.status.value,
        "decided": _day(standing.decided_at, as_of),
        "decided_by": list(standing.decided_by),
        "applied": _day(standing.applied_at, as_of),
        "signed": _day(standing.signed_at, as_of),
        "policy": standing.policy.version,
    }


def row_of_creep(
    creep: Creep, snapshot: Snapshot, as_of: AsOf, policy_version: str
) -> Mapping[str, Any]:
    """What grew on one order; nobody asked for it, so nobody decided it."""
    order, currency = creep.order, snapshot.currencies[creep.order.currency_id]
    project = snapshot.projects.get(order.project_id or 0)
    grown = [line.create_date for line in creep.added] + [each.at for each in creep.raised]
    return {
        "kind": "grown",
        "model": order.MODEL,
        "record_id": order.id,
        "change_request": None,
        "sale_order_id": order.id,
        "sale_order": order.name,
        "project_id": order.project_id,
        "project": project.name if project else None,
        "amount": currency.text(worth(creep)),
        "currency": currency.code,
        "hours": None,
        "raised": None,
        "raised_by": "",
        "status": Status.NEVER_DECIDED.value if grown else "beyond_sold",
        "decided": None,
        "decided_by": [],
        "applied": _day(max(grown, default=None), as_of),
        "signed": None,
        "policy": policy_version,
    }


def worth(creep: Creep) -> Decimal:
    """Untaxed value of the lines that were added."""
    return sum((line.price_subtotal for line in creep.added), Decimal(0))


def totals(
    standings: Sequence[Standing], creeps: Sequence[Creep], snapshot: Snapshot
) -> tuple[Mapping[str, Any], ...]:
    """Per currency: what is raised, decided and applied, and what nobody decided."""
    sums: dict[Currency, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for standing in standings:
        if standing.request.currency is not None and standing.request.amount is not None:
            sums[standing.request.currency][standing.status.value] += standing.request.amount
    for creep in creeps:
        sums[snapshot.currencies[creep.order.currency_id]]["grown"] += worth(creep)
    return tuple(
        {
            "currency": currency.code,
            **{name: currency.text(of[name]) for name in (*map(str, Status), "grown")},
        }
        for currency, of in sorted(sums.items())
    )


def _text(amount: Decimal | None, currency: Currency | None) -> str | None:
    return None if amount is None or currency is None else currency.text(amount)


def _day(instant: datetime | None, as_of: AsOf) -> str | None:
    return None if instant is None else str(instant.astimezone(as_of.zone).date())
