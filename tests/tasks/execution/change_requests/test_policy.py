"""The policy says what is wrong with it."""

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.execution.change_requests.policy import ChangePolicy


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kept_as": "tasks"}, "nothing says which: name task_tags or task_stages"),
        ({"kept_as": "tickets"}, "'quotations' or 'tasks'"),
        (
            {"kept_as": "tasks", "task_stages": [1], "decided_stages": [2], "applied_stages": [2]},
            "stage 2 stands for two states of a task; name it once",
        ),
        ({"amount_in": ""}, "at least 1 character"),
        ({"beyond_percent": 0}, "greater than 0"),
        ({"look_back_days": 0}, "greater than or equal to 1"),
        ({"task_tags": ["Change"]}, "is not an id of a record in Odoo"),
        ({"decide_within": 3}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ChangePolicy.model_validate(values)
