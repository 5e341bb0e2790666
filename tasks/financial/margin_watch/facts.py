"""What is known of a project's margin: what it sells, costs and plans, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from tasks.domain.texts import NOTHING, Text
from tasks.financial.margin_watch.records import MarginProject
from tasks.reads.exchange import Exchange
from tasks.reads.orders import SoldLine, SoldOrder

ZERO: Final = Decimal(0)


class Missing(StrEnum):
    """Why the margin of a project cannot be shown to be whole."""

    NO_ACCOUNT = "no-account"
    SHARED_ACCOUNT = "shared-account"
    OTHER_COMPANY = "other-company"
    BOOKS_HIDDEN = "books-hidden"
    UNCOSTED_HOURS = "uncosted-hours"
    NO_PROJECT = "no-project"
    UNBOOKED_PURCHASE = "unbooked-purchase"
    NO_COST = "no-cost"
    NO_PROGRESS = "no-progress"
    NO_RATE = "no-rate"
    UNREAD = "unread"


@dataclass(frozen=True)
class Gap:
    """One thing that is missing, in words."""

    kind: Missing
    told: Text


@dataclass(frozen=True)
class Sale:
    """An order line of a project."""

    order: SoldOrder
    sold: SoldLine
    #: The path of its product's category from the top, and the name of that category.
    category: tuple[int, ...] = ()
    category_name: str = ""
    #: How many hours one of its unit is; None where it is no unit of time.
    hours_per_unit: Decimal | None = None
    #: What one of its unit is planned to cost, in the order's currency; None where nobody said.
    unit_cost: Decimal | None = None


@dataclass(frozen=True)
class Logged:
    """Hours and what they cost, in the company's currency; uncosted are those that cost nothing."""

    hours: Decimal = ZERO
    cost: Decimal = ZERO
    uncosted: Decimal = ZERO


@dataclass(frozen=True)
class Planned:
    """Hours that tasks were planned at: all, those of tasks that are done, and what is left."""

    hours: Decimal = ZERO
    done: Decimal = ZERO
    left: Decimal = ZERO


@dataclass(frozen=True)
class Books:
    """What is booked on a project's account, in the company's currency.

    revenue: on income accounts. expenses: of employees. purchases: vendor bills and all other cost.
    """

    revenue: Decimal = ZERO
    expenses: Decimal = ZERO
    purchases: Decimal = ZERO


@dataclass(frozen=True)
class Watched:
    """A project with all that its margin is told by."""

    project: MarginProject
    url: str
    sales: Sequence[Sale] = ()
    #: By order line; None for those of no line of the project.
    logged: Mapping[int | None, Logged] = field(default_factory=dict)
    planned: Mapping[int | None, Planned] = field(default_factory=dict)
    #: None where they cannot be told.
    books: Books | None = None
    #: Expenses that are not in the books yet, taxes included; and what is ordered and not billed.
    waiting: Decimal = ZERO
    ordered: Decimal = ZERO
    #: What its manager says is done of it, 0 to 1.
    progress: Decimal | None = None
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class Facts:
    """Every project of a company that is sold or billable."""

    #: The company's currency, and what others are worth in it; None where it is hidden.
    exchange: Exchange | None
    projects: Sequence[Watched] = ()
    managers: Mapping[int, str] = field(default_factory=dict)
    #: Why nobody can tell what is ordered and not billed; "" where it is told.
    ordered_unknown: Text = NOTHING
