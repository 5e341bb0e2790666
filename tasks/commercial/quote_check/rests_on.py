"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.commercial.quote_check.measures import BY_TEAM
from tasks.commercial.quote_check.records import Quotation, QuotationNote, QuotedLine
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing
from tasks.reads.employment import HISTORIES
from tasks.reads.schedules import SCHEDULES
from tasks.records.crm import Opportunity, SalesTeam, Stage
from tasks.records.people import Employee
from tasks.records.sales import Currency, Partner, User

# What is not seen may be the very quotation, line or note that is said to be missing.
RESTS_ON: Final = (
    *(
        all_or_nothing(model, check, if_readable=True)
        for model, check in (
            (Opportunity.MODEL, Text("opportunities")),
            (Stage.MODEL, Text("stages")),
            (Quotation.MODEL, Text("quotations")),
            (QuotedLine.MODEL, Text("order lines")),
        )
    ),
    *(
        all_or_nothing(model, check)
        for model, check in (
            (QuotationNote.MODEL, Text("messages of orders")),
            (Employee.MODEL, Text("people")),
            *SCHEDULES,
        )
    ),
    *(
        all_or_nothing(model, Text("calendar history"), instead_of=other)
        for model, other in HISTORIES
    ),
    # Of quotations in a currency that is hidden nothing is known, and so not all of opportunities.
    all_or_nothing(Currency.MODEL, Text("currencies"), by_id=True),
    Basis(User.MODEL, Text("users"), columns=("salesperson",)),
    Basis(Partner.MODEL, Text("customers"), by_id=True, told=("partner",)),
    Basis(
        SalesTeam.MODEL,
        Text("sales teams"),
        columns=("sales_team",),
        measures=tuple(formula.measure for formula in BY_TEAM),
        by_id=True,
    ),
)
