"""How grave something is that waits: by its age, its amount, and what else stands in its way."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tasks.domain.findings import Severity
from tasks.domain.policy import Amount, Currency, Policy

Days = Annotated[int, Field(ge=0, le=36_500)]


class GravityPolicy(Policy):
    """When something that waits is told again, as worse, and from where on it is critical."""

    worse_after_days: tuple[Days, ...] = Field(
        (30, 60, 90),
        description="ages in days at which it is told again; from the last on it is critical",
    )
    worse_from: dict[Currency, tuple[Amount, ...]] = Field(
        {},
        description="amounts at which it is told again, by currency; from the last on critical",
    )

    def gravity(
        self, days: int | None, amount: Decimal, currency: str
    ) -> tuple[Severity, tuple[int, int]]:
        """The severity, and how many of the ages and of the amounts it has come to."""
        amounts = self.worse_from.get(currency, ())
        ages_passed = _passed(self.worse_after_days, -1 if days is None else days)
        amounts_passed = _passed(amounts, amount)
        last = (0 < len(self.worse_after_days) == ages_passed) or (
            0 < len(amounts) == amounts_passed
        )
        return Severity.CRITICAL if last else Severity.WARNING, (ages_passed, amounts_passed)


def _passed(steps: Sequence[int] | Sequence[Decimal], value: int | Decimal) -> int:
    return sum(value >= step for step in steps)
