"""How long somebody has had: by their own calendar, or by the clock where nobody knows it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from odoo_gateway.errors import OdooUnavailable
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from workers.effects.patience import hours_had

MONDAY: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
BRUSSELS: Final = ZoneInfo("Europe/Brussels")
BRUNO, WOUT, MEERA, STRANGER = (
    "bruno.claes@nordwind.example",
    "wout.mertens@nordwind.example",
    "meera.iyer@nordwind.example",
    "board@elsewhere.example",
)


def had(
    *people: str, hours: float = 24, odoo: Sandbox | None = None, transport: Any = None
) -> float:
    session = Session(transport or odoo or Sandbox(MONDAY.date()))
    asked = dict.fromkeys(people, MONDAY)
    until = MONDAY + timedelta(hours=hours)
    return hours_had(Reader(session, 1), asked, until, BRUSSELS, ("saturday", "sunday"))


def test_an_employee_has_the_hours_of_their_own_calendar() -> None:
    # From ten in Brussels: two before lunch and four after it, then two of Tuesday.
    assert had(BRUNO) == pytest.approx(8)
    # In Kolkata it is half past two in the afternoon.
    assert had(MEERA, hours=5) == pytest.approx(2.5)


def test_whoever_has_had_most_counts() -> None:
    assert had(BRUNO, MEERA, hours=5) == had(BRUNO, hours=5) == pytest.approx(4)


def test_who_is_no_employee_has_office_hours() -> None:
    # From ten to five, then one of Tuesday.
    assert had(STRANGER) == pytest.approx(8)
    free = had("rosa.martins@nordwind.example", hours=5)
    assert free == pytest.approx(5)


@pytest.mark.parametrize("switches", [{"denied_models": ["hr.employee"]}])
def test_where_people_may_not_be_read_all_have_office_hours(switches: Any) -> None:
    odoo = Sandbox(MONDAY.date(), **switches)
    assert had(MEERA, hours=5, odoo=odoo) == pytest.approx(5)


class Away:
    """An Odoo that does not answer."""

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call."""
        raise OdooUnavailable("away")


def test_an_odoo_that_is_away_tells_nothing() -> None:
    with pytest.raises(OdooUnavailable):
        had(WOUT, transport=Away())
