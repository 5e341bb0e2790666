"""Documented decisions not to invoice an order for now."""

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from tasks.domain.acts import Act, ActKind


class Hold(BaseModel):
    """Somebody's decision not to invoice an order; it ends after its last day by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: str = Field(description="the order's name, like S00042")
    reason: str
    until: date | None = Field(None, description="the last day of it, the day of its review")
    owner: str = Field("finance", description="who decided, and lifts it")

    def stands(self, today: date) -> bool:
        """Whether it has not expired yet."""
        return self.until is None or today <= self.until


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
