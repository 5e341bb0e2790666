"""The dashboards for who keeps the fleet running: overview, one job, Odoo gateway, delivery."""

from typing import Final

from monitoring.grafana.panels import Dashboard, Panel, Variable

JOB: Final = Variable("job", "job", "fleet_runs_total")
TENANT: Final = Variable("tenant", "tenant", "fleet_runs_total")

OVERVIEW: Final = Dashboard(
    uid="fleet-overview",
    title="Fleet / Overview",
    about="Is work done on time? Start here when paged.",
    for_whom="ops",
    rows=(
        (
            "Is anything wrong?",
            (
                Panel(
                    "Overdue jobs",
                    "count(fleet_job_overdue_seconds > 7200) or vector(0)",
                    kind="stat",
                    bad_from=1,
                    about="Jobs of a company without a success for a slot two hours old or older.",
                ),
                Panel(
                    "Dead letters",
                    "sum(fleet_dead_letters) or vector(0)",
                    kind="stat",
                    bad_from=1,
                ),
                Panel(
                    "Oldest message due",
                    "max(fleet_outbox_oldest_due_seconds)",
                    kind="stat",
                    unit="s",
                    bad_from=1800,
                ),
                Panel(
                    "Workers",
                    "sum(celery_worker_up)",
                    kind="stat",
                ),
            ),
        ),
        (
            "Backlog and lateness",
            (
                Panel("Messages waiting", "fleet_queue_backlog", "{{queue}}"),
                Panel(
                    "Age of the oldest message",
                    "fleet_queue_oldest_seconds",
                    "{{queue}}",
                    unit="s",
                    bad_from=900,
                ),
                Panel(
                    "Start after slot, 90 %",
                    "job:fleet_run_lateness_seconds:p90_1h",
                    "{{job}}",
                    unit="s",
                ),
                Panel(
                    "Runs by status",
                    'sum by (status) (fleet_runs_by_status{status=~"pending|running|dead"})'
                    " or label_replace(sum(fleet_runs_in_flight),"
                    ' "status", "in flight", "", "")',
                    "{{status}}",
                ),
            ),
        ),
        (
            "Outcomes",
            (
                Panel(
                    "Runs ended",
                    "sum by (outcome) (increase(fleet_runs_total[$__rate_interval]))",
                    "{{outcome}}",
                    stacked=True,
                ),
                Panel(
                    "Exceptions",
                    "sum by (exception) (increase(fleet_exceptions_total[1h]))",
                    "{{exception}}",
                    stacked=True,
                ),
                Panel(
                    "Messages of runs that led to no run",
                    "sum by (result) (increase(fleet_run_claims_total"
                    '{result!="claimed"}[$__rate_interval])) or vector(0)',
                    "{{result}}",
                    about="limited: the tenant has as many runs as it may; held, settled: repeated",
                ),
                Panel(
                    "In flight",
                    "sum by (job) (fleet_runs_in_flight)",
                    "{{job}}",
                    stacked=True,
                ),
            ),
        ),
        (
            "Schedule and sources",
            (
                Panel(
                    "Since beat's last tick",
                    "time() - max(fleet_beat_last_tick_timestamp_seconds)",
                    kind="stat",
                    unit="s",
                    bad_from=300,
                ),
                Panel(
                    "Since anybody looked for slots",
                    "max(time() - fleet_schedule_last_look_timestamp_seconds)",
                    kind="stat",
                    unit="s",
                    bad_from=900,
                ),
                Panel(
                    "Sources that the exporter reads",
                    "sum(fleet_source_up)",
                    kind="stat",
                ),
                Panel(
                    "Version",
                    "fleet_build_info",
                    "{{version}} on Celery {{celery}}",
                    kind="stat",
                ),
                Panel(
                    "Seconds to read a source",
                    "fleet_source_read_seconds",
                    "{{source}}",
                    unit="s",
                ),
                Panel(
                    "Processes that serve a queue",
                    "celery_active_process_count",
                    "{{queue_name}}",
                ),
            ),
        ),
    ),
)

ONE_JOB: Final = Dashboard(
    uid="fleet-job",
    title="Fleet / Job",
    about="One job, or several: when it ran, how long, and what came of it.",
    for_whom="ops",
    variables=(JOB, TENANT),
    rows=(
        (
            "Success",
            (
                Panel(
                    "Since the last success",
                    "time() - max by (job, tenant, company_id) (fleet_last_success_timestamp_"
                    'seconds{job=~"$job", tenant=~"$tenant"})',
                    "{{job}} {{tenant}}/{{company_id}}",
                    kind="bargauge",
                    unit="s",
                ),
                Panel(
                    "Overdue",
                    'fleet_job_overdue_seconds{job=~"$job", tenant=~"$tenant"}',
                    "{{job}} {{tenant}}/{{company_id}}",
                    kind="bargauge",
                    unit="s",
                    bad_from=7200,
                ),
                Panel(
                    "Runs ended",
                    "sum by (job, outcome) (increase(fleet_runs_total"
                    '{job=~"$job", tenant=~"$tenant"}[$__rate_interval]))',
                    "{{job}} {{outcome}}",
                    stacked=True,
                ),
                Panel(
                    "Share of runs that failed, last hour",
                    'job:fleet_run_errors:ratio1h{job=~"$job"}',
                    "{{job}}",
                    unit="percentunit",
                ),
            ),
        ),
        (
            "Time",
            (
                Panel(
                    "Duration, 90 %",
                    'job:fleet_run_seconds:p90_1h{job=~"$job"}',
                    "{{job}}",
                    unit="s",
                ),
                Panel(
                    "Start after slot, 90 %",
                    'job:fleet_run_lateness_seconds:p90_1h{job=~"$job"}',
                    "{{job}}",
                    unit="s",
                ),
                Panel(
                    "From publication to start, mean",
                    'sum by (job) (increase(fleet_run_queue_seconds_sum{job=~"$job"}[1h]))'
                    ' / (sum by (job) (increase(fleet_run_queue_seconds_count{job=~"$job"}[1h]))'
                    " > 0)",
                    "{{job}}",
                    unit="s",
                ),
                Panel(
                    "Exceptions",
                    "sum by (job, exception) (increase(fleet_exceptions_total"
                    '{job=~"$job", tenant=~"$tenant"}[1h]))',
                    "{{job}} {{exception}}",
                ),
            ),
        ),
        (
            "What it found",
            (
                Panel(
                    "Open cases by age",
                    'sum by (age) (fleet_cases_open{job=~"$job", tenant=~"$tenant"})',
                    "{{age}} days",
                    stacked=True,
                ),
                Panel(
                    "Dead letters",
                    "sum by (job, tenant, exception) "
                    '(fleet_dead_letters{job=~"$job", tenant=~"$tenant"}) or vector(0)',
                    "{{job}} {{tenant}} {{exception}}",
                    kind="table",
                ),
                Panel(
                    "Messages",
                    "sum by (outcome) (increase(fleet_messages_total"
                    '{job=~"$job", tenant=~"$tenant"}[$__rate_interval]))',
                    "{{outcome}}",
                ),
                Panel(
                    "Rows that fit no record, duplicates suppressed",
                    "sum(increase(fleet_drift_rows_total"
                    '{job=~"$job", tenant=~"$tenant"}[1h])) + '
                    "sum(increase(fleet_duplicates_suppressed_total"
                    '{job=~"$job", tenant=~"$tenant"}[1h]))',
                ),
            ),
        ),
    ),
)

ODOO: Final = Dashboard(
    uid="fleet-odoo",
    title="Fleet / Odoo gateway",
    about="What the fleet asks of each Odoo, and how each answers.",
    for_whom="ops",
    variables=(TENANT,),
    rows=(
        (
            "Health",
            (
                Panel(
                    "Open circuits",
                    'sum(fleet_odoo_circuit_open{tenant=~"$tenant"}) or vector(0)',
                    kind="stat",
                    bad_from=1,
                ),
                Panel(
                    "Groups with hidden rows",
                    'sum(fleet_odoo_hidden_groups{tenant=~"$tenant"}) or vector(0)',
                    kind="stat",
                    bad_from=1,
                ),
                Panel(
                    "Calls per second",
                    'sum(tenant:fleet_odoo_calls:rate5m{tenant=~"$tenant"})',
                    kind="stat",
                    unit="reqps",
                ),
                Panel(
                    "Rows within an hour",
                    'sum(increase(fleet_odoo_rows_total{tenant=~"$tenant"}[1h]))',
                    kind="stat",
                ),
            ),
        ),
        (
            "Calls",
            (
                Panel(
                    "Calls by outcome",
                    "sum by (outcome) (increase(fleet_odoo_calls_total"
                    '{tenant=~"$tenant"}[$__rate_interval]))',
                    "{{outcome}}",
                    stacked=True,
                ),
                Panel(
                    "Seconds per call",
                    'tenant:fleet_odoo_seconds:mean5m{tenant=~"$tenant"}',
                    "{{tenant}}",
                    unit="s",
                ),
                Panel(
                    "Slowest models, seconds within an hour",
                    "topk(10, sum by (model) (increase(fleet_odoo_seconds_total"
                    '{tenant=~"$tenant"}[1h])))',
                    "{{model}}",
                    kind="bargauge",
                    unit="s",
                ),
                Panel(
                    "Largest models, rows within an hour",
                    "topk(10, sum by (model) (increase(fleet_odoo_rows_total"
                    '{tenant=~"$tenant"}[1h])))',
                    "{{model}}",
                    kind="bargauge",
                ),
                Panel(
                    "Seconds waited for the concurrency limit",
                    "sum by (tenant) (increase(fleet_odoo_limit_wait_seconds_total"
                    '{tenant=~"$tenant"}[$__rate_interval]))',
                    "{{tenant}}",
                    unit="s",
                ),
                Panel(
                    "Runs put off: tenant full, or same job running",
                    "sum by (tenant) (increase(fleet_run_claims_total"
                    '{tenant=~"$tenant", result="limited"}[$__rate_interval])) or vector(0)',
                    "{{tenant}}",
                ),
            ),
        ),
    ),
)

DELIVERY: Final = Dashboard(
    uid="fleet-delivery",
    title="Fleet / Delivery",
    about="The outbox and its channels: what waits, what went out, what was refused.",
    for_whom="ops",
    rows=(
        (
            "Outbox",
            (
                Panel(
                    "Waiting",
                    'sum(fleet_outbox_messages{status=~"queued|claimed|sending"}) or vector(0)',
                    kind="stat",
                ),
                Panel(
                    "Oldest due",
                    "max(fleet_outbox_oldest_due_seconds)",
                    kind="stat",
                    unit="s",
                    bad_from=1800,
                ),
                Panel(
                    "Parked",
                    'sum(fleet_outbox_messages{status="parked"}) or vector(0)',
                    kind="stat",
                    bad_from=1,
                    about="They wait for a person: see the runbook.",
                ),
                Panel(
                    "Sent within a day",
                    'sum(increase(fleet_deliveries_total{outcome="sent"}[1d]))',
                    kind="stat",
                ),
                Panel("By status", "sum by (status) (fleet_outbox_messages)", "{{status}}"),
                Panel(
                    "Age of the oldest due",
                    "fleet_outbox_oldest_due_seconds",
                    "{{channel}}",
                    unit="s",
                ),
            ),
        ),
        (
            "Channels",
            (
                Panel(
                    "Attempts by outcome",
                    "sum by (channel, outcome)"
                    " (increase(fleet_deliveries_total[$__rate_interval]))",
                    "{{channel}} {{outcome}}",
                    stacked=True,
                ),
                Panel(
                    "From due to outcome, 90 %",
                    "channel:fleet_delivery_seconds:p90_1h",
                    "{{channel}}",
                    unit="s",
                ),
                Panel(
                    "Sent by job within a day",
                    'sum by (job) (increase(fleet_deliveries_total{outcome="sent"}[1d]))',
                    "{{job}}",
                    kind="bargauge",
                ),
                Panel(
                    "In the outbox by job",
                    "sum by (job, channel, status) (fleet_outbox_messages)",
                    kind="table",
                ),
            ),
        ),
    ),
)

BOARDS: Final = (OVERVIEW, ONE_JOB, ODOO, DELIVERY)
