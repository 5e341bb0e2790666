"""Tells some people of every slot: at most once, one mail per person and slot.

Why: a slot or a mail that is lost or doubled can be told from the outside.

Remedy: none is needed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.declaration import Audience, CatchUp, Cron, Job
from tasks.domain.findings import Finding, Recipient, Report, Severity
from tasks.domain.periods import AsOf
from tasks.domain.policy import Policy
from tasks.domain.texts import Text, named

# How far back a mail may be re-checked, and how far ahead when the clock was wrong.
STANDS_SECONDS = 900


class PulsePolicy(Policy):
    """How many people are told."""

    people: int = 2


@dataclass(frozen=True)
class Person(Record):
    """Somebody with an address."""

    MODEL: ClassVar[str] = "hr.employee"
    MODULE: ClassVar[str] = "hr"
    id: int
    name: str
    work_email: str | None


def read(odoo: Reader, as_of: AsOf, policy: PulsePolicy) -> tuple[Person, ...]:
    """Everybody of the company."""
    return odoo.search(Person, [("company_id", "=", odoo.company_id)])


def judge(people: tuple[Person, ...], as_of: AsOf, policy: PulsePolicy) -> Report:
    """A finding per person and slot; what a mail is re-checked against are all late slots."""
    told = people[: policy.people]
    return Report(
        rows=tuple({"employee_id": person.id} for person in people),
        findings=tuple(
            _finding(person, slot) for slot in _slots(as_of) for person in told if person.work_email
        ),
    )


def _slots(as_of: AsOf) -> list[datetime]:
    if as_of.asked is None:
        return [as_of.instant]
    around = range(-STANDS_SECONDS, 61)
    return [as_of.instant.replace(microsecond=0) + timedelta(seconds=s) for s in around]


def _finding(person: Person, slot: datetime) -> Finding:
    return Finding(
        key=f"{slot:%Y%m%dT%H%M%S}-{person.id}",
        severity=Severity.INFO,
        title=named(f"pulse of {slot:%H:%M:%S}"),
        reason=Text("the slot came"),
        remedy=Text("none"),
        owner=person.name,
        model=Person.MODEL,
        record_id=person.id,
        url="http://odoo.example",
        period=f"{slot.date()}/{slot.date()}",
        recipient=Recipient(str(person.work_email), person.name),
    )


JOB = Job(
    name="pulse",
    title=Text("Pulse"),
    owner="ops",
    cron=Cron("* * * * *", CatchUp.ALL),
    audience=Audience.PERSON,
    policy=PulsePolicy,
    read=read,
    judge=judge,
    doc=__doc__,
)
