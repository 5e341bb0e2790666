"""What a reader has not seen yet: the picture of now held against the last one they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.cases import beyond
from tasks.domain.told import ToldAside, ToldFinding

Subject = tuple[str, int]


@dataclass(frozen=True)
class Picture:
    """What a digest shows: findings, snoozed ones among them, and what was set aside."""

    findings: Sequence[ToldFinding] = ()
    set_aside: Sequence[ToldAside] = ()

    def snoozed(self) -> frozenset[str]:
        """The keys of findings that somebody snoozed."""
        return frozenset(f.key for f in self.findings if f.snoozed_until)

    def aside(self) -> frozenset[Subject]:
        """What was set aside."""
        return frozenset(map(_subject, self.set_aside))


@dataclass(frozen=True)
class News:
    """The differences between two pictures."""

    #: New subjects.
    opened: tuple[ToldFinding, ...] = ()
    #: Known ones that stand in another group or under another key now.
    moved: tuple[ToldFinding, ...] = ()
    #: Known ones that are graver now.
    worsened: tuple[ToldFinding, ...] = ()
    #: Their snooze or hold ended.
    returned: tuple[ToldFinding, ...] = ()
    #: Gone without a successor.
    settled: tuple[ToldFinding, ...] = ()
    #: Set aside since.
    held: tuple[ToldAside, ...] = ()
    #: Known ones of another amount, which alone is not a reason to write.
    repriced: tuple[ToldFinding, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return any((self.opened, self.moved, self.worsened, self.returned, self.settled, self.held))


def news(before: Picture, now: Picture) -> News:
    """What became of the findings that a reader saw; what is snoozed now is not news."""
    seen = {finding.key: finding for finding in before.findings}
    awake = [finding for finding in now.findings if not finding.snoozed_until]
    here = {finding.key for finding in now.findings}
    gone = {
        _subject(finding): finding
        for key, finding in seen.items()
        if key not in here and key not in before.snoozed()
    }
    fresh = [finding for finding in awake if finding.key not in seen]
    known = [finding for finding in awake if finding.key in seen]
    worsened = [f for f in known if _is_worse(f, seen[f.key])]
    returned = [f for f in known if f.key in before.snoozed() and f not in worsened]
    moved = [f for f in fresh if _subject(f) in gone]
    moved += [f for f in known if f.group != seen[f.key].group and f not in (*worsened, *returned)]
    returned += [f for f in fresh if f not in moved and _subject(f) in before.aside()]
    succeeded = {*map(_subject, moved), *now.aside()}
    return News(
        opened=tuple(f for f in fresh if f not in moved and f not in returned),
        moved=tuple(moved),
        worsened=tuple(worsened),
        returned=tuple(returned),
        settled=tuple(f for subject, f in gone.items() if subject not in succeeded),
        held=tuple(f for f in now.set_aside if _subject(f) in gone),
        repriced=tuple(
            f
            for f in known
            if f.amount != seen[f.key].amount and f not in (*worsened, *returned, *moved)
        ),
    )


def _subject(told: ToldFinding | ToldAside) -> Subject:
    return told.model, told.record_id


def _is_worse(finding: ToldFinding, before: ToldFinding) -> bool:
    graver = finding.severity.rank > before.severity.rank
    return graver or beyond(finding.bands, before.bands)
