"""Which opportunities may be moved to a stage, where a gate in Odoo keeps them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from odoo_gateway import gates
from tasks.commercial.presales_review.answers import answer
from tasks.commercial.presales_review.policy import Review, ReviewItem, ReviewPolicy
from tasks.commercial.presales_review.snapshot import Snapshot, place_of
from tasks.domain.checklists import Answer, Result
from tasks.domain.findings import NotVerifiable
from tasks.domain.matrix import Request
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal, Proposed
from tasks.domain.texts import NOTHING, Text, named
from tasks.reads.releases import Kept, withdrawn
from tasks.records.crm import Opportunity, Stage

KIND: Final = "release_opportunity"


def called(item: str) -> Text:
    """An item as people read it: by the name that the policy gives it."""
    return named(item.replace("_", " "))


class Releasing:
    """What follows for the gate from one snapshot."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: ReviewPolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy

    @cached_property
    def _gated(self) -> Sequence[Stage]:
        """The stages into which nobody moves what is not released, in the order of the pipeline."""
        asked = {review.stage for unit in self._policy.everywhere() for review in unit.gated}
        stages = sorted(self._snapshot.stages.values(), key=place_of)
        # What is new begins in the first.
        return [stage for stage in stages[1:] if stage.id in asked]

    @property
    def not_verifiable(self) -> Iterator[NotVerifiable]:
        """Where a gate is asked for before the first stage."""
        stages = self._snapshot.stages.values()
        first = min(stages, key=place_of) if stages else None
        asked = {review.stage for unit in self._policy.everywhere() for review in unit.gated}
        if first is not None and first.id in asked:
            yield NotVerifiable(
                check=Text("the gate of the stage {stage}", stage=first.name),
                reason=Text("it is the first of the pipeline, in which every opportunity begins"),
                remedy=Text("take gate from its review, or name a later stage"),
            )

    @cached_property
    def kept(self) -> Sequence[Kept]:
        """The stages, then all opportunities that stand before one of them."""
        if self._snapshot.decisions is None:
            return ()
        stages = [found for each in self._snapshot.stages.values() if (found := self._switch(each))]
        opportunities = [
            self._kept(each, stage)
            for each in self._snapshot.opportunities
            for stage in self._gated
            if place_of(self._snapshot.stages.get(each.stage_id or 0)) < place_of(stage)
        ]
        return [*stages, *opportunities]

    def _switch(self, stage: Stage) -> Kept | None:
        """Whether anything is kept from a stage in the company; None where it never was."""
        company, decisions = self._snapshot.company_id, self._snapshot.decisions or {}
        decision = decisions.get(gates.key_of(Stage.MODEL, stage.id, company))
        is_gated = stage in self._gated
        if decision is None and not is_gated:
            return None
        due = Text("from this stage on a review must be complete")
        return Kept(
            kind=KIND,
            model=Stage.MODEL,
            record_id=stage.id,
            name=stage.name,
            answers={},
            called=called,
            version="",
            decision=decision,
            request=Request(KIND, self._as_of.day),
            kept_anyway=due if is_gated else NOTHING,
            within=f"company {company}",
        )

    def _kept(self, opportunity: Opportunity, stage: Stage) -> Kept:
        snapshot = self._snapshot
        policy = self._policy.for_sales_team(opportunity.team_id)
        key = gates.key_of(Opportunity.MODEL, opportunity.id, stage.id)
        currency = snapshot.currency_of(opportunity)
        seller = snapshot.people.address(opportunity.user_id)
        revenue = currency.round(abs(opportunity.expected_revenue)) if currency else None
        return Kept(
            kind=KIND,
            model=Opportunity.MODEL,
            record_id=opportunity.id,
            name=opportunity.name,
            answers={
                item.item: self._answer(item, opportunity)
                for review in self._reviews(opportunity, stage, policy)
                for item in review.items
            },
            called=called,
            version=policy.version,
            decision=(snapshot.decisions or {}).get(key),
            request=Request(
                kind=KIND,
                on=self._as_of.day,
                amount=revenue,
                currency=currency.code if currency else None,
                requester=seller,
                held={"sale.order.user_id": (seller,)} if seller else {},
            ),
            stage_id=stage.id,
        )

    @staticmethod
    def _reviews(opportunity: Opportunity, stage: Stage, policy: ReviewPolicy) -> Sequence[Review]:
        if opportunity.id in policy.exempt_opportunities:
            return ()
        return [review for review in policy.gated if review.stage == stage.id]

    def _answer(self, item: ReviewItem, opportunity: Opportunity) -> Answer:
        """What is only planned is not there yet."""
        found = answer(item, opportunity, self._snapshot, self._as_of)
        if found.result is not Result.NOT_APPLICABLE:
            return found
        step = Text("do it, and mark its activity as done")
        return replace(found, result=Result.FAIL, next_step=step)

    @cached_property
    def proposals(self) -> tuple[Proposal, ...]:
        """One for each of which the gate is to say something else than it does."""
        return tuple(found for each in self.kept for found in each.proposals(self._as_of))

    @property
    def withdrawn(self) -> tuple[Proposed, ...]:
        """What people are asked of what was looked at, and is not asked any more."""
        looks_at = self._as_of.looks_at
        return withdrawn(
            self.proposals,
            KIND,
            self._as_of,
            lambda model, number: model == Stage.MODEL or looks_at(model, number),
        )
