"""What is told of margins: each at the steps that its policy names, and again at the next one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tasks.domain.billing import Billing
from tasks.domain.findings import Finding, Severity
from tasks.domain.money import Currency
from tasks.domain.texts import Money, Text, joined
from tasks.financial.margin_watch.facts import Facts
from tasks.financial.margin_watch.margins import HUNDRED, Margin, Part, percent_of, rounded
from tasks.financial.margin_watch.records import MarginProject
from tasks.financial.margin_watch.words import NO_SERVICE_LINE

FINANCE: Final = Text("finance")


class Kind(StrEnum):
    """What is wrong with a margin."""

    EROSION = "erosion"
    LOSS = "loss"
    BURN = "burn"
    USED_UP = "used-up"
    NOT_RECOGNISED = "not-recognised"
    CODING = "coding"


# What is billed whatever it takes; of work by the hour more hours are more revenue.
AT_A_PRICE: Final = frozenset({Billing.FIXED, Billing.MILESTONE, Billing.MANUAL})


@dataclass(frozen=True)
class _Said:
    """What stands in a finding beside its project."""

    kind: Kind
    title: Text
    reason: Text
    remedy: Text
    passed: int
    of: int
    #: The order line by which the part of the project is known that it is about.
    part: int | None = None
    amount: Decimal | None = None
    #: Whether finance is to see to it, and not the project's manager.
    by_finance: bool = False


def key_of(kind: Kind, project_id: int, part: int | None = None) -> str:
    """Of the case."""
    return f"{kind}-{project_id}" if part is None else f"{kind}-{project_id}-{part}"


def findings(
    margins: Sequence[Margin], facts: Facts, standing: Mapping[str, object]
) -> Iterator[Finding]:
    """Those of every project that is not exempt.

    standing: the keys of findings that the fleet remembers. One about a margin that cannot be told
    any more stays, for nobody has mended it.
    """
    for margin in margins:
        project = margin.watched.project
        if project.id in margin.policy.exempt_projects or facts.exchange is None:
            continue
        currency = facts.exchange.currency
        for said in (*_of_margin(margin, currency), *_unclear(margin, standing)):
            manager = facts.managers.get(project.user_id or 0, FINANCE)
            yield Finding(
                key=key_of(said.kind, project.id, said.part),
                severity=Severity.CRITICAL if 0 < said.of == said.passed else Severity.WARNING,
                title=said.title,
                reason=said.reason,
                remedy=said.remedy,
                owner=FINANCE if said.by_finance else manager,
                model=MarginProject.MODEL,
                record_id=project.id,
                url=margin.watched.url,
                amount=None if said.amount is None else currency.round(said.amount),
                currency=currency.code,
                kind=said.kind.value,
                bands=(said.passed,),
            )


def _of_margin(margin: Margin, currency: Currency) -> Iterator[_Said]:
    if margin.is_unread:
        return
    if margin.gaps:
        yield _coding(margin)
    else:
        yield from _eroded(margin)
        yield from _loss(margin)
    for part in margin.parts:
        yield from _used_up(part, margin)
        if margin.is_whole and part.billing in AT_A_PRICE and not part.in_advance:
            yield from _burnt(part, margin)
    yield from _not_recognised(margin, currency)


def _unclear(margin: Margin, standing: Mapping[str, object]) -> Iterator[_Said]:
    """What stood before of a margin that cannot be told now."""
    reason = Text("told before; by now that is not verifiable")
    untold = _standing(margin, standing) if margin.is_unread else _untold(margin)
    for kind, part, title in untold:
        if key_of(kind, margin.watched.project.id, part) in standing:
            yield _Said(kind, title, reason, _CODING, 0, 0, part=part)


def _standing(
    margin: Margin, standing: Mapping[str, object]
) -> Iterator[tuple[Kind, int | None, Text]]:
    """All that stands about it, of parts too that could not be read."""
    for kind in Kind:
        yield kind, None, _title(kind, margin)
        of_parts = f"{key_of(kind, margin.watched.project.id)}-"
        for key in standing:
            if key.startswith(of_parts):
                yield kind, int(key.removeprefix(of_parts)), _title(kind, margin)


def _untold(margin: Margin) -> Iterator[tuple[Kind, int | None, Text]]:
    """Kinds, parts and titles of what cannot be told of it, one way or the other."""
    if not margin.is_whole or (margin.erosion is None and margin.planned_cost is not None):
        yield Kind.EROSION, None, _title(Kind.EROSION, margin)
    if not margin.is_whole:
        yield Kind.LOSS, None, _title(Kind.LOSS, margin)
        for part in margin.parts:
            yield Kind.BURN, part.id, _title(Kind.BURN, margin, part)
    if margin.watched.books is None:
        yield Kind.NOT_RECOGNISED, None, _title(Kind.NOT_RECOGNISED, margin)


def _title(kind: Kind, margin: Margin, part: Part | None = None) -> Text:
    name = margin.watched.project.name
    service_line = part.service_line if part and part.service_line else NO_SERVICE_LINE
    match kind:
        case Kind.EROSION:
            return Text("{project}: the margin erodes", project=name)
        case Kind.LOSS:
            return Text("{project}: a loss", project=name)
        case Kind.NOT_RECOGNISED:
            return Text("{project}: what is invoiced is not the revenue in the books", project=name)
        case Kind.BURN:
            return Text(
                "{project}, {service_line}: burns faster than it gets done",
                project=name,
                service_line=service_line,
            )
        case Kind.USED_UP:
            return Text(
                "{project}, {service_line}: hours sold in advance are used up",
                project=name,
                service_line=service_line,
            )
    # Kind.CODING
    return Text("{project}: its margin is not verifiable", project=name)


def _eroded(margin: Margin) -> Iterator[_Said]:
    steps, planned, now = (
        margin.policy.erosion_points,
        margin.planned_percent,
        margin.percent_at_completion,
    )
    if planned is None or now is None or not (passed := _passed(steps, planned - now)):
        return
    yield _Said(
        Kind.EROSION,
        _title(Kind.EROSION, margin),
        Text(
            "planned {planned} %, at completion {forecast} %: {points} points less",
            planned=rounded(planned),
            forecast=rounded(now),
            points=rounded(planned - now),
        ),
        Text("agree on a change request, or bring the remaining work back to its plan"),
        passed,
        len(steps),
        amount=margin.at_completion,
    )


def _loss(margin: Margin) -> Iterator[_Said]:
    """By the margin at completion; by that of now where nobody can tell it."""
    amount, percent = margin.at_completion, margin.percent_at_completion
    foreseen = percent is not None
    if percent is None:
        amount, percent = margin.amount, margin.percent
    steps = margin.policy.loss_percent
    if percent is None or percent >= 0 or not (passed := _passed(steps, -percent)):
        return
    yield _Said(
        Kind.LOSS,
        _title(Kind.LOSS, margin),
        Text("the margin at completion is {percent} %", percent=rounded(percent))
        if foreseen
        else Text("the margin of now is {percent} %", percent=rounded(percent)),
        Text("agree on a change request, or bring the remaining work back to its plan"),
        passed,
        len(steps),
        amount=amount,
    )


def _burnt(part: Part, margin: Margin) -> Iterator[_Said]:
    """More of the plan is spent than is done."""
    if part.burnt is None or part.progress is None:
        return
    ahead = (part.burnt - part.progress) * HUNDRED
    steps = margin.policy.burn_points
    if passed := _passed(steps, ahead):
        yield _Said(
            Kind.BURN,
            _title(Kind.BURN, margin, part),
            Text(
                "{burnt} % of its plan is spent, and {done} % is done",
                burnt=rounded(part.burnt * HUNDRED),
                done=rounded(part.progress * HUNDRED),
            ),
            Text("look at its scope and its remaining work with the project manager"),
            passed,
            len(steps),
            part=part.id,
        )


def _used_up(part: Part, margin: Margin) -> Iterator[_Said]:
    """Hours that were sold in advance come to their end."""
    steps, used = margin.policy.used_up_percent, part.used
    if used is not None and (passed := _passed(steps, used * HUNDRED)):
        yield _Said(
            Kind.USED_UP,
            _title(Kind.USED_UP, margin, part),
            Text("{used} % of them is used", used=rounded(used * HUNDRED)),
            Text("sell further hours before they are worked"),
            passed,
            len(steps),
            part=part.id,
        )


def _not_recognised(margin: Margin, currency: Currency) -> Iterator[_Said]:
    difference, revenue = margin.not_recognised, margin.books.revenue
    percent = percent_of(
        None if difference is None else abs(difference), max(abs(margin.billed), abs(revenue))
    )
    steps = margin.policy.difference_percent
    if percent is None or not difference or not (passed := _passed(steps, percent)):
        return
    yield _Said(
        Kind.NOT_RECOGNISED,
        _title(Kind.NOT_RECOGNISED, margin),
        Text(
            "invoiced {billed}, revenue on its analytic account {revenue}",
            billed=Money(currency.round(margin.billed), currency.code),
            revenue=Money(currency.round(revenue), currency.code),
        ),
        Text("correct the analytic account of the invoices, or accept what is deferred"),
        passed,
        len(steps),
        amount=difference,
        by_finance=True,
    )


_CODING: Final = Text("complete in Odoo what is missing, so that the margin can be told")


def _coding(margin: Margin) -> _Said:
    return _Said(
        Kind.CODING,
        _title(Kind.CODING, margin),
        joined([gap.told for gap in margin.gaps], "; "),
        _CODING,
        len(margin.gaps),
        0,
        by_finance=True,
    )


def _passed(steps: Sequence[Decimal], value: Decimal) -> int:
    """How many of the steps it has come to."""
    return sum(value >= step for step in steps)
