"""What stands in rows is written in the reader's way, and names as they are."""

from typing import Any

import pytest

from workers.language.language import language
from workers.mail import wording


@pytest.mark.parametrize(
    ("column", "value", "german"),
    [
        ("status", "ready_as_far_as_verifiable", "abrechnungsreif, soweit prüfbar"),
        ("bucket", "future", "künftig"),
        ("oldest_date", "2026-11-14", "14. Nov. 2026"),
        ("partner", "2026-13-45", "2026-13-45"),
        ("wip", "1234.50", "1.234,50"),
        ("age_days", 9, "9"),
        ("waiting_days", None, ""),
        # A customer and a person of these names.
        ("partner", "ready", "ready"),
        ("employee", "held", "held"),
    ],
)
def test_a_value_of_a_row_is_read_by_its_column(column: str, value: Any, german: str) -> None:
    filters = wording.environment("workers.web", language("de"), escaped=False).filters
    assert filters["fact"](value, column) == german
