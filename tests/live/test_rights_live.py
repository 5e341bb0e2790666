"""Users of different rights on a real Odoo: every figure of every job is the administrator's, or is
said not to be verifiable.

The firm is Odoo's demo with orders in every state, expenses that wait, and a project that only its
followers see. The table that is printed is the one that people ask for: user, job, what is equal,
what is withheld, what is said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pytest

from tests.fakes.comparing import compare

from . import bots
from .bots import READ_BY_THE_JOBS, RECIPE, Bot
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
SALES_ALL, SALES_OWN = "sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_salesman"
HOURS_ALL = "hr_timesheet.group_timesheet_manager"
MANAGER = "project.group_project_manager"
INVOICES, EXPENSES = "account.group_account_readonly", "hr_expense.group_hr_expense_user"
HR, OFFICER = "hr.group_hr_manager", "hr.group_hr_user"
STOCK = (SALES_ALL, HOURS_ALL, MANAGER, INVOICES, EXPENSES)


def without(*models: str) -> tuple[str, ...]:
    """The recipe's rules, but for some models."""
    return tuple(model for model in READ_BY_THE_JOBS if model not in models)


@dataclass(frozen=True)
class Expected:
    """What must be said of a job for a user: its exit code, and checks that are not verifiable."""

    code: int = DONE
    checks: tuple[str, ...] = ()


# User, and what must be said of which job; of those not named, nothing.
USERS: Final[Mapping[Bot, Mapping[str, Expected]]] = {
    RECIPE: {},
    Bot("recipe_officer", READ_BY_THE_JOBS, (OFFICER,)): {},
    Bot("stock_groups", (), (*STOCK, HR)): {},
    Bot("own_expenses", without("hr.expense"), (HR,)): {
        "invoice_readiness": Expected(NOT_VERIFIABLE, ("expenses",)),
        "pending_approvals": Expected(NOT_VERIFIABLE, ("submitted expenses",)),
    },
    Bot("own_documents", without("sale.order", "sale.order.line"), (SALES_OWN, HR)): {
        "invoice_readiness": Expected(NOT_VERIFIABLE, ("orders", "order lines")),
        "wip_aging": Expected(NOT_VERIFIABLE, ("orders", "order lines")),
    },
}
# Without HR, past days have today's schedule, which is said; what follows from it may be another.
OF_SCHEDULES: Final = frozenset({"calendar history", "contract dates"})


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
def answer(fleet: Fleet, job: str) -> Answer:
    told = fleet.run(job)
    return Answer(told.code, json.loads(told.out)["scopes"])


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
    print("\n".join(sorted(lines)))


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("user", USERS, ids=lambda user: user.login)
def test_every_figure_is_the_administrators_or_said_not_to_be_verifiable(
    user: Bot, job: str, administrator: Fleet, table: list[str]
) -> None:
    whole, poor = answer(administrator, job), answer(user.instead_of(administrator), job)
    expected = USERS[user].get(job, Expected())
    assert whole.code == DONE
    assert gaps_of(whole) == {}
    said = gaps_of(poor)
    equal = withheld = 0
    wrong: list[str] = []
    for own, scope in zip(whole.scopes, poor.scopes, strict=True):
        if scope["status"] == "failed":
            said[scope["error"]] = "failed"
            continue
        found = compare(job, own, scope)
        schedules = OF_SCHEDULES & {gap["check"] for gap in scope["not_verifiable"]}
        wrong += [] if schedules else found.wrong
        equal += found.equal.total()
        withheld += found.withheld.total()
        said |= dict.fromkeys(schedules, "")
    row = f"{user.login} | {job} | {poor.code} | {equal} | {withheld} | {'; '.join(said)}"
    table.append(row)
    print(row)
    assert wrong == []
    assert poor.code == expected.code
    assert {*expected.checks} <= said.keys()
    assert withheld or expected.code != NOT_VERIFIABLE
