"""The Celery tasks: one per job, and the fleet's own; the work is done elsewhere."""

from typing import NoReturn
from uuid import uuid4

from celery import Task
from celery.exceptions import Retry

from odoo_gateway.errors import FleetError
from tasks import catalogue
from tasks.declaration import AnyJob
from workers import dispatch, outages, trimming
from workers.app import app
from workers.broker.transport import DELIVERY, WOKEN
from workers.config.tenants import Tenant
from workers.delivery import dispatcher
from workers.effects import executor, proposing
from workers.intake import sources
from workers.ledger.runs import Run
from workers.ledger.statuses import Origin, RunStatus
from workers.messages import failures
from workers.watch import installed, visibility
from workers.wiring import fleet


class RunFailed(FleetError):
    """A run failed; whether it is tried again is the ledger's to say."""


def _task_of(job: AnyJob) -> Task:
    @app.task(name=f"jobs.{job.name}", throws=(RunFailed,))
    def execute(run_id: int) -> None:
        executed = dispatch.execute(fleet(), run_id, publish)
        if executed is None:
            return
        if executed.mail_is_due:
            deliver.delay()
        if executed.seen and executed.seen.report.proposals:
            effect.delay()
        if executed.error is not None:
            _fail(executed.status, executed.error)

    return execute


def _fail(status: RunStatus, error: Exception) -> NoReturn:
    """Say so to Celery, whose events Flower shows; all else is settled in the ledger already."""
    why = RunFailed(f"{type(error).__name__}: {error}")
    if status is RunStatus.DEAD:
        raise why
    # Published by the ledger when its time has come, not by Celery.
    raise Retry(exc=why)


JOBS: dict[str, Task] = {job.name: _task_of(job) for job in catalogue.jobs().values()}


def publish(run: Run) -> None:
    """Ring the doorbell for a run."""
    # Celery's own log lines and Flower name a task by its id alone, so that leads to the trace.
    of_event = {"queue": WOKEN} if run.origin is Origin.EVENT else {}
    JOBS[run.job].apply_async(
        (run.id,),
        **of_event,
        task_id=f"{run.trace_id}-{uuid4().hex[:8]}",
        headers={"fleet_trace_id": run.trace_id},
        argsrepr=_told(run),
    )


def _told(run: Run) -> str:
    """What Flower shows instead of the bare arguments; short, because it cuts them."""
    return f"({run.id}, {run.tenant}/{run.company_id}, {run.slot:%Y-%m-%dT%H:%MZ})"


@app.task(name="fleet.dispatch")
def open_slots(job_name: str) -> None:
    """Open and publish the job's due slots."""
    dispatch.open_due_slots(fleet(), catalogue.jobs()[job_name], ask)
    dispatch.publish_due(fleet(), publish)


def ask(job: AnyJob, tenant: Tenant) -> None:
    """Have the tenant's companies asked for, where an Odoo that hangs holds up nobody's slots."""
    learn_scopes.delay(job.name, tenant.name)


@app.task(name="fleet.learn")
def learn_scopes(job_name: str, tenant_name: str) -> None:
    """Ask an Odoo for its companies."""
    tenant = fleet().settings.tenant(tenant_name)
    dispatch.learn_scopes(fleet(), catalogue.jobs()[job_name], tenant)


@app.task(name="fleet.recover")
def recover() -> None:
    """Publish again what a broker lost or a dead worker left; tell of what was given up."""
    dispatch.put_clocks_right(fleet())
    dispatch.publish_due(fleet(), publish)
    if proposing.anybody_waits(fleet()):
        # What waits longer than this is worthless: the next one does the same.
        remind.apply_async(expires=60)
    if executor.waits(fleet()):
        effect.delay()
    outages.look_again(fleet(), ask_again)
    outages.tell(fleet())
    failures.tell(fleet())


def ask_again(name: str) -> None:
    """Have something that is away asked for again, where one that hangs holds up least."""
    queue = DELIVERY if name == outages.MAIL else "batch"
    probe.apply_async((name,), queue=queue)


@app.task(name="fleet.probe")
def probe(name: str) -> None:
    """Ask for something that is away; once it answers, go on with all that waits for it."""
    if outages.probe(fleet(), name):
        dispatch.publish_due(fleet(), publish)
        deliver.delay()


@app.task(name="fleet.listen")
def listen() -> None:
    """Have the events of each tenant that has any taken up, where an Odoo that hangs is alone."""
    within = fleet().settings.environment.events_seconds
    for name in sources.tenants_to_hear(fleet()):
        # What waits longer than this is worthless: the next one does the same.
        hear.apply_async((name,), expires=max(within, 1))


@app.task(name="fleet.hear")
def hear(tenant_name: str) -> None:
    """Take up a tenant's events, and publish the runs that look at them."""
    if sources.take_up(fleet(), fleet().settings.tenant(tenant_name)):
        dispatch.publish_due(fleet(), publish)


@app.task(name="fleet.feed")
def poll_feeds() -> None:
    """Have the change feed of each tenant that has one looked at, or its webhooks checked."""
    for tenant in fleet().settings.tenants.values():
        if sources.feeds(tenant):
            poll.apply_async((tenant.name,), expires=60)


@app.task(name="fleet.poll")
def poll(tenant_name: str) -> None:
    """Look at a tenant's change feed, and take up what it tells of."""
    tenant = fleet().settings.tenant(tenant_name)
    if sources.poll(fleet(), tenant) and sources.take_up(fleet(), tenant):
        dispatch.publish_due(fleet(), publish)


@app.task(name="fleet.compare")
def compare() -> None:
    """Measure whether record rules hide rows from us, and whether what is ours in Odoo stands."""
    visibility.compare_totals(fleet())
    installed.compare(fleet())


@app.task(name="fleet.trim")
def trim() -> None:
    """Forget one batch of what is old, and see to the next, if there is one, in its own task."""
    if any(trimming.trim(fleet()).values()):
        trim.delay()


@app.task(name="fleet.effect")
def effect() -> None:
    """Do one effect whose time has come, and see to the next, if there is one, in its own task."""
    if executor.execute_next(fleet()):
        effect.delay()


@app.task(name="fleet.remind")
def remind() -> None:
    """Ask those who may decide by now, where an Odoo that hangs holds up no run."""
    proposing.remind(fleet())


@app.task(name="fleet.deliver")
def deliver() -> None:
    """Send one batch of what is due, and see to the next, if there is one, in a task of its own.

    So that no time limit ends a long outbox in the middle of a mail.
    """
    if dispatcher.deliver(fleet()):
        deliver.delay()
