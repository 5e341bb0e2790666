"""What is sold without a project, worked on without an order, and won without either."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from odoo_gateway.errors import OdooRejected
from odoo_gateway.sandbox import Sandbox
from tasks.domain.findings import NOT_SEEN, Finding, Report
from tasks.domain.periods import AsOf
from tasks.mobilization.project_setup.job import JOB
from tasks.mobilization.project_setup.policy import SetupPolicy
from tests.fakes.overlay import Overlay
from tests.fakes.setups import (
    FIXED,
    LEAD,
    LINE,
    LINES,
    ORDER,
    PROJECT,
    SOLD,
    WON,
    WORK,
    Row,
    ago,
    lead,
    line,
    order,
    project,
    rows,
)
from tests.tasks.conftest import MONDAY, changed, reading

NOW: Final = AsOf(MONDAY, ZoneInfo("Europe/Brussels"), MONDAY)
# Somebody made a second project for the first customer of the firm.
TWICE: Final = "project-without-order-150"
UNSET: Final = f"order-without-project-{SOLD}"
UNSOLD: Final = f"project-without-order-{WORK}"
NOT_SOLD: Final = f"won-without-order-{WON}"
LINES_OF: Final = {"name": "care", "categories": [2]}


def look(odoo: Any, company_id: int = 1, now: AsOf = NOW, **policy: Any) -> Report:
    reader = reading(odoo, company_id)
    report = JOB.run(reader, now, SetupPolicy.model_validate(policy))
    assert reader.drift == []
    return report


def sandbox_of(version: int = 19, **more: Any) -> Sandbox:
    return Sandbox(MONDAY.date(), version=version, rows=rows(**more))


def sold(*, lines: list[Row] | None = None, version: int = 19, **values: Any) -> Sandbox:
    """With one order more."""
    of_it = [line()] if lines is None else lines
    return sandbox_of(version, sale_order=[order(**values)], sale_order_line=of_it)


def keys(report: Report) -> set[str]:
    """Of what lacks something; what follows a sale has tests of its own."""
    kinds = {"order-without-project", "project-without-order", "won-without-order"}
    return {f.key for f in report.findings if f.kind in kinds} - {TWICE}


def finding(report: Report, key: str) -> Finding:
    (found,) = (each for each in report.findings if each.key == key)
    return found


def row(report: Report, model: str, number: int) -> Mapping[str, Any]:
    found = {(each["model"], each["record_id"]): each for each in report.rows}
    return found[model, number]


def measured(report: Report) -> Mapping[str, float]:
    return {measure.name: measure.value for measure in report.measures}


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_an_order_of_services_without_a_project_is_found(version: int) -> None:
    report = look(sold(version=version))
    assert keys(report) == {UNSET}
    found = finding(report, UNSET)
    assert found.title == "S09100 Hafenwerk GmbH has no project"
    assert (found.owner, str(found.amount), found.currency) == ("delivery", "18000.00", "EUR")
    assert (str(found.since), found.model, found.record_id) == ("2026-11-20", ORDER, SOLD)
    assert row(report, ORDER, SOLD) == {
        "model": ORDER,
        "record_id": SOLD,
        "name": "S09100",
        "partner_id": 20,
        "partner": "Hafenwerk GmbH",
        "owner": "delivery",
        "since": "2026-11-20",
        "amount": "18000.00",
        "currency": "EUR",
        "project_ids": [],
        "status": "without_project",
        "policy": SetupPolicy().version,
    }
    assert measured(report)["orders_without_project"] == 1


@pytest.mark.parametrize(
    "values",
    [
        {"state": "sent"},
        {"state": "cancel"},
        {"date_order": ago(91)},
        {"company_id": 2},
        {"project_id": 101},
    ],
)
def test_what_is_not_sold_of_late_or_has_a_project_is_no_gap(values: Mapping[str, Any]) -> None:
    of_line = {key: value for key, value in values.items() if key == "company_id"}
    assert UNSET not in keys(look(sold(lines=[line(**of_line)], **values)))


@pytest.mark.parametrize(
    "values",
    [
        {"is_service": False},
        {"is_expense": True},
        {"is_downpayment": True},
        {"display_type": "line_section"},
        {"product_uom_qty": 0.0},
    ],
)
def test_what_is_no_service_needs_no_project(values: Mapping[str, Any]) -> None:
    report = look(sold(lines=[line(**values)]))
    assert keys(report) == set()
    assert (ORDER, SOLD) not in {(each["model"], each["record_id"]) for each in report.rows}


@pytest.mark.parametrize(
    "more",
    [
        {"sale_order_line": [line(project_id=101)]},
        {"sale_order_line": [line(task_id=1001)]},
        {"sale_order_line": [line()], "project_project": [project(sale_line_id=LINES)]},
        {"sale_order_line": [line()], "project_project": [project(reinvoiced_sale_order_id=SOLD)]},
        {
            "sale_order_line": [line()],
            "project_project": [project(sale_line_id=LINES, active=False)],
        },
        {
            "sale_order_line": [line()],
            "project_project": [project(sale_line_id=LINES, company_id=2)],
        },
    ],
)
def test_any_link_between_order_and_project_counts(more: Mapping[str, Any]) -> None:
    report = look(sandbox_of(sale_order=[order()], **more))
    assert keys(report) == set()
    assert row(report, ORDER, SOLD)["status"] == "ok"


def test_a_template_that_names_the_order_is_no_project_of_it() -> None:
    template = project(sale_line_id=LINES, is_template=True)
    more: Any = {"sale_order_line": [line()], "project_project": [template]}
    assert keys(look(sandbox_of(sale_order=[order()], **more))) == {UNSET}


def test_the_product_may_name_the_project_of_all_its_orders() -> None:
    to_all = changed(
        rows=rows(sale_order=[order()], sale_order_line=[line()]),
        corrupt={("product.product", 1): {"project_id": 101}},
    )
    assert keys(look(to_all)) == set()


def test_a_service_line_may_need_no_project_or_have_a_lead_of_its_own() -> None:
    known = sold(lines=[line(), line(LINES + 1, sequence=20)])
    none = look(known, service_lines=[{**LINES_OF, "needs_project": False}])
    assert keys(none) == set()
    assert row(none, ORDER, SOLD)["status"] == "not_needed"
    other = {"name": "other", "categories": [7], "needs_project": False}
    led = look(known, service_lines=[other, {**LINES_OF, "delivery_lead": 103}], delivery_lead=101)
    assert finding(led, UNSET).owner == "Chiara Conti"
    assert finding(look(known, delivery_lead=101), UNSET).owner == "Anna Kern"
    upper = [{"name": "care", "categories": [1], "needs_project": False}]
    assert keys(look(known, service_lines=upper)) == set()


def test_a_tag_of_the_product_makes_a_service_line_too() -> None:
    tagged = changed(
        rows=rows(
            sale_order=[order()], sale_order_line=[line()], product_tag=[{"id": 9, "name": "Care"}]
        ),
        corrupt={("product.product", 1): {"product_tag_ids": [9]}},
        declares={"product.tag": {"id": {"type": "integer", "store": True}}},
    )
    care = [{"name": "care", "product_tags": [9], "needs_project": False}]
    assert keys(look(tagged, service_lines=care)) == set()
    assert keys(look(sold(), service_lines=care)) == {UNSET}


def test_one_line_that_needs_a_project_is_enough_and_one_without_a_product_does() -> None:
    mixed = sold(lines=[line(), line(LINES + 1, product_id=False)])
    care = [{**LINES_OF, "needs_project": False}]
    assert keys(look(mixed, service_lines=care)) == {UNSET}


def test_orders_in_other_currencies_keep_theirs() -> None:
    found = finding(look(sold(currency_id=2)), UNSET)
    assert found.currency == "USD"


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_a_billable_project_without_an_order_is_found(version: int) -> None:
    report = look(sandbox_of(version, project_project=[project()]))
    assert keys(report) == {UNSOLD}
    found = finding(report, UNSOLD)
    assert found.title == "Dock planning is billable and has no order"
    assert (found.owner, str(found.since)) == ("Chiara Conti", "2026-11-21")
    assert measured(report)["projects_without_order"] == 2
    assert row(report, PROJECT, WORK)["status"] == "without_order"


@pytest.mark.parametrize(
    "values",
    [
        {"allow_billable": False},
        {"partner_id": False},
        {"is_template": True},
        {"is_internal_project": True},
        {"active": False},
        {"company_id": 2},
        {"sale_line_id": 10},
        {"reinvoiced_sale_order_id": 1},
    ],
)
def test_a_project_that_is_not_billed_or_named_needs_no_order(values: Mapping[str, Any]) -> None:
    assert UNSOLD not in keys(look(sandbox_of(project_project=[project(**values)])))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"sale_order": [order(project_id=WORK)]}, False),
        ({"sale_order": [order(project_id=WORK, state="draft")]}, False),
        ({"sale_order": [order(project_id=WORK, state="cancel")]}, True),
        ({"sale_order_line": [line(order_id=1, project_id=WORK)]}, False),
        ({"sale_order_line": [line(order_id=1, project_id=WORK, state="cancel")]}, True),
    ],
)
def test_an_order_may_name_the_project_unless_it_is_cancelled(
    more: Mapping[str, Any], told: bool
) -> None:
    found = look(sandbox_of(project_project=[project()], **more))
    assert (UNSOLD in keys(found)) is told


@pytest.mark.parametrize("company_id", [1, 2])
def test_a_project_of_no_company_may_be_named_by_an_order_of_any(company_id: int) -> None:
    shared = project(company_id=False)
    named = order(project_id=WORK, company_id=2, team_id=False)
    assert UNSOLD in keys(look(sandbox_of(project_project=[shared])))
    odoo = sandbox_of(project_project=[shared], sale_order=[named])
    assert UNSOLD not in keys(look(odoo, company_id=company_id))


@pytest.mark.parametrize("field", ["project_template_id", "project_id"])
def test_what_products_are_delivered_by_is_no_project_of_one_order(field: str) -> None:
    copied = changed(
        rows=rows(project_project=[project()]),
        corrupt={("product.product", FIXED): {field: WORK}},
    )
    assert keys(look(copied)) == set()


def test_a_project_of_which_nobody_knows_when_it_was_made_stands_since_it_was_seen() -> None:
    unknown = sandbox_of(project_project=[project(create_date=False)])
    assert str(finding(look(unknown), UNSOLD).since) == "2026-11-23"
    before = replace(NOW, standing={UNSOLD: MONDAY.date() - timedelta(days=4)})
    assert str(finding(look(unknown, now=before), UNSOLD).since) == "2026-11-19"


@pytest.mark.parametrize("version", [16, 17, 18, 19])
def test_a_won_lead_without_a_confirmed_order_is_found(version: int) -> None:
    report = look(sandbox_of(version, crm_lead=[lead()]))
    assert keys(report) == {NOT_SOLD}
    found = finding(report, NOT_SOLD)
    assert found.title == "Dock planning for them is won and has no confirmed order"
    assert found.reason == "no order names it as its opportunity"
    assert (found.owner, str(found.since)) == ("Bruno Claes", "2026-11-20")
    assert measured(report)["won_leads_without_order"] == 1


@pytest.mark.parametrize(
    "values",
    [
        {"probability": 99.0},
        {"type": "lead"},
        {"active": False},
        {"company_id": 2},
        {"date_closed": ago(91)},
    ],
)
def test_what_is_not_won_of_late_needs_no_order(values: Mapping[str, Any]) -> None:
    assert keys(look(sandbox_of(crm_lead=[lead(**values)]))) == set()


@pytest.mark.parametrize(
    ("state", "company", "said"),
    [
        ("sale", 1, None),
        ("sale", 2, None),
        ("sent", 1, "its quotations are not confirmed: S09100"),
        ("cancel", 1, "no order names it as its opportunity"),
    ],
)
def test_a_quotation_is_no_order(state: str, company: int, said: str | None) -> None:
    about: Any = {"opportunity_id": WON, "project_id": 101, "state": state, "company_id": company}
    report = look(sandbox_of(crm_lead=[lead()], sale_order=[order(**about)]))
    assert keys(report) == ({NOT_SOLD} if said else set())
    assert row(report, LEAD, WON)["status"] == ("not_sold" if said else "ok")
    if said:
        assert finding(report, NOT_SOLD).reason == said


def test_what_is_exempt_is_listed_and_nobody_is_told() -> None:
    all_of_it = sandbox_of(
        sale_order=[order()],
        sale_order_line=[line()],
        project_project=[project()],
        crm_lead=[lead()],
    )
    assert keys(look(all_of_it)) == {UNSET, UNSOLD, NOT_SOLD}
    report = look(all_of_it, exempt_orders=[SOLD], exempt_projects=[WORK, 150], exempt_leads=[WON])
    assert not [f for f in report.findings if f.kind != "staffing-request"]
    numbers = ((ORDER, SOLD), (PROJECT, WORK), (LEAD, WON))
    assert {row(report, *number)["status"] for number in numbers} == {"exempt"}


def test_a_sales_team_may_look_back_less_far() -> None:
    policy = SetupPolicy(look_back_days=30)
    shorter = policy.with_units({}, {1: SetupPolicy(look_back_days=2)})
    both = sandbox_of(sale_order=[order()], sale_order_line=[line()], crm_lead=[lead()])
    assert (
        JOB.run(reading(both), NOW, shorter).findings
        == JOB.run(reading(sandbox_of()), NOW, shorter).findings
    )
    longer = SetupPolicy(look_back_days=2).with_units({}, {1: policy})
    assert {UNSET, NOT_SOLD} <= keys(JOB.run(reading(both), NOW, longer))


def steps(report: Report, key: str) -> list[tuple[str, str]]:
    told = finding(report, key).steps or ()
    return [(s.name, s.recipient.name if s.recipient else "delivery") for s in told]


def test_who_sets_projects_up_is_told_at_once_then_the_manager_then_the_owner() -> None:
    def of(days: int) -> list[tuple[str, str]]:
        return steps(look(sold(date_order=ago(days)), delivery_lead=103), UNSET)

    assert of(0) == [("first", "Chiara Conti")]
    assert of(4) == [("deadline", "Chiara Conti"), ("late", "Chiara Conti")]
    assert of(7) == [("manager", "Anna Kern")]
    assert of(11) == [("owner", "delivery")]
    assert of(60) == []


def test_the_firm_may_have_a_ladder_of_its_own() -> None:
    boss = [{"name": "boss", "working_days": 1, "who": "manager"}]
    report = look(sold(date_order=ago(7)), delivery_lead=103, ladder=boss)
    assert steps(report, UNSET) == [("boss", "Anna Kern")]


def test_customers_that_are_hidden_are_called_by_their_ids() -> None:
    more = rows(sale_order=[order()], sale_order_line=[line()])
    hiding = Sandbox(MONDAY.date(), rows=more, rules={"res.partner": [["id", "!=", 20]]})
    report = JOB.run(reading(hiding), NOW, SetupPolicy())
    assert row(report, ORDER, SOLD)["partner"] == "customer 20"
    assert "partner" in {figure for gap in report.not_verifiable for figure in gap.figures}


def test_a_lead_of_nobody_yet_and_a_product_without_a_category_are_no_trouble() -> None:
    unfiled = changed(
        rows=rows(
            sale_order=[order()], sale_order_line=[line()], crm_lead=[lead(partner_id=False)]
        ),
        corrupt={("product.product", 1): {"categ_id": False}},
    )
    report = look(unfiled, service_lines=[LINES_OF])
    assert keys(report) == {UNSET, NOT_SOLD}
    assert row(report, LEAD, WON)["partner"] == ""


def test_tasks_that_may_not_be_read_leave_nothing_to_be_told() -> None:
    more = rows(sale_order=[order()], sale_order_line=[line()])
    report = look(Sandbox(MONDAY.date(), rows=more, denied_models=["project.task"]))
    assert {found.key for found in report.findings} == {NOT_SEEN}
    assert (report.rows, report.measures) == ((), ())


def test_how_long_setup_takes_is_measured_by_the_first_project() -> None:
    made = [
        project(sale_line_id=LINES, create_date=ago(1)),
        project(WORK + 1, reinvoiced_sale_order_id=SOLD, create_date=ago(2, "21:00:00")),
    ]
    report = look(sandbox_of(sale_order=[order()], sale_order_line=[line()], project_project=made))
    assert measured(report)["project_setup_days"] == 1.5
    early = [project(sale_line_id=LINES, create_date=ago(9))]
    before = sandbox_of(sale_order=[order()], sale_order_line=[line()], project_project=early)
    assert measured(look(before))["project_setup_days"] == 0
    assert "project_setup_days" not in measured(look(sandbox_of()))


def test_an_odoo_without_projects_or_their_orders_says_so() -> None:
    for module, reason in (
        ("project", "this Odoo has no projects"),
        ("sale_project", "projects and orders are not linked in this Odoo"),
    ):
        lacking = Sandbox(
            MONDAY.date(),
            rows=rows(sale_order=[order()], sale_order_line=[line()], crm_lead=[lead()]),
            lacks_modules=[module],
        )
        report = look(lacking)
        assert reason in [gap.reason for gap in report.not_verifiable]
        assert keys(report) == {NOT_SOLD}
        assert report.unseen >= {"order-without-project", "project-without-order"}
        assert set(measured(report)) == {"won_leads_without_order"}


def test_an_odoo_whose_leads_name_no_orders_says_so_and_one_without_leads_has_none() -> None:
    more = rows(sale_order=[order()], sale_order_line=[line()], crm_lead=[lead()])
    unlinked = look(Sandbox(MONDAY.date(), rows=more, lacks_modules=["sale_crm"]))
    assert keys(unlinked) == {UNSET}
    assert unlinked.unseen == {"won-without-order"}
    assert "won_leads_without_order" not in measured(unlinked)
    without = look(Sandbox(MONDAY.date(), rows=more, lacks_modules=["crm"]))
    assert (keys(without), without.not_verifiable) == ({UNSET}, ())


def test_projects_that_may_not_be_read_are_not_said_to_be_missing() -> None:
    more = rows(sale_order=[order()], sale_order_line=[line()], project_project=[project()])
    report = look(Sandbox(MONDAY.date(), rows=more, denied_models=[PROJECT]))
    assert {found.key for found in report.findings} == {NOT_SEEN}
    assert (report.rows, report.measures) == ((), ())


@pytest.mark.parametrize("model", [ORDER, LINE])
def test_without_the_right_to_orders_there_is_no_report(model: str) -> None:
    with pytest.raises(OdooRejected, match=f"You are not allowed to access '{model}'"):
        look(changed(denied_models=[model]))


def test_leads_that_may_not_be_read_are_not_said_to_be_sold() -> None:
    more = rows(sale_order=[order()], sale_order_line=[line()], crm_lead=[lead()])
    report = look(Sandbox(MONDAY.date(), rows=more, denied_models=[LEAD]))
    assert {UNSET} <= keys(report)
    assert "won-without-order" in report.unseen
    assert "won_leads_without_order" not in measured(report)


def test_a_look_at_some_records_finds_of_them_what_a_look_at_all_does() -> None:
    all_of_it = sandbox_of(
        sale_order=[order()],
        sale_order_line=[line()],
        project_project=[project()],
        crm_lead=[lead()],
    )
    whole = look(all_of_it)
    for model, number, key in (
        (ORDER, SOLD, UNSET),
        (PROJECT, WORK, UNSOLD),
        (LEAD, WON, NOT_SOLD),
    ):
        alone = look(all_of_it, now=replace(NOW, only=frozenset({(model, number)})))
        assert keys(alone) == {key}
        assert finding(alone, key) == finding(whole, key)


def test_a_day_that_is_over_is_not_told_of(sandbox: Sandbox) -> None:
    then = AsOf(MONDAY - timedelta(days=3), NOW.zone, MONDAY)
    report = look(sandbox, now=then)
    assert (report.rows, report.findings) == ((), ())


@pytest.mark.parametrize("name", ["🍺", "x" * 10_000, "\u202eevil", "شركة", " "])
def test_odd_names_break_nothing(name: str) -> None:
    odd = sandbox_of(
        sale_order=[order(name=name)],
        sale_order_line=[line(name=name)],
        project_project=[project(name=name)],
        crm_lead=[lead(name=name)],
    )
    assert keys(look(odd)) == {UNSET, UNSOLD, NOT_SOLD}


def test_calls_do_not_grow_with_the_number_of_orders() -> None:
    def calls(count: int) -> int:
        many = range(count)
        more = rows(
            sale_order=[order(SOLD + 10 * n) for n in many],
            sale_order_line=[line(LINES + n, order_id=SOLD + 10 * n) for n in many],
            crm_lead=[lead(WON + n) for n in many],
        )
        overlay = Overlay(Sandbox(MONDAY.date(), rows=more), {})
        look(overlay)
        return len(overlay.seen)

    assert calls(40) == calls(1)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("service_lines", [{"name": "care"}], "names no products"),
        ("service_lines", [LINES_OF, LINES_OF], "stands there twice"),
        ("setup_within_hours", -1, "greater than or equal to 0"),
        ("look_back_days", 1000, "less than or equal to 730"),
        ("ladder", [{"name": "first", "working_days": 1}], "a name of its own, not first"),
    ],
)
def test_a_policy_that_is_not_meant_is_refused(key: str, value: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        SetupPolicy.model_validate({key: value})
