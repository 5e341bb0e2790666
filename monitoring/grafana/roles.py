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


def _days(title: str, name: str, by: str = "company_id", about: str = "") -> Panel:
    legend = " ".join(f"{{{{{label}}}}}" for label in by.split(", "))
    expr = f"max by ({by}) (fleet_{name}_days{{{HERE}}})"
    return Panel(title, expr, f"company {legend}", unit="d", about=about)


def _share(title: str, name: str, by: str = "company_id", more: str = "", about: str = "") -> Panel:
    expr = f"avg by ({by}) (fleet_{name}_ratio{{{more}{HERE}}})"
    legend = "company {{company_id}}" if by == "company_id" else f"{{{{{by}}}}}"
    return Panel(title, expr, legend, unit="percentunit", about=about)


COMPLIANCE: Final = _share(
    "Timesheet compliance",
    "timesheet_compliance",
    about="People who had logged their last week at its deadline, of all who owed one.",
)
UTILIZATION: Final = _share(
    "Billable utilization",
    "utilization",
    more='basis="billable", ',
    about="Billable hours on capacity net of leave and holidays, last complete month.",
)
LOCK_UP: Final = _days(
    "Lock-up days",
    "lock_up",
    "company_id, currency",
    "WIP days and debtor days: how long money is tied up after the work.",
)
LATENCY: Final = _days("Invoice latency, median", "invoice_latency")
RELEASE: Final = _days(
    "Invoice release, median", "invoice_release", about="From ready to nothing left to invoice."
)
ORDERS: Final = Panel(
    "Orders by status", _measure("readiness_orders", "status"), "{{status}}", stacked=True
)
BEYOND_TARGET: Final = Panel(
    "Billable hours beyond target",
    _measure("utilization_variance_hours", "department"),
    "{{department}}",
    unit="h",
    least=None,
)
READY: Final = Panel("Ready to invoice", _ready("ready"), "{{currency}}", kind="stat")
NOT_VERIFIED: Final = Panel(
    "Of what is ready: not all checks could be made",
    _measure("readiness_not_verified_amount", "currency"),
    "{{currency}}",
    about="No check failed, but some have nothing to look at, or no right to.",
)
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
                ORDERS,
                NOT_VERIFIED,
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
                _days("WIP days", "wip", "company_id, currency"),
                _days("Debtor days", "debtor", "company_id, currency"),
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
                BEYOND_TARGET,
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
                _share("Utilization by basis", "utilization", "basis"),
                _share("Booked in the weeks ahead", "scheduled_utilization"),
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
                BEYOND_TARGET,
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
                ORDERS,
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
