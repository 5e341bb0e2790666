"""How many change requests become orders, and how long approvers take in hours that they work."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tasks.domain.deciding import Answer, State
from tasks.domain.findings import Measure, Report
from tasks.domain.proposals import Said
from tests.tasks.execution.change_requests.making import (
    BRUNO,
    CHIARA,
    SECOND_LAB,
    confirmed,
    decided,
    firm_with,
    look,
)

ASKED = datetime(2026, 11, 11, 10, tzinfo=UTC)


def measured(report: Report, name: str, **labels: str) -> Measure | None:
    """The one measure of a name with these labels."""
    found = [m for m in report.measures if m.name == name and labels.items() <= m.labels.items()]
    assert len(found) <= 1
    return found[0] if found else None


def value(report: Report, name: str, **labels: str) -> float | None:
    found = measured(report, name, **labels)
    return found.value if found else None


def test_conversion_is_told_by_the_month_in_which_it_was_raised() -> None:
    october = {("sale.order", SECOND_LAB): {"create_date": "2026-10-31 23:30:00"}}
    report = look(firm_with(confirmed() | october))
    # Half past midnight in Brussels is November.
    assert value(report, "change_conversion_percent", month="2026-11") == 50.0
    earlier = {("sale.order", SECOND_LAB): {"create_date": "2026-10-31 22:30:00"}}
    report = look(firm_with(confirmed() | earlier))
    assert value(report, "change_conversion_percent", month="2026-11") == 100.0
    assert value(report, "change_conversion_percent", month="2026-10") == 0.0


def test_value_is_told_by_currency() -> None:
    dollars = {("sale.order", SECOND_LAB): {"currency_id": 2}}
    report = look(firm_with(confirmed() | dollars))
    name = "change_conversion_value_percent"
    assert value(report, name, currency="EUR", month="2026-11") == 100.0
    assert value(report, name, currency="USD", month="2026-11") == 0.0
    same = look(firm_with(confirmed()))
    # 4,400 of 7,200.
    assert value(same, name, currency="EUR") == 61.1
    nothing = {("sale.order", SECOND_LAB): {"amount_untaxed": 0.0, "currency_id": 2}}
    assert measured(look(firm_with(confirmed() | nothing)), name, currency="USD") is None


def test_open_requests_are_counted_by_status() -> None:
    report = look(None, decided())
    assert value(report, "change_requests_open", status="decided") == 1
    assert value(report, "change_requests_open", status="raised") == 1
    assert value(report, "change_requests_amount", status="decided", currency="EUR") == 4400


def said(person: str, hours: float, level: str = "manager", answer: str = "approved") -> Said:
    return Said(person, Answer(answer), ASKED + timedelta(hours=hours), level)


def turnaround(*each: Said, **more: Any) -> Report:
    return look(None, decided(said=each, **more))


def hours(report: Report, percent: int) -> float | None:
    return value(report, "change_approval_hours", percent=str(percent))


def test_the_time_of_an_approver_is_that_of_their_own_calendar() -> None:
    # Asked on Wednesday at 11 in Brussels, decided on Thursday at 11: their calendar is from 8 to
    # 12 and 13 to 17, so 5 hours of Wednesday and 3 of Thursday.
    report = turnaround(said(CHIARA, 24))
    assert (hours(report, 50), hours(report, 90)) == (8.0, 8.0)
    # Over a weekend, the same working hours as if there was none.
    friday = turnaround(said(CHIARA, 24 * 5))
    assert hours(friday, 50) == 24.0


def test_each_level_has_its_own_time() -> None:
    # The second level is asked when the first has agreed.
    report = turnaround(said(BRUNO, 24), said(CHIARA, 25, "director"))
    assert (hours(report, 50), hours(report, 90)) == (1.0, 8.0)
    # Two of one level are asked at the same time.
    both = turnaround(said(BRUNO, 24), said(CHIARA, 25))
    assert (hours(both, 50), hours(both, 90)) == (8.0, 9.0)


def test_who_asks_back_or_passes_by_their_own_authority_took_no_time() -> None:
    report = turnaround(said(CHIARA, 1, answer="asked_back"), said(BRUNO, 24))
    assert hours(report, 90) == 8.0
    assert hours(turnaround(said(BRUNO, 0, "own_authority")), 50) is None
    assert hours(turnaround(said(CHIARA, 24), kind="stage"), 50) is None


def test_who_has_no_calendar_is_left_out_and_counted() -> None:
    report = turnaround(said(CHIARA, 24), said("board@elsewhere.example", 30, "board"))
    found = measured(report, "change_approval_hours", percent="50")
    assert found is not None
    assert (found.value, found.excluded) == (8.0, {"no working calendar": 1})


def test_what_waits_has_no_turnaround() -> None:
    assert hours(look(None, decided(State.WAITING)), 50) is None
