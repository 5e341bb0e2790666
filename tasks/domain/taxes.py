"""What a price is worth without the taxes that it includes, as Odoo computes it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tasks.domain.money import Currency

ZERO = Decimal(0)


@dataclass(frozen=True)
class IncludedTax:
    """A tax that prices include: `amount` in percent, or of a fixed tax in money for each unit."""

    #: "percent", of the untaxed price; "division", of the price with the tax; or "fixed".
    kind: str
    amount: Decimal
    #: The taxes after it are taken of a base that includes it, but for those that are not `raised`.
    raises: bool = False
    raised: bool = True


@dataclass(frozen=True)
class Included:
    """The taxes in a price, in their order."""

    taxes: tuple[IncludedTax, ...] = ()
    #: Not only their sum is rounded.
    rounded_each: bool = True
    #: How much of the price is untaxed by Odoo's own figures, where the taxes, if they are known at
    #: all, come to something else.
    share: Decimal | None = None

    def untaxed(self, price: Decimal, quantity: Decimal, currency: Currency) -> Decimal:
        """What so many units at a price (after its discount) are worth without taxes."""
        if self.share is not None:
            return price * quantity * self.share
        return self.by_taxes(price, quantity, currency)

    def by_taxes(self, price: Decimal, quantity: Decimal, currency: Currency) -> Decimal:
        """The same as Odoo's `account.tax.compute_all` tells it, whatever its figures say."""
        gross = price * quantity
        if not self.taxes:
            return gross if self.share is None else gross * self.share
        rounding = currency.round if self.rounded_each else _exact
        # A fixed tax has the sign of what is paid.
        units = quantity if price >= 0 else -quantity
        amounts = _amounts(rounding(gross), units, self.taxes, rounding)
        return rounding(gross) - sum(amounts, ZERO)


NOTHING: Final = Included()


def _amounts(
    gross: Decimal,
    units: Decimal,
    taxes: Sequence[IncludedTax],
    rounding: Callable[[Decimal], Decimal],
) -> Sequence[Decimal]:
    """What each tax comes to: Odoo's `account.tax._get_tax_details` for taxes in the price.

    Fixed taxes first; then the others from the last on, each of what the later ones left.
    """
    found = [rounding(tax.amount * units) if tax.kind == "fixed" else ZERO for tax in taxes]
    for batch in _batches(taxes):
        if taxes[batch[0]].kind == "fixed":
            continue
        later = sum(found[batch[-1] + 1 :], ZERO)
        percent = sum((taxes[number].amount for number in batch), ZERO)
        for number in batch:
            tax = taxes[number]
            base = gross - later - _fixed_before(found[: batch[0]], taxes, tax)
            if tax.kind == "percent":
                base /= 1 + percent / 100
            found[number] = rounding(base * tax.amount / 100)
    return found


def _batches(taxes: Sequence[IncludedTax]) -> Iterator[Sequence[int]]:
    """Neighbours that are taken of one base, the last ones first; each in its order."""
    batch: list[int] = []
    for number in reversed(range(len(taxes))):
        if batch and not _together(taxes[number], taxes[batch[0]]):
            yield batch
            batch = []
        batch.insert(0, number)
    yield batch


def _together(tax: IncludedTax, following: IncludedTax) -> bool:
    alike = (tax.kind, tax.raises) == (following.kind, following.raises)
    return alike and not (tax.raises and following.raised)


def _fixed_before(
    earlier: Sequence[Decimal], taxes: Sequence[IncludedTax], tax: IncludedTax
) -> Decimal:
    """Earlier taxes that are known already are the fixed ones; some belong to the tax's base."""
    pairs = zip(earlier, taxes[: len(earlier)], strict=True)
    return sum((amount for amount, one in pairs if not (one.raises and tax.raised)), ZERO)


def _exact(amount: Decimal) -> Decimal:
    return amount
