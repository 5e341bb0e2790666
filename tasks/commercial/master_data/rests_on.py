"""Which records must all be seen, and what is withheld where that is not shown."""

from typing import Final

from tasks.commercial.master_data.records import (
    AnalyticAccount,
    CodedLine,
    CodedOrder,
    CodedProject,
    Customer,
    OrderTag,
    ProjectTag,
)
from tasks.commercial.master_data.rows import INCONSISTENT, MISSING
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis, all_or_nothing

CODES: Final = (MISSING, INCONSISTENT)

# With one of several hidden, others become a pair that nobody else is told of.
RESTS_ON: Final = (
    all_or_nothing(Customer.MODEL, Text("customers")),
    all_or_nothing(CodedOrder.MODEL, Text("orders"), if_readable=True),
    Basis(
        CodedLine.MODEL,
        Text("order lines"),
        rows=True,
        kinds=CODES,
        in_part=True,
        if_readable=True,
    ),
    all_or_nothing(CodedProject.MODEL, Text("projects"), if_readable=True),
    *(
        Basis(model, check, columns=("status", "reason"), kinds=CODES, if_readable=True)
        for model, check in (
            (ProjectTag.MODEL, Text("tags of projects")),
            (OrderTag.MODEL, Text("tags of orders")),
        )
    ),
    # Of an account that is hidden neither plan nor company is known.
    Basis(
        AnalyticAccount.MODEL,
        Text("analytic accounts"),
        columns=("status", "reason"),
        kinds=(INCONSISTENT,),
        by_id=True,
    ),
)
