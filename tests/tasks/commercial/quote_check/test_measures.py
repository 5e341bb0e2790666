"""What is measured of the pipeline."""

from dataclasses import replace
from typing import Any

from tasks.domain.findings import Report
from tests.fakes.pipeline import NEW, WON, day, judged, lead, passed, quote, snapshot


def measured(report: Report, name: str) -> dict[str, Any]:
    return {m.labels["sales_team"]: m.value for m in report.measures if m.name == name}


def won(number: int, created: str, quoted: str) -> tuple[Any, Any]:
    """An opportunity that was quoted and won."""
    return (
        lead(id=number, stage_id=WON, create_date=day(created)),
        quote(
            id=number,
            opportunity_id=number,
            state="sale",
            create_date=day(quoted),
            date_order=day("2026-10-30 09:00"),
        ),
    )


def test_days_to_the_quotation_and_to_the_answer_are_those_of_last_month() -> None:
    pairs = [
        won(11, "2026-10-01 09:00", "2026-10-05 09:00"),
        won(12, "2026-10-01 09:00", "2026-10-11 09:00"),
        won(13, "2026-10-01 09:00", "2026-10-31 23:30"),
    ]
    found = snapshot([o for o, _ in pairs], [q for _, q in pairs])
    report = judged(found)
    # The third was quoted in November by the clock of the company.
    assert measured(report, "quotation_days") == {"Sales": 4}
    assert measured(report, "answer_days") == {"Sales": 19}


def test_what_was_quoted_before_it_was_an_opportunity_took_no_days() -> None:
    opportunity, quotation = won(11, "2026-10-09 09:00", "2026-10-05 09:00")
    again = replace(quotation, id=12, create_date=day("2026-10-20 09:00"))
    report = judged(snapshot([opportunity], [quotation, again]))
    assert measured(report, "quotation_days") == {"Sales": 0}


def test_the_share_that_was_won_is_of_those_closed_last_month() -> None:
    closed = day("2026-10-20 09:00")
    history = [
        passed(1, {}, date_closed=closed),
        passed(2, {}, date_closed=closed, active=False, stage_id=NEW),
        passed(3, {}, date_closed=closed, active=False, stage_id=WON),
        passed(4, {}, date_closed=day("2026-11-02 09:00")),
        passed(5, {}, date_closed=closed, stage_id=NEW),
        passed(6, {}, date_closed=closed, team_id=None),
    ]
    report = judged(snapshot(passed=history))
    assert measured(report, "opportunities_won_percent") == {"Sales": 33.33, "": 100.0}


def test_nothing_is_measured_of_a_month_in_which_nothing_happened() -> None:
    names = {measure.name for measure in judged().measures}
    assert names == {"pipeline_faults"}
