"""What a job would change in Odoo: a proposal, which people may have to agree to first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tasks.domain.deciding import Answer, State
from tasks.domain.matrix import Request
from tasks.domain.texts import Text


class Mode(StrEnum):
    """What becomes of the proposals of a kind; off is only told."""

    OFF = "off"
    PROPOSE = "propose"
    APPROVE = "approve"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Proposal:
    """A write that a job prepares, done at most once for its kind, subject and identity."""

    #: The name of a file in `workers/effects/kinds`.
    kind: str
    model: str
    record_id: int
    #: What makes it the same one when the job proposes it again: the case's key and so on.
    identity: str
    why: Text
    #: As the kind's values are named; JSON.
    values: Mapping[str, Any] = field(default_factory=dict)
    #: Who proposed or prepared it, by address, and what a matrix may ask of it.
    request: Request | None = None
    #: Whether it waits for nobody, unless its kind is off: for what only keeps a record from what
    #: nobody has agreed to.
    at_once: bool = False


@dataclass(frozen=True)
class Said:
    """What one person said to a proposal, and when (UTC)."""

    person: str
    answer: Answer
    at: datetime
    level: str
    reason: str = ""


@dataclass(frozen=True)
class Proposed:
    """A proposal of before, as the fleet remembers it: what became of it, and what was said."""

    kind: str
    model: str
    record_id: int
    identity: str
    #: UTC.
    asked_at: datetime
    #: Approved too where nobody had to agree.
    state: State
    #: When it was approved or refused (UTC); None while it waits.
    decided_at: datetime | None = None
    request: Request | None = None
    #: Oldest first.
    said: tuple[Said, ...] = ()
