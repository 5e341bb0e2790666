"""What is wrong with a matrix before anybody asks it: gaps, overlaps, and levels nobody can fill.

Rules are boxes over what they ask for: each of their questions has as many answers as the rules
tell apart, so what is left of all requests after some rules is found exactly.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations
from typing import Any, Final

from tasks.domain.matrix import Level, Matrix, Rule
from tasks.domain.texts import Text, joined

# Stands for whatever the rules do not name.
OTHER: Final = ""
WORDS: Final = {
    "kind": "kinds",
    "currency": "currency",
    "tier": "tiers",
    "service line": "service_lines",
    "risk": "risks",
}
# An interval: above the first, up to the second; None is open.
Span = tuple[Decimal | None, Decimal | None]
Box = Mapping[str, frozenset[int]]


class FaultKind(StrEnum):
    """What is wrong; a gap and an overlap are safe, and to be known."""

    GAP = "gap"
    OVERLAP = "overlap"
    OUTRANKED = "outranked"
    UNREACHABLE = "unreachable"
    CLASH = "clash"
    NOBODY = "nobody"

    @property
    def is_safe(self) -> bool:
        """Whether every request still comes to people who can decide it as the rules say."""
        return self in (FaultKind.GAP, FaultKind.OVERLAP, FaultKind.OUTRANKED)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a matrix."""

    kind: FaultKind
    #: The rule or level; "" for the whole matrix.
    of: str
    what: Text


def faults(matrix: Matrix, people: Mapping[str, tuple[str, ...]]) -> Sequence[Fault]:
    """All that is wrong; people: who holds each role."""
    space = _Space.of(matrix)
    return [
        *_gaps(matrix, space),
        *_unreachable(matrix, space),
        *_overlaps(matrix, space),
        *_outranked(matrix, space),
        *_nobody(matrix, people),
        *_clashes(matrix, people),
    ]


@dataclass(frozen=True)
class _Space:
    """All questions that rules ask, with the answers that they tell apart."""

    #: Words: those that rules name, and OTHER. Amounts: spans in order.
    words: Mapping[str, Sequence[str]]
    spans: Mapping[str, Sequence[Span]]

    @classmethod
    def of(cls, matrix: Matrix) -> "_Space":
        words: dict[str, Sequence[str]] = {"kind": matrix.about}
        for name, attribute in WORDS.items():
            named = {word for rule in matrix.rules for word in _words(rule, attribute)}
            if name != "kind" and named:
                words[name] = (*sorted(named), OTHER)
        ends: dict[str, set[Decimal]] = {}
        for rule in matrix.rules:
            for name, (above, up_to) in _spans(rule).items():
                ends.setdefault(name, set()).update(
                    end for end in (above, up_to) if end is not None
                )
        return cls(words, {name: _cut(sorted(found)) for name, found in sorted(ends.items())})

    def all(self) -> Box:
        return {
            name: frozenset(range(len(answers)))
            for name, answers in (*self.words.items(), *self.spans.items())
        }

    def box(self, rule: Rule) -> Box:
        """What a rule fits."""
        box = dict(self.all())
        for name, attribute in WORDS.items():
            wanted = _words(rule, attribute)
            if wanted:
                answers = self.words[name]
                box[name] = frozenset(n for n, each in enumerate(answers) if each in wanted)
        for name, span in _spans(rule).items():
            cells = enumerate(self.spans[name])
            box[name] = frozenset(n for n, each in cells if _inside(each, span))
        return box

    def holds(self, box: Box) -> bool:
        """Whether a request can lie in it: what counts more days is never less."""
        if not all(box.values()):
            return False
        for what in ("amount", "percent"):
            names = sorted((n for n in self.spans if n.split(" in ")[0] == what), key=_days)
            for fewer, more in combinations(names, 2):
                least, most = self.spans[fewer][min(box[fewer])][0], self._most(more, box)
                if least is not None and most is not None and least >= most:
                    return False
        return True

    def _most(self, name: str, box: Box) -> Decimal | None:
        return self.spans[name][max(box[name])][1]

    def told(self, box: Box) -> Text:
        """A box in words; what does not narrow it is left out."""
        parts: list[Text] = []
        whole = self.all()
        for name, cells in box.items():
            if cells == whole[name]:
                continue
            if name in self.words:
                named = [self.words[name][cell] or "other" for cell in sorted(cells)]
                parts.append(Text("{what} {values}", what=name, values=tuple(named)))
            else:
                parts += [_told_span(name, span) for span in _merged(self.spans[name], cells)]
        return joined(parts, ", ") if parts else Text("everything")


def _words(rule: Rule, attribute: str) -> Sequence[str]:
    found: Any = getattr(rule, attribute)
    return (found,) if isinstance(found, str) else found or ()


def _spans(rule: Rule) -> Mapping[str, Span]:
    """What a rule bounds, by the question; one within a window is a question of its own."""
    window = f" in {rule.window_days} days" if rule.window_days else ""
    found = {
        f"amount{window}": (rule.amount_above, rule.amount_up_to),
        f"percent{window}": (rule.percent_above, rule.percent_up_to),
        "project value": (rule.project_value_above, rule.project_value_up_to),
    }
    # One above 0 leaves out nothing.
    return {
        name: (low or None, high) for name, (low, high) in found.items() if low or high is not None
    }


def _days(name: str) -> int:
    return int(name.split(" in ")[1].split()[0]) if " in " in name else 0


def _cut(ends: Sequence[Decimal]) -> Sequence[Span]:
    edges: list[Decimal | None] = [None, *ends]
    return list(zip(edges, [*ends, None], strict=True))


def _inside(cell: Span, span: Span) -> bool:
    low_fits = span[0] is None or (cell[0] is not None and cell[0] >= span[0])
    return low_fits and (span[1] is None or (cell[1] is not None and cell[1] <= span[1]))


def _merged(spans: Sequence[Span], cells: frozenset[int]) -> Iterator[Span]:
    start: int | None = None
    for cell in range(len(spans) + 1):
        if cell in cells and start is None:
            start = cell
        elif cell not in cells and start is not None:
            yield spans[start][0], spans[cell - 1][1]
            start = None


def _told_span(name: str, span: Span) -> Text:
    above, up_to = span
    if above is None:
        return Text("{what} up to {most}", what=name, most=up_to or Decimal(0))
    if up_to is None:
        return Text("{what} above {least}", what=name, least=above)
    return Text("{what} above {least} up to {most}", what=name, least=above, most=up_to)


def _minus(box: Box, other: Box) -> Iterator[Box]:
    """What is left of a box without another, in boxes that do not overlap."""
    rest = dict(box)
    for name in box:
        outside = rest[name] - other[name]
        if outside:
            yield {**rest, name: outside}
        rest[name] &= other[name]
        if not rest[name]:
            return


def _left(space: _Space, boxes: Sequence[Box], rules: Sequence[Rule]) -> Sequence[Box]:
    for rule in rules:
        boxes = [rest for box in boxes for rest in _minus(box, space.box(rule))]
    return [box for box in boxes if space.holds(box)]


def _gaps(matrix: Matrix, space: _Space) -> Iterator[Fault]:
    for box in _left(space, [space.all()], matrix.rules):
        told = Text(
            "no rule fits {requests}: they go to the highest level, {level}",
            requests=space.told(box),
            level=matrix.levels[-1].name,
        )
        yield Fault(FaultKind.GAP, "", told)


def _unreachable(matrix: Matrix, space: _Space) -> Iterator[Fault]:
    for number, rule in enumerate(matrix.rules):
        if not _left(space, [space.box(rule)], matrix.rules[:number]):
            told = Text("rules before it take all that {rule} fits", rule=rule.name)
            yield Fault(FaultKind.UNREACHABLE, rule.name, told)


def _overlaps(matrix: Matrix, space: _Space) -> Iterator[Fault]:
    """Where two rules share some requests and each has its own; a general last rule is none."""
    for first, second in combinations(matrix.rules, 2):
        if _answer(first) == _answer(second):
            continue
        one, other = space.box(first), space.box(second)
        both = {name: one[name] & other[name] for name in one}
        if space.holds(both) and _left(space, [one], [second]) and _left(space, [other], [first]):
            told = Text(
                "{first} and {second} both fit {requests}: the first decides",
                first=first.name,
                second=second.name,
                requests=space.told(both),
            )
            yield Fault(FaultKind.OVERLAP, second.name, told)


def _answer(rule: Rule) -> object:
    return rule.levels, rule.own_authority


def _outranked(matrix: Matrix, space: _Space) -> Iterator[Fault]:
    """Where a rule asks for less than another does for a smaller amount."""
    for low in matrix.rules:
        for high in matrix.rules:
            alike = all(space.box(low)[name] & space.box(high)[name] for name in space.words)
            for name in space.spans:
                if name == "project value":
                    alike = alike and bool(space.box(low)[name] & space.box(high)[name])
            larger = any(
                _spans(high)[name][0] and (_spans(low)[name][0] or 0) < (_spans(high)[name][0] or 0)
                for name in _spans(low).keys() & _spans(high).keys() - {"project value"}
            )
            if alike and larger and _top(matrix, high) < _top(matrix, low):
                told = Text(
                    "asks for less than {other} does for smaller amounts, so that decides",
                    other=low.name,
                )
                yield Fault(FaultKind.OUTRANKED, high.name, told)


def _top(matrix: Matrix, rule: Rule) -> int:
    return max(map(matrix.height, rule.levels))


def _nobody(matrix: Matrix, people: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    for role in sorted(matrix.roles()):
        if not people.get(role):
            yield Fault(FaultKind.NOBODY, role, Text("nobody holds the role {role}", role=role))


def _clashes(matrix: Matrix, people: Mapping[str, tuple[str, ...]]) -> Iterator[Fault]:
    """Rules whose levels need more persons than hold their roles; a highest level of one person."""
    for rule in matrix.rules:
        levels = [level for level in matrix.levels if level.name in rule.levels]
        seats = [seat for level in levels for seat in _seats(level, people)]
        if all(seats) and _most_filled(seats) < len(seats):
            told = Text(
                "needs {seats} persons, and those who hold its roles fill only {filled}: one "
                "person fills one level",
                seats=len(seats),
                filled=_most_filled(seats),
            )
            yield Fault(FaultKind.CLASH, rule.name, told)
    highest = matrix.levels[-1]
    holders = {person for role in highest.roles for person in people.get(role, ())}
    if len(holders) == 1:
        told = Text(
            "the highest level is {person} alone: what they ask for, nobody may decide",
            person=next(iter(holders)),
        )
        yield Fault(FaultKind.CLASH, highest.name, told)


def _seats(level: Level, people: Mapping[str, tuple[str, ...]]) -> Sequence[frozenset[str]]:
    """Who may sit on each seat of a level."""
    by_role = [frozenset(people.get(role, ())) for role in level.roles]
    return by_role if level.needs == "all" else [frozenset().union(*by_role)]


def _most_filled(seats: Sequence[frozenset[str]]) -> int:
    """How many seats can be filled with different persons (a maximum matching)."""
    sits: dict[str, int] = {}

    def seat(number: int, tried: set[str]) -> bool:
        for person in sorted(seats[number] - tried):
            tried.add(person)
            if person not in sits or seat(sits[person], tried):
                sits[person] = number
                return True
        return False

    return sum(seat(number, set()) for number in range(len(seats)))
