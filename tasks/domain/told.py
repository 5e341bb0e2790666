"""What readers are told of a finding, and of what was set aside, as messages keep it.

JSON values beside texts, in no language: amounts are text with a currency beside it, days are ISO.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field

from tasks.domain.findings import Finding, SetAside, Severity
from tasks.domain.texts import NameOrText, Text


def _that(reads: Callable[[str], object]) -> AfterValidator:
    """Refuses text that does not read as what it stands for."""

    def check(value: str) -> str:
        try:
            reads(value)
        except InvalidOperation as error:
            raise ValueError(f"{value!r} is not a number") from error
        return value

    return AfterValidator(check)


Day: TypeAlias = Annotated[str, _that(date.fromisoformat)]
Amount: TypeAlias = Annotated[str, _that(Decimal)]
# Left out of what is written where there is none.
LEFT_OUT: Final = Field(exclude_if=lambda value: value is None)


@dataclass(frozen=True, kw_only=True)
class ToldFinding:
    """A finding, and what people did with its case."""

    key: str
    severity: Severity
    title: Text
    reason: Text
    remedy: Text
    owner: NameOrText
    model: str
    record_id: int
    url: str
    amount: Amount | None
    currency: str | None
    since: Day | None
    #: The heading under which digests list it.
    group: str
    cost_per_day: Amount | None
    #: How many it holds up.
    hours: float | None = None
    #: How many steps of age, amount and so on it has come to.
    bands: tuple[int, ...] = ()
    #: The model of the record that a hold by it is put on, for webhooks.
    held_as: str = ""
    #: Of acts that stand.
    acknowledged_by: Annotated[str | None, LEFT_OUT] = None
    snoozed_until: Annotated[Day | None, LEFT_OUT] = None
    snoozed_by: Annotated[str | None, LEFT_OUT] = None
    snooze_reason: Annotated[str | None, LEFT_OUT] = None

    @classmethod
    def of(cls, finding: Finding) -> "ToldFinding":
        """A finding of which nobody did anything yet."""
        return cls(
            key=finding.key,
            severity=finding.severity,
            title=finding.title,
            reason=finding.reason,
            remedy=finding.remedy,
            owner=finding.owner,
            model=finding.model,
            record_id=finding.record_id,
            url=finding.url,
            amount=_amount(finding.amount),
            currency=finding.currency,
            since=None if finding.since is None else str(finding.since),
            group=group_of(finding.kind or finding.severity.value),
            cost_per_day=_amount(finding.cost_per_day),
            hours=finding.hours,
            bands=finding.bands,
            held_as=finding.held_as[0],
        )


@dataclass(frozen=True, kw_only=True)
class AskedFinding(ToldFinding):
    """A finding as one person is told of it."""

    #: Why they read it, where they are not whom it is about.
    note: Text
    #: What they open, and do.
    page: str
    advice: Text

    @classmethod
    def asked(cls, finding: Finding, note: Text, page: str, advice: Text) -> "AskedFinding":
        """A finding with why its reader is told of it, and what they are asked for."""
        return cls(**vars(ToldFinding.of(finding)), note=note, page=page, advice=advice)


@dataclass(frozen=True, kw_only=True)
class ToldAside:
    """Something that was left out on purpose: on hold, or excluded."""

    #: Of the case on whose page it was put on hold, or "".
    job: str = ""
    key: str
    group: NameOrText
    title: Text
    reason: Text
    url: str
    model: str
    record_id: int
    amount: Amount | None
    currency: str | None

    @classmethod
    def of(cls, aside: SetAside, job: str = "", key: str = "") -> "ToldAside":
        """What was set aside, with the case by which it is held."""
        return cls(
            job=job,
            key=key,
            group=aside.group,
            title=aside.title,
            reason=aside.reason,
            url=aside.url,
            model=aside.model,
            record_id=aside.record_id,
            amount=_amount(aside.amount),
            currency=aside.currency,
        )


def group_of(kind: str) -> str:
    """The heading under which digests list findings of a kind."""
    return kind.replace("_", " ").replace("-", " ")


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
