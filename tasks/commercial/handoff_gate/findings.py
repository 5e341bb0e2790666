"""What somebody must act on: gaps of handoffs, and handoffs to be accepted or handed in again."""

from collections.abc import Iterator, Mapping
from typing import Final

from tasks.commercial.handoff_gate.judgement import Handoff, Status
from tasks.commercial.handoff_gate.words import called
from tasks.domain.acts import Act
from tasks.domain.checklists import FILE, Item, differing
from tasks.domain.findings import Finding, Severity, Step
from tasks.domain.handoffs import TO_DELIVERY
from tasks.domain.periods import AsOf
from tasks.domain.texts import NOTHING, NameOrText, Text, joined, plural

MISSING: Final = "handoff-gap"
HANDED_IN: Final = TO_DELIVERY
CHANGED: Final = "changed-handoff"
RETURNED: Final = "returned-handoff"
DECIDE: Final = Text("accept it on its page, or return it with a reason")


def findings(handoff: Handoff, as_of: AsOf) -> Iterator[Finding]:
    """All that somebody must act on about the handoff of one order."""
    if not handoff.is_told:
        return
    for item in handoff.checklist.gaps:
        yield _gap(handoff, item, as_of)
    last = handoff.verdict
    if handoff.status is Status.CHANGED and last:
        yield _changed(handoff, last, as_of)
    elif handoff.status is not Status.ACCEPTED:
        yield _handed_in(handoff, as_of)
    if handoff.status is Status.RETURNED and last:
        yield _returned(handoff, last, as_of)


def _gap(handoff: Handoff, item: Item, as_of: AsOf) -> Finding:
    since = handoff.sale.order.date_order
    return _finding(
        handoff,
        as_of,
        key=f"{item.check.check}-order-{handoff.sale.order.id}",
        kind=MISSING,
        title=Text(
            "{order} {customer}, missing: {item}",
            item=called(item.check.check),
            **_named(handoff),
        ),
        reason=joined(filter(None, (item.check.reason, _due(item, as_of))), "; "),
        remedy=item.check.next_step,
        owner=item.owner.name,
        steps=handoff.telling.steps(item.owner, since, item.due),
        url=item.check.url,
    )


def _due(item: Item, as_of: AsOf) -> Text:
    """By when it is to be closed, by the clock of the company."""
    if item.due is None:
        return NOTHING
    local = item.due.astimezone(as_of.zone)
    return Text(
        "due on {day} at {time}",
        day=local.date(),
        time=local.time().replace(second=0, microsecond=0),
    )


def _handed_in(handoff: Handoff, as_of: AsOf) -> Finding:
    """What the delivery lead accepts or returns; quiet while it is with sales."""
    at_once = handoff.status is Status.WAITING
    with_sales = handoff.status is Status.RETURNED
    return _finding(
        handoff,
        as_of,
        key=handoff.key,
        kind=HANDED_IN,
        title=Text("{order} {customer}: the handoff is to be accepted", **_named(handoff)),
        reason=_what_is_missing(handoff),
        remedy=DECIDE,
        owner=handoff.lead.name,
        steps=() if with_sales else _to_lead(handoff, at_once=at_once),
        contents=handoff.contents,
    )


def _changed(handoff: Handoff, accepted: Act, as_of: AsOf) -> Finding:
    """What the delivery lead accepts or returns once more."""
    return _finding(
        handoff,
        as_of,
        key=handoff.key,
        kind=CHANGED,
        title=Text(
            "{order} {customer}: the handoff changed after it was accepted", **_named(handoff)
        ),
        reason=_what_changed(handoff, accepted, as_of),
        remedy=DECIDE,
        owner=handoff.lead.name,
        steps=_to_lead(handoff, at_once=True),
        contents=handoff.contents,
    )


def _to_lead(handoff: Handoff, *, at_once: bool) -> tuple[Step, ...]:
    return handoff.telling.steps(handoff.lead, handoff.since, handoff.due, at_once=at_once)


def _returned(handoff: Handoff, verdict: Act, as_of: AsOf) -> Finding:
    """What goes back to sales."""
    return _finding(
        handoff,
        as_of,
        key=f"returned-order-{handoff.sale.order.id}-v{handoff.version}",
        kind=RETURNED,
        title=Text("{order} {customer}: the handoff was returned", **_named(handoff)),
        reason=joined(
            [
                Text("{person}: {reason}", person=verdict.person, reason=verdict.reason),
                _what_is_missing(handoff),
            ],
            "; ",
        ),
        remedy=Text("mend what is named; it is handed in again as soon as something changes"),
        owner=handoff.salesperson.name,
        steps=handoff.telling.steps(handoff.salesperson, handoff.since, handoff.due),
    )


def _what_is_missing(handoff: Handoff) -> Text:
    gaps, of = handoff.checklist.gaps, handoff.checklist.applicable
    if gaps:
        names = tuple(called(item.check.check) for item in gaps)
        missing = plural(
            "{count} of {all} items is missing: {items}",
            "{count} of {all} items are missing: {items}",
            count=len(gaps),
            all=of,
            items=names,
        )
    else:
        missing = Text("nothing is missing")
    if unverified := handoff.checklist.unverified:
        names = tuple(map(called, unverified))
        return joined([missing, Text("not verifiable: {items}", items=names)], "; ")
    return missing


def _what_changed(handoff: Handoff, accepted: Act, as_of: AsOf) -> Text:
    found = differing(accepted.contents, handoff.contents)
    return Text(
        "{person} accepted it on {day}; since then: {changes}",
        person=accepted.person,
        day=accepted.at.astimezone(as_of.zone).date(),
        changes=tuple(_change(name, accepted.contents, handoff.contents) for name in found),
    )


def _change(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Text:
    if not name.startswith(FILE):
        return Text("{item} changed", item=called(name))
    file = name.removeprefix(FILE)
    if name not in before:
        return Text("{file} came", file=file)
    return (
        Text("{file} is another one", file=file)
        if name in after
        else Text("{file} went", file=file)
    )


def _finding(
    handoff: Handoff,
    as_of: AsOf,
    *,
    key: str,
    kind: str,
    title: Text,
    reason: Text,
    remedy: Text,
    owner: NameOrText,
    steps: tuple[Step, ...],
    url: str = "",
    contents: Mapping[str, str] | None = None,
) -> Finding:
    sale = handoff.sale
    since = sale.order.date_order if kind == MISSING else handoff.since
    return Finding(
        key=key,
        severity=Severity.WARNING,
        title=title,
        reason=reason,
        remedy=remedy,
        owner=owner,
        model=sale.order.MODEL,
        record_id=sale.order.id,
        url=url or sale.url,
        since=since.astimezone(as_of.zone).date(),
        amount=sale.currency.round(sale.order.amount_untaxed),
        currency=sale.currency.code,
        steps=steps,
        kind=kind,
        contents=contents or {},
    )


def _named(handoff: Handoff) -> Mapping[str, str]:
    """What titles call an order by."""
    return {"order": handoff.sale.order.name, "customer": handoff.sale.customer.display_name}
