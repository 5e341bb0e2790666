"""Checklists: what must be there before work goes on, what shows it, and who sees to what is not.

A check answers one question. An item is a check that a policy demands: with its evidence, its
owner, and the time by which a gap is to be closed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, Self

from pydantic import Field, model_validator

from tasks.domain.ladder import Workdays, instant
from tasks.domain.policy import Policy
from tasks.domain.texts import NOTHING, NameOrText, Text

WORD: Final = r"^[a-z][a-z0-9_]*$"
# So names of contents begin that stand for a file, or for how an item stands; others are values.
FILE: Final = "file "
CHECK: Final = "check "


class Result(StrEnum):
    """The outcome of one check."""

    PASS = "pass"
    FAIL = "fail"
    NOT_VERIFIABLE = "not_verifiable"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Check:
    """One line of a checklist, and who does what about it where."""

    check: str
    result: Result
    reason: Text = NOTHING
    owner: NameOrText = ""
    next_step: Text = NOTHING
    url: str = ""

    def row(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def failed(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks that block."""
    return tuple(check for check in checks if check.result is Result.FAIL)


def unverified(checks: Iterable[Check]) -> tuple[str, ...]:
    """The names of the checks that nobody could make: no pass, and no failure."""
    return tuple(check.check for check in checks if check.result is Result.NOT_VERIFIABLE)


class Demand(Policy):
    """An item that must be there, who sees to it, and how long they have."""

    item: str = Field(pattern=WORD, description="what must be there")
    owner: str = Field(pattern=WORD, description="who sees to it, by their part in the work")
    within_hours: float = Field(
        16, ge=0, le=2000, description="working hours until a gap is to be closed"
    )


class OfficeHours(Policy):
    """Between which times of a working day hours count, in the owner's own zone."""

    opens: time = time(9)
    closes: time = time(17)

    @model_validator(mode="after")
    def _closes_later(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(
                f"closes at {self.closes:%H:%M} and opens at {self.opens:%H:%M}; close later"
            )
        return self


@dataclass(frozen=True)
class Answer:
    """What was found out about an item, whoever demands it."""

    result: Result
    reason: Text = NOTHING
    next_step: Text = NOTHING
    #: What shows that it is there: names of files, who signed and so on.
    evidence: tuple[str, ...] = ()
    #: Where it is mended; where the work itself is, if empty.
    url: str = ""
    #: Ids of ir.attachment, each of which shows it alone; none where something else does.
    files: tuple[int, ...] = ()


@dataclass(frozen=True)
class Owner:
    """Somebody who sees to items."""

    name: NameOrText
    #: A user of Odoo; None for nobody by name.
    user_id: int | None = None


@dataclass(frozen=True)
class Item:
    """What a policy demands, with what was found out about it."""

    check: Check
    owner: Owner
    evidence: tuple[str, ...] = ()
    #: By when a gap is to be closed (UTC); None of what is no gap, and where nobody can say.
    due: datetime | None = None

    @property
    def is_gap(self) -> bool:
        """Whether it is missing."""
        return self.check.result is Result.FAIL

    def row(self) -> dict[str, Any]:
        """JSON-ready."""
        due = None if self.due is None else self.due.isoformat()
        return {**self.check.row(), "evidence": list(self.evidence), "due": due}


@dataclass(frozen=True)
class Checklist:
    """All items that are demanded of one piece of work, in the order of the policy."""

    items: tuple[Item, ...]

    @property
    def gaps(self) -> tuple[Item, ...]:
        """What is missing."""
        return tuple(item for item in self.items if item.is_gap)

    @property
    def unverified(self) -> tuple[str, ...]:
        """The names of the items that nobody could check: neither there nor missing."""
        return unverified(item.check for item in self.items)

    @property
    def applicable(self) -> int:
        """How many items the work must have."""
        return sum(item.check.result is not Result.NOT_APPLICABLE for item in self.items)


def demanded(lists: Iterable[Sequence[Demand]]) -> tuple[Demand, ...]:
    """What any of several lists demands, each item once, in order; the shortest time holds."""
    found: dict[str, Demand] = {}
    for demand in (each for of_one in lists for each in of_one):
        known = found.get(demand.item)
        if known is None or demand.within_hours < known.within_hours:
            found[demand.item] = demand
    return tuple(found.values())


def checklist(
    demands: Iterable[Demand],
    answers: Mapping[str, Answer],
    owners: Mapping[str, Owner],
    due: Callable[[Owner, float], datetime | None],
    url: str,
) -> Checklist:
    """The items of these demands.

    answers: by item. owners: by their part in the work. due: by when an owner has worked so many
    hours. url: where the work itself is.
    """
    return Checklist(
        tuple(_item(each, answers[each.item], owners[each.owner], due, url) for each in demands)
    )


def _item(
    demand: Demand,
    answer: Answer,
    owner: Owner,
    due: Callable[[Owner, float], datetime | None],
    url: str,
) -> Item:
    is_gap = answer.result is Result.FAIL
    check = Check(
        check=demand.item,
        result=answer.result,
        reason=answer.reason,
        owner=owner.name if is_gap else "",
        next_step=answer.next_step,
        url=answer.url or url,
    )
    by = due(owner, demand.within_hours) if is_gap else None
    return Item(check, owner, answer.evidence, by)


def due_at(
    since: datetime, hours: float, workdays: Workdays, office: OfficeHours
) -> datetime | None:
    """When so many office hours of somebody's working days have passed (UTC).

    None where the days that are known do not bear it.
    """
    left = timedelta(hours=hours)
    for day in workdays.days:
        opens = instant(day, office.opens, workdays.zone)
        start = max(since, opens)
        end = instant(day, office.closes, workdays.zone)
        if start > end:
            continue
        if left <= end - start:
            return start + left
        left -= end - start
    return None


def contents_of(
    files: Iterable[tuple[str, str]], values: Mapping[str, str], found: Checklist
) -> Mapping[str, str]:
    """What is handed over, and how its checklist stands: names, with what stands for each.

    files: names with their checksums, several of one name too. values: the rest of it.
    """
    sums: dict[str, list[str]] = {}
    for name, checksum in files:
        sums.setdefault(name, []).append(checksum)
    return {
        **{f"{FILE}{name}": " ".join(sorted(of_name)) for name, of_name in sorted(sums.items())},
        **values,
        **{f"{CHECK}{item.check.check}": item.check.result.value for item in found.items},
    }


def files_in(contents: Mapping[str, str]) -> Mapping[str, str]:
    """The files of what is handed over, with their checksums, by name."""
    return {
        name.removeprefix(FILE): value for name, value in contents.items() if name.startswith(FILE)
    }


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> Sequence[str]:
    """Names of what is handed over that came, went or is another one.

    How the checklist stands is left out: those who took over work on.
    """
    names = sorted(name for name in before.keys() | after.keys() if not name.startswith(CHECK))
    return [name for name in names if before.get(name) != after.get(name)]
