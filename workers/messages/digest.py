"""What a role reads: all that stands in one digest, told for each reader by what they saw last."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from tasks.domain.acts import Act, ActKind, stands
from tasks.domain.cases import Change, ChangeKind
from tasks.domain.findings import ANY_KIND, Report
from tasks.domain.news import Picture, news
from tasks.domain.told import ToldAside, ToldFinding, group_of
from workers.ledger.outbox import NewMessage
from workers.ledger.payloads import Digest, ToldNews, Urgent
from workers.messages.calm import Calm
from workers.messages.occasion import Occasion, message

STEP = "digest"
# Before it is held against what its reader saw last.
NO_NEWS: Final = ToldNews(since=None)
# By channel and address, or the name of a webhook or chat.
Addressee = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """What a reader saw last: the digest that went out to them, or None."""

    payload: Digest | None = None

    @property
    def picture(self) -> Picture:
        """What that digest showed."""
        if self.payload is None:
            return Picture()
        return Picture(self.payload.findings, self.payload.set_aside)


def digests(
    occasion: Occasion, report: Report, seen: Mapping[Addressee, Seen]
) -> Iterator[NewMessage]:
    """A digest for each reader to whom there is something new to say."""
    if not (report.findings or report.set_aside or any(last.payload for last in seen.values())):
        # Nothing stands, and nobody was told of anything.
        return
    calm = Calm(occasion.tenant.settings.mail, occasion.scope.zone)
    content = content_of(occasion, report)
    for channel, reader in readers_of(occasion, report):
        whole = Digest(**occasion.heading(reader), **content, news=NO_NEWS)
        told = with_news(whole, seen.get((channel, reader), Seen()))
        if told is not None:
            yield message(
                occasion,
                told,
                subject=STEP,
                period=occasion.slot.isoformat(),
                step=STEP,
                channel=channel,
                findings=report.findings,
                not_before=calm.digest_at(occasion.now),
            )


def of_role(occasion: Occasion, report: Report) -> Report:
    """The report without what persons are told of instead of the role."""
    own = tuple(found for found in report.findings if not occasion.job.is_personal(found))
    return replace(report, findings=own)


def content_of(occasion: Occasion, report: Report) -> dict[str, Any]:
    """The fields of a digest that tell what stands, the same for all readers."""
    findings = map(ToldFinding.of, report.findings)
    return {
        "role": occasion.job.role,
        "totals": report.totals,
        "rows": report.rows,
        "about": tuple(dict.fromkeys(each.model for each in occasion.job.lists)),
        "findings": _marked(findings, occasion.acts, occasion.day),
        "set_aside": _set_aside(report, occasion.acts, occasion.day),
        "not_verifiable": report.not_verifiable,
        "unseen": tuple(sorted(map(group_of, report.unseen))),
    }


def with_acts(digest: Digest, acts: Sequence[Act], today: date) -> Digest:
    """The digest with who acknowledged or snoozed its cases by now."""
    return replace(digest, findings=_marked(digest.findings, acts, today))


def is_held_otherwise(
    digest: Digest, acts: Sequence[Act], today: date, written_at: datetime
) -> bool:
    """Whether a hold was put on, or is over, since the digest was written."""
    holds = [act for act in acts if act.kind is ActKind.HELD and stands(act, today)]
    records = {(act.model, act.record_id) for act in holds}
    by_page = (aside for aside in digest.set_aside if aside.key)
    return any(act.at > written_at for act in holds) or any(
        (aside.model, aside.record_id) not in records for aside in by_page
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


def with_news(digest: Digest, seen: Seen) -> Digest | None:
    """The digest with what changed since the reader's last one; None when nothing did."""
    now = Picture(digest.findings, digest.set_aside)
    found = news(_comparable(seen.picture, now, digest.unseen), now)
    if not found:
        return None
    since = None if seen.payload is None else seen.payload.at
    # What was queued as the first stays it, whatever went out meanwhile: it may be written already.
    first = since is None if digest.first is None else digest.first
    return replace(digest, first=first, news=ToldNews(since=since, **vars(found)))


def _comparable(before: Picture, now: Picture, unseen: Collection[str]) -> Picture:
    """The picture before, without what is gone because nobody is shown to have looked for it."""
    if not unseen:
        return before
    still = {finding.key for finding in now.findings}
    found = [
        finding
        for finding in before.findings
        if finding.key in still or not {ANY_KIND, finding.group} & {*unseen}
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
                told = (ToldFinding.of(finding),)
                yield message(
                    occasion,
                    Urgent(**occasion.heading(reader), role=role, findings=told),
                    subject=finding.key,
                    period=occasion.slot.isoformat(),
                    step="urgent",
                    channel=route.channel,
                    findings=[finding],
                )


def _marked(
    findings: Iterable[ToldFinding], acts: Sequence[Act], today: date
) -> tuple[ToldFinding, ...]:
    of_cases = {(act.kind, act.key): act for act in acts if act.key and stands(act, today)}

    def marked(finding: ToldFinding) -> ToldFinding:
        acknowledged = of_cases.get((ActKind.ACKNOWLEDGED, finding.key))
        snoozed = of_cases.get((ActKind.SNOOZED, finding.key))
        until = snoozed.until if snoozed else None
        return replace(
            finding,
            acknowledged_by=acknowledged.person if acknowledged else None,
            snoozed_until=str(until) if until else None,
            snoozed_by=snoozed.person if snoozed else None,
            snooze_reason=snoozed.reason if snoozed else None,
        )

    return tuple(map(marked, findings))


def _set_aside(report: Report, acts: Sequence[Act], today: date) -> tuple[ToldAside, ...]:
    """What was left out; on what a page put on hold, the case by which the hold is lifted."""
    holds = {
        (act.model, act.record_id): (act.job, act.key)
        for act in acts
        if act.kind is ActKind.HELD and stands(act, today)
    }
    return tuple(
        ToldAside.of(aside, *holds.get((aside.model, aside.record_id), ()))
        for aside in report.set_aside
    )
