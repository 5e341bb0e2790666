"""What readers send: one-time signatures of forms, and fields that say what is wrong with them."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from itsdangerous import BadData, URLSafeSerializer

from tasks.domain.acts import ActKind
from workers.web.refusals import FormExpired, FormForged

REASON_LENGTH: Final = 500
OPEN_FOR: Final = timedelta(hours=8)
DATED: Final = frozenset({ActKind.SNOOZED, ActKind.HELD})


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
            raise FormForged("open the link in your mail again and use its form") from error
        if self.clock().timestamp() > shown_at + OPEN_FOR.total_seconds():
            raise FormExpired("open the link in your mail again; nothing was changed")
        return str(nonce)

    def _signer(self, link: str) -> URLSafeSerializer:
        bound = hashlib.sha256(link.encode()).hexdigest()
        return URLSafeSerializer(list(self.secrets), salt=f"fleet.form.{bound}")


@dataclass(frozen=True)
class Filled:
    """A form as it was sent: `errors` by field, in words for whoever filled it."""

    kind: ActKind
    reason: str
    until_text: str
    until: date | None
    errors: Mapping[str, str]


def filled(fields: Mapping[str, str], today: date) -> Filled:
    """Read a form; `today` is the scope's. Raises FormForged for an act that no form has."""
    try:
        kind = ActKind(fields.get("act", ""))
    except ValueError as error:
        raise FormForged("open the link in your mail again and use its form") from error
    reason, until_text = fields.get("reason", "").strip(), fields.get("until", "").strip()
    until = _day(until_text)
    errors = {}
    if kind in DATED:
        errors = {"until": _wrong_day(until_text, until, today), "reason": _wrong_reason(reason)}
    errors = {name: problem for name, problem in errors.items() if problem}
    return Filled(kind, reason, until_text, until if kind in DATED else None, errors)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wrong_day(text: str, day: date | None, today: date) -> str:
    if not text:
        return "Give the last day."
    if day is None:
        return "Write the day like 2026-12-31."
    if day < today:
        return f"This day is past; today is {today}."
    return ""


def _wrong_reason(reason: str) -> str:
    if not reason:
        return "Give a reason, so that others understand."
    if len(reason) > REASON_LENGTH:
        return f"Use no more than {REASON_LENGTH} characters."
    return ""
