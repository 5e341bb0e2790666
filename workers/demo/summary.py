"""What the demo tells at its end: runs, mails, what came of each sale, and metrics."""

import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.table import Table

from odoo_gateway.session import Session
from tasks import catalogue
from workers import dispatch
from workers.demo.catcher import Catcher
from workers.ledger import effects, outbox, payloads, runs
from workers.ledger.effects import Effect
from workers.ledger.statuses import EffectStatus, MessageStatus
from workers.wiring import Fleet

ORDER: Final = "sale.order"
PROJECTS: Final = "create_project"
MOST: Final = 100
SHOWN_MAILS: Final = 20
SHOWN_METRICS: Final = (
    "fleet_runs_total",
    "fleet_exceptions_total",
    "fleet_messages_total",
    "fleet_queue_backlog",
    "fleet_run_oldest_due_seconds",
    "fleet_outbox_oldest_due_seconds",
)


def show(fleet: Fleet, tenant: str, catcher: Catcher, metrics: str, console: Console) -> None:
    """All of it, as tables; metrics: the address that Prometheus would ask."""
    console.print(_runs(fleet, tenant))
    console.print(_mails(catcher))
    console.print(sales(fleet, tenant))
    console.print(_metrics(metrics))


def _runs(fleet: Fleet, tenant: str) -> Table:
    with fleet.ledger.reading() as connection:
        latest = runs.latest(connection, MOST)
    scopes = dispatch.known_scopes(fleet, fleet.settings.tenant(tenant))
    companies = {scope.company_id: scope.name for scope in scopes}
    table = Table("job", "company", "outcome", title="What each job found", title_justify="left")
    for column in ("rows", "findings", "mails"):
        table.add_column(column, justify="right")
    for run in sorted(latest, key=lambda run: (run.job, run.company_id, run.slot)):
        detail = run.detail or {}
        table.add_row(
            run.job,
            companies[run.company_id],
            run.status.value if not run.error else f"{run.status.value}: {run.error}",
            *(str(detail.get(key, "")) for key in ("rows", "findings", "messages")),
        )
    return table


def _mails(catcher: Catcher) -> Table:
    mails = catcher.mails
    table = Table("to", "subject", title=f"Mails sent: {len(mails)}", title_justify="left")
    ordered = sorted(mails, key=lambda mail: (str(mail["X-Fleet-Job"]), str(mail["To"])))
    for mail in ordered[:SHOWN_MAILS]:
        table.add_row(str(mail["To"]), str(mail["Subject"]))
    if len(mails) > SHOWN_MAILS:
        table.add_row(f"and {len(mails) - SHOWN_MAILS} more", "")
    return table


def sales(fleet: Fleet, tenant: str) -> Table:
    """What was told of each handoff, and each project that was made, as Odoo shows it now."""
    session = fleet.session(fleet.settings.tenant(tenant))
    table = Table("order", "what", title="From sale to delivery", title_justify="left")
    gaps, readers = _handoffs(fleet)
    names = _names(session, readers)
    for order in sorted(readers):
        missing = f"{len(gaps[order])} gaps" if gaps[order] else "nothing is missing"
        table.add_row(
            names[order], f"handoff: {missing}; mailed to {', '.join(sorted(readers[order]))}"
        )
    with fleet.ledger.reading() as connection:
        made = effects.find(connection, kind=PROJECTS)
    names = _names(session, {effect.record_id for effect in made})
    for effect in reversed(made):
        table.add_row(names[effect.record_id], "; ".join(_made(session, effect)))
    return table


def _handoffs(fleet: Fleet) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """By order, the gaps that were told, and who was told of it."""
    gaps, readers = defaultdict[int, set[str]](set), defaultdict[int, set[str]](set)
    with fleet.ledger.reading() as connection:
        sent = outbox.find(connection, MOST, MessageStatus.SENT)
    jobs = catalogue.jobs()
    # Others have findings accepted, too; projects go by these.
    kinds = {kind for job in jobs.values() for kind in job.goes_by}
    whole = {n: job.handed_in if kinds & {*job.handed_in} else () for n, job in jobs.items()}
    for message in sent:
        told = payloads.findings(message.payload) if whole[message.job] else ()
        for finding in told:
            readers[finding.record_id].add(message.recipient)
            # What is accepted as a whole is no gap.
            if finding.group not in whole[message.job]:
                gaps[finding.record_id].add(finding.key)
    return gaps, readers


def _names(session: Session, orders: Iterable[int]) -> dict[int, str]:
    named = [("id", "in", sorted(orders))]
    rows = session.call(ORDER, "search_read", named, ["name", "partner_id"])
    return {row["id"]: f"{row['name']} {row['partner_id'][1]}" for row in rows}


def _made(session: Session, effect: Effect) -> Iterator[str]:
    number = (effect.result or {}).get("project_id")
    if effect.status is not EffectStatus.DONE or number is None:
        yield f"project: {effect.status.value}"
        return
    fields = ["name", "user_id", "date_start", "date", "allocated_hours"]
    (project,) = session.call("project.project", "search_read", [("id", "=", number)], fields)
    yield f"project {project['name']} was proposed and made"
    yield f"{project['user_id'][1]} leads it from {project['date_start']} to {project['date']}"
    yield f"{project['allocated_hours']:g} hours"
    within = [("project_id", "=", number)]
    about = [("res_model", "=", "project.project"), ("res_id", "=", number)]
    for model, domain, what in (
        ("project.milestone", within, "milestones"),
        ("project.task", within, "tasks"),
        ("mail.activity", about, "to-dos"),
    ):
        yield f"{session.call(model, 'search_count', domain)} {what}"


def _metrics(address: str) -> Table:
    with urllib.request.urlopen(address, timeout=10) as answer:
        text = answer.read().decode()
    table = Table("metric", title=f"Scraped from {address}", title_justify="left")
    table.add_column("value", justify="right")
    families = text_string_to_metric_families(text)
    samples = [s for family in families for s in family.samples if s.name in SHOWN_METRICS]
    # Counters start at zero; what never happened is not news.
    told = [s for s in samples if s.value or not s.name.endswith("_total")]
    for sample in told:
        labels = ", ".join(f"{key}={value}" for key, value in sample.labels.items())
        table.add_row(f"{sample.name}{{{labels}}}", f"{sample.value:g}")
    if not any(sample.name == "fleet_exceptions_total" for sample in told):
        table.add_row("fleet_exceptions_total", "none")
    return table
