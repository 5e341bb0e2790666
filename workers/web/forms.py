"""What readers send: one-time signatures of forms, and fields that say what is wrong with them."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from tasks.domain.acts import ActKind
from tasks.domain.texts import Text
from workers.web.refusals import FormExpired, FormForged

REASON_LENGTH: Final = 500
OPEN_FOR: Final = timedelta(hours=8)
#: how far ahead a snooze or a hold may end
FURTHEST_END: Final = timedelta(days=366)
DATED: Final = frozenset({ActKind.SNOOZED, ActKind.HELD})
#: which need a reason, and which may have one
REASONED: Final = frozenset({*DATED, ActKind.RETURNED})
MAY_SAY_WHY: Final = frozenset({*REASONED, ActKind.ACCEPTED})


@dataclass(frozen=True)
class Forms:
    """Signs the forms of a page for one link; the ledger sees to it that each is used once."""

    secrets: Sequence[str] = field(repr=False)
    clock: Callable[[], datetime]

    def sign(self, link: str) -> str:
        """A signature for the forms of the page behind a link's token."""
        shown_at = int(self.clock().timestamp())
        return self._signer(link).dumps([secrets.token_urlsafe(16), shown_at])

    def nonce(self, signature: str, link: str) -> str:
        """What makes the form unique. Raises FormForged or FormExpired."""
        try:
            nonce, shown_at = self._signer(link).loads(signature)
        except (BadData, ValueError, TypeError) as error:
            raise FormForged(Text("open the link in your mail again and use its form")) from error
        if self.clock().timestamp() > shown_at + OPEN_FOR.total_seconds():
            raise FormExpired(Text("open the link in your mail again; nothing was changed"))
        return str(nonce)

    def _signer(self, link: str) -> URLSafeSerializer:
        bound = hashlib.sha256(link.encode()).hexdigest()
        return URLSafeSerializer(list(self.secrets), salt=f"fleet.form.{bound}")


class Problem(StrEnum):
    """What is wrong with a field; the templates have the words for it."""

    NO_DAY = "no_day"
    NOT_A_DAY = "not_a_day"
    PAST = "past"
    TOO_FAR = "too_far"
    NO_REASON = "no_reason"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Filled:
    """A form as it was sent."""

    kind: ActKind
    reason: str
    until_text: str
    until: date | None
    #: What is wrong with which field.
    errors: Mapping[str, Problem]


def filled(
    fields: Mapping[str, str], today: date, reasoned: frozenset[ActKind] = frozenset()
) -> Filled:
    """Read a form; `today` is the scope's, `reasoned` needs a reason too.

    Raises FormForged for an act that no form has.
    """
    try:
        kind = ActKind(fields.get("act", ""))
    except ValueError as error:
        raise FormForged(Text("open the link in your mail again and use its form")) from error
    needed = kind in REASONED | reasoned
    reason, until_text = fields.get("reason", "").strip(), fields.get("until", "").strip()
    until = _day(until_text)
    found = {
        "until": _wrong_day(until_text, until, today) if kind in DATED else None,
        "reason": _wrong_reason(reason, needed=needed) if kind in MAY_SAY_WHY else None,
    }
    errors = {name: problem for name, problem in found.items() if problem}
    return Filled(kind, reason, until_text, until if kind in DATED else None, errors)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wrong_day(text: str, day: date | None, today: date) -> Problem | None:
    if not text:
        return Problem.NO_DAY
    if day is None:
        return Problem.NOT_A_DAY
    if day > today + FURTHEST_END:
        return Problem.TOO_FAR
    return Problem.PAST if day < today else None


def _wrong_reason(reason: str, *, needed: bool) -> Problem | None:
    if not reason:
        return Problem.NO_REASON if needed else None
    return Problem.TOO_LONG if len(reason) > REASON_LENGTH else None
