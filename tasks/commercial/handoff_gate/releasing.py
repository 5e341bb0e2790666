"""Which quotations may be confirmed, where a gate in Odoo keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tasks.commercial.handoff_gate.answers import Answers
from tasks.commercial.handoff_gate.judgement import left_out, service_lines_of
from tasks.commercial.handoff_gate.policy import HandoffPolicy
from tasks.commercial.handoff_gate.records import SoldOrder
from tasks.commercial.handoff_gate.snapshot import Offer, Sale, Snapshot
from tasks.commercial.handoff_gate.words import called
from tasks.domain.matrix import Request
from tasks.domain.periods import AsOf
from tasks.domain.proposals import Proposal, Proposed
from tasks.domain.texts import NOTHING, Text
from tasks.reads.releases import Kept, withdrawn

KIND: Final = "release_order"


@dataclass(frozen=True)
class Offered:
    """A quotation, and what is found of it."""

    sale: Sale
    policy: HandoffPolicy
    service_lines: Sequence[str]
    kept: Kept


class Releasing:
    """What follows for the gate from one snapshot."""

    def __init__(self, snapshot: Snapshot, as_of: AsOf, policy: HandoffPolicy) -> None:
        self._snapshot, self._as_of, self._policy = snapshot, as_of, policy
        self._answers = Answers(snapshot, as_of)

    @cached_property
    def offered(self) -> Sequence[Offered]:
        """All quotations, where a gate keeps them."""
        return [self._offered(offer) for offer in self._snapshot.offers or ()]

    def _offered(self, offer: Offer) -> Offered:
        sale, order = offer.sale, offer.sale.order
        policy = self._policy.for_sales_team(order.team_id)
        lines = service_lines_of(sale, policy)
        seller = self._snapshot.people.address(order.user_id)
        asked = self._demanded(sale, policy)
        every = self._answers.of(sale, policy) if asked else {}
        kept = Kept(
            kind=KIND,
            model=SoldOrder.MODEL,
            record_id=order.id,
            name=order.name,
            answers={name: every[name] for name in asked},
            called=called,
            version=policy.version,
            decision=offer.decision,
            request=Request(
                kind=KIND,
                on=self._as_of.day,
                amount=abs(order.amount_untaxed),
                currency=sale.currency.code,
                service_line=next((line.name for line in lines), ""),
                requester=seller,
                held={"sale.order.user_id": (seller,)} if seller else {},
            ),
            kept_anyway=NOTHING if sale.lines else Text("it has no lines yet"),
            amount=sale.currency.round(order.amount_total),
            currency=sale.currency.code,
        )
        return Offered(sale, policy, [line.name for line in lines], kept)

    @staticmethod
    def _demanded(sale: Sale, policy: HandoffPolicy) -> Sequence[str]:
        """The items that must be there before it is confirmed, each once."""
        if left_out(sale, policy) or not any(line.is_service for line in sale.lines):
            return ()
        lines = service_lines_of(sale, policy)
        own = [line.confirmation for line in lines if line.confirmation is not None]
        # Those of its service lines that have any of their own; else those of all quotations.
        lists = own if own and len(own) == len(lines) else [policy.confirmation, *own]
        return tuple(dict.fromkeys(name for each in lists for name in each))

    @cached_property
    def proposals(self) -> tuple[Proposal, ...]:
        """One for each quotation of which the gate is to say something else than it does."""
        return tuple(found for each in self.offered for found in each.kept.proposals(self._as_of))

    @property
    def withdrawn(self) -> tuple[Proposed, ...]:
        """What people are asked of quotations that were looked at, and is not asked any more."""
        only = self._snapshot.subjects
        return withdrawn(
            self.proposals,
            KIND,
            self._as_of,
            lambda model, number: only is None or (model, number) in only,
        )
