"""What the policy of quote_check refuses."""

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.commercial.quote_check.policy import QuotePolicy


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"qualification": [{"fields": ["margin"]}]}, "margin is not asked for"),
        ({"qualification": [{"fields": []}]}, "at least 1 item"),
        (
            {"qualification": [{"fields": ["phone"]}, {"fields": ["tag_ids"]}]},
            "names a stage twice",
        ),
        ({"ladder": [{"name": "first", "working_days": 1}]}, "a name of its own"),
        ({"ladder": [{"name": "a", "working_days": 1}] * 2}, "a name of its own"),
        ({"usual_percentile": 0}, "greater than 0"),
        ({"currencies": ["euro"]}, "match pattern"),
    ],
)
def test_what_means_nothing_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        QuotePolicy.model_validate(values)


def test_fields_of_ones_own_are_known_by_their_names() -> None:
    asked = {"qualification": [{"fields": ["x_budget", "phone"]}]}
    assert QuotePolicy.model_validate(asked).own_fields == {"x_budget"}
