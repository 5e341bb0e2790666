"""What waits for somebody's decision: what it is, who submitted it, what it holds up."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from tasks.domain.periods import Period
from tasks.domain.texts import Text


class Kind(StrEnum):
    """What is to be decided."""

    EXPENSE = "expense"
    TIME = "time"


class DatedBy(StrEnum):
    """How the day is known since when something waits."""

    SUBMITTED = "submitted"
    ENTERED = "entered"
    LOGGED = "logged"


@dataclass(frozen=True)
class Waiting:
    """One thing to decide: an expense or its report, or a week's hours of a person on a project."""

    kind: Kind
    key: str
    what: str
    model: str
    record_id: int
    url: str
    employee_id: int
    since: date
    dated_by: DatedBy
    #: approver_user_id, approver_id: whom Odoo names, as a user or as an employee.
    approver_user_id: int | None = None
    approver_id: int | None = None
    hours: float | None = None
    #: Untaxed price of hours, total of expenses; None where nobody can say.
    amount: Decimal | None = None
    #: Its ISO code.
    currency: str | None = None
    project_id: int | None = None
    week: Period | None = None

    def title(self, submitter: str) -> Text:
        """What waits, whose it is, and how much of it."""
        if self.week is None:
            return Text("{what} of {name} waits for approval", name=submitter, what=self.what)
        return Text(
            "{hours} h of {name} wait for approval ({project}, week {week})",
            name=submitter,
            week=self.week.start.isocalendar().week,
            project=self.what,
            hours=self.hours or 0.0,
        )

    def reason(self) -> Text:
        """Since when it waits, and how that is known."""
        if self.dated_by is DatedBy.SUBMITTED:
            return Text("submitted on {day}", day=self.since)
        if self.dated_by is DatedBy.ENTERED:
            return Text(
                "entered on {day}; Odoo does not show when it was submitted", day=self.since
            )
        return Text("of the time until {day}, not approved yet", day=self.since)
