"""What all parts of the firm share, and moments that Odoo lets nobody write."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from tests.live.inside.firm.setting import Firm

T = TypeVar("T")
DAYS = 540


class SalesFirm:
    """The firm while it is being made; days count back from the day it is looked at."""

    def __init__(self, base: Firm) -> None:
        self.base, self.env, self.companies = base, base.env, base.companies
        # Lines of holidays for each person take minutes and are not the subject here.
        self.companies.write({"leave_timesheet_task_id": False})
        #: Records by the part that they play.
        self.known: dict[str, Any] = {}
        self._moments: dict[tuple[str, str], list[tuple[int, datetime]]] = defaultdict(list)

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return self.base.chance.choice(options)

    def one_in(self, number: int) -> bool:
        """True once in so many times."""
        return self.base.chance.randrange(number) == 0

    def ago(self, days: int) -> date:
        """That many days before today."""
        return self.base.ago(days)

    def moment(self, days: int) -> datetime:
        """Some minute of that day (UTC)."""
        minutes = self.base.chance.randrange(24 * 60)
        return datetime.combine(self.ago(days), datetime.min.time()) + timedelta(minutes=minutes)

    def age(self) -> int:
        """Days back from today, half of them within a quarter."""
        return self.base.chance.randrange(1, 100 if self.one_in(2) else DAYS)

    def was(self, record: Any, field: str, moment: datetime) -> None:
        """Remember what a field that Odoo sets itself must be in the end."""
        self._moments[record._table, field].append((record.id, moment))

    def backdate(self) -> None:
        """Write those moments."""
        self.env.flush_all()
        for (table, field), rows in self._moments.items():
            self.env.cr.executemany(
                f"UPDATE {table} SET {field} = %s WHERE id = %s", [(at, n) for n, at in rows]
            )
        self.env.invalidate_all()
        self.base.done("moments")
