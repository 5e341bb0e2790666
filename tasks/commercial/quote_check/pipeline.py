"""What is wrong with an opportunity, and with a quotation beside its prices."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from tasks.commercial.quote_check.carried import carried_percent
from tasks.commercial.quote_check.policy import QuotePolicy
from tasks.commercial.quote_check.records import CANCELLED, SENT, Quotation
from tasks.commercial.quote_check.snapshot import Snapshot
from tasks.domain.checklists import Answer, Result
from tasks.domain.markup import plain_text
from tasks.domain.opportunity_fields import called, is_filled
from tasks.domain.percentiles import percentile
from tasks.domain.periods import AsOf
from tasks.domain.texts import Money, Text, plural
from tasks.records.crm import Opportunity, Stage

PASS: Final = Answer(Result.PASS)
NOT_ASKED: Final = Answer(Result.NOT_APPLICABLE)
DAY: Final = timedelta(days=1).total_seconds()


class Pipeline:
    """The opportunities and quotations of one snapshot, seen together."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf) -> None:
        self._snapshot, self._as_of = snapshot, as_of
        self._quoted: dict[int, list[Quotation]] = defaultdict(list)
        self._stood_since: dict[int, Mapping[int, Sequence[float]]] = {}
        for quotation in (*snapshot.quotations, *snapshot.elsewhere):
            if quotation.opportunity_id and quotation.state != CANCELLED:
                self._quoted[quotation.opportunity_id].append(quotation)

    def quotations_of(self, opportunity: Opportunity) -> Sequence[Quotation]:
        """Those that were not cancelled."""
        return self._quoted.get(opportunity.id, ())

    def opportunity_of(self, quotation: Quotation) -> Opportunity | None:
        """The one that a quotation is of."""
        return self._snapshot.opportunities.get(quotation.opportunity_id or 0)

    def days_in_stage(self, opportunity: Opportunity) -> int:
        """Whole days since it came to its stage."""
        since = opportunity.date_last_stage_update or opportunity.create_date
        return (self._as_of.instant - since).days

    def day(self, instant: datetime) -> date:
        """The day of an instant by the clock of the company."""
        return instant.astimezone(self._as_of.zone).date()

    def _stood(self, policy: QuotePolicy) -> Mapping[int, Sequence[float]]:
        """By stage, the days that opportunities of late stood in it before they left it."""
        if policy.history_days not in self._stood_since:
            first = self._as_of.day - timedelta(days=policy.history_days)
            found: dict[int, list[float]] = defaultdict(list)
            for passed in self._snapshot.passed:
                if passed.create_date.date() < first:
                    continue
                for stage, seconds in (passed.duration_tracking or {}).items():
                    if stage.isdecimal() and int(stage) != passed.stage_id and seconds > 0:
                        found[int(stage)].append(seconds / DAY)
            self._stood_since[policy.history_days] = found
        return self._stood_since[policy.history_days]

    def most_days(self, stage_id: int, policy: QuotePolicy) -> float | None:
        """After how many days in a stage one stands too long; None where that is not known."""
        if stage_id in policy.days_in_stage:
            return policy.days_in_stage[stage_id]
        stood = self._stood(policy).get(stage_id, ())
        if len(stood) < policy.least_history:
            return None
        return percentile(stood, policy.usual_percentile)

    # Of opportunities.

    def qualification(self, opportunity: Opportunity, policy: QuotePolicy) -> Answer:
        """Whether it has the fields that are demanded by now."""
        names = [
            name
            for each in policy.qualification
            for name in each.fields
            if self._has_reached(opportunity, each.stage)
        ]
        asked = list(dict.fromkeys(names))
        if not asked:
            return NOT_ASKED
        missing = [
            n for n in asked if n not in self._snapshot.hidden and not is_filled(opportunity, n)
        ]
        if missing:
            return Answer(
                Result.FAIL,
                Text("it lacks: {fields}", fields=tuple(map(called, missing))),
                Text("fill them in on the opportunity"),
            )
        if hidden := sorted(self._snapshot.hidden & {*asked}):
            return Answer(
                Result.NOT_VERIFIABLE,
                Text("the fleet's user sees no {fields} of opportunities", fields=tuple(hidden)),
            )
        return PASS

    def close_date(self, opportunity: Opportunity) -> Answer:
        """Whether its expected close is still to come."""
        day = opportunity.date_deadline
        if day is None or day >= self._as_of.day:
            return PASS
        return Answer(
            Result.FAIL,
            Text("it was expected to close on {day}", day=day),
            Text("win or lose it, or set the day on which it is expected now"),
        )

    def activity(self, opportunity: Opportunity, policy: QuotePolicy) -> Answer:
        """Whether somebody is to do something next."""
        if not policy.activity_required:
            return NOT_ASKED
        if self._snapshot.planned is None:
            return Answer(Result.NOT_VERIFIABLE, Text("what is planned is hidden"))
        if opportunity.id in self._snapshot.planned:
            return PASS
        return Answer(
            Result.FAIL, Text("nothing is planned of it"), Text("plan what to do next, and when")
        )

    def stage(self, opportunity: Opportunity, policy: QuotePolicy) -> Answer:
        """Whether it stands in its stage no longer than others did, or than the policy says."""
        if opportunity.stage_id is None:
            return NOT_ASKED
        most = self.most_days(opportunity.stage_id, policy)
        if most is None:
            if self._snapshot.tells_stages:
                # Too few have left it: nothing is usual yet.
                return NOT_ASKED
            return Answer(
                Result.NOT_VERIFIABLE,
                Text(
                    "this Odoo does not tell how long opportunities stood in stages; name days in "
                    "days_in_stage of the policy"
                ),
            )
        days = self.days_in_stage(opportunity)
        if days <= most:
            return PASS
        reason = plural(
            "it has been in this stage for {count} day; {most} are the most",
            "it has been in this stage for {count} days; {most} are the most",
            count=days,
            most=round(most, 1),
        )
        return Answer(Result.FAIL, reason, Text("move it on, or lose it with its reason"))

    def quotation(self, opportunity: Opportunity, policy: QuotePolicy) -> Answer:
        """Whether it was quoted in time; an opportunity that was a lead begins as it became one."""
        if not self._snapshot.tells_opportunities:
            return Answer(Result.NOT_VERIFIABLE, Text("its quotations are not known"))
        expected = policy.quote_from_stage is None or self._has_reached(
            opportunity, policy.quote_from_stage
        )
        if not expected or self.quotations_of(opportunity):
            return NOT_ASKED if not expected else PASS
        began = self.day(opportunity.date_conversion or opportunity.create_date)
        days = (self._as_of.day - began).days
        if days <= policy.quote_within_days:
            return PASS
        return Answer(
            Result.FAIL,
            Text(
                "there is no quotation {days} days after {began}; {most} are the most",
                days=days,
                began=began,
                most=policy.quote_within_days,
            ),
            Text("make the quotation, or move the opportunity to the stage that it is in"),
        )

    def amount(self, opportunity: Opportunity, policy: QuotePolicy) -> Answer:
        """Whether the expected revenue is near the amount of one of the open quotations."""
        quoted = [each for each in self.quotations_of(opportunity) if each.is_open]
        if not quoted or not opportunity.expected_revenue:
            return NOT_ASKED
        alike = [q for q in quoted if q.currency_id == self._snapshot.currency_of(opportunity)]
        if not alike:
            return Answer(
                Result.NOT_VERIFIABLE,
                Text("expected revenue and quotations are in different currencies"),
            )
        expected = opportunity.expected_revenue
        if any(_is_near(expected, each.amount_untaxed, policy) for each in alike):
            return PASS
        currency = self._snapshot.currencies[alike[0].currency_id]
        return Answer(
            Result.FAIL,
            Text(
                "{expected} are expected, and quoted are: {quotations}",
                expected=Money(currency.round(expected), currency.code),
                quotations=tuple(
                    Text(
                        "{quotation}: {amount}",
                        quotation=each.name,
                        amount=Money(currency.round(each.amount_untaxed), currency.code),
                    )
                    for each in alike
                ),
            ),
            Text("correct the expected revenue, or the quotation"),
        )

    # Of quotations.

    def notes(self, quotation: Quotation, policy: QuotePolicy) -> Answer:
        """Whether what was written on the opportunity stands in the quotation, or beside it."""
        notes = self.notes_of(quotation)
        if len(notes) < policy.scope_characters:
            return NOT_ASKED
        written = [
            *(line.name for line in self._snapshot.lines[quotation.id]),
            plain_text(quotation.note),
            *map(plain_text, self._snapshot.messages.get(quotation.id, ())),
        ]
        percent = carried_percent(notes, written)
        if percent >= policy.carried_percent:
            return PASS
        return Answer(
            Result.FAIL,
            Text(
                "of the notes of the opportunity {percent} % stand in the quotation",
                percent=round(percent),
            ),
            Text("write scope and assumptions into the quotation, as a note on it"),
        )

    def notes_of(self, quotation: Quotation) -> str:
        """The notes of the opportunity that a quotation is of."""
        opportunity = self.opportunity_of(quotation)
        return plain_text(opportunity.description if opportunity else None)

    def fit(self, quotation: Quotation, policy: QuotePolicy) -> Answer:
        """Whether company and currency are those of the opportunity, its quotations, the policy."""
        opportunity = self.opportunity_of(quotation)
        code = self._snapshot.currencies[quotation.currency_id].code
        if opportunity and opportunity.company_id not in (None, quotation.company_id):
            return Answer(
                Result.FAIL,
                Text("it is of another company than its opportunity"),
                Text("quote in the company of the opportunity, or move the opportunity"),
            )
        if policy.currencies and code not in policy.currencies:
            return Answer(
                Result.FAIL,
                Text("it is in {currency}", currency=code),
                Text("quote by a price list in one of: {currencies}", currencies=policy.currencies),
            )
        siblings = self.quotations_of(opportunity) if opportunity else ()
        codes = {self._snapshot.currencies[q.currency_id].code for q in siblings if q.is_open}
        if len(codes) > 1:
            return Answer(
                Result.FAIL,
                Text(
                    "the quotations of its opportunity are in several currencies: {currencies}",
                    currencies=tuple(sorted(codes)),
                ),
                Text("cancel the quotations that do not stand any more"),
            )
        return PASS

    def validity(self, quotation: Quotation) -> Answer:
        """Whether it may still be accepted."""
        day = quotation.validity_date
        if day is None or day >= self._as_of.day:
            return PASS
        return Answer(
            Result.FAIL,
            Text("it was valid until {day}", day=day),
            Text("send it with another day, or cancel it"),
        )

    def answer(self, quotation: Quotation, policy: QuotePolicy) -> Answer:
        """Whether a quotation that was sent has not waited for its answer too long."""
        if quotation.state != SENT:
            return NOT_ASKED
        quoted = self.day(quotation.date_order)
        days = (self._as_of.day - quoted).days
        if days <= policy.answer_within_days:
            return PASS
        return Answer(
            Result.FAIL,
            Text(
                "it is of {day}, {days} days ago, and not answered; {most} are the most",
                day=quoted,
                days=days,
                most=policy.answer_within_days,
            ),
            Text("ask the customer, or cancel it"),
        )

    def _has_reached(self, opportunity: Opportunity, stage_id: int | None) -> bool:
        """Whether it stands in a stage or one behind it; for None, whether it is quoted."""
        if stage_id is None:
            return bool(self.quotations_of(opportunity))
        stages = self._snapshot.stages or {}
        wanted, own = stages.get(stage_id), stages.get(opportunity.stage_id or 0)
        return wanted is not None and own is not None and _place(own) >= _place(wanted)


def _place(stage: Stage) -> tuple[int, int]:
    return (stage.sequence, stage.id)


def _is_near(expected: Decimal, quoted: Decimal, policy: QuotePolicy) -> bool:
    tolerance = Decimal(repr(policy.amount_tolerance_percent)) / 100
    return abs(expected - quoted) <= abs(quoted) * tolerance
