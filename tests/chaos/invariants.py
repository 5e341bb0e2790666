"""What must be true after every scenario, checked from the outside and to the last row."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from tasks.declaration import Delivery
from tests.chaos import visible
from tests.chaos.errands import KINDS, Errand, Standing
from tests.chaos.evidence import Evidence, digest_of, in_time, people, told_of
from tests.chaos.lane import TENANTS
from tests.chaos.mailbox import UNANSWERED, Mode
from tests.chaos.scenario import Act
from workers.ledger.readers import SUPERSEDED
from workers.ledger.statuses import EffectStatus, MessageStatus, RunStatus

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
    Act.WRITE,
    Act.MAIL,
    Act.MAIL_DOWN,
    Act.CLOCK_STEP,
    Act.REDIS_PAUSE,
    Act.RABBIT_PAUSE,
    Act.AWAY,
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
    arrived = evidence.arrived()
    found = [
        *evidence.unreached,
        *_slots(evidence),
        *_ends(evidence),
        *_tellings(evidence),
        *_mails(evidence, arrived),
        *_effects(evidence),
        *_strangers(evidence),
        *_ambiguity(evidence, arrived),
        *_attempts(evidence),
        *visible.metrics(evidence),
        *visible.failures(evidence),
        *visible.traces(evidence),
        *_stops(evidence),
        *_news(evidence),
    ]
    return Verdict(tuple(found), _counts(evidence, arrived))


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
            "chore": ["anna.kern@nordwind.example"],
            "ring": ["hook"],
            "errand": [],
        }.get(run.job, [f"finance@{run.tenant}.example"])
        for email in wanted:
            if told.pop((run.id, email), 0) != 1:
                yield f"run {run.id} of {run.job} did not tell {email} once"
    ours = {run.id for run in in_time(evidence)}
    yield from (f"run {run} told {email} too" for run, email in told if run in ours)


def _mails(evidence: Evidence, arrived: Counter[str]) -> Iterator[str]:
    refused = {entry.message_id for entry in evidence.mails if entry.mode is Mode.NEVER}
    for message in told_of(evidence):
        times = arrived[message.message_id]
        name = f"message {message.id} of {message.job} ({message.status}, {message.error_class})"
        if message.status is MessageStatus.SENT:
            if times == 0:
                yield f"mail lost: {name} never arrived"
        elif message.status is MessageStatus.PARKED:
            yield from _parked(message, name, times, refused)
        elif message.status is MessageStatus.DROPPED:
            if not _superseded(message, evidence, times):
                yield f"{name} was dropped: {message.error}"
        else:
            yield f"{name} is not settled"
        once = message.guarantee is Delivery.AT_MOST_ONCE or message.channel == "odoo_activity"
        if times > 1 and once:
            yield f"mail doubled: {name} arrived {times} times"


def _effects(evidence: Evidence) -> Iterator[str]:
    """Each errand is done in Odoo once, and the ledger says so."""
    standing = evidence.standing
    if standing is None:
        return
    known = {(e.tenant, e.kind, e.model, e.record_id, e.identity): e for e in evidence.effects}
    for run in in_time(evidence):
        if run.job != "errand" or run.status is not RunStatus.SUCCEEDED:
            continue
        errand = Errand(run.tenant, run.company_id, run.slot)
        for kind in KINDS:
            name, times = f"{kind} of {errand.title}", standing.times(errand, kind)
            effect = known.get((run.tenant, kind, *errand.subject(kind), errand.title))
            if effect is None:
                yield f"effect lost: {name} was never kept"
                continue
            said = f"{name} (effect {effect.id}, {effect.status}, {effect.error})"
            if effect.status is not EffectStatus.DONE:
                yield f"effect not done: {said}"
            if times == 0:
                yield f"effect lost: {said} does not stand in Odoo"
            if times > 1:
                yield f"effect doubled: {said} stands {times} times in Odoo"
            if effect.token:
                yield f"{said} is settled and held"
    yield from _written_without_an_effect(evidence, standing)


def _written_without_an_effect(evidence: Evidence, standing: Standing) -> Iterator[str]:
    proposed = Counter(effect.kind for effect in evidence.effects if effect.job == "errand")
    for kind, found in (
        ("create_project", standing.projects),
        ("stage", standing.moves),
    ):
        if len(found) > proposed[kind]:
            yield f"{len(found)} of {kind} stand in Odoo, and {proposed[kind]} were proposed"


def _strangers(evidence: Evidence) -> Iterator[str]:
    """Whatever arrived is a message of the ledger."""
    known = {message.message_id for message in evidence.messages}
    events = {digest_of(message) for message in evidence.messages}
    yield from (f"nobody queued {e}" for e in evidence.mails if e.message_id not in known)
    yield from (f"nobody queued {e}" for e in evidence.events if e.digest not in events)


def _superseded(message: Row[Any], evidence: Evidence, times: int) -> bool:
    """A digest that waited gives way to a later one to the same reader.

    It may have come if it waited because an answer was lost.
    """
    reader = (message.job, message.tenant, message.company_id, message.recipient)
    return (
        message.error == SUPERSEDED
        and (times == 0 or message.attempts > 0 or message.error_class is not None)
        and any(
            (other.job, other.tenant, other.company_id, other.recipient) == reader
            for other in evidence.messages
            if other.run_id is not None and other.run_id > message.run_id
        )
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
        cut = sum(n for what, n in evidence.done.items() if what.startswith(("smtp ", "hook ")))
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


def _stops(evidence: Evidence) -> Iterator[str]:
    """Whoever is asked to stop ends what is begun: nothing is aborted, nothing repeated."""
    if any(fault.act is not Act.STOP for fault in evidence.scenario.faults):
        return
    for row in [*in_time(evidence), *told_of(evidence)]:
        if row.attempts > 1:
            yield f"after a stop, {row.job} {row.id} was begun {row.attempts} times"


def _news(evidence: Evidence) -> Iterator[str]:
    """Ops of each tenant are told once of what was away, and nothing of it was given up."""
    if not evidence.scenario.has(Act.AWAY):
        return
    (fault,) = evidence.scenario.faults
    # Nobody can be told by mail of a mail server, nor of ledger and broker, before they are back.
    steps = ["outage", "return"] if fault.target == "odoo" else ["return"]
    for tenant in TENANTS:
        reader = f"ops@{tenant}.example"
        news = [m for m in evidence.messages if m.recipient == reader]
        told = sorted(m.step for m in news if m.status is MessageStatus.SENT)
        if told != steps:
            yield f"{reader} was told {told} of {fault.target}, which was away"
    for message in evidence.messages:
        if message.status is MessageStatus.PARKED:
            yield f"message {message.id} was given up: {message.error}"


def _counts(evidence: Evidence, arrived: Counter[str]) -> Mapping[str, int]:
    messages = told_of(evidence)
    unknown = [m for m in messages if m.error_class in UNKNOWN]
    doubled = [m for m in messages if arrived[m.message_id] > 1]
    return {
        "slots": len(evidence.expected()),
        "mails": sum(arrived.values()),
        "retries": sum(max(0, run.attempts - 1) for run in in_time(evidence)),
        "dead": sum(run.status is RunStatus.DEAD for run in in_time(evidence)),
        "effects": sum(effect.status is EffectStatus.DONE for effect in evidence.effects),
        "looked up": sum(
            entry.event == "effect.done" and entry.detail["how"] == "found"
            for entry in evidence.audit
        ),
        "ambiguous": len({m.sent_in or m.message_id for m in [*unknown, *doubled]}),
        "lost": sum(arrived[m.message_id] == 0 for m in unknown),
        "doubled": sum(arrived[m.message_id] - 1 for m in doubled),
    }
