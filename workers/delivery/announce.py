"""Which messages the changes of a run become: one per person told, or a digest per reader."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.declaration import Audience
from tasks.domain.acts import ActKind
from tasks.domain.cases import Change, ChangeKind
from tasks.domain.findings import Report
from workers.delivery import digest, personal
from workers.delivery.digest import Addressee, Seen
from workers.delivery.occasion import Occasion
from workers.ledger.outbox import NewMessage
from workers.ledger.readers import Told

SPOKEN = frozenset(
    {ChangeKind.OPENED, ChangeKind.WORSENED, ChangeKind.REMINDED, ChangeKind.ESCALATED}
)


@dataclass(frozen=True)
class Announcement:
    """What a run has to say, who could not be told, and what had been said before."""

    messages: tuple[NewMessage, ...]
    silent: tuple[str, ...] = ()
    repeated: int = 0


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
    if occasion.job.audience is Audience.PERSON:
        spoken = [change for change in changes if change.kind in SPOKEN]
        messages, silent, repeated = personal.letters(occasion, spoken, told)
    else:
        messages, silent, repeated = _to_role(occasion, changes, report, seen or {}, first=first)
    kept, opted_out = _without_opted_out(occasion, messages)
    return Announcement(tuple(kept), (*silent, *opted_out), repeated)


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
) -> tuple[Sequence[NewMessage], Sequence[str], int]:
    role = occasion.job.audience.value
    nobody = changes and not digest.readers_of(occasion, report)
    silent = [f"nobody is configured for the role {role}"] if nobody else []
    alone = [] if first else digest.at_once(occasion, changes)
    now = [*alone, *digest.digests(occasion, report, seen)]
    return now, silent, 0


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
