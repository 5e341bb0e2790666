"""What grew on a confirmed order, and which decided change requests explain it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tasks.domain.money import Currency
from tasks.execution.change_requests.kept import ChangeRequest
from tasks.execution.change_requests.messages import Raised
from tasks.execution.change_requests.records import ChangeLine, ChangeOrder

# Lines that Odoo or a colleague puts in order right after the confirmation.
SETTLED: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Explained:
    """When decided requests were applied (UTC), by key, and what none of them explains."""

    applied: Mapping[str, datetime]
    added: Sequence[ChangeLine]
    raised: Sequence[Raised]


def added_lines(order: ChangeOrder, lines: Sequence[ChangeLine]) -> Sequence[ChangeLine]:
    """Those that were added after the order was confirmed, as they were added.

    Down payments and re-invoiced expenses are: nobody asks to change anything by them.
    """
    settled = max(order.date_order, order.create_date) + SETTLED
    return [
        line
        for line in lines
        if line.create_date > settled and not line.is_downpayment and not line.is_expense
    ]


def explained(
    decided: Sequence[ChangeRequest],
    added: Sequence[ChangeLine],
    raised: Sequence[Raised],
    currency: Currency,
) -> Explained:
    """What of an order's growth its decided requests explain; in the order's currency.

    decided: in the order in which they were decided. Each takes the lines that were added since it
    was raised, the oldest first, until they are worth its amount, and is applied then; one without
    an amount in the order's currency takes one line. One whose lines are worth less takes a
    quantity that was raised, whose worth no message tells, and is applied by it.
    """
    lines, quantities, applied = list(added), list(raised), dict[str, datetime]()
    for request in decided:
        wanted = request.amount if request.currency == currency else None
        taken: list[ChangeLine] = []
        worth = Decimal(0)
        for line in [each for each in lines if each.create_date >= request.raised_at]:
            if taken and (wanted is None or worth >= wanted):
                break
            taken.append(line)
            worth += line.price_subtotal
        lines = [line for line in lines if line not in taken]
        if taken and (wanted is None or worth >= wanted):
            applied[request.key] = taken[-1].create_date
            continue
        later = next((each for each in quantities if each.at >= request.raised_at), None)
        if later is not None:
            quantities.remove(later)
            applied[request.key] = later.at
    return Explained(applied, lines, quantities)
