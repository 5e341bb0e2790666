"""What became of handoffs, for jobs that go by whether somebody accepted them.

The job that has a handoff accepted names the kinds of its findings (`Job.handed_in`); a job that
goes by it names one of these (`Job.goes_by`), and is told what the fleet remembers of it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from tasks.domain.acts import Act, ActKind
from tasks.domain.news import Subject

#: The kind of finding by which delivery accepts what sales hands over: of orders.
TO_DELIVERY: Final = "handoff"
# What was confirmed so shortly before a look may have been seen by the next one alone.
JUST: Final = timedelta(minutes=5)


class Fate(StrEnum):
    """What became of a handoff."""

    ACCEPTED = "accepted"
    #: It waits to be accepted, was returned, or changed since it was accepted.
    OPEN = "open"
    #: It was looked at, and nobody is asked to accept it: it is exempt, or too small.
    NOT_ASKED = "not_asked"
    #: Nobody has looked at it yet, or not for so long that nothing is remembered of it.
    UNKNOWN = "not_verifiable"


@dataclass(frozen=True)
class Handoffs:
    """What the fleet remembers of the handoffs of a company."""

    #: What was said to each, oldest first, by model and id of what is handed over.
    said: Mapping[Subject, Sequence[Act]] = field(default_factory=dict)
    #: The keys of the cases in which each is to be accepted now.
    standing: Mapping[Subject, Collection[str]] = field(default_factory=dict)
    #: Those of which such a case was closed, whatever for.
    closed: frozenset[Subject] = frozenset()
    #: Closed cases of before are forgotten (UTC).
    kept_since: datetime | None = None
    #: When all of them were last looked at (UTC); None for never.
    looked_at: datetime | None = None

    def fate(self, subject: Subject, since: datetime, seller: str) -> Fate:
        """What became of one; since: when it came to be (UTC). seller: who sold it, by address."""
        said = heeded(self.said.get(subject, ()), seller)
        last = said[-1] if said else None
        # One that was decided on stands until the next look.
        standing = {*self.standing.get(subject, ())}
        if last is not None and last.kind is ActKind.ACCEPTED:
            return Fate.OPEN if standing - {last.key} else Fate.ACCEPTED
        if standing or last is not None:
            return Fate.OPEN
        forgotten = self.kept_since is None or since < self.kept_since
        unseen = self.looked_at is None or self.looked_at < since + JUST
        if forgotten or unseen or subject in self.closed:
            return Fate.UNKNOWN
        return Fate.NOT_ASKED


def heeded(said: Iterable[Act], seller: str) -> Sequence[Act]:
    """What counts of what was said; nobody accepts what they sold."""
    return [act for act in said if act.kind is not ActKind.ACCEPTED or act.person != seller]
