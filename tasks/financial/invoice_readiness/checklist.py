"""Checks with an outcome, a reason and a next step; only a failed check blocks."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from tasks.domain.texts import NOTHING, NameOrText, Text


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
