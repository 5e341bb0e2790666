"""What was found of each opportunity and quotation, who is told, and what is proposed."""

import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from tasks.commercial.quote_check import pricing
from tasks.commercial.quote_check.pipeline import Pipeline
from tasks.commercial.quote_check.policy import FIRST, QuotePolicy
from tasks.commercial.quote_check.records import SENT, Quotation
from tasks.commercial.quote_check.snapshot import Snapshot
from tasks.commercial.quote_check.words import CHECKS, Kind
from tasks.domain.checklists import Answer, Check, Owner, Result
from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.ladder import Rung
from tasks.domain.money import Currency
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal
from tasks.domain.texts import NameOrText, Text
from tasks.reads.owners import Telling, Tellings
from tasks.records.crm import Opportunity

ROLE: Final = "finance"
OWNER: Final = Text("finance")
OF_OTHERS: Final = Text("Ask for it, or see to it in their place.")
CARRIED_BY: Final = "note"


@dataclass(frozen=True)
class Judged:
    """An opportunity or a quotation, with what was found of it."""

    record: Opportunity | Quotation
    policy: QuotePolicy
    answers: Mapping[Kind, Answer]
    #: Who sells; who leads the team where nobody does.
    owner: Owner
    #: The user who leads the team.
    lead: int | None

    @property
    def failed(self) -> Sequence[Kind]:
        """What is wrong with it."""
        return [kind for kind, each in self.answers.items() if each.result is Result.FAIL]

    @property
    def subject(self) -> tuple[str, int]:
        """Model and id."""
        return self.record.MODEL, self.record.id


class Judgement:
    """What is made of one snapshot: what follows from it, the moment and the policy."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: QuotePolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy
        self.pipeline = Pipeline(snapshot, as_of)
        self._tellings = Tellings(snapshot.people, as_of, OF_OTHERS)

    @cached_property
    def judged(self) -> Sequence[Judged]:
        """All open opportunities and quotations that are looked at, but for exempt ones."""
        snapshot = self._snapshot
        opportunities = [snapshot.opportunities[n] for n in sorted(snapshot.open_ones)]
        quotations = [each for each in snapshot.quotations if each.is_open]
        return [
            *(self._of_opportunity(o) for o in opportunities if self._looks_at(o)),
            *(self._of_quotation(q) for q in quotations if self._looks_at(q)),
        ]

    def _looks_at(self, record: Opportunity | Quotation) -> bool:
        policy = self._policy.for_sales_team(record.team_id)
        exempt = (
            policy.exempt_opportunities if isinstance(record, Opportunity) else policy.exempt_orders
        )
        return record.id not in exempt and self._as_of.looks_at(record.MODEL, record.id)

    def _of_opportunity(self, opportunity: Opportunity) -> Judged:
        policy, pipeline = self._policy.for_sales_team(opportunity.team_id), self.pipeline
        return self._judged(
            opportunity,
            policy,
            {
                Kind.QUALIFICATION: pipeline.qualification(opportunity, policy),
                Kind.CLOSE_DATE: pipeline.close_date(opportunity),
                Kind.ACTIVITY: pipeline.activity(opportunity, policy),
                Kind.STAGE: pipeline.stage(opportunity, policy),
                Kind.QUOTATION: pipeline.quotation(opportunity, policy),
                Kind.AMOUNT: pipeline.amount(opportunity, policy),
            },
        )

    def _of_quotation(self, quotation: Quotation) -> Judged:
        policy, pipeline = self._policy.for_sales_team(quotation.team_id), self.pipeline
        lines = [line for line in self._snapshot.lines[quotation.id] if line.sells]
        return self._judged(
            quotation,
            policy,
            {
                Kind.NOTES: pipeline.notes(quotation, policy),
                Kind.ZERO_PRICE: pricing.zero_prices(lines, policy),
                Kind.PRICE_LIST: pricing.off_price_list(quotation, lines, self._snapshot, policy),
                Kind.DISCOUNT: pricing.discounts(lines, policy),
                Kind.MARGIN: pricing.margin(quotation, self._snapshot, policy),
                Kind.FIT: pipeline.fit(quotation, policy),
                Kind.VALIDITY: pipeline.validity(quotation),
                Kind.ANSWER: pipeline.answer(quotation, policy),
            },
        )

    def _judged(
        self,
        record: Opportunity | Quotation,
        policy: QuotePolicy,
        answers: Mapping[Kind, Answer],
    ) -> Judged:
        team = self._snapshot.teams.get(record.team_id or 0)
        lead = team.user_id if team else None
        owner = self._snapshot.people.owner(record.user_id or lead, OWNER)
        return Judged(record, policy, answers, owner, lead)

    def row(self, judged: Judged) -> Mapping[str, Any]:
        """One line of the full picture."""
        record = judged.record
        currency, amount = self._amount(record)
        team = self._snapshot.teams.get(record.team_id or 0)
        url = self._snapshot.links[judged.subject]
        return {
            "model": record.MODEL,
            "record_id": record.id,
            "record": record.name,
            "partner_id": record.partner_id,
            "partner": self._customer(record),
            "salesperson": judged.owner.name,
            "sales_team": team.name if team else None,
            "stage": self._stage(record),
            "amount": currency.text(amount) if currency else None,
            "currency": currency.code if currency else None,
            "since": str(self.pipeline.day(record.create_date)),
            "status": "wrong" if judged.failed else "ok",
            "checks": [
                Check(kind.value, a.result, a.reason, next_step=a.next_step, url=url).row()
                for kind, a in judged.answers.items()
            ],
            "policy": judged.policy.version,
        }

    def findings(self, judged: Judged) -> Iterator[Finding]:
        """One for each thing that is wrong with it."""
        record = judged.record
        currency, amount = self._amount(record)
        for kind in judged.failed:
            key = f"{kind}-{'order' if isinstance(record, Quotation) else 'lead'}-{record.id}"
            seen = min(self._as_of.standing.get(key, self._as_of.day), self._as_of.day)
            answer = judged.answers[kind]
            yield Finding(
                key=key,
                severity=Severity.WARNING,
                title=self._title(record, kind),
                reason=answer.reason,
                remedy=answer.next_step,
                owner=judged.owner.name,
                model=record.MODEL,
                record_id=record.id,
                url=self._snapshot.links[judged.subject],
                since=seen,
                amount=currency.round(amount) if currency else None,
                currency=currency.code if currency else None,
                steps=self._steps(judged, datetime.combine(seen, time(), self._as_of.zone)),
                kind=kind.value,
            )

    def proposals(self, judged: Judged) -> Iterator[Proposal]:
        """The notes of an opportunity as a note on the quotation that lacks them."""
        quotation = judged.record
        if not isinstance(quotation, Quotation):
            return
        opportunity = self.pipeline.opportunity_of(quotation)
        if opportunity is None or Kind.NOTES not in judged.failed:
            return
        notes = self.pipeline.notes_of(quotation)
        digest = hashlib.sha256(notes.encode()).hexdigest()[:16]
        yield Proposal(
            kind=CARRIED_BY,
            model=Quotation.MODEL,
            record_id=quotation.id,
            identity=f"{Kind.NOTES}-lead-{opportunity.id}-{digest}",
            why=Text(
                "the notes of {opportunity} do not stand in {quotation}",
                opportunity=opportunity.name,
                quotation=quotation.name,
            ),
            values={
                "title": opportunity.name,
                "body_html": f"<p><b>{html.escape(opportunity.name)}</b></p>"
                f"<p>{html.escape(notes)}</p>",
            },
        )

    def _title(self, record: Opportunity | Quotation, kind: Kind) -> Text:
        customer = self._customer(record)
        if customer is None:
            return Text("{record}: {check}", record=record.name, check=CHECKS[kind])
        return Text(
            "{record} {customer}: {check}",
            record=record.name,
            customer=customer,
            check=CHECKS[kind],
        )

    def _amount(self, record: Opportunity | Quotation) -> tuple[Currency | None, Decimal]:
        if isinstance(record, Quotation):
            return self._snapshot.currencies[record.currency_id], record.amount_untaxed
        currency = self._snapshot.currencies.get(self._snapshot.currency_of(record) or 0)
        return currency, record.expected_revenue

    def _customer(self, record: Opportunity | Quotation) -> NameOrText | None:
        return self._snapshot.customers.get(record.partner_id or 0)

    def _stage(self, record: Opportunity | Quotation) -> str | None:
        stages = self._snapshot.stages or {}
        if isinstance(record, Quotation):
            return None
        stage = stages.get(record.stage_id or 0)
        return stage.name if stage else None

    def _steps(self, judged: Judged, seen: datetime) -> tuple[Step, ...]:
        told = self._telling(judged.policy)
        since = min(seen.astimezone(UTC), self._as_of.instant)
        due = told.due(judged.owner, since, judged.policy.within_hours)
        # Whoever works on it has time to end; what a customer has is corrected at once.
        at_once = isinstance(judged.record, Quotation) and judged.record.state == SENT
        return told.steps(judged.owner, since, due, at_once=at_once, lead=judged.lead)

    def _telling(self, policy: QuotePolicy) -> Telling:
        """When people are told by this policy."""
        opening = Rung(name=FIRST, working_days=0, at=policy.first_at)
        return self._tellings.of(policy, policy.office, opening)
