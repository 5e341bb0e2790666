"""The ways in which a line of an order is billed, and the order that holds them."""

from dataclasses import dataclass

EUROPE, AMERICA = 1, 2


@dataclass(frozen=True)
class Hours:
    """Billed by the hour as worked, or prepaid as ordered."""

    name: str
    price: float
    ordered: float
    team: tuple[int, ...]
    discount: float = 0.0
    prepaid: bool = False
    #: posted, drafted: hours until that many weeks ago are on a posted, a draft invoice.
    posted: int | None = None
    drafted: int | None = None
    #: What became of the posted invoice.
    fate: str = "paid"


@dataclass(frozen=True)
class Stage:
    """A milestone: its share in percent, its deadline and when it was reached, in days ago."""

    name: str
    percent: float
    deadline: int
    reached: int | None = None
    billed: bool = False


@dataclass(frozen=True)
class Stages:
    """Billed by milestones; the people of the team log hours that nobody bills."""

    name: str
    price: float
    stages: tuple[Stage, ...]
    team: tuple[int, ...] = ()


@dataclass(frozen=True)
class Units:
    """Billed by a quantity: typed in as delivered, or as ordered."""

    name: str
    price: float
    ordered: float
    delivered: float
    invoiced: float = 0.0
    drafted: float = 0.0
    on_order: bool = False
    goods: bool = False
    discount: float = 0.0
    team: tuple[int, ...] = ()
    #: Added to the confirmed order so many days ago.
    added: int | None = None


@dataclass(frozen=True)
class Reinvoiced:
    """An expense that the customer pays, at cost."""

    name: str
    amount: float
    invoiced: bool = False


@dataclass(frozen=True)
class DownPayment:
    """Money asked for in advance, to be deducted at the end."""

    amount: float


@dataclass(frozen=True)
class Heading:
    """A line of text."""

    name: str
    kind: str = "line_section"


Line = Hours | Stages | Units | Reinvoiced | DownPayment | Heading


@dataclass(frozen=True)
class Deal:
    """An order: the customer, who sold it, and its lines."""

    customer: str
    seller: int
    lines: tuple[Line, ...]
    company_id: int = EUROPE
    currency: str = ""
    state: str = "sale"
    days_ago: int = 120
    reference: str = ""
    files: tuple[str, ...] = ()
    open_expenses: tuple[tuple[str, str], ...] = ()
    email: bool = True
    taxed: bool = False
    billing_contact: bool = False

    @property
    def currency_name(self) -> str:
        """The company's own currency unless another was agreed."""
        return self.currency or ("EUR" if self.company_id == EUROPE else "USD")
