"""All four jobs on a firm of 240 people and 260 orders, held against SQL in every row and column.

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

from . import firm_database, firm_people_by_sql, firm_readiness_by_sql, firm_wip_by_sql
from .column_by_column import compare
from .firm_people_by_sql import Targets
from .fleet_command import Fleet
from .inside import odoo_arithmetic
from .inside_odoo import run_inside
from .odoo_server import LOGIN, PASSWORD, OdooServer
from .orders_by_sql import confirmed_orders
from .run_document import Readiness, Reminders, Utilization, Wip

pytestmark = pytest.mark.live

Sql = psycopg.Connection[TupleRow]
TODAY = date.today()
MONDAY = TODAY - timedelta(days=TODAY.weekday() + 7)
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
excluded_customers = {excluded_customers}
holds = [{holds}]
"""
SOME_ORDERS = "SELECT name FROM sale_order WHERE state = 'sale' ORDER BY id"
SOME_CUSTOMERS = "SELECT partner_id FROM sale_order WHERE state = 'sale' GROUP BY 1 ORDER BY 1"


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
            by_employee={one: 80 for one in ids[::9]},
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
def fleet(
    odoo_server: OdooServer, database: str, policy: Policy, tmp_path_factory: Any
) -> Fleet:
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


def document(fleet: Fleet, job: str) -> str:
    told = fleet.run(job, "--as-of", str(TODAY))
    assert told.code == 0, told.err
    assert list(fleet.folder.iterdir()) == []
    return told.out


def test_every_reminder_is_right(
    fleet: Fleet, sql: Sql, odoo: Mapping[str, Any], policy: Policy
) -> None:
    found = Reminders.model_validate_json(document(fleet, "timesheet_reminders"))
    expected = firm_people_by_sql.reminder_rows(sql, odoo["hours"][0], *WEEK, policy.exempt)
    statuses = {row.status for row in found.rows()}
    assert statuses == {"complete", "missing", "exempt", "no_expected_hours", "not_measurable"}
    compare("timesheet_reminders", found.rows(), expected, "employee_id")
    companies = {person.id: person.company_id for person in firm_people_by_sql.people(sql)}
    for scope in found.scopes:
        assert {companies[row.employee_id] for row in scope.rows} == {scope.company_id}


def test_every_utilization_is_right(
    fleet: Fleet, sql: Sql, odoo: Mapping[str, Any], policy: Policy
) -> None:
    found = Utilization.model_validate_json(document(fleet, "utilization_variance"))
    expected = firm_people_by_sql.utilization_rows(sql, odoo["hours"][1], *MONTH, policy.targets)
    assert {row.status for row in found.rows()} == {
        *("ok", "below_band", "above_band"),
        *("no_target", "no_capacity", "not_measurable"),
    }
    compare("utilization_variance", found.rows(), expected, "employee_id")


def test_every_line_of_wip_is_right(fleet: Fleet, sql: Sql, odoo: Mapping[str, Any]) -> None:
    found = Wip.model_validate_json(document(fleet, "wip_aging"))
    lines, entries = firm_wip_by_sql.lines(sql), firm_wip_by_sql.entries(sql)
    expected = firm_wip_by_sql.wip_rows(lines, entries, odoo["worth"], TODAY)
    compare("wip_aging", found.rows(), expected, "sale_order_line_id")
    apart = [
        (row.sale_order_line_id, row.wip, [part.value for part in row.aged])
        for row in found.rows()
        if row.aged and sum(Decimal(part.value) for part in row.aged) != Decimal(row.wip)
    ]
    assert not apart, f"parts that do not add up to the whole: {apart}"


def test_the_totals_of_wip_are_right_and_the_residual_is_explained_line_by_line(
    fleet: Fleet, sql: Sql, odoo: Mapping[str, Any]
) -> None:
    found = Wip.model_validate_json(document(fleet, "wip_aging"))
    lines = firm_wip_by_sql.lines(sql)
    for scope in found.scopes:
        mine = [line for line in lines if line.company_id == scope.company_id]
        expected = firm_wip_by_sql.wip_totals(mine, scope.rows, odoo["worth"])
        compare(f"wip_aging totals of {scope.company}", scope.totals, expected, "currency")


def test_every_order_is_judged_rightly(
    fleet: Fleet, sql: Sql, odoo: Mapping[str, Any], policy: Policy
) -> None:
    found = Readiness.model_validate_json(document(fleet, "invoice_readiness"))
    expected = firm_readiness_by_sql.rows(
        sql, odoo["projects"], TODAY, policy.readiness, fleet.url
    )
    compare("invoice_readiness", found.rows(), expected, "sale_order_id")
    assert {row.status for row in found.rows()} == {"ready", "blocked", "held", "excluded"}


def test_the_totals_of_readiness_are_odoos_own_and_leave_no_residual(
    fleet: Fleet, sql: Sql, odoo: Mapping[str, Any], policy: Policy
) -> None:
    found = Readiness.model_validate_json(document(fleet, "invoice_readiness"))
    expected = firm_readiness_by_sql.rows(
        sql, odoo["projects"], TODAY, policy.readiness, fleet.url
    )
    companies = {s.order_id: s.company_id for s in confirmed_orders(sql, TODAY).values()}
    for scope in found.scopes:
        mine = [row for order, row in expected.items() if companies[order] == scope.company_id]
        totals = firm_readiness_by_sql.totals(mine, {row["currency"] for row in mine})
        compare(f"invoice_readiness totals of {scope.company}", scope.totals, totals, "currency")
