"""Sixteen users of different rights on a real Odoo: every figure of every job is the
administrator's, or is said not to be verifiable.

The firm is Odoo's demo with orders in every state, expenses that wait, and a project that only its
followers see. The table that is printed is the one that people ask for: user, job, what is equal,
what is withheld, what is said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import pytest

from tests.fakes.comparing import compare

from . import bots
from .bots import READ_BY_THE_JOBS, RECIPE, ROWS_OF_THE_JOBS, Bot
from .fleet_command import Fleet
from .inside import billing_cases, hidden_project
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

JOBS: Final = (
    *("invoice_readiness", "wip_aging", "utilization_variance"),
    *("timesheet_reminders", "pending_approvals"),
)
DONE, NOT_VERIFIABLE = 0, 5
AT_ONCE: Final = 3
OF_SALES: Final = ("sale.order", "sale.order.line")
SALES_ALL, SALES_OWN = "sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_salesman"
HOURS_ALL, HOURS_OWN = (
    "hr_timesheet.group_timesheet_manager",
    "hr_timesheet.group_hr_timesheet_user",
)
APPROVER = "hr_timesheet.group_hr_timesheet_approver"
MANAGER, MEMBER = "project.group_project_manager", "project.group_project_user"
INVOICES, EXPENSES = "account.group_account_readonly", "hr_expense.group_hr_expense_user"
HR, OFFICER = "hr.group_hr_manager", "hr.group_hr_user"
STOCK = (SALES_ALL, HOURS_ALL, MANAGER, INVOICES, EXPENSES)


def without(*models: str) -> tuple[str, ...]:
    """The recipe's rules, but for some models."""
    return tuple(model for model in READ_BY_THE_JOBS if model not in models)


# What follows from hours, from past schedules, and from both, in the jobs that are about people.
HOURS, HISTORY, SUBMITTED = "logged hours", "calendar history", "submitted expenses"
OF_PEOPLE: Final = ("utilization_variance", "timesheet_reminders", "pending_approvals")
WITHOUT_HOURS: Final = dict.fromkeys(JOBS, (HOURS,))
WITHOUT_HR: Final = dict.fromkeys(OF_PEOPLE, (HISTORY,))
WITHOUT_INVOICES: Final = dict.fromkeys(JOBS[:2], ("invoices", "invoice lines"))
ORDERS: Final = ("orders", "order lines")
HIDDEN_PROJECTS: Final = ("project.project", "project.task", "project.milestone")

# What the guide gives the fleet's user, and the least that a user of Odoo may have.
SHORT: Final = (RECIPE.login, "own_timesheets")

# User, and the checks of which job must be said not to be verifiable; of those not named, none.
USERS: Final[Mapping[Bot, Mapping[str, tuple[str, ...]]]] = {
    RECIPE: {},
    Bot("stock_groups", (), (*STOCK, HR)): {},
    Bot("recipe_officer", READ_BY_THE_JOBS, (OFFICER,)): WITHOUT_HR,
    Bot("recipe_without_hr", READ_BY_THE_JOBS): WITHOUT_HR,
    Bot("own_expenses", without("hr.expense"), (HR,)): {
        "invoice_readiness": ("expenses",),
        "pending_approvals": (SUBMITTED,),
    },
    Bot("own_documents", without("sale.order", "sale.order.line"), (SALES_OWN, HR)): {
        "invoice_readiness": ORDERS,
        "wip_aging": ORDERS,
    },
    Bot("own_timesheets", without("account.analytic.line"), (HOURS_OWN, HR)): WITHOUT_HOURS,
    Bot("all_timesheets", without("account.analytic.line"), (APPROVER, HR)): WITHOUT_HOURS,
    Bot("no_followed_projects", without(*HIDDEN_PROJECTS), (MEMBER, HR)): {
        "invoice_readiness": ("projects", "milestones"),
        "wip_aging": ("milestones",),
        "utilization_variance": ("planned hours",),
    },
    Bot("no_accounting", without("account.move", "account.move.line"), (HR,)): WITHOUT_INVOICES,
    Bot(
        "own_invoices",
        without("account.move", "account.move.line", *OF_SALES),
        (SALES_OWN, HR),
    ): dict.fromkeys(JOBS[:2], ("invoices", "invoice lines", *ORDERS)),
    # All rows, but nothing that shows it.
    Bot("rules_unreadable", ROWS_OF_THE_JOBS, (HR,)): {
        **WITHOUT_HOURS,
        "invoice_readiness": (HOURS, *ORDERS, "invoices", "projects", "expenses"),
        "wip_aging": (HOURS, *ORDERS, "invoices", "milestones"),
        "pending_approvals": (HOURS, SUBMITTED),
    },
    Bot("sales_alone", (), (SALES_ALL,)): {
        **WITHOUT_HOURS,
        "pending_approvals": (HOURS, HISTORY, SUBMITTED),
    },
    Bot("project_manager", (), (MANAGER, HOURS_ALL)): {
        **WITHOUT_HR,
        "invoice_readiness": (*ORDERS, "invoices", "expenses"),
        "wip_aging": (*ORDERS, "invoices"),
    },
    Bot("accountant", (), (INVOICES, SALES_ALL, EXPENSES)): WITHOUT_HOURS,
    Bot("employee"): WITHOUT_HOURS,
}


@pytest.fixture(scope="module")
def administrator(
    odoo_server: OdooServer, demo_db: str, tmp_path_factory: pytest.TempPathFactory
) -> Fleet:
    run_inside(odoo_server, demo_db, billing_cases.build)
    run_inside(odoo_server, demo_db, hidden_project.build)
    bots.make(odoo_server, demo_db, *USERS)
    folder = tmp_path_factory.mktemp("rights")
    return Fleet(folder, odoo_server.url, demo_db, LOGIN, PASSWORD)


@dataclass(frozen=True)
class Answer:
    """How the command ended, and its companies."""

    code: int
    scopes: list[dict[str, Any]]


@cache
def answers(fleet: Fleet) -> Mapping[str, Answer]:
    """What a user is told by all jobs, of which some run at once."""

    def answer(job: str) -> Answer:
        folder = fleet.folder / f"{fleet.login}-{job}"
        folder.mkdir()
        told = replace(fleet, folder=folder).run(job)
        return Answer(told.code, json.loads(told.out)["scopes"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(JOBS, pool.map(answer, JOBS), strict=True))


def gaps_of(told: Answer) -> dict[str, str]:
    return {
        gap["check"]: gap["reason"]
        for scope in told.scopes
        for gap in scope["not_verifiable"]
        if gap["figures"]
    }


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    """The lines of the table, printed when all users were looked at."""
    lines: list[str] = []
    yield lines
    print("\nuser | job | exit | figures equal | withheld | what is said")
    print("\n".join(lines))


@pytest.mark.parametrize(
    "user",
    [
        pytest.param(user, id=user.login, marks=() if user.login in SHORT else pytest.mark.long)
        for user in USERS
    ],
)
def test_every_figure_is_the_administrators_or_said_not_to_be_verifiable(
    user: Bot, administrator: Fleet, table: list[str]
) -> None:
    wrong = [
        f"{job}: {each}"
        for job, poor in answers(user.instead_of(administrator)).items()
        for each in judged(user, job, answers(administrator)[job], poor, table)
    ]
    assert wrong == []


def judged(user: Bot, job: str, whole: Answer, poor: Answer, table: list[str]) -> Iterator[str]:
    """What is wrong about one job of a user; its line is added to the table."""
    assert whole.code == DONE
    assert gaps_of(whole) == {}
    said = gaps_of(poor)
    failed = [scope["error"] for scope in poor.scopes if scope["status"] == "failed"]
    equal: Counter[str] = Counter()
    withheld: Counter[str] = Counter()
    for own, scope in zip(whole.scopes, poor.scopes, strict=True):
        if scope["status"] != "failed":
            found = compare(job, own, scope)
            yield from found.wrong
            equal += found.equal
            withheld += found.withheld
    told = "; ".join([*said, *dict.fromkeys(map(str, failed))])
    figures = ", ".join(sorted(withheld))
    table.append(
        f"{user.login} | {job} | {poor.code} | {equal.total()} | "
        f"{withheld.total()}: {figures} | {told}"
    )
    print(table[-1])
    if failed:
        if poor.code in (DONE, NOT_VERIFIABLE):
            yield f"exit code {poor.code} where a company failed"
        return
    if poor.code != (NOT_VERIFIABLE if said else DONE):
        yield f"exit code {poor.code}, and {told or 'nothing'} is said"
    expected = {*USERS[user].get(job, ())}
    if not expected <= said.keys() or (said and not expected):
        yield f"{sorted(said)} is said instead of {sorted(expected)}"
