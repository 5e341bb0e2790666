"""Tells of expenses that are out of order: who spent them or approves them, then finance.

Why: what is claimed twice, without a receipt, above a limit or on a closed project is found when
it is paid, if at all; what nobody posts or puts on its order is billed late or never.

Remedy: mend the expense in Odoo, or accept it as it is on its page, with a reason; it is then
quiet until something about it changes.
"""

from datetime import timedelta
from typing import Final

from tasks.declaration import Audience, Cron, Delivery, Job, Listed, Rule
from tasks.domain.findings import NotVerifiable, Report
from tasks.domain.periods import AsOf
from tasks.domain.texts import Text, plural
from tasks.financial.expense_exceptions.judgement import ROLE, Judgement
from tasks.financial.expense_exceptions.kinds import TITLES, Kind
from tasks.financial.expense_exceptions.measures import AMOUNT, EXCEPTIONS, measures
from tasks.financial.expense_exceptions.policy import ExpensePolicy
from tasks.financial.expense_exceptions.records import SpentExpense
from tasks.financial.expense_exceptions.rests_on import RESTS_ON
from tasks.financial.expense_exceptions.snapshot import NOT_REFUSED, Snapshot, read


def judge(snapshot: Snapshot, as_of: AsOf, policy: ExpensePolicy) -> Report:
    """A row per expense that is looked at, and a finding for each way in which it is out of order.

    Not for what somebody accepted, as long as it is as it was then.
    """
    judgement = Judgement(snapshot, as_of, policy)
    kinds = [kind for kind in Kind if kind not in snapshot.unknown]
    return Report(
        rows=tuple(map(judgement.row, snapshot.expenses)),
        findings=tuple(map(judgement.finding, judgement.open)),
        measures=tuple(measures(judgement, kinds)),
        not_verifiable=(
            *(gap.told for gap in snapshot.gaps),
            *_uncompared(judgement),
            *snapshot.people.schedules.not_verifiable,
        ),
        unseen=frozenset(kind.value for kind in snapshot.unknown),
    )


def _uncompared(judgement: Judgement) -> tuple[NotVerifiable, ...]:
    count = len(list(judgement.uncompared()))
    if not count:
        return ()
    reason = plural(
        "{count} expense is in a currency that its limit is not in",
        "{count} expenses are in currencies that their limits are not in",
        count=count,
    )
    remedy = Text("give limits in these currencies, or in the company's")
    return (NotVerifiable(Text("limits of expenses"), reason, remedy),)


_NO_HISTORY: Final = NotVerifiable(
    check=Text("expenses of a day that is over"),
    reason=Text("Odoo keeps no history of how far expenses had come, and of their amounts"),
    remedy=Text("`fleet cases` and `fleet kpi` tell what the fleet saw on that day"),
)

LABELS: Final = {
    **{kind.replace("-", "_"): title for kind, title in TITLES.items()},
    "accepted": Text("accepted"),
    "again": Text("again"),
    "age_days": Text("age in days"),
    "exception": Text("out of order"),
    "exceptions": Text("out of order"),
    "exempt": Text("exempt"),
    "expense_exceptions": Text("expense exceptions"),
    "first": Text("first"),
    "product": Text("product"),
    "spent_on": Text("spent on"),
    "stage": Text("stage"),
}

JOB = Job(
    name="expense_exceptions",
    title=Text("Expense exceptions"),
    owner=ROLE,
    cron=Cron("30 5 * * 1-5", window=timedelta(days=2)),
    audience=Audience.PERSON,
    policy=ExpensePolicy,
    read=read,
    judge=judge,
    delivery=Delivery.AT_MOST_ONCE,
    handed_in=tuple(kind.value for kind in Kind),
    formulas=(EXCEPTIONS, AMOUNT),
    of_the_present=True,
    no_history=_NO_HISTORY,
    rests_on=RESTS_ON,
    lists=(
        Listed(
            SpentExpense.MODEL,
            "expense_id",
            Text("its report was refused, or it is posted and was spent long ago"),
            (Rule(Text("it is not refused"), NOT_REFUSED),),
        ),
    ),
    labels=LABELS,
    demo={None: ExpensePolicy(wait_for_morning=False)},
    doc=__doc__,
)
