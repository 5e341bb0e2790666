"""A call sees the companies that it names, and what belongs to none."""

from typing import Any

import pytest

from odoo_gateway.sandbox import schema
from tests.contracts.asking import EVERYWHERE, Asker, shapes

# hr.employee has exceptions for the caller's own manager and team, so it stands apart.
RULED = [
    model
    for model, fields in schema.load().items()
    if "company_id" in fields and model != "hr.employee"
]
REFUSED = ("odoo.exceptions.AccessError", "Access to unauthorized or invalid companies.")


def companies(odoo: Asker) -> list[int]:
    """All companies of the caller."""
    return [row["id"] for row in odoo.ask("res.company", "search_read", [], ["id"], order="id")]


@pytest.mark.parametrize("model", RULED)
def test_a_call_sees_the_rows_of_the_companies_it_names(odoo: Asker, model: str) -> None:
    for company_id in companies(odoo):
        mine = [row["id"] for row in odoo.table(model) if row["company_id"] in (company_id, False)]
        context = {"allowed_company_ids": [company_id]}
        assert odoo.ids(model, EVERYWHERE, context=context) == mine
        assert odoo.count(model, EVERYWHERE, **context) == len(mine)


@pytest.mark.parametrize("model", [*RULED, "hr.employee", "project.milestone", "res.partner"])
def test_a_call_that_names_none_sees_all(odoo: Asker, model: str) -> None:
    everything = [row["id"] for row in odoo.table(model)]
    named: list[list[int]] = [[], companies(odoo), companies(odoo)[::-1]]
    for allowed in named:
        context = {"allowed_company_ids": allowed}
        assert odoo.ids(model, EVERYWHERE, context=context) == everything


@pytest.mark.parametrize("model", RULED)
def test_both_companies_have_rows(odoo: Asker, model: str) -> None:
    if model not in ("crm.lead", "crm.team", "hr.department", "hr.job"):
        assert {row["company_id"] for row in odoo.table(model)} >= set(companies(odoo))


def test_milestones_follow_the_company_of_their_project(odoo: Asker) -> None:
    of_project = {row["id"]: row["company_id"] for row in odoo.table("project.project")}
    for company_id in companies(odoo):
        mine = [
            row["id"]
            for row in odoo.table("project.milestone")
            if of_project[row["project_id"]] in (company_id, False)
        ]
        context = {"allowed_company_ids": [company_id]}
        assert odoo.ids("project.milestone", [], context=context) == mine


def test_people_of_other_companies_are_hidden(odoo: Asker) -> None:
    first, second = companies(odoo)[:2]
    found = odoo.ids("hr.employee", [], context={"allowed_company_ids": [first]})
    others = {row["id"] for row in odoo.table("hr.employee") if row["company_id"] == second}
    assert others
    assert not others & set(found)


def test_calendars_are_everybodys(odoo: Asker) -> None:
    for company_id in companies(odoo):
        context = {"allowed_company_ids": [company_id]}
        assert odoo.count("resource.calendar", [], **context) == odoo.count("resource.calendar", [])


def test_groups_too_stop_at_the_company(odoo: Asker) -> None:
    for company_id in companies(odoo):
        groups = odoo.ask(
            "sale.order",
            "formatted_read_group",
            [],
            ["company_id"],
            ["__count"],
            context={"allowed_company_ids": [company_id]},
        )
        assert [group["company_id"][0] for group in groups] == [company_id]


def test_a_path_does_not_lead_into_another_company(odoo: Asker) -> None:
    model, path = "account.analytic.line", "so_line.company_id"
    first, second = companies(odoo)[:2]
    assert odoo.count(model, [(path, "=", second)]) > 0
    assert odoo.count(model, [(path, "=", second)], allowed_company_ids=[first]) == 0


@pytest.mark.parametrize("allowed", [[99999], [1, 99999], ["first"]], ids=str)
@pytest.mark.parametrize("model", ["sale.order", "res.partner", "account.analytic.line"])
@pytest.mark.parametrize("method", ["search_read", "search_count"])
def test_a_company_that_does_not_exist_is_refused(
    odoo: Asker, model: str, method: str, allowed: list[Any]
) -> None:
    refusal = odoo.refusal(model, method, [], context={"allowed_company_ids": allowed})
    assert (refusal.name, refusal.message) == REFUSED


@pytest.mark.parametrize("model", ["hr.employee", "res.partner", "project.project"])
def test_a_company_that_the_caller_lacks_is_refused(
    odoo: Asker, officer: Asker, model: str
) -> None:
    foreign = [number for number in companies(odoo) if number not in companies(officer)]
    context = {"allowed_company_ids": foreign}
    refusal = officer.refusal(model, "search_read", [], ["id"], context=context)
    assert (refusal.name, refusal.message) == REFUSED
    refusal = officer.refusal(model, "formatted_read_group", [], [], ["__count"], context=context)
    assert (refusal.name, refusal.message) == REFUSED


@pytest.mark.parametrize("domain", [[(0, "=", 1)], [("id", "in", [])]], ids=str)
def test_where_nothing_can_match_no_company_is_looked_at(odoo: Asker, domain: list[Any]) -> None:
    assert odoo.count("sale.order", domain, allowed_company_ids=[99999]) == 0


def test_models_of_no_company_do_not_look_at_companies(odoo: Asker) -> None:
    assert odoo.count("res.currency", [], allowed_company_ids=[99999]) > 0
    assert odoo.count("resource.calendar", [], allowed_company_ids=[99999]) > 0


def test_the_officer_has_one_company(odoo: Asker, officer: Asker) -> None:
    assert len(companies(officer)) == 1 < len(companies(odoo))
    found = {row["company_id"] for row in officer.rows("resource.resource", [], ["company_id"])}
    assert found <= {*companies(officer), False}


def test_fields_know_no_company(odoo: Asker) -> None:
    found = odoo.ask(
        "sale.order",
        "fields_get",
        ["name"],
        ["type"],
        context={"allowed_company_ids": [99999]},
    )
    assert found == {"name": {"type": shapes("sale.order")["name"].type}}
