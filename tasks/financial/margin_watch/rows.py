"""How margins are told: the row of a project, and the totals of the company."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from tasks.domain.money import Currency
from tasks.domain.texts import NOTHING, Text, joined
from tasks.domain.withheld import STATUS
from tasks.financial.margin_watch.facts import Facts
from tasks.financial.margin_watch.findings import Kind
from tasks.financial.margin_watch.margins import HUNDRED, Margin, Part, rounded

# Of what is told of a project, the gravest first.
STATES: Final = {Kind.LOSS: "loss", Kind.EROSION: "eroded", Kind.BURN: "burning"}

NO_FIGURES: Final = (
    *("project_id", "project", "manager", "currency"),
    *("status", "reason", "policy"),
)


def row(margin: Margin, facts: Facts, currency: Currency, kinds: Sequence[Kind]) -> dict[str, Any]:
    """A project; amounts in the company's currency. kinds: of the findings about it."""
    watched, books = margin.watched, margin.watched.books
    earned = margin.earned

    def text(amount: Decimal | None) -> str | None:
        return None if amount is None else currency.text(amount)

    told = {
        "project_id": watched.project.id,
        "project": watched.project.name,
        "manager": facts.managers.get(watched.project.user_id or 0),
        "currency": currency.code,
        "status": _status(margin, kinds),
        "reason": _reason(margin),
        "sold": text(margin.sold),
        "earned": text(earned),
        "billed": text(margin.billed),
        "recognised": text(books.revenue if books else None),
        "not_invoiced": text(None if earned is None else earned - margin.billed),
        "not_recognised": text(margin.not_recognised),
        "cost_of_hours": text(margin.logged.cost),
        "purchases": text(books.purchases if books else None),
        "expenses": text(books.expenses if books else None),
        "cost": text(margin.cost if margin.is_whole else None),
        "waiting_expenses": text(watched.waiting),
        "ordered_costs": text(watched.ordered if margin.knows_ordered else None),
        "margin": text(margin.amount),
        "margin_percent": _number(margin.percent),
        "planned_cost": text(margin.planned_cost),
        "planned_percent": _number(margin.planned_percent),
        "plan_basis": margin.plan_basis or None,
        "burnt_percent": _percent(margin.burnt),
        "progress_percent": _percent(margin.progress),
        "cost_at_completion": text(margin.cost_at_completion),
        "margin_at_completion": text(margin.at_completion),
        "percent_at_completion": _number(margin.percent_at_completion),
        "erosion_points": _number(margin.erosion),
        "hours": rounded(margin.logged.hours),
        "uncosted_hours": rounded(margin.logged.uncosted),
        "covered_percent": _number(margin.covered_percent),
        "service_lines": [_part(part, currency) for part in margin.parts],
        "policy": margin.policy.version,
    }
    if margin.is_unread:
        return {name: value if name in NO_FIGURES else None for name, value in told.items()}
    return told


def _part(part: Part, currency: Currency) -> Mapping[str, Any]:
    """What is sold in one service line and billed in one way; cost is that of its hours."""

    def text(amount: Decimal | None) -> str | None:
        return None if amount is None else currency.text(amount)

    planned, basis = part.plan
    return {
        "service_line": part.service_line,
        "billing": part.billing.value,
        "sold": text(part.sold),
        "earned": text(part.earned),
        "billed": text(part.billed),
        "hours": rounded(part.logged.hours),
        "cost_of_hours": text(part.logged.cost),
        "planned_cost": text(planned),
        "plan_basis": basis or None,
        "progress_percent": _percent(part.progress),
        "burnt_percent": _percent(part.burnt),
        "used_percent": _percent(part.used),
        "cost_at_completion": text(part.at_completion),
    }


def _percent(share: Decimal | None) -> float | None:
    return None if share is None else rounded(share * HUNDRED)


def _number(number: Decimal | None) -> float | None:
    return None if number is None else rounded(number)


def _status(margin: Margin, kinds: Sequence[Kind]) -> str:
    if margin.watched.project.id in margin.policy.exempt_projects:
        return "exempt"
    if not margin.is_whole:
        return STATUS
    return next((state for kind, state in STATES.items() if kind in kinds), "ok")


def _reason(margin: Margin) -> Text | None:
    """What is missing of the margin; else why there is no plan or forecast of it."""
    if margin.gaps:
        return joined([gap.told for gap in margin.gaps], "; ")
    missing = [
        Text("no planned cost, margin or hours") if margin.planned_cost is None else NOTHING,
        NOTHING
        if margin.cost_at_completion is not None
        else Text("nothing says how much of it is left"),
    ]
    return joined(filter(None, missing), "; ") if any(missing) else None


def totals(margins: Sequence[Margin], currency: Currency) -> tuple[Mapping[str, Any], ...]:
    """The sums of the projects whose margins are verifiable, and how many are not."""
    if not margins:
        return ()
    whole = [margin for margin in margins if margin.is_whole]
    figures = {
        "sold": [margin.sold for margin in whole],
        "earned": [margin.earned or Decimal(0) for margin in whole],
        "billed": [margin.billed for margin in whole],
        "recognised": [margin.books.revenue for margin in whole],
        "cost": [margin.cost for margin in whole],
        "margin": [margin.amount or Decimal(0) for margin in whole],
    }
    return (
        {
            "currency": currency.code,
            "projects": len(margins),
            "verifiable_projects": len(whole),
            **{name: currency.text(sum(of, Decimal(0))) for name, of in figures.items()},
        },
    )
