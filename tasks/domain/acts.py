"""What people did about cases on their page: acknowledged, snoozed, handed over, and so on."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final


class ActKind(StrEnum):
    """What somebody did."""

    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    HELD = "held"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    LIFTED = "lifted"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"


# One act of these speaks for everybody; the others are each person's own.
SHARED: Final = frozenset(
    {
        *(ActKind.SNOOZED, ActKind.HELD, ActKind.HANDED_OVER),
        *(ActKind.ACCEPTED, ActKind.RETURNED),
    }
)
# What one team says to what another hands to it.
VERDICTS: Final = (ActKind.ACCEPTED, ActKind.RETURNED)


@dataclass(frozen=True)
class Act:
    """One thing that a person did about a case, or with the key "" about all mails of a job."""

    kind: ActKind
    #: An e-mail address in lower case.
    person: str
    job: str
    tenant: str
    company_id: int
    key: str
    at: datetime
    reason: str = ""
    #: The last day of it.
    until: date | None = None
    #: The case's, as the person saw it.
    severity: str = ""
    #: model, record_id: what the case is about, or the order that is held by it.
    model: str = ""
    record_id: int = 0
    #: What was decided on, as the case told it: names with what stands for what they held.
    contents: Mapping[str, str] = field(default_factory=dict, hash=False)


def stands(act: Act, today: date) -> bool:
    """Whether an act has not expired yet; without `until` it never does."""
    return act.until is None or today <= act.until


def unended(acts: Iterable[Act]) -> tuple[Act, ...]:
    """What still matters of the acts of one scope, given oldest first; expired ones stay.

    A newer act takes the place of an older one of its kind; lifting ends all about a case and the
    hold on its record, opting in ends opting out.
    """
    found: dict[Hashable, Act] = {}
    for act in acts:
        if act.kind is ActKind.LIFTED:
            found = {place: other for place, other in found.items() if not _lifts(act, other)}
        elif act.kind is ActKind.OPTED_IN:
            found.pop(_place(replace(act, kind=ActKind.OPTED_OUT)), None)
        else:
            place = _place(act)
            found.pop(place, None)
            found[place] = act
    return tuple(found.values())


def _place(act: Act) -> Hashable:
    return act.kind, None if act.kind in SHARED else act.person, _subject(act)


def _subject(act: Act) -> Hashable:
    """An order is held whatever its case is called by now; everything else is about one case."""
    if act.kind is ActKind.HELD and act.record_id:
        return act.model, act.record_id
    return act.job, act.key


def _lifts(lifted: Act, other: Act) -> bool:
    if other.kind is ActKind.OPTED_OUT:
        return False
    same_record = (other.model, other.record_id) == (lifted.model, lifted.record_id)
    held_record = other.kind is ActKind.HELD and bool(lifted.record_id) and same_record
    return (other.job, other.key) == (lifted.job, lifted.key) or held_record
