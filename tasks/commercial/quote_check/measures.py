"""What is measured of the pipeline, and how."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from statistics import median_low
from typing import Final

from tasks.commercial.quote_check.judgement import Judged
from tasks.commercial.quote_check.pipeline import Pipeline
from tasks.commercial.quote_check.snapshot import Snapshot
from tasks.commercial.quote_check.words import Kind
from tasks.domain.checklists import Result
from tasks.domain.findings import Formula, Measure, Panel
from tasks.domain.periods import AsOf

FAULTS: Final = Formula(
    "pipeline_faults",
    "open opportunities and quotations with something wrong, by what it is",
    panels=(Panel("What is wrong in the pipeline", ("check",), now=True),),
)
QUOTED_IN: Final = Formula(
    "quotation_days",
    "median days from an opportunity to its first quotation, of those first quoted in the last "
    "complete calendar month, by sales team",
    panels=(Panel("Days to the quotation", ("sales_team",)),),
)
ANSWERED_IN: Final = Formula(
    "answer_days",
    "median days from a quotation to its confirmation, of those confirmed in the last complete "
    "calendar month, by sales team",
    panels=(Panel("Days to the answer", ("sales_team",)),),
)
WON: Final = Formula(
    "opportunities_won_percent",
    "of the opportunities closed in the last complete calendar month, the share that was won, by "
    "sales team",
    panels=(Panel("Opportunities won, percent", ("sales_team",)),),
)
BY_TEAM: Final = (QUOTED_IN, ANSWERED_IN, WON)
FORMULAS: Final = (FAULTS, *BY_TEAM)


def measures(
    judged: Sequence[Judged],
    snapshot: Snapshot,
    pipeline: Pipeline,
    as_of: AsOf,
    unknown: Collection[Kind],
) -> Iterator[Measure]:
    """What stands wrong now, and how the last month went. unknown: what could not be checked."""
    results = Counter((kind, a.result) for each in judged for kind, a in each.answers.items())
    for kind in Kind:
        if kind not in unknown:
            unverified = results[kind, Result.NOT_VERIFIABLE]
            yield FAULTS.measured(
                results[kind, Result.FAIL],
                {"check": kind.value},
                {Result.NOT_VERIFIABLE.value: unverified} if unverified else {},
            )
    for formula, by_team in (
        (QUOTED_IN, _quoted_in(snapshot, pipeline, as_of)),
        (ANSWERED_IN, _answered_in(snapshot, pipeline, as_of)),
    ):
        for team, days in sorted(by_team.items()):
            yield formula.measured(median_low(days), {"sales_team": team})
    for team, closed in sorted(_closed(snapshot, pipeline, as_of).items()):
        yield WON.measured(round(100 * sum(closed) / len(closed), 2), {"sales_team": team})


def _quoted_in(snapshot: Snapshot, pipeline: Pipeline, as_of: AsOf) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for opportunity in snapshot.opportunities.values():
        quoted = pipeline.quotations_of(opportunity)
        first = min((each.create_date for each in quoted), default=None)
        if first and pipeline.day(first) in as_of.month:
            began = pipeline.day(opportunity.date_conversion or opportunity.create_date)
            days = (pipeline.day(first) - began).days
            found[_team(snapshot, opportunity.team_id)].append(max(0, days))
    return found


def _answered_in(snapshot: Snapshot, pipeline: Pipeline, as_of: AsOf) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for order in snapshot.quotations:
        if order.is_confirmed and pipeline.day(order.date_order) in as_of.month:
            days = (pipeline.day(order.date_order) - pipeline.day(order.create_date)).days
            found[_team(snapshot, order.team_id)].append(max(0, days))
    return found


def _closed(snapshot: Snapshot, pipeline: Pipeline, as_of: AsOf) -> Mapping[str, list[bool]]:
    """By team, whether each was won that was closed in the month."""
    stages = snapshot.stages or {}
    found: dict[str, list[bool]] = defaultdict(list)
    for each in snapshot.passed:
        if each.date_closed and pipeline.day(each.date_closed) in as_of.month:
            stage = stages.get(each.stage_id or 0)
            won = each.active and stage is not None and stage.is_won
            if won or not each.active:
                found[_team(snapshot, each.team_id)].append(won)
    return found


def _team(snapshot: Snapshot, team_id: int | None) -> str:
    team = snapshot.teams.get(team_id or 0)
    return team.name if team else ""
