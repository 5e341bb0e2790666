"""In which ways an expense may be out of order."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tasks.domain.texts import Text


class Kind(StrEnum):
    """What is wrong with an expense."""

    OVER_LIMIT = "over-limit"
    NO_RECEIPT = "no-receipt"
    #: The same employee, product, day and amount, as Odoo compares them.
    DUPLICATE = "duplicate-expense"
    SAME_RECEIPT = "same-receipt"
    STALE = "stale"
    CLOSED_PROJECT = "closed-project"
    NON_BILLABLE = "non-billable-project"
    NOT_POSTED = "not-posted"
    ON_NO_ORDER = "on-no-order"
    NOT_RECONCILED = "not-reconciled"


# As a title says it, and as the kind is called elsewhere.
TITLES: Final[Mapping[Kind, Text]] = {
    Kind.OVER_LIMIT: Text("above its limit"),
    Kind.NO_RECEIPT: Text("without a receipt"),
    Kind.DUPLICATE: Text("may stand twice"),
    Kind.SAME_RECEIPT: Text("receipt of another expense"),
    Kind.STALE: Text("lies for long"),
    Kind.CLOSED_PROJECT: Text("on a closed project"),
    Kind.NON_BILLABLE: Text("on a project that is not billable"),
    Kind.NOT_POSTED: Text("approved and not posted"),
    Kind.ON_NO_ORDER: Text("to be re-invoiced, and on no order"),
    Kind.NOT_RECONCILED: Text("paid and not reconciled"),
}
REMEDIES: Final[Mapping[Kind, Text]] = {
    Kind.OVER_LIMIT: Text("accept it with the reason, return it, or refuse it in Odoo"),
    Kind.NO_RECEIPT: Text("attach the receipt to the expense in Odoo, or have it accepted without"),
    Kind.DUPLICATE: Text("refuse one of them in Odoo, or accept it if both are right"),
    Kind.SAME_RECEIPT: Text(
        "refuse one of them in Odoo, or accept it if both are right, as parts of one bill are"
    ),
    Kind.STALE: Text("submit, approve or post it in Odoo, or refuse it"),
    Kind.CLOSED_PROJECT: Text("book it on another project, or accept it"),
    Kind.NON_BILLABLE: Text("book it on a billable project, or accept it"),
    Kind.NOT_POSTED: Text("post it in Odoo"),
    Kind.ON_NO_ORDER: Text("set the order that it is re-invoiced on, or accept that it is not"),
    Kind.NOT_RECONCILED: Text("pay or reconcile it in Odoo, or put its state right"),
}
