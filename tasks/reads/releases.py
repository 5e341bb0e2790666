"""Records that a gate in Odoo keeps: whether they may pass it, and what is told to it of each."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from odoo_gateway.gates import Ruling, State
from tasks.domain import deciding
from tasks.domain.checklists import Answer, Result
from tasks.domain.matrix import Request
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal, Proposed
from tasks.domain.texts import NOTHING, Text, joined

OPEN: Final = (deciding.State.WAITING, deciding.State.STUCK)


@dataclass(frozen=True)
class Kept:
    """One record that a gate keeps, and what is found of it."""

    #: The kind of effect that tells the gate.
    kind: str
    model: str
    record_id: int
    name: str
    #: By item that must be there before it passes.
    answers: Mapping[str, Answer]
    #: How people call an item.
    called: Callable[[str], Text]
    #: Of what it was found by: that of the policy.
    version: str
    #: What the gate goes by now; None where nothing was said yet.
    decision: Ruling | None
    request: Request
    #: Why it is kept whatever is there; "" where it is not.
    kept_anyway: Text = NOTHING
    #: The total that it passes with, and its currency; none of what has none.
    amount: Decimal = Decimal(0)
    currency: str = ""
    #: The stage that it may be moved to, where that is what the gate keeps.
    stage_id: int | None = None
    #: What tells it from the same record elsewhere.
    within: str = ""

    @property
    def missing(self) -> Mapping[str, Answer]:
        """Items that are missing."""
        return {n: each for n, each in self.answers.items() if each.result is Result.FAIL}

    @property
    def unverified(self) -> Mapping[str, Answer]:
        """Items of which nobody can say whether they are there."""
        unknown = Result.NOT_VERIFIABLE
        return {name: each for name, each in self.answers.items() if each.result is unknown}

    @property
    def may_pass(self) -> bool:
        """Whether it may."""
        return not (self.kept_anyway or self.missing or self.unverified)

    @property
    def files(self) -> tuple[tuple[int, ...], ...]:
        """Of each item that files alone show, these."""
        return tuple(tuple(sorted(each.files)) for each in self.answers.values() if each.files)

    @property
    def basis(self) -> str:
        """By what it is released or kept, in the words of programs."""
        if self.kept_anyway:
            return self.kept_anyway.template
        results = (f"{name}={each.result.value}" for name, each in self.answers.items())
        return f"{' '.join(results)} {self.version}"

    @property
    def reason(self) -> Text:
        """Why it is released, or what whoever is refused reads."""
        if self.kept_anyway:
            return self.kept_anyway
        told = [
            Text(
                "{item} is missing: {reason}; {step}",
                item=self.called(name),
                reason=each.reason,
                step=each.next_step,
            )
            for name, each in self.missing.items()
        ]
        told += [
            Text("{item} is not verifiable: {reason}", item=self.called(name), reason=each.reason)
            for name, each in self.unverified.items()
        ]
        if told:
            return joined(told, "; ")
        evidence = tuple(shown for each in self.answers.values() for shown in each.evidence)
        if evidence:
            return Text("nothing is missing: {evidence}", evidence=evidence)
        return Text("nothing is missing")

    def proposals(self, as_of: AsOf) -> Iterator[Proposal]:
        """One, where the gate is to say something else than it does."""
        decision = self.decision
        is_of_it = decision is not None and (
            (decision.amount, decision.currency) == (self.amount, self.currency)
        )
        if decision is not None and decision.is_of_people and is_of_it:
            return
        passes = is_of_it and decision is not None and decision.state == State.RELEASED
        if self.may_pass:
            if not (passes and self._still_shown()):
                yield self._proposal(State.RELEASED, as_of)
        # What cannot be told any more takes nothing back.
        elif not passes or self.kept_anyway or self.missing:
            kept_by = decision.basis if decision and decision.state == State.HELD else None
            if kept_by != self.basis:
                yield self._proposal(State.HELD, as_of)

    def _still_shown(self) -> bool:
        """Whether of each set of files that its release rests on, one is there."""
        there = {number for of_item in self.files for number in of_item}
        rests_on = self.decision.files if self.decision else ()
        return all(not there.isdisjoint(each) for each in rests_on)

    def _proposal(self, state: State, as_of: AsOf) -> Proposal:
        is_released = state is State.RELEASED
        after = self.decision.id if self.decision else 0
        digest = hashlib.sha256(self.basis.encode()).hexdigest()[:12]
        by = f"{self.amount:f} {self.currency}".strip() if is_released else digest
        at = f"stage {self.stage_id}" if self.stage_id else self.within
        words = (state.value, by, at, f"after {after}")
        return Proposal(
            kind=self.kind,
            model=self.model,
            record_id=self.record_id,
            identity=" ".join(filter(None, words)),
            why=Text("{name} may pass", name=self.name)
            if is_released
            else Text("{name} may not pass yet", name=self.name),
            values={
                "state": state.value,
                "name": self.name,
                "reason": self.reason,
                "amount": f"{self.amount:f}",
                "currency": self.currency,
                "basis": self.basis,
                "files": self.files if is_released else (),
                "stage_id": self.stage_id,
                "after": after,
                "seen": as_of.now.isoformat(),
            },
            request=self.request,
            at_once=not is_released,
        )


def withdrawn(
    proposed: Iterable[Proposal],
    kind: str,
    as_of: AsOf,
    looked_at: Callable[[str, int], bool],
) -> tuple[Proposed, ...]:
    """What people are asked of records that were looked at, and is not asked any more."""
    asked = {(each.model, each.record_id, each.identity) for each in proposed}
    return tuple(
        each
        for each in as_of.proposed
        if each.kind == kind
        and each.state in OPEN
        and looked_at(each.model, each.record_id)
        and (each.model, each.record_id, each.identity) not in asked
    )
