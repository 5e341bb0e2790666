"""What is wrong with the prices of a quotation."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from tasks.commercial.quote_check.policy import QuotePolicy
from tasks.commercial.quote_check.records import Quotation, QuotedLine
from tasks.commercial.quote_check.snapshot import Snapshot
from tasks.domain.checklists import Answer, Result
from tasks.domain.money import Currency
from tasks.domain.texts import Money, Text, plural

HUNDRED: Final = Decimal(100)
PASS: Final = Answer(Result.PASS)
NOT_ASKED: Final = Answer(Result.NOT_APPLICABLE)
# As many lines are named as a sentence has room for.
MOST_NAMED: Final = 5


def zero_prices(lines: Sequence[QuotedLine], policy: QuotePolicy) -> Answer:
    """Whether everything that is sold has a price."""
    free = [
        line
        for line in lines
        if line.product_id not in policy.may_be_free
        and line.product_uom_qty > 0
        and (line.price_unit == 0 or line.discount >= HUNDRED)
    ]
    if not free:
        return PASS
    return Answer(
        Result.FAIL,
        plural(
            "{count} line has no price: {lines}",
            "{count} lines have no price: {lines}",
            count=len(free),
            lines=_names(free),
        ),
        Text("set the price, or say in the policy which products may be free"),
    )


def discounts(lines: Sequence[QuotedLine], policy: QuotePolicy) -> Answer:
    """Whether no discount is higher than the policy allows, of a line or of all together.

    Of all: 100 x (1 - what the lines come to / what those with a positive price come to before
    discounts), so that a line with a negative price counts as a discount.
    """
    limit = Decimal(repr(policy.discount_limit_percent))
    too_high = [line for line in lines if line.discount > limit]
    if too_high:
        told = tuple(
            Text("{line}: {percent} %", line=_name(line), percent=line.discount)
            for line in too_high[:MOST_NAMED]
        )
        return _discounted(Text("discounts above {limit} %: {lines}", limit=limit, lines=told))
    gross = sum((ln.price_unit * ln.product_uom_qty for ln in lines if _adds(ln)), Decimal(0))
    net = sum((_net(line) for line in lines), Decimal(0))
    whole = HUNDRED * (1 - net / gross) if gross else Decimal(0)
    if whole > limit:
        percent = whole.quantize(Decimal("0.01"))
        return _discounted(
            Text(
                "all discounts together are {percent} %, above {limit} %",
                percent=percent,
                limit=limit,
            )
        )
    return PASS


def off_price_list(
    quotation: Quotation, lines: Sequence[QuotedLine], snapshot: Snapshot, policy: QuotePolicy
) -> Answer:
    """Whether the prices are those of the price list.

    Since Odoo 18 a line keeps what the price list gave; before, the list price of the product is
    taken where no rule of the price list changes it and the units and currencies are the same.
    """
    priced = [(ln, _listed(quotation, ln, snapshot)) for ln in lines if ln.price_unit]
    known = [(line, listed) for line, listed in priced if listed is not None]
    off = [(line, listed) for line, listed in known if _differs(line.price_unit, listed, policy)]
    if off:
        currency = snapshot.currencies[quotation.currency_id]
        told = tuple(_told(line, listed, currency) for line, listed in off[:MOST_NAMED])
        return Answer(
            Result.FAIL,
            Text("prices off the price list: {lines}", lines=told),
            Text("use the price of the price list, or show the difference as a discount"),
        )
    if len(known) < len(priced):
        return Answer(
            Result.NOT_VERIFIABLE,
            Text("this Odoo does not tell which price the price list gives"),
        )
    return PASS


def margin(quotation: Quotation, snapshot: Snapshot, policy: QuotePolicy) -> Answer:
    """Whether enough is left, where the policy names a floor."""
    floor = policy.margin_floor_percent
    if floor is None:
        return NOT_ASKED
    if not snapshot.tells_margin or quotation.margin_percent is None:
        return Answer(
            Result.NOT_VERIFIABLE,
            Text("this Odoo shows no margins of quotations: they come with the module sale_margin"),
        )
    percent = round(100 * quotation.margin_percent, 2)
    if not quotation.amount_untaxed or percent >= floor:
        return PASS
    return Answer(
        Result.FAIL,
        Text("its margin is {percent} %, below {floor} %", percent=percent, floor=floor),
        Text("raise the price or lower the cost, or have the exception agreed"),
    )


def _discounted(reason: Text) -> Answer:
    return Answer(Result.FAIL, reason, Text("lower the discount, or have the exception agreed"))


def _adds(line: QuotedLine) -> bool:
    return line.price_unit > 0 and line.product_uom_qty > 0


def _net(line: QuotedLine) -> Decimal:
    return line.price_unit * line.product_uom_qty * (1 - line.discount / HUNDRED)


def _listed(quotation: Quotation, line: QuotedLine, snapshot: Snapshot) -> Decimal | None:
    """The price that the price list gives; None where this Odoo does not tell."""
    if line.technical_price_unit:
        return line.technical_price_unit
    if line.product_id is None or line.price_unit < 0:
        # Nothing is listed for a line of words, and none for what is taken off.
        return line.price_unit
    product = snapshot.products.get(line.product_id)
    comparable = (
        product is not None
        and product.lst_price > 0
        and not line.pricelist_item_id
        and line.product_uom_id == product.uom_id
        and quotation.currency_id == snapshot.currency_id
    )
    return product.lst_price if comparable and product else None


def _differs(price: Decimal, listed: Decimal, policy: QuotePolicy) -> bool:
    tolerance = Decimal(repr(policy.price_tolerance_percent)) / HUNDRED
    return abs(price - listed) > abs(listed) * tolerance


def _told(line: QuotedLine, listed: Decimal, currency: Currency) -> Text:
    return Text(
        "{line} at {price} instead of {listed}",
        line=_name(line),
        price=Money(currency.round(line.price_unit), currency.code),
        listed=Money(currency.round(listed), currency.code),
    )


def _names(lines: Sequence[QuotedLine]) -> tuple[str, ...]:
    more = ("…",) if len(lines) > MOST_NAMED else ()
    return (*map(_name, lines[:MOST_NAMED]), *more)


def _name(line: QuotedLine) -> str:
    """What a line is called: the first of what is written on it."""
    return line.name.strip().split("\n")[0]
