"""From which age of work somebody must decide, and what old work is still worth."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from tasks.domain.ageing import AgeBucket
from tasks.domain.gravity import Days, GravityPolicy
from tasks.domain.holds import HoldingPolicy


class WipPolicy(HoldingPolicy, GravityPolicy):
    """From which age somebody must decide, and what old work is still worth."""

    worse_after_days: tuple[Days, ...] = Field(
        (120, 180, 365),
        description="ages in days at which old work is told again; from the last on it is critical",
    )
    decide_after_days: int = Field(
        90,
        ge=0,
        le=36_500,
        description="age of the oldest unbilled entry: beyond it somebody is to decide",
    )
    provision_percent: dict[AgeBucket, Annotated[Decimal, Field(ge=0, le=100)]] = Field(
        {}, description="of the value, by bucket of age; no provision without any"
    )
    overrun_percent: Decimal | None = Field(
        Decimal(100),
        gt=0,
        le=1_000_000,
        description="of what was ordered at a fixed price: delivering more is a finding",
    )
