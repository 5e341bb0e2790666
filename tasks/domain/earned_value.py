"""What something will have cost when it is done, by the formulas of earned value management.

After the Project Management Institute, PMBOK Guide, 6th edition, 7.4.2.2: EV earned value, what was
planned for the work that is done; AC actual cost; BAC budget at completion, what was planned for
all of it; CPI = EV / AC cost performance index; EAC estimate at completion.
"""

from decimal import Decimal

ZERO = Decimal(0)


def at_completion(actual: Decimal, budget: Decimal, earned: Decimal) -> Decimal | None:
    """EAC = AC + (BAC - EV) / CPI: what is left costs as much per value as what is done did.

    That is BAC / CPI. Where nothing is earned, None: with cost and no value no index says what the
    rest costs. Where it has cost nothing, the rest is taken at its budget.
    """
    if actual <= 0:
        return actual + budget - earned
    return actual + (budget - earned) * actual / earned if earned > 0 else None


def by_remaining_hours(actual: Decimal, hours: Decimal, cost_per_hour: Decimal) -> Decimal:
    """EAC = AC + bottom-up ETC: the hours that people say are left, at what an hour has cost."""
    return actual + hours * cost_per_hour
