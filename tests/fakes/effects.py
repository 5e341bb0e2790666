"""Proposals, an Odoo whose callers die, and a fleet that does effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from odoo_gateway.transport import Transport
from tasks.domain.proposals import Proposal
from tasks.domain.texts import named
from workers.effects import proposing
from workers.ledger import effects
from workers.ledger.effects import Effect
from workers.ledger.places import Place
from workers.messages.occasion import occasion_for
from workers.wiring import Fleet

PLACE: Final = Place("invoice_readiness", "firm", 1)
DIRK: Final = "dirk.maes@nordwind.example"


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


@dataclass
class Deadly:
    """An Odoo in which who writes is killed, as often as it is told."""

    inner: Transport
    #: "before": Odoo hears nothing. "during": it has done it, and the answer is lost.
    when: str = ""
    error: BaseException = field(default_factory=Killed)
    times: int = 1
    writes: int = 0

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """As Transport.call."""
        if method != "load":
            return self.inner.call(model, method, args, kwargs)
        self.writes += 1
        dies = self.when and self.times > 0
        if dies and self.when == "before":
            self.times -= 1
            raise self.error
        answer = self.inner.call(model, method, args, kwargs)
        if dies:
            self.times -= 1
            raise self.error
        return answer


def follow_up(identity: str = "S00001 blocked", record_id: int = 1, **more: Any) -> Proposal:
    """A proposal to have Dirk look at an order."""
    values = {
        "user": DIRK,
        "summary": "Bill it",
        "note_html": "<p>Now</p>",
        "deadline": date(2026, 11, 30).isoformat(),
    }
    return Proposal(
        "follow_up", "sale.order", record_id, identity, named("it can be billed"), values, **more
    )


def note(identity: str = "S00001 blocked", record_id: int = 1) -> Proposal:
    """A proposal to note something on an order."""
    values = {"title": "Seen", "body_html": "<p>Seen</p>"}
    return Proposal("note", "sale.order", record_id, identity, named("it was seen"), values)


def proposed(fleet: Fleet, proposal: Proposal, place: Place = PLACE) -> int | None:
    """Hand a proposal over as a run does."""
    with fleet.ledger.transaction() as connection:
        occasion = occasion_for(fleet, connection, place, None, "trace-1")
        return proposing.propose(connection, occasion, proposal)


def effect_of(fleet: Fleet, number: int | None) -> Effect:
    """An effect as the ledger has it now."""
    with fleet.ledger.reading() as connection:
        found = effects.get(connection, number or 0)
    assert found is not None
    return found
