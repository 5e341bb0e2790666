"""What somebody who knows only ledger, metrics and logs must have seen of a scenario."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tests.chaos.evidence import Evidence, digest_of, in_time
from tests.chaos.mailbox import Entry, Mode
from tests.chaos.scenario import Act
from workers.ledger.statuses import MessageStatus, RunStatus


def metrics(evidence: Evidence) -> Iterator[str]:
    """The exporter's counters are the ledger's rows, to the last one."""
    events = Counter(entry.event for entry in evidence.audit)
    runs = Counter(run.status for run in evidence.runs)
    messages = Counter(message.status for message in evidence.messages)
    said = {
        ("fleet_runs_total", "succeeded"): runs[RunStatus.SUCCEEDED],
        ("fleet_runs_total", "dead"): runs[RunStatus.DEAD],
        ("fleet_runs_total", "retried"): events["run.retried"],
        ("fleet_runs_total", "waiting"): events["run.waited"],
        ("fleet_messages_total", "sent"): messages[MessageStatus.SENT],
        ("fleet_messages_total", "parked"): messages[MessageStatus.PARKED],
        ("fleet_messages_total", "retried"): events["message.failed"],
        ("fleet_messages_total", "waiting"): events["message.waited"],
    }
    for (name, outcome), count in said.items():
        shown = evidence.total(name, outcome=outcome)
        if shown != count:
            yield f"{name}{{outcome={outcome}}} says {shown:g}, the ledger {count}"
    lost = evidence.total("fleet_exceptions_total", exception="WorkerLost")
    if lost != events["run.lost"] + events["message.lost"]:
        yield f"WorkerLost says {lost:g}, the audit {events['run.lost'] + events['message.lost']}"
    if not evidence.samples:
        yield "the exporter shows nothing"


def failures(evidence: Evidence) -> Iterator[str]:
    """What was injected can be seen by somebody who knows only ledger and metrics."""
    noted = Counter((entry.event, entry.message_id) for entry in evidence.audit)
    for message_id, refusals in _refusals(evidence.mails).items():
        rows = [m for m in evidence.messages if m.message_id == message_id]
        events = ("message.failed", "message.waited", "message.lost")
        seen = sum(noted[event, m.id] for m in rows for event in events)
        seen += sum(noted["message.parked", m.id] for m in rows)
        if seen < refusals:
            yield f"{message_id} was refused {refusals} times and noted {seen} times"
    yield from _broken_answers(evidence)
    for what, source in (
        ("redis killed", "broker"),
        ("rabbit killed", "broker"),
        ("postgres killed", "ledger"),
    ):
        outage = evidence.scenario.kind.endswith("_restarted")
        if outage and evidence.done[what] and source not in evidence.seen_down:
            yield f"{what}, and the exporter did not say that its {source} is down"


def _broken_answers(evidence: Evidence) -> Iterator[str]:
    """A stall or a silence may end before anybody has lost patience; all else must be seen.

    Not where whoever waited for the answer was killed as it waited.
    """
    patient = ("stall", "half_open", "slow")
    if evidence.scenario.has(Act.KILL_AT_EFFECT):
        return
    for place in ("odoo", "hook"):
        broken = sum(
            n
            for what, n in evidence.done.items()
            if what.split()[0] == place and what.split()[1] not in patient
        )
        if broken and not _failures_seen(evidence, place):
            yield f"{broken} answers of {place} were broken, and no counter shows it"


def _failures_seen(evidence: Evidence, place: str) -> float:
    if place == "hook":
        outcomes = ("retried", "waiting", "parked")
        return sum(evidence.total("fleet_messages_total", outcome=each) for each in outcomes)
    return sum(
        value
        for (name, labels), value in evidence.samples.items()
        if name == "fleet_odoo_calls_total" and ("outcome", "ok") not in labels
    )


def traces(evidence: Evidence) -> Iterator[str]:
    """One id leads from the slot to what was asked of Odoo, said in the log, and mailed."""
    for run in in_time(evidence):
        if run.status is RunStatus.SUCCEEDED and run.trace_id not in evidence.asked:
            yield f"no request to Odoo carried the trace of run {run.id} of {run.job}"
    of_runs = {run.id: run.trace_id for run in evidence.runs}
    of_mails = {m.message_id: of_runs.get(m.run_id, m.trace_id) for m in evidence.messages}
    for entry in evidence.mails:
        if of_mails.get(entry.message_id, entry.trace_ids[0]) not in entry.trace_ids:
            yield f"mail {entry.message_id} carries other traces, {entry.trace_ids}"
    for event in evidence.events:
        traces = [of_mails[m.message_id] for m in evidence.messages if digest_of(m) == event.digest]
        if traces != [event.trace_id]:
            yield f"the event {event} carries another trace than {traces}"
    yield from (f"a log line without a trace: {line}" for line in evidence.untraced)


def _refusals(mails: Sequence[Entry]) -> Counter[str]:
    """A mail of several that is refused for good is sent again at once, each message alone."""
    return Counter(
        entry.message_id
        for entry in mails
        if entry.mode is Mode.NOT_NOW or (entry.mode is Mode.NEVER and entry.together == 1)
    )
