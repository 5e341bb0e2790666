"""Four jobs on a firm of 240 people and 260 orders, held against SQL in every row and column.

The oracle is SQL on Odoo's tables and Odoo's own arithmetic; it knows nothing of how the jobs
work. No row is left out, and no column of the contract; of texts it knows only that they are there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from . import (
    firm_database,
    firm_money_by_sql,
    firm_people_by_sql,
    firm_readiness_by_sql,
    firm_wip_by_sql,
)
from .column_by_column import compare
from .firm_people_by_sql import Targets
from .fleet_command import Fleet
from .inside import odoo_arithmetic
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .orders_by_sql import StoredOrder, confirmed_orders
from .run_document import Readiness, Reminders, Utilization, Wip

# Making the firm takes minutes, once a day.
pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]

Sql = psycopg.Connection[TupleRow]
CENT = Decimal("0.01")
TODAY = date.today()
# Of the last week that is over wherever somebody works: early on a Monday it is Sunday elsewhere.
MONDAY = TODAY - timedelta(days=(TODAY - timedelta(days=1)).weekday() + 8)
WEEK = MONDAY, MONDAY + timedelta(days=6)
MONTH_END = TODAY.replace(day=1) - timedelta(days=1)
MONTH = MONTH_END.replace(day=1), MONTH_END

CONFIG = """
[tenants.firm]
url = "{url}"
database = "{database}"
login = "{login}"

[tenants.firm.policies.timesheet_reminders]
exempt_employees = {exempt_employees}
exempt_departments = {exempt_departments}

[tenants.firm.policies.utilization_variance]
target_percent = 60
targets_by_employee = {{ {targets_by_employee} }}
targets_by_job = {{ {targets_by_job} }}
targets_by_department = {{ {targets_by_department} }}
excluded_employees = {excluded_employees}

[tenants.firm.policies.invoice_readiness]
purchase_order_required = true
over_ordered_percent = 10
excluded_customers = {excluded_customers}
holds = [{holds}]
"""
SOME_ORDERS = "SELECT name FROM sale_order WHERE state = 'sale' ORDER BY id"
SOME_CUSTOMERS = "SELECT partner_id FROM sale_order WHERE state = 'sale' GROUP BY 1 ORDER BY 1"

# Columns beside the contract; their own tests tell whether they are right.
ADDED_TO_REMINDERS = ("counted_hours", "draft_hours", "submitted_hours", "approved_hours", "policy")
ADDED_TO_PEOPLE = ("productive_percent", "total_percent", "ahead", "policy")
ADDED_TO_LINES = (
    *("cost", "cost_currency", "provision", "policy"),
    *("difference", "difference_reason"),
)
ADDED_TO_WIP = ("provision", "lock_up", "residual_lines", "residual_by_reason", "excluded_lines")
ADDED_TO_ORDERS = (
    *("waiting_to_be_ready_days", "waiting_for_finance_days", "becomes_ready_when"),
    *("partial_bill", "lines", "policy", "verdict", "not_verified"),
)

# What there must be, and how much of it at least.
INVOICES = "SELECT count(*) FROM account_move WHERE move_type = '{}' AND state = '{}'"
LINES = "SELECT count(*) FROM account_analytic_line WHERE project_id IS NOT NULL"
SIZE = {
    "active people": ("SELECT count(*) FROM hr_employee WHERE active", 200),
    "archived people": ("SELECT count(*) FROM hr_employee WHERE NOT active", 10),
    "zones": ("SELECT count(DISTINCT tz) FROM resource_resource", 4),
    "calendars": ("SELECT count(DISTINCT resource_calendar_id) FROM hr_version", 10),
    "versions with contracts": (
        "SELECT count(*) FROM hr_version WHERE contract_date_start IS NOT NULL",
        30,
    ),
    "approved leaves": ("SELECT count(*) FROM hr_leave WHERE state = 'validate'", 40),
    "confirmed orders": ("SELECT count(*) FROM sale_order WHERE state = 'sale'", 200),
    "currencies": ("SELECT count(DISTINCT currency_id) FROM sale_order WHERE state = 'sale'", 3),
    "selling companies": ("SELECT count(DISTINCT company_id) FROM sale_order", 2),
    "posted invoices": (INVOICES.format("out_invoice", "posted"), 100),
    "draft invoices": (INVOICES.format("out_invoice", "draft"), 20),
    "cancelled invoices": (INVOICES.format("out_invoice", "cancel"), 10),
    "posted credit notes": (INVOICES.format("out_refund", "posted"), 20),
    "timesheet lines": (LINES, 20_000),
    "lines of leave": (f"{LINES} AND holiday_id IS NOT NULL", 50),
    "lines of holidays": (f"{LINES} AND global_leave_id IS NOT NULL", 100),
    "lines of days to come": (f"{LINES} AND date > current_date", 20),
    "billable lines on no order": (
        f"{LINES} AND so_line IS NULL AND project_id IN "
        "(SELECT id FROM project_project WHERE allow_billable)",
        100,
    ),
    "tasks with hours": ("SELECT count(*) FROM project_task WHERE allocated_hours > 0", 200),
}


@dataclass(frozen=True)
class Policy:
    """What the configuration file says, so that every status occurs."""

    exempt: Mapping[str, list[int]]
    targets: Targets
    readiness: firm_readiness_by_sql.Policy

    def text(self, url: str, database: str) -> str:
        """The file; ids are the names of its keys."""

        def table(targets: Mapping[int, float]) -> str:
            return ", ".join(f"{key} = {value}" for key, value in targets.items())

        return CONFIG.format(
            url=url,
            database=database,
            login=LOGIN,
            exempt_employees=self.exempt["employees"],
            exempt_departments=self.exempt["departments"],
            targets_by_employee=table(self.targets.by_employee),
            targets_by_job=table(self.targets.by_job),
            targets_by_department=table(self.targets.by_department),
            excluded_employees=list(self.targets.excluded),
            excluded_customers=list(self.readiness.excluded_customers),
            holds=", ".join(
                f'{{ order = "{order}", reason = "dispute"{f", until = {day}" if day else ""} }}'
                for order, day in self.readiness.holds.items()
            ),
        )


@pytest.fixture(scope="module")
def database(odoo_server: OdooServer) -> str:
    return firm_database.of_today(odoo_server)


@pytest.fixture(scope="module")
def sql(odoo_server: OdooServer, database: str) -> Any:
    with psycopg.connect(odoo_server.pg_dsn(database), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = on")
        yield connection


@pytest.fixture(scope="module")
def policy(sql: Sql) -> Policy:
    people = firm_people_by_sql.people(sql)
    ids = [person.id for person in people]
    departments = sorted({person.department_id for person in people if person.department_id})
    orders = [row[0] for row in sql.execute(SOME_ORDERS).fetchall()]
    customers = [row[0] for row in sql.execute(SOME_CUSTOMERS).fetchall()]
    jobs = sorted({person.job_id for person in people if person.job_id})
    return Policy(
        exempt={"employees": ids[4::40], "departments": departments[:1]},
        targets=Targets(
            everybody=60,
            by_employee=dict.fromkeys(ids[::9], 80),
            by_job={jobs[-1]: 40, jobs[-2]: 70},
            by_department={departments[-1]: 50},
            excluded=ids[6::50],
        ),
        readiness=firm_readiness_by_sql.Policy(
            holds={
                **dict.fromkeys(orders[8::20], None),
                **dict.fromkeys(orders[9::25], TODAY),
                **dict.fromkeys(orders[10::25], TODAY - timedelta(days=1)),
            },
            excluded_customers=customers[-2:],
        ),
    )


@pytest.fixture(scope="module")
def fleet(odoo_server: OdooServer, database: str, policy: Policy, tmp_path_factory: Any) -> Fleet:
    folder: Path = tmp_path_factory.mktemp("firm")
    config = tmp_path_factory.mktemp("configuration") / "fleet.toml"
    config.write_text(policy.text(odoo_server.url, database))
    return Fleet(folder, odoo_server.url, database, LOGIN, PASSWORD, config)


@pytest.fixture(scope="module")
def odoo(odoo_server: OdooServer, database: str) -> Mapping[str, Any]:
    """What Odoo itself computes of the firm, for the week and for the month."""
    periods = [[str(day) for day in period] for period in (WEEK, MONTH)]
    found: Mapping[str, Any] = run_inside(
        odoo_server, database, odoo_arithmetic.everything, periods=periods
    )
    return found


class Documents:
    """What each job says of the firm, asked once."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._told: dict[str, str] = {}

    def of(self, job: str) -> str:
        """The document as it was printed."""
        if job not in self._told:
            of_week = ("--from", str(WEEK[0]), "--to", str(WEEK[1]))
            period = of_week if job == "timesheet_reminders" else ()
            told = self._fleet.run(job, "--as-of", str(TODAY), *period)
            assert told.code == 0, told.err
            assert list(self._fleet.folder.iterdir()) == []
            self._told[job] = told.out
        return self._told[job]


@pytest.fixture(scope="module")
def documents(fleet: Fleet) -> Documents:
    return Documents(fleet)


@pytest.fixture(scope="module")
def wip(documents: Documents) -> Wip:
    return Wip.model_validate_json(documents.of("wip_aging"))


@pytest.fixture(scope="module")
def readiness(documents: Documents) -> Readiness:
    return Readiness.model_validate_json(documents.of("invoice_readiness"))


@pytest.fixture(scope="module")
def stored(sql: Sql, odoo: Mapping[str, Any]) -> Mapping[int, StoredOrder]:
    billed = {int(line): Decimal(repr(amount)) for line, (amount, _) in odoo["worth"].items()}
    return confirmed_orders(sql, TODAY, billed)


@pytest.fixture(scope="module")
def judged(
    fleet: Fleet,
    sql: Sql,
    odoo: Mapping[str, Any],
    policy: Policy,
    stored: Mapping[int, StoredOrder],
) -> Mapping[int, Mapping[str, Any]]:
    return firm_readiness_by_sql.rows(
        sql, stored, odoo["projects"], TODAY, policy.readiness, fleet.url
    )


def test_the_firm_is_as_large_and_as_mixed_as_it_is_said_to_be(sql: Sql) -> None:
    found = {what: sql.execute(query.encode()).fetchone() for what, (query, _) in SIZE.items()}
    counts = {what: row[0] for what, row in found.items() if row}
    print(counts)
    assert not {what: n for what, n in counts.items() if n < SIZE[what][1]}


def test_every_reminder_is_right(
    documents: Documents, sql: Sql, odoo: Mapping[str, Any], policy: Policy
) -> None:
    found = Reminders.model_validate_json(documents.of("timesheet_reminders"))
    expected = firm_people_by_sql.reminder_rows(sql, odoo["hours"][0], *WEEK, policy.exempt)
    compare("timesheet_reminders", found.rows(), expected, "employee_id", ADDED_TO_REMINDERS)
    statuses = {row.status for row in found.rows()}
    assert statuses == {"complete", "missing", "exempt", "no_expected_hours", "not_measurable"}
    companies = {person.id: person.company_id for person in firm_people_by_sql.people(sql)}
    for scope in found.scopes:
        assert {companies[row.employee_id] for row in scope.rows} == {scope.company_id}


def test_every_utilization_is_right(
    documents: Documents, sql: Sql, odoo: Mapping[str, Any], policy: Policy
) -> None:
    found = Utilization.model_validate_json(documents.of("utilization_variance"))
    expected = firm_people_by_sql.utilization_rows(sql, odoo["hours"][1], *MONTH, policy.targets)
    compare("utilization_variance", found.rows(), expected, "employee_id", ADDED_TO_PEOPLE)
    assert {row.status for row in found.rows()} == {
        *("ok", "below_band", "above_band"),
        *("no_target", "no_capacity", "not_measurable"),
    }
    companies = {person.id: person.company_id for person in firm_people_by_sql.people(sql)}
    for scope in found.scopes:
        assert {companies[row.employee_id] for row in scope.rows} == {scope.company_id}


def test_every_line_of_wip_is_right(wip: Wip, sql: Sql, odoo: Mapping[str, Any]) -> None:
    lines, entries = firm_wip_by_sql.lines(sql), firm_wip_by_sql.entries(sql)
    expected = firm_wip_by_sql.wip_rows(lines, entries, odoo["worth"], TODAY)
    compare("wip_aging", wip.rows(), expected, "sale_order_line_id", ADDED_TO_LINES)
    companies = {line.id: line.company_id for line in lines}
    for scope in wip.scopes:
        assert {companies[row.sale_order_line_id] for row in scope.rows} == {scope.company_id}


def test_the_aged_parts_of_a_line_add_up_to_its_wip(wip: Wip) -> None:
    apart = [
        (row.sale_order_line_id, row.currency, row.wip, [part.value for part in row.aged])
        for row in wip.rows()
        if sum(Decimal(part.value) for part in row.aged) != Decimal(row.wip)
    ]
    print(f"{len(wip.rows()) - len(apart)} of {len(wip.rows())} lines add up")
    assert not apart, f"{len(apart)} lines do not add up: {apart}"


@pytest.mark.parametrize("company", [1, 2])
def test_the_totals_of_wip_are_right_and_the_residual_is_explained_line_by_line(
    company: int, wip: Wip, sql: Sql, odoo: Mapping[str, Any]
) -> None:
    (scope,) = [scope for scope in wip.scopes if scope.company_id == company]
    mine = [line for line in firm_wip_by_sql.lines(sql) if line.company_id == company]
    expected = firm_wip_by_sql.wip_totals(mine, scope.rows, odoo["worth"])
    compare(
        f"wip_aging totals of {scope.company}", scope.totals, expected, "currency", ADDED_TO_WIP
    )


def test_unbilled_hours_cost_what_sql_says(wip: Wip, sql: Sql) -> None:
    costs = firm_wip_by_sql.costs(firm_wip_by_sql.lines(sql), firm_wip_by_sql.entries(sql))
    by_time = [row for row in wip.rows() if row.billing == "time_and_materials"]
    compared = 0
    for row in by_time:
        if row.cost is None:
            assert row.sale_order_line_id not in costs
            continue
        assert Decimal(row.cost) == costs[row.sale_order_line_id].quantize(CENT), row
        compared += 1
    print(f"{compared} of {len(by_time)} costs equal SQL")
    assert compared > 50


@pytest.mark.parametrize("company", [1, 2])
def test_lock_up_is_what_sql_says(company: int, wip: Wip, sql: Sql) -> None:
    (scope,) = [scope for scope in wip.scopes if scope.company_id == company]
    by_currency = firm_money_by_sql.invoiced(sql, company, TODAY)
    for total in scope.totals:
        revenue, taxed, owed = by_currency.get(total.currency, (Decimal(0),) * 3)
        found = total.lock_up
        assert found is not None
        assert Decimal(found.revenue_12_months) == revenue
        assert Decimal(found.receivables) == owed
        if revenue > 0:
            assert found.wip_days == pytest.approx(
                float(365 * Decimal(total.wip) / revenue), abs=0.01
            )
            assert found.debtor_days == pytest.approx(float(365 * owed / taxed), abs=0.01)
    print(f"{len(scope.totals)} currencies of {scope.company} locked up as SQL says")


def test_every_order_is_judged_rightly(
    readiness: Readiness,
    judged: Mapping[int, Mapping[str, Any]],
    stored: Mapping[int, StoredOrder],
) -> None:
    compare("invoice_readiness", readiness.rows(), judged, "sale_order_id", ADDED_TO_ORDERS)
    assert {row.status for row in readiness.rows()} == {"ready", "blocked", "held", "excluded"}
    companies = {order.order_id: order.company_id for order in stored.values()}
    for scope in readiness.scopes:
        assert {companies[row.sale_order_id] for row in scope.rows} == {scope.company_id}


@pytest.mark.parametrize("company", [1, 2])
def test_the_totals_of_readiness_are_odoos_own_and_leave_no_residual(
    company: int,
    readiness: Readiness,
    judged: Mapping[int, Mapping[str, Any]],
    stored: Mapping[int, StoredOrder],
) -> None:
    (scope,) = [scope for scope in readiness.scopes if scope.company_id == company]
    mine = [row for order, row in judged.items() if stored[order].company_id == company]
    orders = [order for order in stored.values() if order.company_id == company]
    totals = firm_readiness_by_sql.totals(mine, orders)
    compare(
        f"invoice_readiness totals of {scope.company}",
        scope.totals,
        totals,
        "currency",
        ["bottleneck", "excluded_lines", "held_up_by", "ready_not_verified"],
    )
