"""Who lacks a right is refused the model or the field, and told so when asking first."""

import re
from typing import Any

import pytest

from tests.contracts.asking import Asker

ACCESS = "odoo.exceptions.AccessError"
ORDER = "sale.order"
DENIED = r"You are not allowed to access '.*' \(sale\.order\) records\."


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("search_read", [[], ["name"]]),
        ("search_read", [[("id", "in", [])], ["name"]]),
        ("search_count", [[]]),
        ("formatted_read_group", [[], ["state"], ["__count"]]),
        ("read_group", [[], [], ["state"]]),
        ("check_access_rights", ["read"]),
    ],
    ids=str,
)
def test_a_model_without_the_right_to_it_is_refused(
    officer: Asker, method: str, args: list[Any]
) -> None:
    refusal = officer.refusal(ORDER, method, *args)
    assert refusal.name == ACCESS
    assert re.match(DENIED, refusal.message), refusal.message


@pytest.mark.parametrize("path", ["sale_line_id.state", "sale_line_id.order_id.name"])
def test_a_path_into_a_model_without_the_right_to_it_is_refused(officer: Asker, path: str) -> None:
    refusal = officer.refusal("project.milestone", "search_count", [(path, "=", "sale")])
    assert refusal.name == ACCESS
    assert "You are not allowed to access" in refusal.message


HIDDEN = r'You do not have enough rights to access the field "contract_date_start" on .*hr\.version'


@pytest.mark.parametrize(
    ("method", "args", "kwargs"),
    [
        ("search_read", [[], ["contract_date_start"]], {}),
        ("search_read", [[("contract_date_start", "!=", False)], ["id"]], {}),
        ("search_read", [[], ["id"]], {"order": "contract_date_start"}),
        ("search_count", [["!", ("contract_date_start", "=", False)]], {}),
        ("formatted_read_group", [[], ["contract_date_start:month"], ["__count"]], {}),
        ("formatted_read_group", [[], ["employee_id"], ["contract_date_start:min"]], {}),
    ],
    ids=str,
)
def test_a_field_behind_a_group_is_refused(
    officer: Asker, method: str, args: list[Any], kwargs: dict[str, Any]
) -> None:
    refusal = officer.refusal("hr.version", method, *args, **kwargs)
    assert refusal.name == ACCESS
    assert re.match(HIDDEN, refusal.message), refusal.message


def test_rows_come_without_the_field_behind_a_group(officer: Asker) -> None:
    rows = officer.ask("hr.version", "search_read", [], ["date_version"], limit=3)
    assert len(rows) == 3


@pytest.mark.parametrize(("operation", "allowed"), [("read", True), ("read", False)])
def test_rights_are_told_without_an_error(
    odoo: Asker, officer: Asker, operation: str, allowed: bool
) -> None:
    asker = odoo if allowed else officer
    told = asker.ask(ORDER, "check_access_rights", operation, raise_exception=False)
    assert told is allowed
    assert asker.ask(ORDER, "check_access_rights", operation, False) is allowed


def test_all_models_that_may_be_read_are_told_at_once(odoo: Asker, officer: Asker) -> None:
    told = [
        {row["model"] for row in asker.ask("ir.model", "get_available_models")}
        for asker in (odoo, officer)
    ]
    assert [ORDER in models for models in told] == [True, False]
    assert all({"hr.employee", "project.project", "res.currency"} <= models for models in told)


@pytest.mark.parametrize("operation", ["create", "write", "unlink"])
def test_the_officer_may_not_change_what_it_may_not_read(officer: Asker, operation: str) -> None:
    assert officer.ask(ORDER, "check_access_rights", operation, raise_exception=False) is False


def test_a_right_that_is_there_answers_nothing(odoo: Asker) -> None:
    assert odoo.ask(ORDER, "check_access_rights", "read") is None
