"""What people said to findings that they accept or return, and whether it still counts."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from operator import eq
from typing import Final, TypeAlias

from tasks.domain.acts import VERDICTS, Act, ActKind
from tasks.domain.checklists import differing
from tasks.domain.texts import NOTHING, Text

Contents: TypeAlias = Mapping[str, str]
VERSION: Final = "-v"


@dataclass(frozen=True)
class Said:
    """What was said last to one finding, and whether it still counts."""

    stem: str
    #: Counts what people were asked to accept of it, from 1 on.
    version: int
    #: What was said last; of what is as it was then, unless `changed`.
    verdict: Act | None = None
    #: Whether it is another thing since then.
    changed: bool = False
    #: Whether it was accepted by one whose word counts for nothing.
    void: bool = False

    @property
    def key(self) -> str:
        """Of the case; after each change of what was accepted or returned a new one."""
        return f"{self.stem}{VERSION}{self.version}"

    @property
    def acceptance(self) -> Act | None:
        """What accepts it as it is."""
        return self._last(ActKind.ACCEPTED)

    @property
    def is_returned(self) -> bool:
        """Whether it went back to who is to mend it."""
        return self._last(ActKind.RETURNED) is not None

    def told(self, contents: Contents, names: Mapping[str, Text], zone: tzinfo) -> Text:
        """What was said before, and what is other since then; names: of contents."""
        verdict = self.verdict
        if verdict is None:
            return NOTHING
        if not self.changed:
            return Text(
                "{person} returned it: {reason}", person=verdict.person, reason=verdict.reason
            )
        day = verdict.at.astimezone(zone).date()
        other = differing(verdict.contents, contents)
        changes = tuple(names.get(name, name) for name in other)
        if verdict.kind is ActKind.ACCEPTED:
            return Text(
                "{person} accepted it on {day}; since then other: {changes}",
                person=verdict.person,
                day=day,
                changes=changes,
            )
        return Text(
            "{person} returned it on {day}; since then other: {changes}",
            person=verdict.person,
            day=day,
            changes=changes,
        )

    def _last(self, kind: ActKind) -> Act | None:
        """What was said last, where it is of that kind and still counts."""
        counts = self.verdict and self.verdict.kind is kind
        return self.verdict if counts and not self.changed and not self.void else None


class Verdicts:
    """What people said to the findings about records of some models."""

    def __init__(self, acts: Iterable[Act], models: Collection[str]) -> None:
        self._acts: dict[str, list[Act]] = defaultdict(list)
        for act in sorted(acts, key=lambda act: act.at):
            if act.kind in VERDICTS and act.model in models:
                self._acts[act.key.rpartition(VERSION)[0]].append(act)

    def on(
        self,
        stem: str,
        contents: Contents,
        *,
        as_then: Callable[[Contents, Contents], bool] = eq,
        void: Callable[[Act], bool] = lambda act: False,
    ) -> Said:
        """What was said to the finding whose keys begin so.

        as_then: whether contents, the second, are still what was accepted or returned, the first.
        void: whether an act counts for nothing, by who did it.
        """
        acts = self._acts.get(stem, ())
        last = max((int(number) for act in acts if (number := _version(act))), default=1)
        verdict = acts[-1] if acts else None
        changed = verdict is not None and not as_then(verdict.contents, contents)
        is_void = verdict is not None and not changed and void(verdict)
        return Said(stem, last + (changed or is_void), verdict, changed, is_void)


def _version(act: Act) -> str:
    """The number that a case's key ends with; "" where it ends with none."""
    number = act.key.rpartition(VERSION)[2]
    return number if number.isascii() and number.isdecimal() else ""
