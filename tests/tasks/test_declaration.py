"""What a job declares, asked by itself."""

import pytest

from tasks.declaration import Wake

SUBMITTED = Wake("hr.expense.submitted", "hr.expense")


@pytest.mark.parametrize(
    ("kind", "model", "hears"),
    [
        ("hr.expense.submitted", "hr.expense", True),
        ("hr.expense.changed", "hr.expense", True),
        ("hr.expense.paid", "hr.expense", False),
        ("hr.expense.submitted", "hr.employee", False),
        ("hr.employee.changed", "hr.employee", False),
    ],
)
def test_a_wake_hears_its_event_and_that_the_record_changed_at_all(
    kind: str, model: str, hears: bool
) -> None:
    assert SUBMITTED.hears(kind, model) is hears
