"""What finance is told of an order: a draft to post or to mend, or what is in its way."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tasks.domain.checklists import failed
from tasks.domain.findings import Finding, SetAside, Severity
from tasks.domain.labels import LABELS
from tasks.domain.texts import Text, joined
from tasks.financial.milestone_billing.checks import FINANCE, ZERO
from tasks.financial.milestone_billing.judgement import TOLD, Case, Status
from tasks.financial.milestone_billing.snapshot import Snapshot
from tasks.financial.milestone_billing.words import STATUSES
from tasks.records.sales import Order

MOVE: Final = "account.move"
ASIDE: Final = (Status.HELD, Status.EXCLUDED, Status.REFUSED, Status.UNVERIFIED)
REMEDIES: Final[Mapping[Status, Text]] = {
    Status.PROPOSED: Text("have the draft made, or make it in Odoo"),
    Status.DRAFTED: Text("look the draft up, then post it or delete it"),
    Status.DRAFT_DIFFERS: Text(
        "post the draft and invoice the rest later, or delete it, so that a new one is proposed"
    ),
    Status.TAKEN_BACK: Text(
        "mark the milestone as reached again, correct the quantity, or make a credit note"
    ),
    Status.GONE: Text(
        "invoice it by hand; `fleet effects list` tells what became of the draft that was agreed to"
    ),
}
GRAVE: Final = frozenset({Status.DRAFT_DIFFERS, Status.TAKEN_BACK, Status.BLOCKED, Status.GONE})


def amount_of(case: Case) -> Decimal:
    """What the draft holds or would hold, before taxes; what was billed too much is below zero."""
    if case.status is Status.DRAFTED:
        return sum((s.sold.draft.value for s in case.order.lines), ZERO)
    return case.look.amount


def findings(case: Case, snapshot: Snapshot) -> Iterator[Finding]:
    """One of an order, or of each of its drafts that is to be posted."""
    drafts = snapshot.drafts.get(case.order.order.id, {})
    if case.status is Status.DRAFTED:
        for number, url in sorted(drafts.items()):
            yield _finding(case, snapshot, f"drafted-move-{number}", (MOVE, number), url)
    elif case.status in TOLD:
        number = case.order.order.id
        url = next(iter(drafts.values()), snapshot.facts[number].url)
        yield _finding(case, snapshot, f"{case.status}-order-{number}", (Order.MODEL, number), url)


def _finding(case: Case, snapshot: Snapshot, key: str, about: tuple[str, int], url: str) -> Finding:
    order, currency = case.order.order, case.order.currency
    first = next(iter(failed(case.checks)), None) if case.status is Status.BLOCKED else None
    return Finding(
        key=key,
        severity=Severity.WARNING if case.status in GRAVE else Severity.INFO,
        title=Text(
            "{order} {customer}: {verdict}",
            order=order.name,
            customer=snapshot.customers[order.partner_id],
            verdict=STATUSES[case.status],
        ),
        reason=joined([case.reason, case.expected.told], "; ") if case.expected else case.reason,
        remedy=first.next_step if first else REMEDIES[case.status],
        owner=first.owner if first else FINANCE[0].name,
        model=about[0],
        record_id=about[1],
        url=url,
        amount=currency.round(amount_of(case)),
        currency=currency.code,
        kind=case.status,
        part_of=None if about[0] == Order.MODEL else (Order.MODEL, order.id),
    )


def aside(case: Case, snapshot: Snapshot) -> SetAside:
    """An order of which nothing is drafted on purpose, and why."""
    order = case.order.order
    return SetAside(
        group=STATUSES.get(case.status) or LABELS[case.status],
        title=joined([order.name, snapshot.customers[order.partner_id]], " "),
        reason=case.reason,
        url=snapshot.facts[order.id].url,
        model=Order.MODEL,
        record_id=order.id,
        amount=case.order.currency.round(case.look.amount),
        currency=case.order.currency.code,
    )


def row(case: Case, snapshot: Snapshot) -> Mapping[str, Any]:
    """One order, as programs read it."""
    order, currency = case.order.order, case.order.currency
    known = case.status is not Status.NOT_VERIFIABLE
    return {
        "sale_order_id": order.id,
        "sale_order": order.name,
        "partner_id": order.partner_id,
        "partner": snapshot.customers[order.partner_id],
        "currency": currency.code,
        "amount": currency.text(amount_of(case)) if known else None,
        "status": case.status.value,
        "reason": case.reason,
        "triggers": list(case.triggers) if known else None,
        "checks": [check.row() for check in case.checks],
        "draft_ids": sorted(snapshot.drafts.get(order.id, {})),
        "lines": _lines(case) if known else None,
        "policy": case.policy.version,
    }


def _lines(case: Case) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "sale_order_line_id": due.line.id,
            "billing": due.sold.billing.value,
            "quantity": float(due.line.qty_to_invoice),
            "amount": case.order.currency.text(due.sold.worth(due.line.qty_to_invoice)),
        }
        for due in case.look.due
    ]


def totals(cases: Sequence[Case]) -> tuple[Mapping[str, Any], ...]:
    """Per currency, what is in which state."""
    known = [case for case in cases if case.status is not Status.NOT_VERIFIABLE]
    return tuple(
        {
            "currency": currency.code,
            **{
                status.value: currency.text(
                    sum(
                        (
                            amount_of(case)
                            for case in known
                            if (case.status, case.order.currency) == (status, currency)
                        ),
                        ZERO,
                    )
                )
                for status in Status
                if status is not Status.NOT_VERIFIABLE
            },
        }
        for currency in sorted({case.order.currency for case in known})
    )
