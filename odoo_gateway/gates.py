"""What the gates in Odoo go by: who released a record, for which amount, and why not.

The newest row of DECISIONS about a record counts. The fleet writes what it decides; what a person
said past it, or took back, stands until the record's total is another one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from odoo_gateway import answers
from odoo_gateway.procedures.calling import DIRECTORY
from odoo_gateway.reader import Reader
from odoo_gateway.session import Session

#: The table of it.
DECISIONS: Final = "x_ops_gate"
#: What it says of a record; docs/odoo-install.md tells what each field means.
FIELDS: Final = (
    "x_amount",
    "x_basis",
    "x_currency",
    "x_files",
    "x_key",
    "x_reason",
    "x_seen",
    "x_state",
    "x_uid",
)
# About how many records one question is.
AT_ONCE: Final = 1000


class State(StrEnum):
    """What a row says."""

    RELEASED = "released"
    HELD = "held"
    #: A person let the record through, past the fleet.
    OVERRIDDEN = "overridden"
    #: A person took the fleet's release back.
    TAKEN_BACK = "taken_back"


#: What only people say.
OF_PEOPLE: Final = frozenset({State.OVERRIDDEN, State.TAKEN_BACK})


@dataclass(frozen=True)
class Ruling:
    """A row of the table, as it stands there: whoever may write all of Odoo may have edited it."""

    id: int
    key: str
    state: str
    #: The total that it is about, in the currency of that code; "" of rows from before there was
    #: one.
    amount: Decimal
    currency: str
    reason: str
    #: What it was decided by, in the words of programs: the same where the same was found.
    basis: str
    #: Of each set of files, of which one must be there, the ids.
    files: tuple[frozenset[int], ...]
    #: When what it rests on was looked at (UTC); None where a person decided.
    seen: datetime | None

    @property
    def is_of_people(self) -> bool:
        """Whether a person said so, whom the fleet does not speak against."""
        return self.state in OF_PEOPLE


@dataclass(frozen=True)
class NewRuling:
    """What is written about a record."""

    key: str
    state: State
    reason: str
    amount: Decimal = Decimal(0)
    currency: str = ""
    basis: str = ""
    #: Ids of ir.attachment: of each set, one must be there for as long as this stands.
    files: Sequence[Sequence[int]] = ()
    seen: datetime | None = None


def key_of(model: str, record_id: int, at: int = 0) -> str:
    """By what the table knows a record.

    at: of an opportunity, the stage that it may be moved to; of a stage, the company in which
    nobody moves one there that is not released.
    """
    return f"{model},{record_id}" + (f",{at}" if at else "")


def named(gate: str) -> str:
    """How the directory of what is installed calls a gate."""
    return f"gate_{gate}"


def stands(session: Session, gate: str) -> bool:
    """Whether the gate is installed, as far as this user is shown. Leaves no trace in a log."""
    if not session.may_read(DIRECTORY):
        return False
    asked = [("x_name", "=", named(gate))]
    answer = session.call(DIRECTORY, "search_read", asked, ["x_name"], limit=1, load="")
    return bool(answers.rows(answer, f"{DIRECTORY}.search_read", ("id", "x_name")))


def newest(odoo: Reader, keys: Iterable[str]) -> Mapping[str, Ruling]:
    """What counts about each of these records; those that nobody decided on are left out."""
    return {each.key: each for each in rulings(odoo, keys)}


def rulings(odoo: Reader, keys: Iterable[str], after: int = 0) -> Sequence[Ruling]:
    """All that was decided about these records, oldest first; after: only later than that row."""
    wanted = sorted({*keys})
    parts = (wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE))
    return sorted(
        (each for part in parts for each in _rulings(odoo, part, after)), key=lambda d: d.id
    )


def _rulings(odoo: Reader, keys: Collection[str], after: int) -> Iterator[Ruling]:
    domain = [("x_key", "in", list(keys)), ("id", ">", after)]
    answer = odoo.session.call(
        DECISIONS, "search_read", domain, list(FIELDS), order="id", load="", context=odoo.context
    )
    for row in answers.rows(answer, f"{DECISIONS}.search_read", ("id", *FIELDS)):
        yield Ruling(
            id=row["id"],
            key=row["x_key"] or "",
            state=row["x_state"] or "",
            amount=Decimal(repr(answers.number(row["x_amount"], DECISIONS))),
            currency=row["x_currency"] or "",
            reason=row["x_reason"] or "",
            basis=row["x_basis"] or "",
            files=_files(row["x_files"] or ""),
            seen=_instant(row["x_seen"]),
        )


def decide(session: Session, new: NewRuling) -> int:
    """Write a decision, which counts from then on; its id."""
    values: dict[str, Any] = {
        "x_key": new.key,
        "x_state": new.state.value,
        "x_amount": float(new.amount),
        "x_currency": new.currency,
        "x_basis": new.basis,
        # As `12 15;20`.
        "x_files": ";".join(" ".join(map(str, sorted({*each}))) for each in new.files),
        "x_reason": new.reason,
        "x_seen": new.seen.astimezone(UTC).isoformat() if new.seen else False,
        "x_uid": session.user_id,
    }
    asked = f"{DECISIONS}.create"
    answer = session.call(DECISIONS, "create", values)
    # As a list where several are asked for.
    found = answer[0] if isinstance(answer, list) and answer else answer
    return answers.whole(found, asked)


def _files(told: str) -> tuple[frozenset[int], ...]:
    """Of what somebody edited, as far as it is ids."""
    sets = (frozenset(int(each) for each in of.split() if each.isdigit()) for of in told.split(";"))
    return tuple(each for each in sets if each)


def _instant(told: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
