"""Several projects of one order: one for each template, and that of its support beside them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from odoo_gateway.procedures import calling
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.session import Session
from tasks.domain.deciding import State
from tasks.domain.findings import Finding, Report
from tasks.domain.proposals import Proposal, Proposed
from tests.fakes.setups import FIXED, HOUR, LINES, SOLD, WORK, Row, ago, line, order, project, rows
from tests.tasks.conftest import MONDAY
from tests.tasks.mobilization.project_setup.test_proposing import ANNA, BRUNO, NOW, look
from workers.effects.kinds.create_project import KIND, NewProject

BUILD, RUN, HELP = WORK + 50, WORK + 51, WORK + 52
# Tags of products.
CARE, OTHER = 77, 78
LACKS: Final = f"order-without-project-{SOLD}"
NO_SUPPORT: Final = f"no-support-project-{SOLD}"
ENDS: Final = f"support-ends-{WORK}"
LINE_OF: Final = (LINES, LINES + 1)
# The firm's products are of category 2, but for those that fixed prices bill.
SUPPORT: Final[Mapping[str, Any]] = {"named": "Support", "template": HELP, "manager": BRUNO}


def template(number: int, name: str) -> Row:
    return project(number, name=name, is_template=True, partner_id=False, allow_billable=False)


def sandbox_of(*projects: Row, lines: list[Row] | None = None, **values: Any) -> Sandbox:
    """An order of two lines whose products have a template each, and these projects."""
    two = [
        line(LINES, name="Building\nall of it", product_id=HOUR),
        line(LINES + 1, name="Running", product_id=FIXED, sequence=20, product_uom_qty=10.0),
    ]
    made = [template(BUILD, "Build"), template(RUN, "Run"), template(HELP, "Help"), *projects]
    tags = [{"id": CARE, "name": "Care"}, {"id": OTHER, "name": "Other"}]
    found = rows(
        sale_order=[order(**values)],
        sale_order_line=lines or two,
        project_project=made,
        product_tag=tags,
    )
    return Sandbox(
        MONDAY.date(),
        rows=found,
        installed=True,
        corrupt={
            ("product.product", HOUR): {"project_template_id": BUILD},
            ("product.product", FIXED): {"project_template_id": RUN, "product_tag_ids": [CARE]},
            ("product.product", 3): {"product_tag_ids": [OTHER]},
        },
    )


def proposed(report: Report) -> dict[str, Proposal]:
    ours = [each for each in report.proposals if each.record_id == SOLD]
    for each in ours:
        KIND.values.model_validate(each.values)
    return {each.identity: each for each in ours}


def finding(report: Report, key: str) -> Finding | None:
    return next((each for each in report.findings if each.key == key), None)


def tables_of(odoo: Sandbox) -> Any:
    return odoo._database.tables


def make(odoo: Sandbox, proposal: Proposal) -> calling.ProjectMade:
    """As its effect does."""
    values = NewProject.model_validate(proposal.values)
    return calling.create_project(
        Session(odoo, "https://odoo.example"),
        1,
        SOLD,
        template_id=values.template_id or 0,
        name=values.name,
        manager_id=values.manager_id or 0,
        first_day=values.first_day,
        last_day=values.last_day,
        plan=values.plan,
    )


def test_each_template_of_an_order_has_a_project_of_its_own_proposed() -> None:
    found = proposed(look(sandbox_of()))
    assert set(found) == {f"project-{BUILD}", f"project-{RUN}"}
    build, run = found[f"project-{BUILD}"], found[f"project-{RUN}"]
    assert (build.values["template_id"], run.values["template_id"]) == (BUILD, RUN)
    assert build.values["name"] == "S09100 Hafenwerk GmbH Build"
    assert (build.values["lines"], run.values["lines"]) == ([LINES], [LINES + 1])
    assert (build.values["line_id"], run.values["line_id"]) == LINE_OF
    # None of the hours is budgeted twice.
    assert (build.values["hours"], run.values["hours"]) == (150.0, 10.0)
    assert build.why == "S09100 was confirmed on 2026-11-20 and has no project for Building"


def test_each_is_made_once_and_what_is_there_is_not_proposed_again() -> None:
    odoo = sandbox_of()
    for each in proposed(look(odoo)).values():
        first = make(odoo, each)
        assert first.created
        assert make(odoo, each) == calling.ProjectMade(False, first.project_id)
    report = look(odoo)
    assert (proposed(report), finding(report, LACKS)) == ({}, None)
    named = {n: row["project_id"] for n, row in tables_of(odoo)["sale.order.line"].items()}
    assert len({named[number] for number in LINE_OF}) == 2


def test_of_one_that_somebody_made_meanwhile_the_other_is_proposed_and_told() -> None:
    odoo = sandbox_of(project(sale_line_id=LINES))
    report = look(odoo)
    assert set(proposed(report)) == {f"project-{RUN}"}
    found = finding(report, LACKS)
    assert found is not None
    assert found.title == "S09100 Hafenwerk GmbH has no project for Running"
    assert make(odoo, report.proposals[0]).created
    assert not look(odoo).proposals
    # The one that somebody made is taken for its own line.
    asked = proposed(look(sandbox_of()))[f"project-{BUILD}"]
    there = make(sandbox_of(project(sale_line_id=LINES)), asked)
    assert there == calling.ProjectMade(False, WORK)


@pytest.mark.parametrize(
    "values",
    [{"reinvoiced_sale_order_id": SOLD}, {"reinvoiced_sale_order_id": SOLD, "active": False}],
)
def test_a_project_of_the_whole_order_is_that_of_all_its_lines(values: dict[str, Any]) -> None:
    odoo = sandbox_of(project(**values))
    assert not look(odoo).proposals
    for each in look(sandbox_of()).proposals:
        assert make(odoo, each) == calling.ProjectMade(False, WORK)


def test_a_task_of_a_line_is_its_project() -> None:
    two = [
        line(LINES, product_id=HOUR),
        line(LINES + 1, product_id=FIXED, sequence=20, task_id=1001),
    ]
    found = proposed(look(sandbox_of(lines=two)))
    assert set(found) == {f"project-{BUILD}"}


def test_lines_without_a_template_go_with_the_first() -> None:
    more = [
        line(LINES + 2, name="Travel", product_id=3, sequence=5),
        line(LINES, product_id=HOUR),
        line(LINES + 1, product_id=FIXED, sequence=20),
    ]
    found = proposed(look(sandbox_of(lines=more)))
    assert found[f"project-{BUILD}"].values["lines"] == [LINES + 2, LINES]
    assert found[f"project-{RUN}"].values["lines"] == [LINES + 1]


def test_what_was_proposed_for_the_whole_order_before_is_withdrawn() -> None:
    old = Proposed("create_project", "sale.order", SOLD, "project", MONDAY, State.WAITING)
    new = replace(old, identity=f"project-{RUN}")
    report = look(sandbox_of(), replace(NOW, proposed=(old, new)))
    assert report.withdrawn == (old,)


def lines_of(**support: Any) -> list[dict[str, Any]]:
    """A service line with support of all that the firm sells."""
    return [{"name": "care", "categories": [1, 2, 3, 4], "support": {**SUPPORT, **support}}]


def test_support_has_a_project_of_its_own_beside_the_others() -> None:
    odoo = sandbox_of()
    asked = lines_of(team=[ANNA], levels=["P1: <4 h>"], days=365)
    report = look(odoo, service_lines=asked)
    found = proposed(report)
    assert set(found) == {f"project-{BUILD}", f"project-{RUN}", "support"}
    support = found["support"]
    assert support.why == (
        "S09100 was confirmed on 2026-11-20, includes support and has no project for it"
    )
    assert support.values == {
        "template_id": HELP,
        "name": "S09100 Hafenwerk GmbH Support",
        "manager_id": BRUNO,
        "first_day": "2026-12-04",
        "last_day": "2027-12-04",
        "line_id": None,
        "hours": 0,
        "milestones": [],
        "tasks": [],
        "activities": [
            {
                "summary": "Support: S09100 Hafenwerk GmbH",
                "user_id": ANNA,
                "deadline": "2026-12-04",
            }
        ],
        "named": "Support",
        "levels": ["P1: <4 h>"],
    }
    # Whichever is made first, none is taken for another.
    for identity in ("support", f"project-{RUN}", f"project-{BUILD}"):
        assert make(odoo, found[identity]).created
        assert not make(odoo, found[identity]).created
    made = [row for row in tables_of(odoo)["project.project"].values() if row["id"] > HELP]
    (of_support,) = (row for row in made if "Support" in row["name"])
    assert (of_support["allow_billable"], of_support["sale_line_id"]) == (False, False)
    assert of_support["description"] == "<p>P1: &lt;4 h&gt;</p>"
    after = look(odoo, service_lines=asked)
    assert (proposed(after), finding(after, NO_SUPPORT)) == ({}, None)


def test_a_support_project_alone_is_not_the_project_of_the_order() -> None:
    there = project(name="Support of Hafenwerk", reinvoiced_sale_order_id=SOLD)
    one = [line(LINES, product_id=3)]
    report = look(sandbox_of(there, lines=one), service_lines=lines_of())
    assert set(proposed(report)) == {"project"}
    assert finding(report, LACKS) is not None
    assert finding(report, NO_SUPPORT) is None
    assert proposed(report)["project"].values["beside"] == "Support"


def test_support_that_is_sold_is_set_up_apart_from_other_work() -> None:
    """Its hours are billed by its own line, and its project holds no other."""
    sold: list[dict[str, Any]] = [
        {"name": "care", "product_tags": [CARE], "support": {**SUPPORT, "is_sold": True}},
        {"name": "work", "product_tags": [OTHER]},
    ]
    odoo = sandbox_of(lines=[line(LINES, product_id=3), line(LINES + 1, product_id=FIXED)])
    report = look(odoo, service_lines=sold)
    found = proposed(report)
    assert set(found) == {"project", "support"}
    assert found["support"].values["lines"] == [LINES + 1]
    assert found["support"].values["line_id"] == LINES + 1
    assert found["project"].values["lines"] == [LINES]
    for identity in ("project", "support"):
        assert make(odoo, found[identity]).created
    after = look(odoo, service_lines=sold)
    assert (proposed(after), finding(after, LACKS), finding(after, NO_SUPPORT)) == ({}, None, None)
    named = tables_of(odoo)["sale.order.line"]
    assert named[LINES]["project_id"] != named[LINES + 1]["project_id"]
    only = [{**sold[0], "product_tags": [CARE, OTHER]}]
    alone = look(sandbox_of(lines=[line(LINES, product_id=3)]), service_lines=only)
    assert set(proposed(alone)) == {"support"}
    assert finding(alone, LACKS) is None


def test_an_exempt_order_has_nothing_proposed() -> None:
    report = look(sandbox_of(), service_lines=lines_of(), exempt_orders=[SOLD])
    assert (proposed(report), finding(report, NO_SUPPORT)) == ({}, None)


@pytest.mark.parametrize(
    ("ahead", "support", "told"),
    [
        (30, {"days": 365}, True),
        (0, {"days": 365}, True),
        (31, {"days": 365}, False),
        (-1, {"days": 365}, False),
        (10, {}, False),
    ],
)
def test_the_end_of_support_is_told_once_to_who_sold_it(
    ahead: int, support: dict[str, Any], told: bool
) -> None:
    end = str(MONDAY.date() + timedelta(days=ahead))
    helped = project(name="Support of Hafenwerk", reinvoiced_sale_order_id=SOLD, date=end)
    odoo = sandbox_of(helped, lines=[line(LINES, product_id=3)], date_order=ago(3))
    found = finding(look(odoo, service_lines=lines_of(**support)), ENDS)
    assert (found is not None) is told
    if found:
        assert found.title.endswith(f"the support ends on {end}")
        assert found.owner == "Bruno Claes"
        assert found.severity.value == "info"
