"""What is drawn of a panel: a grid with values and times, and a legend of every series."""

import pytest

from tests.monitoring.pictures import Course, Span, graph, moments, ticks

PANEL = {"fieldConfig": {"defaults": {"unit": "h"}}}
SPAN = Span(1_800_000_003, 1_800_000_183)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 12, [0, 5, 10, 15]),
        (-1900, 311_606, [-100_000, 0, 100_000, 200_000, 300_000, 400_000]),
    ],
)
def test_values_beside_the_grid_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_seconds_are_parted_as_a_clock_is() -> None:
    assert ticks(0, 114, "s") == [0, 30, 60, 90, 120]
    assert ticks(0, 2_000_000, "s") == [0, 500_000, 1_000_000, 1_500_000, 2_000_000]


def test_times_below_the_grid_are_round_and_within_the_span() -> None:
    assert [t % 60 for t in moments(SPAN)] == [30, 0, 30, 0, 30, 0]
    assert all(SPAN.start <= t <= SPAN.end for t in moments(SPAN))


def test_every_series_has_its_line_and_its_place_in_the_legend() -> None:
    courses = [Course(f"team {n} &", [(SPAN.start, n), (SPAN.end, n + 1)]) for n in range(40)]
    drawn = graph(PANEL, courses, 500, SPAN)
    assert drawn.count("<polyline") == 40
    assert all(f"team {n} &amp; {n + 1} h" in drawn for n in range(40))
    assert "08:00:30" in drawn
    assert "No data" not in drawn


def test_a_panel_without_series_says_so() -> None:
    assert "No data" in graph(PANEL, [], 500, SPAN)
