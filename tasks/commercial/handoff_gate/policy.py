"""What a handoff from sales to delivery must hold, by service line, and when who is told."""

from collections.abc import Iterator, Sequence
from datetime import time
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, field_validator, model_validator

from tasks.domain.checklists import WORD, Demand, OfficeHours
from tasks.domain.ladder import Rung, Who, named_apart
from tasks.domain.policy import Amount, Currency, Policy
from tasks.domain.written import Id

Pattern = Annotated[str, Field(min_length=1, max_length=100)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class HandoffItem(StrEnum):
    """What every firm knows of; the documents that a policy demands come beside."""

    STATEMENT_OF_WORK = "statement_of_work"
    ACCEPTANCE = "acceptance"
    INVOICE_ADDRESS = "invoice_address"
    INVOICE_EMAIL = "invoice_email"
    VAT_NUMBER = "vat_number"
    PAYMENT_TERMS = "payment_terms"
    PURCHASE_ORDER = "purchase_order"
    SCOPE_NOTES = "scope_notes"
    PROJECT_MANAGER = "project_manager"
    KICKOFF_DATE = "kickoff_date"
    BILLING_MILESTONES = "billing_milestones"
    HOURS_BUDGET = "hours_budget"


class Part(StrEnum):
    """Whose an item may be, by their part in the order."""

    SALESPERSON = "salesperson"
    PROJECT_MANAGER = "project_manager"
    DELIVERY_LEAD = "delivery_lead"


def _by(part: Part, *items: HandoffItem, within_hours: float = 16) -> Iterator[Demand]:
    for item in items:
        yield Demand(item=item.value, owner=part.value, within_hours=within_hours)


DEMANDS: Final = (
    *_by(Part.SALESPERSON, HandoffItem.STATEMENT_OF_WORK, within_hours=8),
    *_by(
        Part.SALESPERSON,
        HandoffItem.ACCEPTANCE,
        HandoffItem.INVOICE_ADDRESS,
        HandoffItem.INVOICE_EMAIL,
        HandoffItem.VAT_NUMBER,
        HandoffItem.PAYMENT_TERMS,
        HandoffItem.PURCHASE_ORDER,
        HandoffItem.SCOPE_NOTES,
    ),
    *_by(Part.DELIVERY_LEAD, HandoffItem.PROJECT_MANAGER),
    *_by(
        Part.PROJECT_MANAGER,
        HandoffItem.KICKOFF_DATE,
        HandoffItem.BILLING_MILESTONES,
        HandoffItem.HOURS_BUDGET,
        within_hours=24,
    ),
)
LADDER: Final = (
    Rung(name="deadline", working_days=0),
    Rung(name="late", working_days=1),
    Rung(name="manager", working_days=3, who=Who.MANAGER),
    Rung(name="owner", working_days=5, who=Who.OWNER),
)
FIRST: Final = "first"
# The countries of the European Union, where an invoice to a firm names its VAT number, and others
# with the same rule.
VAT_COUNTRIES: Final = (
    *("AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR"),
    *("HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
)
PDF: Final = "application/pdf"
WORD_FILE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


# Of what there is none before an order is confirmed.
AFTERWARDS: Final = frozenset(
    {
        HandoffItem.PROJECT_MANAGER,
        HandoffItem.KICKOFF_DATE,
        HandoffItem.BILLING_MILESTONES,
        HandoffItem.HOURS_BUDGET,
    }
)
ItemName = Annotated[str, Field(pattern=WORD)]


class DemandedDocument(Policy):
    """A file that must be on the order or its project."""

    name: str = Field(pattern=WORD, description="what it is called, in small letters")
    patterns: tuple[Pattern, ...] = Field(
        min_length=1, description="names of files, with * for any letters; case does not count"
    )
    kinds: tuple[str, ...] = Field((), description="kinds of files, as MIME names; any if empty")
    owner: Part = Part.SALESPERSON
    within_hours: float = Field(16, ge=0, le=2000, description="working hours to bring it")

    @property
    def demand(self) -> Demand:
        """The item that it is."""
        return Demand(item=self.name, owner=self.owner.value, within_hours=self.within_hours)


STATEMENT_OF_WORK: Final = DemandedDocument(
    name=HandoffItem.STATEMENT_OF_WORK.value,
    patterns=(
        *("*statement*of*work*", "sow*", "*[ _-]sow*", "*scope*of*work*"),
        *("*leistungsbeschreibung*", "*pflichtenheft*"),
    ),
    kinds=(PDF, WORD_FILE),
)


class ServiceLine(Policy):
    """Orders that are handed over in the same way: those of any of these."""

    name: str = Field(pattern=WORD, description="what it is called, in small letters")
    categories: tuple[Id, ...] = Field(
        (), description="ids of product.category: a line sells a product of one, or of one below it"
    )
    tags: tuple[Id, ...] = Field((), description="ids of crm.tag: the order has one of them")
    sales_teams: tuple[Id, ...] = Field((), description="ids of crm.team: the order is of one")
    templates: tuple[Id, ...] = Field(
        (), description="ids of project.project: a product makes projects from one of them"
    )
    demands: tuple[Demand, ...] | None = Field(
        None, description="what is demanded of its orders, instead of what is of all others"
    )
    documents: tuple[DemandedDocument, ...] = Field(
        (), description="files that its orders or their projects must have beside"
    )
    confirmation: tuple[ItemName, ...] | None = Field(
        None,
        description="items without which no quotation of it is confirmed, instead of those of all",
    )
    delivery_lead: Id | None = Field(None, description="id of res.users: who accepts its handoffs")

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if not (self.categories or self.tags or self.sales_teams or self.templates):
            raise ValueError(
                f"the service line {self.name} names no orders: give it categories, tags, "
                "sales_teams or templates"
            )
        return self


class HandoffPolicy(Policy):
    """What a handoff must hold, who accepts it, and when somebody is told."""

    demands: tuple[Demand, ...] = Field(
        DEMANDS,
        description="what is demanded of orders: item, owner (salesperson, project_manager or "
        "delivery_lead) and within_hours, working hours until it is due",
    )
    service_lines: tuple[ServiceLine, ...] = Field(
        (),
        description="orders with demands of their own, by product category, tag, sales team or "
        "project template; of an order of several, what any of them demands",
    )
    statement_of_work: DemandedDocument = Field(
        STATEMENT_OF_WORK,
        description="by which names and kinds of files it is known; Odoo's own print of the order "
        "is none",
    )
    acceptance_files: tuple[Pattern, ...] = Field(
        (),
        description="names of files that show the customer's acceptance as well as a signature on "
        "the portal does",
    )
    confirmation: tuple[ItemName, ...] = Field(
        (HandoffItem.STATEMENT_OF_WORK.value,),
        description="items without which no quotation is confirmed, where the gate "
        "order_confirmation is installed in Odoo",
    )
    vat_countries: tuple[Country, ...] = Field(
        VAT_COUNTRIES, description="countries whose firms must have a VAT number"
    )
    scope_characters: int = Field(
        40, ge=1, le=100_000, description="how long notes of the scope are at least"
    )
    delivery_leads: dict[Id, Id] = Field(
        {},
        description="who accepts the handoffs of a sales team, else the job's owner: ids of "
        "res.users by id of crm.team",
    )
    accept_within_hours: float = Field(
        16, ge=0, le=2000, description="working hours until a handoff is accepted or returned"
    )
    office: OfficeHours = Field(
        OfficeHours(),
        description="opens and closes: between which times of a working day of the owner hours "
        "count",
    )
    ladder: tuple[Rung, ...] = Field(
        LADDER,
        description="rungs: name, working_days of the owner from the day it is due, at, who: "
        "person is the owner of the gap, manager theirs, owner the job's owner",
    )
    first_at: time = Field(
        time(8), description="from when on the owner is told of a gap on the day it comes up"
    )
    wait_for_morning: bool = Field(
        True, description="false sends as soon as a run sees the rung, for trials"
    )
    look_back_days: int = Field(
        90, ge=1, le=3650, description="how long ago an order was confirmed at most"
    )
    minimum_amounts: dict[Currency, Amount] = Field(
        {},
        description="orders below this untaxed amount are listed, and nobody is told; by currency",
    )
    exempt_orders: tuple[Id, ...] = Field(
        (), description="ids of sale.order whose handoff nobody is told of"
    )
    opted_out: tuple[Id, ...] = Field(
        (), description="ids of hr.employee who get no mail; managers and the owner still do"
    )

    @field_validator("ladder")
    @classmethod
    def _names_are_unique(cls, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return named_apart(ladder, FIRST)

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        _once("service line", [line.name for line in self.service_lines])
        documents = {each for line in self.service_lines for each in line.documents}
        if taken := sorted({*HandoffItem} & {each.name for each in documents}):
            raise ValueError(f"{', '.join(taken)} is an item already; name the document otherwise")
        _once("document", [each.name for each in documents])
        for demands in (self.demands, *(line.demands or () for line in self.service_lines)):
            _known("item", [each.item for each in demands], [*HandoffItem])
            _known("owner", [each.owner for each in demands], [*Part])
            _once("item", [each.item for each in demands])
        known = [*HandoffItem, *sorted({each.name for each in documents})]
        for names in (self.confirmation, *(line.confirmation or () for line in self.service_lines)):
            _known("item", names, known)
            _once("item", names)
            if later := sorted(AFTERWARDS.intersection(names)):
                raise ValueError(
                    f"{', '.join(later)} is there only once an order is confirmed; ask for it in "
                    "demands, not in confirmation"
                )
        return self

    @property
    def documents(self) -> tuple[DemandedDocument, ...]:
        """All that any service line demands, each name once."""
        by_name = {each.name: each for line in self.service_lines for each in line.documents}
        return tuple(by_name.values())


def _once(what: str, names: Sequence[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{what} {', '.join(twice)} stands there twice; name it once")


def _known(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    if unknown := sorted({*names} - {*known}):
        raise ValueError(f"no such {what}: {', '.join(unknown)}; there are {', '.join(known)}")
