"""The subject of a mail: what each kind of its sections comes to, the first first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tasks import catalogue
from workers.language.language import Language
from workers.ledger import payloads
from workers.ledger.payloads import Digest, Payload, Personal
from workers.mail.picture import Picture, Sums, headline
from workers.mail.wording import joined

# Longer ones are cut wherever mails are listed.
LONGEST_SUBJECT: Final = 200


@dataclass(frozen=True)
class Topic:
    """One section, as a subject tells it."""

    section: Payload
    title: str
    #: What it says where there is no other of its kind.
    alone: str
    #: The one that was judged.
    day: date
    #: A digest's picture, else None.
    shown: Picture | None


def subject_of(topics: Sequence[Topic], reader: Language) -> str:
    """What the sections tell, those of one job together; titles alone of what has no room."""
    kinds: dict[tuple[str, str], list[Topic]] = defaultdict(list)
    for topic in topics:
        kinds[topic.section.template, topic.title].append(topic)
    told = [_together(of_kind, reader) for of_kind in kinds.values()]
    fitting = 1
    while fitting < len(told) and len("; ".join(told[: fitting + 1])) <= LONGEST_SUBJECT:
        fitting += 1
    said, rest = "; ".join(told[:fitting]), [title for _, title in kinds][fitting:]
    if not rest:
        return said
    more = reader.translations.gettext("and %(n)s more: %(titles)s")
    return f"{said}; {more % {'n': len(rest), 'titles': ', '.join(dict.fromkeys(rest))}}"


def _together(topics: Sequence[Topic], reader: Language) -> str:
    first = topics[0]
    pictures = [topic.shown for topic in topics if topic.shown is not None]
    if any(picture.groups for picture in pictures):
        day = reader.short_day(first.day)
        leads = headline([t.section for t in topics if isinstance(t.section, Digest)])
        told = _groups(pictures, reader, with_money=not leads)
        return f"{first.title} {day}: {', '.join(filter(None, [reader.say(leads), *told]))}"
    if len(topics) == 1:
        return first.alone
    if isinstance(first.section, Personal):
        findings = [each for topic in topics for each in payloads.findings(topic.section)]
        count = reader.translations.gettext("%(n)s to follow up") % {"n": len(findings)}
        sums = Sums.of(findings)
        money = f" ({joined(reader.whole_money, sums)})" if sums else ""
        return f"{first.title}: {count}{money}"
    more = reader.translations.gettext("and %(n)s more") % {"n": len(topics) - 1}
    return f"{first.alone} {more}"


def _groups(pictures: Sequence[Picture], reader: Language, *, with_money: bool) -> Iterable[str]:
    """What stands in all of them by group, the worst last, as in a single one."""
    counts: dict[str, int] = defaultdict(int)
    amounts: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    if any(picture.doubted for picture in pictures):
        yield reader.translations.gettext("not verifiable")
    for picture in pictures:
        for group in reversed(picture.groups):
            counts[group.name] += group.count
            for currency, amount in group.sums:
                amounts[group.name][currency] += amount
    for name, count in counts.items():
        sums = Sums(dict(sorted(amounts[name].items())) if with_money else {})
        much = joined(reader.whole_money, sums) if sums else count
        yield f"{much} {reader.say(catalogue.label(name))}"
    changed = [picture.changed for picture in pictures if picture.changed is not None]
    if changed:
        yield f"{sum(changed)} {reader.translations.gettext('changed')}"
