"""How the review of each opportunity stands, and who is told of what is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from tasks.commercial.presales_review.answers import answer
from tasks.commercial.presales_review.policy import FIRST, Part, ReviewItem, ReviewPolicy
from tasks.commercial.presales_review.snapshot import Snapshot
from tasks.domain.checklists import Checklist, Item, Owner, checklist
from tasks.domain.findings import Finding, Severity
from tasks.domain.ladder import Rung
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, joined, named
from tasks.reads.owners import Telling, Tellings
from tasks.records.crm import Opportunity, Stage

ROLE: Final = "delivery"
OWNER: Final = Text("delivery")
OF_OTHERS: Final = Text("Ask for it, or see to it in their place.")
GAP: Final = "review-gap"


class Status(StrEnum):
    """How a review stands."""

    INCOMPLETE = "incomplete"
    COMPLETE = "complete"


@dataclass(frozen=True)
class Reviewed:
    """The review of one opportunity."""

    opportunity: Opportunity
    policy: ReviewPolicy
    stage: Stage
    #: Since when it has been in its stage (UTC).
    since: datetime
    checklist: Checklist
    owner: Owner
    #: The user who leads the team.
    lead: int | None

    @property
    def status(self) -> Status:
        """Whether anything is missing."""
        return Status.INCOMPLETE if self.checklist.gaps else Status.COMPLETE


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: ReviewPolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy
        self._tellings = Tellings(snapshot.people, as_of, OF_OTHERS)

    @cached_property
    def reviewed(self) -> Sequence[Reviewed]:
        """Opportunities at a stage from which on something is due."""
        return [found for each in self._snapshot.opportunities for found in self._reviewed(each)]

    def _reviewed(self, opportunity: Opportunity) -> Iterator[Reviewed]:
        snapshot, policy = self._snapshot, self._policy.for_sales_team(opportunity.team_id)
        stage = snapshot.stages.get(opportunity.stage_id or 0)
        if stage is None or opportunity.id in policy.exempt_opportunities:
            return
        items = self._due(stage, policy)
        if not items:
            return
        team = snapshot.teams.get(opportunity.team_id or 0)
        lead = team.user_id if team else None
        owners = {
            Part.SALESPERSON.value: snapshot.people.owner(opportunity.user_id or lead, OWNER),
            Part.SALES_LEAD.value: snapshot.people.owner(lead, OWNER),
        }
        since = opportunity.date_last_stage_update or opportunity.create_date
        told = self._telling(policy)
        yield Reviewed(
            opportunity=opportunity,
            policy=policy,
            stage=stage,
            since=since,
            checklist=checklist(
                [item.demand for item in items],
                {item.item: answer(item, opportunity, snapshot, self._as_of) for item in items},
                owners,
                lambda owner, hours: told.due(owner, since, hours),
                snapshot.links[opportunity.id],
            ),
            owner=owners[Part.SALESPERSON.value],
            lead=lead,
        )

    def _due(self, stage: Stage, policy: ReviewPolicy) -> Sequence[ReviewItem]:
        """The items of all reviews whose stage it has reached, in the order of the policy."""
        reached = [
            review
            for review in policy.reviews
            if (of := self._snapshot.stages.get(review.stage))
            and (of.sequence, of.id) <= (stage.sequence, stage.id)
        ]
        return [item for review in reached for item in review.items]

    def row(self, reviewed: Reviewed) -> Mapping[str, Any]:
        """One line of the full picture."""
        opportunity, snapshot = reviewed.opportunity, self._snapshot
        team = snapshot.teams.get(opportunity.team_id or 0)
        currency = snapshot.currency_of(opportunity)
        dues = [item.due for item in reviewed.checklist.gaps if item.due]
        return {
            "opportunity_id": opportunity.id,
            "opportunity": opportunity.name,
            "partner_id": opportunity.partner_id,
            "partner": snapshot.customers.get(opportunity.partner_id or 0),
            "salesperson": reviewed.owner.name,
            "sales_team": team.name if team else None,
            "stage": reviewed.stage.name,
            "amount": currency.text(opportunity.expected_revenue) if currency else None,
            "currency": currency.code if currency else None,
            "since": str(reviewed.since.astimezone(self._as_of.zone).date()),
            "status": reviewed.status.value,
            "missing_items": len(reviewed.checklist.gaps),
            "next_due": min(dues).isoformat() if dues else None,
            "checks": [{**item.row(), "owner": ""} for item in reviewed.checklist.items],
            "policy": reviewed.policy.version,
        }

    def findings(self, reviewed: Reviewed) -> Iterator[Finding]:
        """One for each item that is missing."""
        for item in reviewed.checklist.gaps:
            yield self._finding(reviewed, item)

    def _finding(self, reviewed: Reviewed, item: Item) -> Finding:
        opportunity, told = reviewed.opportunity, self._telling(reviewed.policy)
        currency = self._snapshot.currency_of(opportunity)
        amount = opportunity.expected_revenue
        return Finding(
            key=f"{item.check.check}-lead-{opportunity.id}",
            severity=Severity.WARNING,
            title=Text(
                "{opportunity}, missing for the review: {item}",
                opportunity=opportunity.name,
                item=named(item.check.check.replace("_", " ")),
            ),
            reason=joined([item.check.reason, self._stage(reviewed)], "; "),
            remedy=item.check.next_step,
            owner=item.owner.name,
            model=Opportunity.MODEL,
            record_id=opportunity.id,
            url=item.check.url,
            since=reviewed.since.astimezone(self._as_of.zone).date(),
            amount=currency.round(amount) if currency else None,
            currency=currency.code if currency else None,
            steps=told.steps(item.owner, reviewed.since, item.due, lead=reviewed.lead),
            kind=GAP,
        )

    def _stage(self, reviewed: Reviewed) -> Text:
        return Text(
            "in the stage {stage} since {day}",
            stage=reviewed.stage.name,
            day=reviewed.since.astimezone(self._as_of.zone).date(),
        )

    def _telling(self, policy: ReviewPolicy) -> Telling:
        """When people are told by this policy."""
        opening = Rung(name=FIRST, working_days=0, at=policy.first_at)
        return self._tellings.of(policy, policy.office, opening)
