"""Tells salespeople what is missing of the review that is due before an opportunity goes on.

Why: what was not reviewed before it is offered is sold too cheap, too soon or not as it can be
delivered.

Where a gate in Odoo keeps opportunities from a stage, those that have what its review demands are
released.

Remedy: close the gaps on the opportunity, or move it back to the stage that it is in.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from tasks.commercial.presales_review.judgement import ROLE, Judgement, Reviewed, Status
from tasks.commercial.presales_review.policy import Review, ReviewItem, ReviewPolicy
from tasks.commercial.presales_review.releasing import KIND, Releasing
from tasks.commercial.presales_review.snapshot import Snapshot, read
from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule, Wake
from tasks.domain.checklists import Result
from tasks.domain.findings import Formula, NotVerifiable, Panel, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, named
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.reads.employment import HISTORIES
from tasks.reads.opportunities import OPEN
from tasks.reads.schedules import SCHEDULES
from tasks.records.crm import Opportunity, SalesTeam, Stage
from tasks.records.people import Employee
from tasks.records.sales import Partner, User

REVIEWS: Final = Formula(
    "presales_reviews",
    "open opportunities of which a review is due, by status",
    panels=(Panel("Reviews before the offer", ("status",), now=True),),
)
GAPS: Final = Formula(
    "presales_review_gaps",
    "items that are missing of reviews, by item",
    panels=(Panel("What is missing of reviews", ("item",), now=True),),
)


def judge(snapshot: Snapshot, as_of: AsOf, policy: ReviewPolicy) -> Report:
    """A row per opportunity of which a review is due, and a finding per gap."""
    judgement = Judgement(snapshot, as_of, policy)
    reviewed = judgement.reviewed
    releasing = Releasing(snapshot, as_of, policy)
    statuses = Counter(each.status for each in reviewed)
    gaps = Counter(item.check.check for each in reviewed for item in each.checklist.gaps)
    return Report(
        rows=tuple(map(judgement.row, reviewed)),
        findings=tuple(found for each in reviewed for found in judgement.findings(each)),
        measures=(
            *(REVIEWS.measured(statuses[s], {"status": s.value}) for s in Status if reviewed),
            *(GAPS.measured(count, {"item": item}) for item, count in sorted(gaps.items())),
        ),
        not_verifiable=(
            *snapshot.not_verifiable,
            *_unverified(reviewed),
            *snapshot.people.schedules.not_verifiable,
            *(releasing.not_verifiable if snapshot.decisions is not None else ()),
        ),
        proposals=releasing.proposals,
        withdrawn=releasing.withdrawn,
    )


def _unverified(reviewed: Sequence[Reviewed]) -> Iterator[NotVerifiable]:
    """Items that could not be checked of some opportunity, each once."""
    gaps = {
        item.check.check: item.check.reason
        for each in reviewed
        for item in each.checklist.items
        if item.check.result is Result.NOT_VERIFIABLE
    }
    for item, reason in sorted(gaps.items()):
        yield NotVerifiable(
            check=named(item.replace("_", " ")),
            reason=reason,
            remedy=Text("give the right to see it, or take the item out of the reviews"),
        )


_NO_HISTORY: Final = NotVerifiable(
    check=Text("reviews of a day that is over"),
    reason=Text("Odoo keeps no history of what was in opportunities and quotations on a day"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)
# Of the small firm: its stage Proposition.
DEMO: Final = ReviewPolicy(
    wait_for_morning=False,
    reviews=(
        Review(
            stage=3,
            items=(
                ReviewItem(item="scope_notes", field="description"),
                ReviewItem(item="contact", field="email_from"),
            ),
        ),
    ),
)

JOB = Job(
    name="presales_review",
    title=Text("Reviews before the offer"),
    owner=ROLE,
    cron=Cron("0 5,11 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=ReviewPolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    formulas=(REVIEWS, GAPS),
    of_the_present=True,
    no_history=_NO_HISTORY,
    # What is not seen may be the very thing that is said to be missing.
    rests_on=(
        *(
            all_or_nothing(model, check, if_readable=True)
            for model, check in (
                (Opportunity.MODEL, Text("opportunities")),
                (Stage.MODEL, Text("stages")),
            )
        ),
        *(
            all_or_nothing(model, check)
            for model, check in ((Employee.MODEL, Text("people")), *SCHEDULES)
        ),
        *(
            all_or_nothing(model, Text("calendar history"), instead_of=other)
            for model, other in HISTORIES
        ),
        Basis(User.MODEL, Text("users"), columns=("salesperson",)),
        Basis(Partner.MODEL, Text("customers"), by_id=True, told=("partner",)),
        Basis(SalesTeam.MODEL, Text("sales teams"), columns=("sales_team",), by_id=True),
    ),
    lists=(
        Listed(
            Opportunity.MODEL,
            "opportunity_id",
            Text("no review of the policy is due at its stage, or it is exempt"),
            (Rule(Text("it is an opportunity of a stage that is not won"), OPEN),),
        ),
    ),
    labels={
        "complete": Text("complete"),
        "incomplete": Text("incomplete"),
        "first": Text("first"),
        "missing_items": Text("missing items"),
        "next_due": Text("next due"),
        "opportunity": Text("opportunity"),
        "review_gap": Text("missing for the review"),
        "sales_lead": Text("sales lead"),
        "sales_team": Text("sales team"),
        "salesperson": Text("salesperson"),
        "since": Text("since"),
        "stage": Text("stage"),
    },
    proposes=(KIND,),
    wakes=(Wake("crm.lead.changed", Opportunity.MODEL),),
    narrows=True,
    demo={None: DEMO},
    doc=__doc__,
)
