"""What a record rule hides is missing without a word however one asks; a right is refused."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.contracts.asking import RULED, Asker

ORDER, LINE = "sale.order", "account.analytic.line"
DOMAINS: Sequence[tuple[str, Sequence[Any]]] = [
    (ORDER, []),
    (ORDER, [("id", "!=", 0)]),
    (ORDER, ["!", ("state", "=", "sale")]),
    (ORDER, ["|", ("state", "=", "cancel"), ("name", "ilike", "1")]),
    (ORDER, [("partner_id.name", "!=", False)]),
    (LINE, []),
    (LINE, [("unit_amount", "<", 3)]),
    (LINE, ["|", ("so_line", "=", False), ("employee_id", "!=", False)]),
]


def within(model: str, domain: Sequence[Any]) -> Sequence[Any]:
    """What the administrator asks to find what the rule leaves the clerk."""
    return [*RULED[model], *domain]


@pytest.mark.parametrize("model", RULED)
def test_the_rule_hides_some_rows_and_shows_some(odoo: Asker, clerk: Asker, model: str) -> None:
    everything = odoo.count(model, [("project_id", "!=", False)] if model == LINE else [])
    assert 0 < clerk.count(model, []) < everything


@pytest.mark.parametrize(("model", "domain"), DOMAINS, ids=str)
def test_a_search_finds_what_the_rule_leaves(
    odoo: Asker, clerk: Asker, model: str, domain: Sequence[Any]
) -> None:
    expected = odoo.ids(model, within(model, domain))
    assert clerk.ids(model, domain) == expected
    assert clerk.ask(model, "search", list(domain), order="id") == expected
    assert clerk.ask(model, "search", list(domain), order="id", offset=1, limit=2) == expected[1:3]
    assert clerk.count(model, domain) == len(expected)


@pytest.mark.parametrize(("model", "domain"), DOMAINS, ids=str)
def test_rows_are_those_of_one_who_sees_all(
    odoo: Asker, clerk: Asker, model: str, domain: Sequence[Any]
) -> None:
    fields = ["company_id", "create_date" if model == LINE else "date_order"]
    expected = odoo.rows(model, within(model, domain), fields)
    assert clerk.rows(model, domain, fields) == expected


@pytest.mark.parametrize(
    ("model", "by", "aggregates"),
    [(ORDER, "state", ["__count"]), (LINE, "company_id", ["__count", "unit_amount:sum"])],
)
def test_groups_hold_what_the_rule_leaves(
    odoo: Asker, clerk: Asker, model: str, by: str, aggregates: Sequence[str]
) -> None:
    asked = ([by], list(aggregates))
    expected = odoo.ask(model, "formatted_read_group", within(model, []), *asked)
    found = clerk.ask(model, "formatted_read_group", [], *asked)
    keys = [by, *aggregates]
    assert [[row[key] for key in keys] for row in found] == [
        [row[key] for key in keys] for row in expected
    ]


def hidden_orders(odoo: Asker) -> list[int]:
    found = odoo.ids(ORDER, [("state", "!=", "sale")])
    assert found
    return found


def test_a_hidden_row_that_is_asked_for_by_its_id_is_missing(odoo: Asker, clerk: Asker) -> None:
    hidden = hidden_orders(odoo)
    assert clerk.ids(ORDER, [("id", "in", hidden)]) == []
    assert clerk.count(ORDER, [("id", "in", hidden)]) == 0


def test_no_path_leads_through_a_hidden_row(odoo: Asker, clerk: Asker) -> None:
    path = [("order_id.state", "!=", "sale")]
    assert odoo.count("sale.order.line", path) > 0
    assert clerk.count("sale.order.line", path) == 0


def test_a_hidden_row_is_named_where_another_refers_to_it(odoo: Asker, clerk: Asker) -> None:
    wanted = [("order_id", "in", hidden_orders(odoo))]
    told = [
        asker.ask("sale.order.line", "search_read", wanted, ["order_id"], order="id")
        for asker in (odoo, clerk)
    ]
    assert told[0]
    assert told[1] == told[0]


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("search", [[]]),
        ("search_read", [[], ["id"]]),
        ("search_count", [[]]),
        ("formatted_read_group", [[], ["state"], ["__count"]]),
    ],
)
def test_who_lacks_the_right_is_refused_and_who_has_a_rule_is_not(
    officer: Asker, clerk: Asker, method: str, args: list[Any]
) -> None:
    assert officer.refusal(ORDER, method, *args).name == "odoo.exceptions.AccessError"
    assert clerk.ask(ORDER, method, *args)
    assert clerk.ask(ORDER, "check_access_rights", "read", raise_exception=False) is True


@pytest.mark.parametrize("operation", ["create", "write", "unlink"])
def test_a_rule_that_shows_gives_no_right_to_write(clerk: Asker, operation: str) -> None:
    assert clerk.ask(ORDER, "check_access_rights", operation, raise_exception=False) is False
