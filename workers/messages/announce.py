"""Which messages the changes of a run become: one per person told, or a digest per reader."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.declaration import Audience
from tasks.domain.acts import ActKind
from tasks.domain.cases import Change, ChangeKind
from tasks.domain.findings import Report
from tasks.domain.plurals import counted
from workers.ledger.outbox import NewMessage
from workers.ledger.readers import Told
from workers.messages import digest, personal
from workers.messages.digest import Addressee, Seen
from workers.messages.occasion import Occasion, nobody_behind

SPOKEN = frozenset(
    {ChangeKind.OPENED, ChangeKind.WORSENED, ChangeKind.REMINDED, ChangeKind.ESCALATED}
)


@dataclass(frozen=True)
class Announcement:
    """What a run has to say, who could not be told, and what had been said before."""

    messages: tuple[NewMessage, ...]
    silent: tuple[str, ...] = ()
    repeated: int = 0
    #: Why what stands is in no message, also what stood before the run.
    untold: tuple[str, ...] = ()


def announce(
    occasion: Occasion,
    changes: Sequence[Change],
    report: Report,
    told: Container[Told] = frozenset(),
    seen: Mapping[Addressee, Seen] | None = None,
    *,
    first: bool = False,
) -> Announcement:
    """The messages of a run; an unchanged picture gives none.

    told: who was written to of which finding at which step, as the outbox remembers.
    seen: what each reader of the job's role saw last.
    first: whether no run of the job succeeded here before. What stands then is known, and told in
    digests; nothing of it is told by itself, on no channel.
    """
    job = occasion.job
    messages: list[NewMessage] = []
    silent: list[str] = []
    untold: list[str] = []
    repeated = 0
    if job.tells_persons:
        spoken = [c for c in changes if c.kind in SPOKEN and job.is_personal(c.finding)]
        letters, unreached, repeated = personal.letters(occasion, spoken, told)
        messages += letters
        silent += unreached
        untold += _untold_persons(occasion, report, letters)
    if job.audience is not Audience.PERSON:
        others = [change for change in changes if not job.is_personal(change.finding)]
        whole = digest.of_role(occasion, report)
        to_role, unheard, unsaid = _to_role(occasion, others, whole, seen or {}, first=first)
        messages += to_role
        silent += unheard
        untold += unsaid
    kept, opted_out = _without_opted_out(occasion, messages)
    return Announcement(tuple(kept), (*silent, *opted_out), repeated, tuple(untold))


def periods_of(occasion: Occasion, changes: Iterable[Change]) -> frozenset[str]:
    """The periods that the messages of these changes are about."""
    return frozenset(personal.period_of(occasion, change.finding) for change in changes)


def _to_role(
    occasion: Occasion,
    changes: Sequence[Change],
    report: Report,
    seen: Mapping[Addressee, Seen],
    *,
    first: bool,
) -> tuple[Sequence[NewMessage], Sequence[str], Sequence[str]]:
    """The messages; who could not be told of the changes; why what stands is in no message."""
    role = occasion.job.role
    routes = occasion.routes(report.findings)
    if not any(occasion.readers(role, route.channel) for route in routes):
        nobody = [nobody_behind(role)]
        return [], nobody if changes else [], nobody
    alone = list(digest.at_once(occasion, changes))
    digests = list(digest.digests(occasion, report, seen))
    untold = list(_without_news(occasion, report, digests, seen))
    known = {key for message in alone for key in message.finding_keys}
    if first and known:
        untold.append(
            f"role {role}: a first run takes {counted(len(known), 'finding')} as known: digests "
            "list them all, nothing tells of each by itself"
        )
    elif report.findings and not (alone or all(route.digest for route in routes)):
        untold.append(f"role {role}: none opened or worsened, and no other is told by itself")
    return [*([] if first else alone), *digests], [], untold


def _without_news(
    occasion: Occasion,
    report: Report,
    digests: Iterable[NewMessage],
    seen: Mapping[Addressee, Seen],
) -> Iterator[str]:
    """Why each of the others who read the digest gets none."""
    role = occasion.job.role
    told = {(message.channel, message.recipient) for message in digests}
    for reader in digest.readers_of(occasion, report):
        if reader in told:
            continue
        last = seen.get(reader, Seen()).payload
        if last is None:
            yield f"role {role}: nothing stands that {reader[1]} could be told of"
        else:
            at = datetime.fromisoformat(last.at).astimezone(occasion.scope.zone)
            yield (
                f"role {role}: {reader[1]} was told all of it in the digest of {at:%Y-%m-%d %H:%M}"
            )


def _untold_persons(
    occasion: Occasion, report: Report, messages: Iterable[NewMessage]
) -> Iterator[str]:
    theirs = [finding for finding in report.findings if occasion.job.is_personal(finding)]
    if not theirs:
        yield "persons: nothing stands that anybody could be told of"
    told = {key for message in messages for key in message.finding_keys}
    why = Counter(
        personal.why_untold(occasion, finding) for finding in theirs if finding.key not in told
    )
    for reason, count in why.items():
        yield f"persons: of {counted(count, 'finding')} nobody is told now: {reason}"


def _without_opted_out(
    occasion: Occasion, messages: Iterable[NewMessage]
) -> tuple[list[NewMessage], list[str]]:
    gone = {act.person for act in occasion.acts if act.kind is ActKind.OPTED_OUT}
    kept, silent = [], []
    for message in messages:
        if message.recipient.lower() in gone:
            silent.append(f"{message.recipient} has opted out of this job")
        else:
            kept.append(message)
    return kept, silent
