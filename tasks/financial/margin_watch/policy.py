"""What margins are held against, and at which steps of erosion somebody is told."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, field_validator

from tasks.domain.policy import Policy
from tasks.domain.written import Id, Written


class Forecast(StrEnum):
    """What cost at completion is forecast by first; by the other where the first cannot tell."""

    EARNED_VALUE = "earned_value"
    REMAINING_HOURS = "remaining_hours"


def _rising(steps: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    if list(steps) != sorted({*steps}):
        raise ValueError("give steps that rise, each once")
    return steps


Percent = Annotated[Decimal, Field(ge=-1000, le=100)]
Step = Annotated[Decimal, Field(ge=0, le=1_000_000)]
Steps = Annotated[tuple[Step, ...], AfterValidator(_rising)]
AFTER: Final = "the last is critical; none where empty"


class ServiceLine(Written):
    """A line of business, by what is sold in it."""

    name: str = Field(min_length=1, max_length=60)
    categories: tuple[Id, ...] = Field(
        min_length=1, description="ids of product.category; those below one belong to it"
    )
    planned_margin_percent: Percent | None = None


class MarginPolicy(Policy):
    """What margins are held against, and when somebody is told."""

    service_lines: tuple[ServiceLine, ...] = Field(
        (),
        description="lines of business: name, categories, planned_margin_percent; what is in none "
        "of them goes by the name of its product's category",
    )
    planned_margin_percent: Percent | None = Field(
        None,
        description="planned margin of what is sold, in percent, where Odoo has no planned cost "
        "and its service line names none",
    )
    forecast: Forecast = Field(
        Forecast.EARNED_VALUE,
        description="cost at completion by earned_value (AC + (BAC - EV) / CPI) or by "
        "remaining_hours of open tasks; by the other where that cannot tell",
    )
    erosion_points: Steps = Field(
        (Decimal(5), Decimal(10), Decimal(20)),
        description="points of percent by which the margin at completion is below the planned one, "
        f"at each of which it is told; {AFTER}",
    )
    loss_percent: Steps = Field(
        (Decimal(0), Decimal(10), Decimal(25)),
        description="negative margins, in percent of what is earned, at each of which a loss is "
        f"told; {AFTER}",
    )
    burn_points: Steps = Field(
        (Decimal(10), Decimal(25), Decimal(50)),
        description="points of percent by which more of the plan is burnt than is done, at each of "
        f"which it is told; {AFTER}",
    )
    used_up_percent: Steps = Field(
        (Decimal(80), Decimal(100)),
        description=f"of hours sold in advance, at each of which it is told; {AFTER}",
    )
    difference_percent: Steps = Field(
        (Decimal(5), Decimal(25), Decimal(50)),
        description="of what is invoiced, by which the revenue in the books differs, at each of "
        f"which it is told; {AFTER}",
    )
    uncosted_hours_percent: Decimal = Field(
        Decimal(0),
        ge=0,
        le=100,
        description="of a project's hours that may have no cost; with more its margin is not "
        "verifiable",
    )
    update_holds_days: int = Field(
        45,
        ge=1,
        le=3660,
        description="age up to which the progress of a project's last update is taken",
    )
    exempt_projects: tuple[Id, ...] = Field(
        (), description="ids of project.project that nobody is told of"
    )

    @field_validator("service_lines")
    @classmethod
    def _each_once(cls, lines: tuple[ServiceLine, ...]) -> tuple[ServiceLine, ...]:
        names = [line.name.casefold() for line in lines]
        categories = [number for line in lines for number in line.categories]
        if len(names) > len({*names}) or len(categories) > len({*categories}):
            raise ValueError("give each name and each category once")
        return lines

    def line_of(self, path: tuple[int, ...]) -> ServiceLine | None:
        """The service line of a category, by its path from the top; the nearest one above it."""
        for number in reversed(path):
            for line in self.service_lines:
                if number in line.categories:
                    return line
        return None

    def demoed(self) -> Self:
        """For `fleet demo`: with a planned margin, since its firm keeps no planned costs."""
        return self.model_copy(update={"planned_margin_percent": Decimal(40)})
