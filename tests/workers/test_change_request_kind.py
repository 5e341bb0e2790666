"""The effect of a change request: an activity, if its record still says what was agreed to."""

from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from odoo_gateway.errors import OdooRejected
from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.session import Session
from workers.config.effect_kinds import Write, kinds

DAY: Final = date(2026, 11, 23)
KIND: Final = kinds()["change_request"]
TASK: Final = 11
VALUES: Final = {
    "user": "bruno.claes@nordwind.example",
    "summary": "to be applied",
    "change": "Interface",
    "amount": "4400.00",
    "currency": "EUR",
    "deadline": "2026-11-30",
}
OWN: Final = {"project.task": {"x_amount": {"type": "float", "store": True}}}


def write(amount_in: str, record_id: int = TASK, **task: Any) -> Write:
    """On a task of the made-up firm with these values."""
    tables = dict(firm.build(DAY))
    tasks = [{**row, **task} if row["id"] == TASK else row for row in tables["project.task"]]
    odoo = Sandbox(DAY, rows={**tables, "project.task": tasks}, declares=OWN)
    values = KIND.values.model_validate({**VALUES, "amount_in": amount_in})
    since = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    return Write(Session(odoo), "firm", 1, "project.task", record_id, "once", values, since)


def properties(value: Any) -> list[dict[str, Any]]:
    return [{"name": "a1", "string": "Amount", "type": "float", "value": value}]


@pytest.mark.parametrize(
    ("amount_in", "task"),
    [
        ("", {}),
        ("x_amount", {"x_amount": 4400.0}),
        ("task_properties:Amount", {"task_properties": properties(4400.0)}),
        ("task_properties:a1", {"task_properties": properties(4400)}),
    ],
)
def test_it_is_done_once_found_and_taken_back(amount_in: str, task: dict[str, Any]) -> None:
    asked = write(amount_in, **task)
    assert KIND.find(asked) is None
    made = KIND.apply(asked)
    assert KIND.apply(asked) == made == KIND.find(asked)
    assert KIND.undo is not None
    KIND.undo(asked, made)
    assert KIND.find(asked) is None


@pytest.mark.parametrize(
    ("amount_in", "task"),
    [
        ("x_amount", {"x_amount": 4400.01}),
        ("task_properties:Amount", {"task_properties": properties(4500.0)}),
        ("task_properties:Amount", {"task_properties": properties(None)}),
        ("task_properties:Amount", {"task_properties": False}),
    ],
)
def test_what_says_something_else_by_now_is_refused(amount_in: str, task: dict[str, Any]) -> None:
    asked = write(amount_in, **task)
    with pytest.raises(OdooRejected, match=r"Interface was changed since .* 4400.00 was agreed to"):
        KIND.apply(asked)
    assert KIND.find(asked) is None


def test_what_is_gone_is_refused() -> None:
    with pytest.raises(OdooRejected, match=r"there is no project.task 99999"):
        KIND.apply(write("", record_id=99999))


def test_it_is_told_with_and_without_an_amount() -> None:
    told = KIND.preview(KIND.values.model_validate(VALUES))
    assert told == (
        "the change request Interface over 4400.00 EUR, to be applied by "
        "bruno.claes@nordwind.example until 2026-11-30"
    )
    told = KIND.preview(KIND.values.model_validate({**VALUES, "amount": None, "currency": None}))
    assert told == (
        "the change request Interface, to be applied by bruno.claes@nordwind.example until "
        "2026-11-30"
    )
