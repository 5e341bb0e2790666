"""What must be true after every scenario, checked from the outside and to the last row."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from tasks.declaration import Delivery
from tests.chaos.evidence import Evidence, people
from tests.chaos.mailbox import UNANSWERED, Entry, Mode
from tests.chaos.scenario import Act
from workers.ledger.readers import SUPERSEDED
from workers.ledger.statuses import MessageStatus, RunStatus

# Whatever may leave a sender without the answer, or its answer without a row.
BREAKS_DELIVERY = (
    Act.KILL_CHILD,
    Act.KILL,
    Act.STOP,
    Act.KILL_AT_ACCEPT,
    Act.POSTGRES_RESTART,
    Act.SQLITE_LOCK,
    Act.CUT,
    Act.HALF_OPEN,
    Act.PROXY,
    Act.MAIL,
    Act.MAIL_DOWN,
    Act.CLOCK_STEP,
    Act.REDIS_PAUSE,
    Act.RABBIT_PAUSE,
)
UNKNOWN = {"Unknown", "DeliveryUnknown"}


@dataclass(frozen=True)
class Verdict:
    """The violations found, and the counts of a scenario.

    lost: mails of the ambiguous instant that never arrived. doubled: those that arrived twice.
    ambiguous: all whose sender never learnt what became of them.
    """

    violations: tuple[str, ...]
    counts: Mapping[str, int]


def judge(evidence: Evidence) -> Verdict:
    """Check everything; an empty list of violations is the proof."""
    arrived = Counter(entry.message_id for entry in evidence.mails if entry.accepted)
    found = [
        *evidence.unreached,
        *_slots(evidence),
        *_ends(evidence),
        *_tellings(evidence),
        *_mails(evidence, arrived),
        *_ambiguity(evidence, arrived),
        *_attempts(evidence),
        *_metrics(evidence),
        *_visibility(evidence),
        *_traces(evidence),
        *_stops(evidence),
    ]
    return Verdict(tuple(found), _counts(evidence, arrived))


def in_time(evidence: Evidence) -> list[Row[Any]]:
    """The runs whose slots are judged; later ones were still going on."""
    return [run for run in evidence.runs if run.slot <= evidence.until]


def told_of(evidence: Evidence) -> list[Row[Any]]:
    """The messages of those runs."""
    ids = {run.id for run in in_time(evidence)}
    return [message for message in evidence.messages if message.run_id in ids]


def _slots(evidence: Evidence) -> Iterator[str]:
    runs = Counter((run.job, run.tenant, run.company_id, run.slot) for run in evidence.runs)
    for slot in evidence.expected():
        if runs[slot] == 0:
            yield f"slot lost: {slot[0]} {slot[1]}/{slot[2]} {slot[3]:%H:%M:%S}"
    for slot, times in runs.items():
        if times > 1:
            yield f"slot doubled: {slot}"
        if not evidence.allows(slot):
            yield f"a run for no slot of the timetable: {slot}"


def _ends(evidence: Evidence) -> Iterator[str]:
    for run in in_time(evidence):
        name = f"run {run.id} of {run.job}"
        if run.status is RunStatus.DEAD:
            if run.job != "poison_run":
                yield f"{name} died: {run.error_class}: {run.error}"
            elif (run.error_class, run.attempts) != ("WorkerLost", evidence.limits["run"]):
                yield f"{name} died as {run.error_class} after {run.attempts} attempts"
        elif run.status is not RunStatus.SUCCEEDED:
            yield f"{name} is still {run.status}: {run.error}"
        elif run.job == "poison_run":
            yield f"{name} cannot have succeeded"
        if run.status is RunStatus.DEAD and not run.error:
            yield f"{name} died without a reason"
        if run.token or (run.lease_until and run.status in (RunStatus.DEAD, RunStatus.SUCCEEDED)):
            yield f"{name} is settled and held"


def _tellings(evidence: Evidence) -> Iterator[str]:
    """Every succeeded run has told exactly whom it had to tell."""
    who = people(evidence.since)
    told = Counter((message.run_id, message.recipient) for message in evidence.messages)
    for run in in_time(evidence):
        if run.status is not RunStatus.SUCCEEDED:
            continue
        wanted = {
            "pulse": [email for _, email in who[run.company_id]],
            "poison_mail": ["nobody@nordwind.example"],
        }.get(run.job, [f"finance@{run.tenant}.example"])
        for email in wanted:
            if told.pop((run.id, email), 0) != 1:
                yield f"run {run.id} of {run.job} did not tell {email} once"
    ours = {run.id for run in in_time(evidence)}
    yield from (f"run {run} told {email} too" for run, email in told if run in ours)


def _mails(evidence: Evidence, arrived: Counter[str]) -> Iterator[str]:
    refused = {entry.message_id for entry in evidence.mails if entry.mode is Mode.NEVER}
    known = {message.message_id for message in evidence.messages}
    for message in told_of(evidence):
        times = arrived[message.message_id]
        name = f"message {message.id} of {message.job} ({message.status}, {message.error_class})"
        if message.status is MessageStatus.SENT:
            if times == 0:
                yield f"mail lost: {name} never arrived"
        elif message.status is MessageStatus.PARKED:
            yield from _parked(message, name, times, refused)
        elif message.status is MessageStatus.DROPPED:
            if times or not _superseded(message, evidence):
                yield f"{name} was dropped: {message.error}"
        else:
            yield f"{name} is not settled"
        if times > 1 and message.guarantee is Delivery.AT_MOST_ONCE:
            yield f"mail doubled: {name} arrived {times} times"
    yield from (f"nobody queued the mail {sent}" for sent in arrived if sent not in known)


def _superseded(message: Row[Any], evidence: Evidence) -> bool:
    """A digest that waited gives way to a later one to the same reader."""
    reader = (message.job, message.tenant, message.company_id, message.recipient)
    return message.error == SUPERSEDED and any(
        (other.job, other.tenant, other.company_id, other.recipient) == reader
        for other in evidence.messages
        if other.run_id > message.run_id
    )


def _parked(message: Row[Any], name: str, times: int, refused: set[str]) -> Iterator[str]:
    if message.job == "poison_mail":
        if message.error_class != "WorkerLost":
            yield f"{name} was parked for another reason than its poison"
    elif message.error_class == "DeliveryRefused":
        if message.message_id not in refused or times:
            yield f"{name} was never refused"
    elif message.error_class not in UNKNOWN or message.guarantee is not Delivery.AT_MOST_ONCE:
        yield f"{name} was given up: {message.error}"


def _ambiguity(evidence: Evidence, arrived: Counter[str]) -> Iterator[str]:
    """The ambiguous instant needs a cause, and one cause makes so many at most."""
    counts = _counts(evidence, arrived)
    allowed = 0
    if evidence.scenario.has(*BREAKS_DELIVERY):
        acts = sum(fault.act in BREAKS_DELIVERY for fault in evidence.scenario.faults)
        unanswered = sum(entry.mode in UNANSWERED for entry in evidence.mails)
        cut = sum(n for what, n in evidence.done.items() if what.startswith("smtp "))
        allowed = 2 * acts + unanswered + cut
    if counts["ambiguous"] > allowed:
        yield f"{counts['ambiguous']} ambiguous mails, and at most {allowed} had a cause"


def _attempts(evidence: Evidence) -> Iterator[str]:
    """Every attempt beyond the first has its reason in the audit."""
    noted = Counter((entry.event, entry.run_id, entry.message_id) for entry in evidence.audit)
    for run in in_time(evidence):
        failed = noted["run.retried", run.id, None]
        lost = noted["run.lost", run.id, None]
        died = noted["run.died", run.id, None]
        if run.attempts != failed + lost + (run.status is RunStatus.SUCCEEDED):
            yield f"run {run.id}: {run.attempts} attempts, {failed} failed, {lost} lost"
        if died != (run.status is RunStatus.DEAD):
            yield f"run {run.id} is {run.status} and died {died} times"
    for message in told_of(evidence):
        key = (message.run_id, message.id)
        failed = noted["message.failed", *key]
        lost = noted["message.lost", *key]
        ended = sum(noted[f"message.{end}", *key] for end in ("sent", "dropped", "parked"))
        by_holder = ended - (message.error_class in ("Unknown", "WorkerLost"))
        by_holder -= message.error == SUPERSEDED
        if message.attempts != failed + lost + by_holder or ended != 1:
            yield (
                f"message {message.id}: {message.attempts} attempts, {failed} failed, {lost} lost, "
                f"{ended} ended"
            )


def _metrics(evidence: Evidence) -> Iterator[str]:
    """The exporter's counters are the ledger's rows, to the last one."""
    events = Counter(entry.event for entry in evidence.audit)
    runs = Counter(run.status for run in evidence.runs)
    messages = Counter(message.status for message in evidence.messages)
    said = {
        ("fleet_runs_total", "succeeded"): runs[RunStatus.SUCCEEDED],
        ("fleet_runs_total", "dead"): runs[RunStatus.DEAD],
        ("fleet_runs_total", "retried"): events["run.retried"],
        ("fleet_messages_total", "sent"): messages[MessageStatus.SENT],
        ("fleet_messages_total", "parked"): messages[MessageStatus.PARKED],
        ("fleet_messages_total", "retried"): events["message.failed"],
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


def _visibility(evidence: Evidence) -> Iterator[str]:
    """What was injected can be seen by somebody who knows only ledger and metrics."""
    noted = Counter((entry.event, entry.message_id) for entry in evidence.audit)
    for message_id, refusals in _refusals(evidence.mails).items():
        rows = [m for m in evidence.messages if m.message_id == message_id]
        seen = sum(noted[event, m.id] for m in rows for event in ("message.failed", "message.lost"))
        seen += sum(noted["message.parked", m.id] for m in rows)
        if seen < refusals:
            yield f"{message_id} was refused {refusals} times and noted {seen} times"
    # A stall or a silence may end before anybody has lost patience.
    broken = sum(
        n
        for what, n in evidence.done.items()
        if what.startswith("odoo ") and what.split()[1] not in ("stall", "half_open", "slow")
    )
    if broken and evidence.scenario.kind.startswith("odoo_"):
        failed = sum(
            value
            for (name, labels), value in evidence.samples.items()
            if name == "fleet_odoo_calls_total" and ("outcome", "ok") not in labels
        )
        if not failed:
            yield f"{broken} answers of Odoo were broken, and no counter shows it"
    for what, source in (
        ("redis killed", "broker"),
        ("rabbit killed", "broker"),
        ("postgres killed", "ledger"),
    ):
        outage = evidence.scenario.kind.endswith("_restarted")
        if outage and evidence.done[what] and source not in evidence.seen_down:
            yield f"{what}, and the exporter did not say that its {source} is down"


def _traces(evidence: Evidence) -> Iterator[str]:
    """One id leads from the slot to what was asked of Odoo, said in the log, and mailed."""
    for run in in_time(evidence):
        if run.status is RunStatus.SUCCEEDED and run.trace_id not in evidence.asked:
            yield f"no request to Odoo carried the trace of run {run.id} of {run.job}"
    of_runs = {run.id: run.trace_id for run in evidence.runs}
    of_mails = {m.message_id: of_runs[m.run_id] for m in evidence.messages}
    for entry in evidence.mails:
        if of_mails.get(entry.message_id, entry.trace_ids[0]) not in entry.trace_ids:
            yield f"mail {entry.message_id} carries other traces, {entry.trace_ids}"
    yield from (f"a log line without a trace: {line}" for line in evidence.untraced)


def _stops(evidence: Evidence) -> Iterator[str]:
    """Whoever is asked to stop ends what is begun: nothing is aborted, nothing repeated."""
    if any(fault.act is not Act.STOP for fault in evidence.scenario.faults):
        return
    for row in [*in_time(evidence), *told_of(evidence)]:
        if row.attempts > 1:
            yield f"after a stop, {row.job} {row.id} was begun {row.attempts} times"


def _refusals(mails: Sequence[Entry]) -> Counter[str]:
    """A mail of several that is refused for good is sent again at once, each message alone."""
    return Counter(
        entry.message_id
        for entry in mails
        if entry.mode is Mode.NOT_NOW or (entry.mode is Mode.NEVER and entry.together == 1)
    )


def _counts(evidence: Evidence, arrived: Counter[str]) -> Mapping[str, int]:
    messages = told_of(evidence)
    unknown = [m for m in messages if m.error_class in UNKNOWN]
    doubled = [m for m in messages if arrived[m.message_id] > 1]
    return {
        "slots": len(evidence.expected()),
        "mails": sum(arrived.values()),
        "retries": sum(max(0, run.attempts - 1) for run in in_time(evidence)),
        "dead": sum(run.status is RunStatus.DEAD for run in in_time(evidence)),
        "ambiguous": len({m.sent_in or m.message_id for m in [*unknown, *doubled]}),
        "lost": sum(arrived[m.message_id] == 0 for m in unknown),
        "doubled": sum(arrived[m.message_id] - 1 for m in doubled),
    }
