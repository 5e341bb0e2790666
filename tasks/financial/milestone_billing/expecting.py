"""What the draft of an order will hold, and its proposal."""

import hashlib
import json
from decimal import Decimal

from tasks.domain.drafting import ExpectedDraft, ExpectedLine
from tasks.domain.matrix import Request
from tasks.domain.proposals import Proposal
from tasks.domain.texts import joined
from tasks.financial.milestone_billing.checks import Candidate
from tasks.financial.milestone_billing.snapshot import Snapshot
from tasks.reads.orders import SoldLine
from tasks.records.sales import Order


def expected(look: Candidate, snapshot: Snapshot) -> ExpectedDraft:
    """As Odoo's wizard makes it of all that is due of the order."""
    order = look.order
    address = snapshot.addresses[order.order.id]
    return ExpectedDraft(
        currency=order.currency.code,
        amount=order.currency.round(look.amount - look.deduction),
        lines=tuple(_line(line, snapshot) for line in look.due),
        deducted=order.currency.round(look.deduction),
        customer=snapshot.customers[order.order.partner_id],
        address_id=address.id,
        vat=address.vat or "",
        reference=order.order.client_order_ref or "",
        until=look.today,
    )


def _line(sold: SoldLine, snapshot: Snapshot) -> ExpectedLine:
    line = sold.line
    return ExpectedLine(
        line_id=line.id,
        name=next(iter(line.name.splitlines()), ""),
        quantity=line.qty_to_invoice,
        price_unit=line.price_unit,
        discount_percent=line.discount,
        amount=sold.sold.worth(line.qty_to_invoice),
        tax_ids=tuple(sorted(line.tax_ids)),
        taxes=tuple(snapshot.taxes[tax] for tax in sorted(line.tax_ids) if tax in snapshot.taxes),
    )


def identity(look: Candidate, draft: ExpectedDraft) -> str:
    """The same for the same draft in every run, and another once anything of it is another.

    What was invoiced before is part of it: the tenth hour that follows nine others is a new one.
    """
    before = [str(_plain(line.line.qty_invoiced)) for line in look.due]
    told = json.dumps([draft.asked, before], sort_keys=True)
    return f"draft {hashlib.sha256(told.encode()).hexdigest()[:16]}"


def _plain(quantity: Decimal) -> float:
    return round(float(quantity), 6)


def proposal(
    kind: str, look: Candidate, draft: ExpectedDraft, key: str, why: str, snapshot: Snapshot
) -> Proposal:
    """Asked of people, by the matrix where it is put to one."""
    order = look.order.order
    seller = snapshot.sellers.get(order.id, "")
    return Proposal(
        kind=kind,
        model=Order.MODEL,
        record_id=order.id,
        identity=key,
        why=joined([order.name, why], ": "),
        values={"deduct_down_payments": True, "expected": draft.model_dump(mode="json")},
        request=Request(
            kind=kind,
            on=look.today,
            amount=draft.amount,
            currency=draft.currency,
            contract=order.amount_untaxed,
            contract_id=f"{Order.MODEL},{order.id}",
            requester=seller,
            held={"sale.order.user_id": (seller,)} if seller else {},
        ),
    )
