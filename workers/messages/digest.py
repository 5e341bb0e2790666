"""What a role reads: all that stands in one digest, told for each reader by what they saw last."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tasks.domain.acts import Act, ActKind, stands
from tasks.domain.cases import Change, ChangeKind
from tasks.domain.findings import ANY_KIND, Report
from tasks.domain.news import Picture, news
from workers.ledger.outbox import NewMessage
from workers.messages.calm import Calm
from workers.messages.occasion import Occasion, as_payload, group_of, listed_aside, message

STEP = "digest"
# What a finding tells of what people did about its case.
MARKS = frozenset({"acknowledged_by", "snoozed_until", "snoozed_by", "snooze_reason"})
Payload = Mapping[str, Any]
# By channel and address, or the name of a webhook or chat.
Addressee = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """What a reader saw last: the payload of the digest that went out to them, or None."""

    payload: Payload | None = None

    @property
    def picture(self) -> Picture:
        """What that digest showed."""
        if self.payload is None:
            return Picture()
        return Picture(self.payload["findings"], self.payload["set_aside"])


def digests(
    occasion: Occasion, report: Report, seen: Mapping[Addressee, Seen]
) -> Iterator[NewMessage]:
    """A digest for each reader to whom there is something new to say."""
    calm, content = (
        Calm(occasion.tenant.settings.mail, occasion.scope.zone),
        content_of(occasion, report),
    )
    for channel, reader in readers_of(occasion, report):
        told = with_news(content, seen.get((channel, reader), Seen()))
        if told is not None:
            yield message(
                occasion,
                template="digest",
                subject=STEP,
                period=occasion.slot.isoformat(),
                reader=reader,
                step=STEP,
                channel=channel,
                findings=report.findings,
                not_before=calm.digest_at(occasion.now),
                content=told,
            )


def content_of(occasion: Occasion, report: Report) -> dict[str, Any]:
    """What stands, the same for all readers."""
    return {
        "role": occasion.job.role,
        "totals": list(report.totals),
        "rows": list(report.rows),
        "findings": _marked(map(as_payload, report.findings), occasion.acts, occasion.day),
        "set_aside": _set_aside(report, occasion.acts, occasion.day),
        "not_verifiable": [
            {
                "check": gap.check,
                "reason": gap.reason,
                "remedy": gap.remedy,
                "figures": list(gap.figures),
            }
            for gap in report.not_verifiable
        ],
        "unseen": sorted(map(group_of, report.unseen)),
    }


def with_acts(content: Payload, acts: Sequence[Act], today: date) -> dict[str, Any]:
    """The digest with who acknowledged or snoozed its cases by now."""
    findings = [
        {name: value for name, value in finding.items() if name not in MARKS}
        for finding in content["findings"]
    ]
    return {**content, "findings": _marked(findings, acts, today)}


def is_held_otherwise(
    content: Payload, acts: Sequence[Act], today: date, written_at: datetime
) -> bool:
    """Whether a hold was put on, or is over, since the digest was written."""
    holds = [act for act in acts if act.kind is ActKind.HELD and stands(act, today)]
    records = {(act.model, act.record_id) for act in holds}
    by_page = (aside for aside in content["set_aside"] if aside.get("key"))
    return any(act.at > written_at for act in holds) or any(
        (aside["model"], aside["record_id"]) not in records for aside in by_page
    )


def readers_of(occasion: Occasion, report: Report) -> Sequence[Addressee]:
    """Who reads the job's digest, and by which channel."""
    role = occasion.job.role
    return [
        (route.channel, reader)
        for route in occasion.routes(report.findings)
        if route.digest
        for reader in occasion.readers(role, route.channel)
    ]


def with_news(content: Payload, seen: Seen) -> dict[str, Any] | None:
    """The digest with what changed since the reader's last one; None when nothing did."""
    now = Picture(content["findings"], content["set_aside"])
    found = news(_comparable(seen.picture, now, content.get("unseen", ())), now)
    if not found:
        return None
    since = None if seen.payload is None else seen.payload["at"]
    told = {kind: list(listing) for kind, listing in vars(found).items()}
    # What was queued as the first stays it, whatever went out meanwhile: it may be written already.
    first = content.get("first", since is None)
    return {**content, "first": first, "news": {"since": since, **told}}


def _comparable(before: Picture, now: Picture, unseen: Collection[str]) -> Picture:
    """The picture before, without what is gone because nobody is shown to have looked for it."""
    if not unseen:
        return before
    still = {finding["key"] for finding in now.findings}
    found = [
        finding
        for finding in before.findings
        if finding["key"] in still or not {ANY_KIND, finding["group"]} & {*unseen}
    ]
    return Picture(found, before.set_aside)


def at_once(occasion: Occasion, changes: Iterable[Change]) -> Iterator[NewMessage]:
    """What waits for no digest, one message per finding and reader.

    Urgent findings go by all their ways, others by those that tell each finding by itself.
    """
    role = occasion.job.role
    for change in changes:
        finding = change.finding
        if change.kind not in (ChangeKind.OPENED, ChangeKind.WORSENED):
            continue
        for route in occasion.routes([finding]):
            if route.digest and not (finding.urgent and change.kind is ChangeKind.OPENED):
                continue
            for reader in occasion.readers(role, route.channel):
                yield message(
                    occasion,
                    template="urgent",
                    subject=finding.key,
                    period=occasion.slot.isoformat(),
                    reader=reader,
                    step="urgent",
                    channel=route.channel,
                    findings=[finding],
                    content={"role": role, "findings": [as_payload(finding)]},
                )


def _marked(
    findings: Iterable[Mapping[str, Any]], acts: Sequence[Act], today: date
) -> list[dict[str, Any]]:
    of_cases = {(act.kind, act.key): act for act in acts if act.key and stands(act, today)}
    return [
        {
            **finding,
            **_acknowledged(of_cases.get((ActKind.ACKNOWLEDGED, finding["key"]))),
            **_snoozed(of_cases.get((ActKind.SNOOZED, finding["key"]))),
        }
        for finding in findings
    ]


def _acknowledged(act: Act | None) -> dict[str, Any]:
    return {} if act is None else {"acknowledged_by": act.person}


def _snoozed(act: Act | None) -> dict[str, Any]:
    if act is None:
        return {}
    return {
        "snoozed_until": None if act.until is None else str(act.until),
        "snoozed_by": act.person,
        "snooze_reason": act.reason,
    }


def _set_aside(report: Report, acts: Sequence[Act], today: date) -> list[dict[str, Any]]:
    """What was left out; on what a page put on hold, the case by which the hold is lifted."""
    holds = {
        (act.model, act.record_id): (act.job, act.key)
        for act in acts
        if act.kind is ActKind.HELD and stands(act, today)
    }
    return [
        listed_aside(aside, *holds.get((aside.model, aside.record_id), ()))
        for aside in report.set_aside
    ]
