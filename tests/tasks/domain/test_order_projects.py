"""Which project of an order is that of some of its lines."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.order_projects import OfOrder, Sought

ONE, TWO = OfOrder(1, "S1 Build", 11), OfOrder(2, "S1 Run", 12)
WHOLE, SUPPORT = OfOrder(3, "Hafenwerk", None), OfOrder(4, "S1 SUPPORT", None)
BARE: Mapping[int, int | None] = {11: None, 12: None}


@pytest.mark.parametrize(
    ("sought", "projects", "of_lines", "expected"),
    [
        (Sought(), [], BARE, None),
        (Sought(), [TWO, ONE], BARE, 2),
        (Sought(lines=[11]), [TWO, ONE], BARE, 1),
        (Sought(lines=[11]), [TWO], BARE, None),
        # A line names it, whatever it names itself.
        (Sought(lines=[11]), [TWO], {11: 2, 12: 2}, 2),
        (Sought(lines=[11]), [TWO, WHOLE], {11: 3, 12: 2}, 3),
        # It was made for the whole order.
        (Sought(lines=[11]), [TWO, WHOLE], BARE, 3),
        # It is that of another line.
        (Sought(lines=[11]), [WHOLE], {11: None, 12: 3}, None),
        # It names a line of another order.
        (Sought(lines=[11]), [OfOrder(5, "Shared", 99)], BARE, 5),
        (Sought(beside="support"), [SUPPORT], BARE, None),
        (Sought(beside="support"), [SUPPORT, ONE], BARE, 1),
        (Sought(lines=[11], beside="Support"), [SUPPORT], BARE, None),
        (Sought(named="support"), [ONE, SUPPORT], BARE, 4),
        (Sought(named="support"), [ONE, WHOLE], BARE, None),
        (Sought(lines=[12], named="support"), [ONE, TWO], {11: 1, 12: 2}, 2),
        (Sought(lines=[12], named="support"), [ONE, TWO], BARE, None),
    ],
)
def test_it_is_found_by_its_lines_then_by_its_name_and_never_taken_for_anothers(
    sought: Sought,
    projects: list[OfOrder],
    of_lines: Mapping[int, int | None],
    expected: int | None,
) -> None:
    found = sought.among(projects, of_lines)
    assert (found.id if found else None) == expected


@given(
    st.lists(
        st.builds(
            OfOrder,
            st.integers(1, 5),
            st.sampled_from(["a", "Support b"]),
            st.sampled_from([None, 11, 12, 99]),
        ),
        unique_by=lambda each: each.id,
    ),
    st.fixed_dictionaries(dict.fromkeys((11, 12), st.sampled_from([None, 1, 2, 3]))),
)
def test_what_one_line_names_or_is_named_by_is_not_anothers(
    projects: list[OfOrder], of_lines: dict[int, int | None]
) -> None:
    one = Sought(lines=[11]).among(projects, of_lines)
    # One that both lines name, or that names the one, is of both.
    if one and of_lines[11] != one.id and one.line_id != 11:
        assert one.line_id != 12
        assert of_lines[12] != one.id
