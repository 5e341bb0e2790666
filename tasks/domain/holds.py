"""Documented decisions not to invoice an order for now, in whichever job they were made."""

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from tasks.domain.acts import Act, ActKind
from tasks.domain.policy import Policy
from tasks.domain.texts import Text
from tasks.domain.written import Written


class Hold(Written):
    """Somebody's decision not to invoice an order; it ends after its last day by itself."""

    order: str = Field(description="the order's name, like S00042")
    reason: str
    until: date | None = Field(None, description="the last day of it, the day of its review")
    owner: str = Field("finance", description="who decided, and lifts it")

    @property
    def told(self) -> Text:
        """Until when, and why."""
        if self.until is None:
            return Text("held without an end: {why}", why=self.reason)
        return Text("held until {day}: {why}", day=self.until, why=self.reason)

    def stands(self, today: date) -> bool:
        """Whether it has not expired yet."""
        return self.until is None or today <= self.until


class HoldingPolicy(Policy):
    """A policy that may name orders on hold: they are held in every job that speaks about them."""

    holds: tuple[Hold, ...] = Field(
        (), description="orders not to be invoiced for now: order, reason, until, owner"
    )


def hold_on(holds: Iterable[Hold], order: str, today: date) -> Hold | None:
    """The hold on an order: one that stands, else the one that expired last, else none."""
    own = [hold for hold in holds if hold.order == order]
    standing = [hold for hold in own if hold.stands(today)]
    expired = sorted((hold for hold in own if hold.until), key=lambda hold: hold.until or today)
    return next(iter(standing), None) or next(reversed(expired), None)


def holds_of(acts: Iterable[Act], model: str, record_id: int, order: str) -> tuple[Hold, ...]:
    """What people held on their page, as holds on the order that this record is."""
    return tuple(
        Hold(order=order, reason=act.reason, until=act.until, owner=act.person)
        for act in acts
        if (act.kind, act.model, act.record_id) == (ActKind.HELD, model, record_id)
    )
