"""What is said of a thing that waits."""

from datetime import date

import pytest

from tasks.domain.periods import week_of
from tasks.execution.pending_approvals.waiting import DatedBy
from tests.fakes.approvals import expense, time


@pytest.mark.parametrize(
    ("dated_by", "said"),
    [
        (DatedBy.SUBMITTED, "submitted on 2026-11-23"),
        (DatedBy.ENTERED, "entered on 2026-11-23; Odoo does not show when it was submitted"),
        (DatedBy.LOGGED, "of the time until 2026-11-23, not approved yet"),
    ],
)
def test_the_reason_says_how_the_day_is_known(dated_by: DatedBy, said: str) -> None:
    assert expense(since="2026-11-23", dated_by=dated_by).reason() == said


def test_weeks_are_numbered_as_iso_does() -> None:
    assert (
        time(week=week_of(date(2027, 1, 1))).title("Sue")
        == "12 h of Sue wait for approval (Portal, week 53)"
    )
