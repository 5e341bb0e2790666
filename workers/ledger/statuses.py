"""The states that rows of the ledger can be in."""

from enum import StrEnum
from typing import Final

# The error class of whatever was held by a process that vanished.
WORKER_LOST: Final = "WorkerLost"
# That of messages which are held after a restore.
RESTORED: Final = "Restored"


class RunStatus(StrEnum):
    """pending waits for its time, running is leased, succeeded is final.

    dead waits for a person, as `fleet dead`, metrics and alerts count it. cleared: it was dead, and
    a later slot of its job and company succeeded or a person has seen it.
    """

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CLEARED = "cleared"


SETTLED_RUNS: Final = (RunStatus.SUCCEEDED, RunStatus.DEAD, RunStatus.CLEARED)


class Origin(StrEnum):
    """Why a run was made: slot, for the timetable or by hand, and it looks at everything.

    event: a record changed, and it looks at such records alone where its job can. It closes no
    slot: nothing that is due by the timetable is taken for done because of it.
    """

    SLOT = "slot"
    EVENT = "event"


class EventStatus(StrEnum):
    """waiting for its time, claimed: leased, somebody asks whose record it is; the rest is final.

    woke: runs look at it. ignored: no job wakes for it. parked waits for a person.
    """

    WAITING = "waiting"
    CLAIMED = "claimed"
    WOKE = "woke"
    IGNORED = "ignored"
    PARKED = "parked"
    DROPPED = "dropped"


class MessageStatus(StrEnum):
    """claimed: leased, surely not sent yet; sending: leased, perhaps sent.

    sent, dropped and parked are final; parked waits for a person.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DROPPED = "dropped"
    PARKED = "parked"


UNDER_WAY: Final = frozenset({MessageStatus.CLAIMED, MessageStatus.SENDING})


class CaseState(StrEnum):
    """Whether the finding still stands."""

    OPEN = "open"
    RESOLVED = "resolved"


class EffectStatus(StrEnum):
    """proposed and waiting are for people; ready waits for its time, claimed is leased.

    withdrawn: what it was asked for is not there any more; asked for again, it is put to people
    again.

    writing: leased, perhaps done; unknown: perhaps done, and looked for before it is written.
    done, undone and declined are final, but that what a message tells is declined until it is
    delivered again; parked waits for a person.
    """

    PROPOSED = "proposed"
    WAITING = "waiting"
    READY = "ready"
    CLAIMED = "claimed"
    WRITING = "writing"
    UNKNOWN = "unknown"
    DONE = "done"
    PARKED = "parked"
    DECLINED = "declined"
    UNDONE = "undone"
    WITHDRAWN = "withdrawn"
