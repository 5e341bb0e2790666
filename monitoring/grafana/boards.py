"""The dashboards for who keeps the fleet running: overview, one job, Odoo gateway, delivery."""

from typing import Final

from grafana_foundation_sdk.models.units import PercentUnit, RequestsPerSecond, Seconds

from monitoring.grafana.panels import (
    Rows,
    bars,
    board,
    choice,
    figure,
    graph,
    listing,
    named,
    stacked,
)

JOB: Final = 'job=~"$job"'
TENANT: Final = 'tenant=~"$tenant"'
JOB_AND_TENANT: Final = f"{JOB}, {TENANT}"
OF_COMPANY: Final = "{{job}} {{tenant}} {{company}} ({{company_id}})"


def _gained(by: str, counter: str, where: str = "", during: str = "$__rate_interval") -> str:
    """By how much a counter rose, by labels; "" is all in one."""
    by = f" by ({by}) " if by else ""
    return f"sum{by}(increase({counter}{{{where}}}[{during}]))"


OVERVIEW: Final[Rows] = {
    "Is anything wrong?": (
        figure(
            "Overdue jobs",
            "count(fleet_job_overdue_seconds > 7200) or vector(0)",
            red_from=1,
            about="Jobs of a company without a success for a slot two hours old or older.",
        ),
        figure("Dead letters", "sum(fleet_dead_letters) or vector(0)", red_from=1),
        figure(
            "Pauses",
            "max(fleet_pauses) or vector(0)",
            about="What people have the fleet leave alone; `fleet status` says until when.",
        ),
        figure(
            "Oldest message due",
            "max(fleet_outbox_oldest_due_seconds)",
            unit=Seconds,
            red_from=1800,
        ),
        figure("Workers", "sum(celery_worker_up)"),
    ),
    "Backlog and lateness": (
        graph("Messages waiting", "fleet_queue_backlog", "{{queue}}"),
        graph(
            "Age of the oldest message",
            "fleet_queue_oldest_seconds",
            "{{queue}}",
            unit=Seconds,
            red_from=900,
        ),
        graph(
            "Start after slot, 90 %",
            "job:fleet_run_lateness_seconds:p90_1h",
            "{{job}}",
            unit=Seconds,
        ),
        graph(
            "Runs by status",
            'sum by (status) (fleet_runs_by_status{status=~"pending|running|dead"})'
            ' or label_replace(sum(fleet_runs_in_flight), "status", "in flight", "", "")',
            "{{status}}",
        ),
    ),
    "Outcomes": (
        stacked("Runs ended", _gained("outcome", "fleet_runs_total"), "{{outcome}}"),
        stacked(
            "Exceptions",
            _gained("exception", "fleet_exceptions_total", during="1h"),
            "{{exception}}",
        ),
        graph(
            "Messages of runs that led to no run",
            _gained("result", "fleet_run_claims_total", 'result!="claimed"') + " or vector(0)",
            "{{result}}",
            about="limited: the tenant has as many runs as it may; held, settled: repeated",
        ),
        stacked("In flight", "sum by (job) (fleet_runs_in_flight)", "{{job}}"),
    ),
    "Events": (
        stacked(
            "Events by source",
            _gained("source, outcome", "fleet_events_total"),
            "{{source}} {{outcome}}",
        ),
        graph(
            "From an event to the end of its run, 95 %",
            "histogram_quantile(0.95, sum by (source, le)"
            " (rate(fleet_event_delay_seconds_bucket[1h])))",
            "{{source}}",
            unit=Seconds,
        ),
        graph(
            "Oldest event that nobody has looked at",
            "fleet_event_oldest_seconds",
            "{{tenant}}",
            unit=Seconds,
            red_from=1800,
        ),
        stacked(
            "Refused, missed, parked",
            "label_replace("
            + _gained("reason", "fleet_events_refused_total", during="1h")
            + ', "what", "$1", "reason", "(.*)") or label_replace('
            + _gained("tenant", "fleet_events_missed_total", during="1h")
            + ', "what", "missed", "", "") or label_replace('
            'sum by (tenant) (fleet_events_parked), "what", "parked", "", "")',
            "{{what}} {{tenant}}",
        ),
    ),
    "Schedule and sources": (
        figure(
            "Since beat's last tick",
            "time() - max(fleet_beat_last_tick_timestamp_seconds)",
            unit=Seconds,
            red_from=300,
        ),
        figure(
            "Since anybody looked for slots",
            "max(time() - fleet_schedule_last_look_timestamp_seconds)",
            unit=Seconds,
            red_from=900,
        ),
        figure("Sources that the exporter reads", "sum(fleet_source_up)"),
        figure("Version", "fleet_build_info", "{{version}} on Celery {{celery}}"),
        graph("Seconds to read a source", "fleet_source_read_seconds", "{{source}}", unit=Seconds),
        graph("Processes that serve a queue", "celery_active_process_count", "{{queue_name}}"),
    ),
}

ONE_JOB: Final[Rows] = {
    "Success": (
        bars(
            "Since the last success",
            named(
                "time() - max by (job, tenant, company_id) "
                f"(fleet_last_success_timestamp_seconds{{{JOB_AND_TENANT}}})"
            ),
            OF_COMPANY,
            unit=Seconds,
        ),
        bars(
            "Overdue",
            named(f"fleet_job_overdue_seconds{{{JOB_AND_TENANT}}}"),
            OF_COMPANY,
            unit=Seconds,
            red_from=7200,
        ),
        stacked(
            "Runs ended",
            _gained("job, outcome", "fleet_runs_total", JOB_AND_TENANT),
            "{{job}} {{outcome}}",
        ),
        graph(
            "Share of runs that failed, last hour",
            f"job:fleet_run_errors:ratio1h{{{JOB}}}",
            "{{job}}",
            unit=PercentUnit,
        ),
    ),
    "Time": (
        graph("Duration, 90 %", f"job:fleet_run_seconds:p90_1h{{{JOB}}}", "{{job}}", unit=Seconds),
        graph(
            "Start after slot, 90 %",
            f"job:fleet_run_lateness_seconds:p90_1h{{{JOB}}}",
            "{{job}}",
            unit=Seconds,
        ),
        graph(
            "From publication to start, mean",
            _gained("job", "fleet_run_queue_seconds_sum", JOB, "1h")
            + f" / ({_gained('job', 'fleet_run_queue_seconds_count', JOB, '1h')} > 0)",
            "{{job}}",
            unit=Seconds,
        ),
        graph(
            "Exceptions",
            _gained("job, exception", "fleet_exceptions_total", JOB_AND_TENANT, "1h"),
            "{{job}} {{exception}}",
        ),
    ),
    "What it found": (
        stacked(
            "Open cases by age",
            f"sum by (age) (fleet_cases_open{{{JOB_AND_TENANT}}})",
            "{{age}} days",
        ),
        listing(
            "Dead letters",
            f"sum by (job, tenant, exception) (fleet_dead_letters{{{JOB_AND_TENANT}}})"
            " or vector(0)",
        ),
        graph(
            "Messages",
            _gained("outcome", "fleet_messages_total", JOB_AND_TENANT),
            "{{outcome}}",
        ),
        graph(
            "Rows that fit no record, duplicates suppressed",
            _gained("", "fleet_drift_rows_total", JOB_AND_TENANT, "1h")
            + " + "
            + _gained("", "fleet_duplicates_suppressed_total", JOB_AND_TENANT, "1h"),
        ),
    ),
}

ODOO: Final[Rows] = {
    "Health": (
        figure(
            "Open circuits", f"sum(fleet_odoo_circuit_open{{{TENANT}}}) or vector(0)", red_from=1
        ),
        figure(
            "Groups with hidden rows",
            f"sum(fleet_odoo_hidden_groups{{{TENANT}}}) or vector(0)",
            red_from=1,
        ),
        figure(
            "Calls per second",
            f"sum(tenant:fleet_odoo_calls:rate5m{{{TENANT}}})",
            unit=RequestsPerSecond,
        ),
        figure("Rows within an hour", _gained("", "fleet_odoo_rows_total", TENANT, "1h")),
    ),
    "Calls": (
        stacked(
            "Calls by outcome",
            _gained("outcome", "fleet_odoo_calls_total", TENANT),
            "{{outcome}}",
        ),
        graph(
            "Seconds per call",
            f"tenant:fleet_odoo_seconds:mean5m{{{TENANT}}}",
            "{{tenant}}",
            unit=Seconds,
        ),
        bars(
            "Slowest models, seconds within an hour",
            f"topk(10, {_gained('model', 'fleet_odoo_seconds_total', TENANT, '1h')})",
            "{{model}}",
            unit=Seconds,
        ),
        bars(
            "Largest models, rows within an hour",
            f"topk(10, {_gained('model', 'fleet_odoo_rows_total', TENANT, '1h')})",
            "{{model}}",
        ),
        graph(
            "Seconds waited for the concurrency limit",
            _gained("tenant", "fleet_odoo_limit_wait_seconds_total", TENANT),
            "{{tenant}}",
            unit=Seconds,
        ),
        graph(
            "Runs put off: tenant full, or same job running",
            _gained("tenant", "fleet_run_claims_total", f'{TENANT}, result="limited"')
            + " or vector(0)",
            "{{tenant}}",
        ),
    ),
}

DELIVERY: Final[Rows] = {
    "Outbox": (
        figure(
            "Waiting",
            'sum(fleet_outbox_messages{status=~"queued|claimed|sending"}) or vector(0)',
        ),
        figure("Oldest due", "max(fleet_outbox_oldest_due_seconds)", unit=Seconds, red_from=1800),
        figure(
            "Parked",
            'sum(fleet_outbox_messages{status="parked"}) or vector(0)',
            red_from=1,
            about="They wait for a person: see the runbook.",
        ),
        figure("Sent within a day", _gained("", "fleet_deliveries_total", 'outcome="sent"', "1d")),
        graph("By status", "sum by (status) (fleet_outbox_messages)", "{{status}}"),
        graph(
            "Age of the oldest due", "fleet_outbox_oldest_due_seconds", "{{channel}}", unit=Seconds
        ),
    ),
    "Channels": (
        stacked(
            "Attempts by outcome",
            _gained("channel, outcome", "fleet_deliveries_total"),
            "{{channel}} {{outcome}}",
        ),
        graph(
            "From due to outcome, 90 %",
            "channel:fleet_delivery_seconds:p90_1h",
            "{{channel}}",
            unit=Seconds,
        ),
        bars(
            "Sent by job within a day",
            _gained("job", "fleet_deliveries_total", 'outcome="sent"', "1d"),
            "{{job}}",
        ),
        listing("In the outbox by job", "sum by (job, channel, status) (fleet_outbox_messages)"),
    ),
}

CHOICE_OF_TENANT: Final = choice("tenant", "fleet_runs_total")
BOARDS: Final = (
    board(
        "fleet-overview",
        "Overview",
        "Is work done on time? Start here when paged.",
        OVERVIEW,
    ),
    board(
        "fleet-job",
        "Job",
        "One job, or several: when it ran, how long, and what came of it.",
        ONE_JOB,
        choices=(choice("job", "fleet_runs_total"), CHOICE_OF_TENANT),
    ),
    board(
        "fleet-odoo",
        "Odoo gateway",
        "What the fleet asks of each Odoo, and how each answers.",
        ODOO,
        choices=(CHOICE_OF_TENANT,),
    ),
    board(
        "fleet-delivery",
        "Delivery",
        "The outbox and its channels: what waits, what went out, what was refused.",
        DELIVERY,
    ),
)
