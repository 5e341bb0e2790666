"""The dashboards by role: finance, project and account managers, resource planner, executive.

Amounts are shown per currency and never added up over currencies.
"""

from typing import Final

from monitoring.grafana.panels import Dashboard, Panel, Variable

TENANT: Final = Variable("tenant", "tenant", "fleet_measured_timestamp_seconds")
COMPANY: Final = Variable("company_id", "company_id", "fleet_measured_timestamp_seconds")
CHOICES: Final = (TENANT, COMPANY)
HERE: Final = 'tenant=~"$tenant", company_id=~"$company_id"'
SINCE: Final = "now-90d"
ON_ORDERS: Final = "invoice_readiness|wip_aging"


def _measure(name: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (fleet_{name}{{{HERE}{more}}})"


def _ready(status: str) -> str:
    return _measure("readiness_amount", "currency", f', status="{status}"')


def _trust(job: str) -> Panel:
    return Panel(
        f"Age of the numbers of {job}",
        f'time() - min by (company_id) (fleet_measured_timestamp_seconds{{job="{job}", {HERE}}})',
        "company {{company_id}}",
        kind="stat",
        unit="s",
        about="How long ago Odoo was read for them.",
    )


COMPLIANCE: Final = Panel(
    "Timesheet compliance",
    f"avg by (company_id) (fleet_timesheet_compliance_ratio{{{HERE}}})",
    "company {{company_id}}",
    unit="percentunit",
    about="People whose last week is complete, of all who owed one.",
)
UTILIZATION: Final = Panel(
    "Billable utilization",
    f'avg by (company_id) (fleet_utilization_ratio{{basis="billable", {HERE}}})',
    "company {{company_id}}",
    unit="percentunit",
    about="Billable hours on capacity net of leave and holidays, last complete month.",
)
LOCK_UP: Final = Panel(
    "Lock-up days",
    f"max by (company_id, currency) (fleet_lock_up_days{{{HERE}}})",
    "company {{company_id}} {{currency}}",
    unit="d",
    about="WIP days and debtor days: how long money is tied up after the work.",
)
LATENCY: Final = Panel(
    "Invoice latency, median",
    f"max by (company_id) (fleet_invoice_latency_days{{{HERE}}})",
    "company {{company_id}}",
    unit="d",
)
RELEASE: Final = Panel(
    "Invoice release, median",
    f"max by (company_id) (fleet_invoice_release_days{{{HERE}}})",
    "company {{company_id}}",
    unit="d",
    about="From ready to nothing left to invoice.",
)
READY: Final = Panel("Ready to invoice", _ready("ready"), "{{currency}}", kind="stat")
BLOCKED: Final = Panel("Blocked", _ready("blocked"), "{{currency}}", kind="stat")

FINANCE: Final = Dashboard(
    uid="fleet-finance",
    title="Fleet / Finance controller",
    about="What can be invoiced, what is blocked, and how old the work in progress is.",
    for_whom="finance",
    variables=CHOICES,
    since=SINCE,
    rows=(
        ("Invoices", (READY, BLOCKED, _trust("invoice_readiness"), _trust("wip_aging"))),
        (
            "Readiness",
            (
                Panel(
                    "Amounts by status",
                    _measure("readiness_amount", "status, currency"),
                    "{{status}} {{currency}}",
                ),
                Panel(
                    "Orders by status",
                    _measure("readiness_orders", "status"),
                    "{{status}}",
                    stacked=True,
                ),
            ),
        ),
        (
            "Work in progress",
            (
                Panel(
                    "WIP by age",
                    _measure("wip_amount", "bucket, currency"),
                    "{{bucket}} {{currency}}",
                ),
                Panel(
                    "WIP days",
                    f"max by (company_id, currency) (fleet_wip_days{{{HERE}}})",
                    "company {{company_id}} {{currency}}",
                    unit="d",
                ),
                Panel(
                    "Debtor days",
                    f"max by (company_id, currency) (fleet_debtor_days{{{HERE}}})",
                    "company {{company_id}} {{currency}}",
                    unit="d",
                ),
                LOCK_UP,
                LATENCY,
                RELEASE,
            ),
        ),
    ),
)

PROJECTS: Final = Dashboard(
    uid="fleet-projects",
    title="Fleet / Project manager",
    about="What keeps finished work from being billed, and whose hours are missing.",
    for_whom="delivery",
    variables=CHOICES,
    since=SINCE,
    rows=(
        (
            "To do",
            (
                BLOCKED,
                Panel(
                    "Orders blocked",
                    _measure("readiness_orders", "company_id", ', status="blocked"'),
                    "company {{company_id}}",
                    kind="stat",
                ),
                Panel(
                    "Hours missing",
                    _measure("timesheet_missing_hours", "company_id"),
                    "company {{company_id}}",
                    kind="stat",
                    unit="h",
                ),
                _trust("timesheet_reminders"),
            ),
        ),
        (
            "Approvals",
            (
                Panel(
                    "Approvals that wait",
                    _measure("approvals_pending", "kind"),
                    "{{kind}}",
                    kind="stat",
                ),
                Panel(
                    "Oldest approval that waits",
                    f"max by (kind) (fleet_approvals_oldest_days{{{HERE}}})",
                    "{{kind}}",
                    kind="stat",
                    unit="d",
                ),
                Panel(
                    "Held up by approvals",
                    _measure("approvals_amount", "currency"),
                    "{{currency}}",
                    kind="stat",
                ),
            ),
        ),
        (
            "Cases",
            (
                Panel(
                    "Open cases by job",
                    _measure("cases_open", "job"),
                    "{{job}}",
                    stacked=True,
                ),
                Panel(
                    "Open cases by age",
                    _measure("cases_open", "age"),
                    "{{age}} days",
                    stacked=True,
                ),
                COMPLIANCE,
                Panel(
                    "Billable hours beyond target",
                    _measure("utilization_variance_hours", "department"),
                    "{{department}}",
                    unit="h",
                    least=None,
                ),
                Panel(
                    "Open cases",
                    _measure("cases_open", "job, company_id, kind, severity, age"),
                    kind="table",
                ),
            ),
        ),
    ),
)

PLANNING: Final = Dashboard(
    uid="fleet-planning",
    title="Fleet / Resource planner",
    about="How much of the capacity is used, and how much is booked ahead.",
    for_whom="planning",
    variables=CHOICES,
    since=SINCE,
    rows=(
        (
            "Capacity",
            (
                UTILIZATION,
                Panel(
                    "Utilization by basis",
                    f"avg by (basis) (fleet_utilization_ratio{{{HERE}}})",
                    "{{basis}}",
                    unit="percentunit",
                ),
                Panel(
                    "Booked in the weeks ahead",
                    f"avg by (company_id) (fleet_scheduled_utilization_ratio{{{HERE}}})",
                    "company {{company_id}}",
                    unit="percentunit",
                ),
                Panel(
                    "People outside their band",
                    _measure("cases_open", "company_id", ', job="utilization_variance"'),
                    "company {{company_id}}",
                ),
            ),
        ),
        (
            "Departments",
            (
                Panel(
                    "Hours by department",
                    _measure("utilization_hours", "department, kind"),
                    "{{department}} {{kind}}",
                    unit="h",
                ),
                Panel(
                    "Billable hours beyond target",
                    _measure("utilization_variance_hours", "department"),
                    "{{department}}",
                    unit="h",
                    least=None,
                ),
            ),
        ),
        ("Confidence", (_trust("utilization_variance"), _trust("timesheet_reminders"))),
    ),
)

ACCOUNTS: Final = Dashboard(
    uid="fleet-accounts",
    title="Fleet / Account manager",
    about="What clients can be billed for, what waits for them or for us, and for how long.",
    for_whom="accounts",
    variables=CHOICES,
    since=SINCE,
    rows=(
        (
            "Clients' money",
            (
                READY,
                BLOCKED,
                Panel("On hold", _ready("held") + " or vector(0)", "{{currency}}", kind="stat"),
                _trust("invoice_readiness"),
            ),
        ),
        (
            "What waits",
            (
                Panel(
                    "Orders by status",
                    _measure("readiness_orders", "status"),
                    "{{status}}",
                    stacked=True,
                ),
                Panel(
                    "Open cases on orders by age",
                    _measure("cases_open", "age", f', job=~"{ON_ORDERS}"'),
                    "{{age}} days",
                    stacked=True,
                ),
                Panel(
                    "WIP older than 90 days",
                    _measure("wip_amount", "currency", ', bucket="91+"') + " or vector(0)",
                    "{{currency}}",
                    about="The older the work, the harder it is to explain on an invoice.",
                ),
                Panel(
                    "Open cases on orders",
                    _measure(
                        "cases_open", "company_id, kind, severity, age", f', job=~"{ON_ORDERS}"'
                    ),
                    kind="table",
                ),
            ),
        ),
        ("How fast", (LATENCY, RELEASE)),
    ),
)

EXECUTIVE: Final = Dashboard(
    uid="fleet-executive",
    title="Fleet / Executive",
    about="Six numbers on how fast work becomes money, and whether they can be trusted.",
    for_whom="executive",
    variables=CHOICES,
    since=SINCE,
    rows=(
        (
            "Now",
            (
                READY,
                BLOCKED,
                Panel(
                    "WIP older than 60 days",
                    _measure("wip_amount", "currency", ', bucket=~"61-90|91\\\\+"')
                    + " or vector(0)",
                    "{{currency}}",
                    kind="stat",
                ),
                Panel(
                    "Age of the oldest number",
                    f"time() - min(fleet_measured_timestamp_seconds{{{HERE}}})",
                    kind="stat",
                    unit="s",
                ),
            ),
        ),
        ("Trend", (LOCK_UP, UTILIZATION, LATENCY, RELEASE, COMPLIANCE)),
    ),
)

ROLES: Final = (FINANCE, PROJECTS, PLANNING, ACCOUNTS, EXECUTIVE)
