"""What of a failed check each person can mend: whose it is, how much, and since when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from tasks.domain.checklists import Check, Owner, Result
from tasks.domain.texts import NOTHING, Text, joined

NO_SALESPERSON: Final = Owner(Text("nobody: set a salesperson"))
NO_MANAGER: Final = Owner(Text("nobody: set a project manager"))
NO_TIME_APPROVER: Final = Owner(Text("nobody: set who approves these hours"))
NO_EXPENSE_APPROVER: Final = Owner(Text("nobody: set who approves the expenses"))
NO_BUYER: Final = Owner(Text("nobody: set the buyer of the purchase"))
NO_REVIEWER: Final = Owner(Text("the reviewers: Odoo names none"))
NO_ASSIGNEE: Final = Owner(Text("nobody: assign the ticket"))


@dataclass(frozen=True)
class Held:
    """What waits for one person: so many hours, expenses or purchases."""

    owner: Owner
    amount: float
    since: date | None = None


@dataclass(frozen=True)
class Share:
    """What of a failed check one person can mend; since None: as long as the order waits."""

    owner: Owner
    reason: Text
    since: date | None = None


@dataclass(frozen=True)
class OwnedCheck(Check):
    """A failed check, with the part of each person who can mend some of it."""

    shares: tuple[Share, ...] = ()

    def row(self) -> dict[str, Any]:
        """JSON-ready, as every check is."""
        return {each.name: getattr(self, each.name) for each in fields(Check)}


def shares_of(check: Check) -> tuple[Share, ...]:
    """The parts of a failed check, one for each person."""
    return check.shares if isinstance(check, OwnedCheck) else ()


def failure(
    name: str, problem: Text, next_step: Text, url: str, shares: Iterable[Share]
) -> OwnedCheck:
    """A check that failed; who has several parts of it has them as one."""
    parts = merged(shares)
    return OwnedCheck(
        name, Result.FAIL, problem, names(part.owner for part in parts), next_step, url, parts
    )


def names(owners: Iterable[Owner]) -> Text:
    """What people are called, each once."""
    return joined(sorted({owner.name for owner in owners}, key=str), ", ")


def merged(shares: Iterable[Share]) -> tuple[Share, ...]:
    """One share for each owner, with all that is theirs, since the first of it."""
    by_owner: dict[Owner, list[Share]] = {}
    for share in shares:
        by_owner.setdefault(share.owner, []).append(share)
    return tuple(_together(owner, found) for owner, found in by_owner.items())


def _together(owner: Owner, found: Sequence[Share]) -> Share:
    reasons = dict.fromkeys(share.reason for share in found if share.reason != NOTHING)
    days = [share.since for share in found if share.since]
    return Share(owner, joined(reasons, "; "), min(days, default=None))
