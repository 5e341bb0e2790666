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
from tasks.domain.findings import ANY_KIND
from tasks.domain.texts import Text
from tasks.domain.withheld import Basis

CODES: Final = (MISSING, INCONSISTENT)

# With one of several hidden, others become a pair that nobody else is told of.
RESTS_ON: Final = (
    Basis(Customer.MODEL, Text("customers"), rows=True, kinds=(ANY_KIND,), in_part=True),
    Basis(
        CodedOrder.MODEL,
        Text("orders"),
        rows=True,
        kinds=(ANY_KIND,),
        in_part=True,
        if_readable=True,
    ),
    Basis(
        CodedLine.MODEL,
        Text("order lines"),
        rows=True,
        kinds=CODES,
        in_part=True,
        if_readable=True,
    ),
    Basis(
        CodedProject.MODEL,
        Text("projects"),
        rows=True,
        kinds=(ANY_KIND,),
        in_part=True,
        if_readable=True,
    ),
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
