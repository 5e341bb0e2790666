"""In which ways a firm loses what it worked or paid for."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tasks.domain.texts import Text


class Kind(StrEnum):
    """How money leaks out."""

    CANCELLED = "cancelled-order"
    #: On an order that is a quotation again, or was none but that ever.
    QUOTATION = "quotation"
    NO_LINE = "no-order-line"
    NO_RATE = "no-rate"
    NOT_INVOICED = "never-invoiced"
    EXPENSE = "expired-expense"
    #: A vendor's bill on a billable project, or on the line of an order that re-invoices it.
    PURCHASE = "purchase"
    #: What was ordered from a vendor for a line of an order.
    BOUGHT = "bought-for-order"
    UNUSED = "prepaid-unused"
    OVERRUN = "prepaid-overrun"


# Those that rest on hours being linked to lines of orders.
BY_HOURS: Final = (Kind.NO_LINE, Kind.NO_RATE, Kind.NOT_INVOICED, Kind.UNUSED, Kind.OVERRUN)

TITLES: Final[Mapping[Kind, Text]] = {
    Kind.CANCELLED: Text("work on a cancelled order"),
    Kind.QUOTATION: Text("work on a quotation"),
    Kind.NO_LINE: Text("billable hours on no order line"),
    Kind.NO_RATE: Text("hours without a rate"),
    Kind.NOT_INVOICED: Text("hours never invoiced"),
    Kind.EXPENSE: Text("expense too old to be billed"),
    Kind.PURCHASE: Text("purchase never re-invoiced"),
    Kind.BOUGHT: Text("bought for an order that bills nothing"),
    Kind.UNUSED: Text("prepaid hours not used"),
    Kind.OVERRUN: Text("more worked than prepaid"),
}
REMEDIES: Final[Mapping[Kind, Text]] = {
    Kind.CANCELLED: Text("move the hours to an order that stands, bill them, or accept the loss"),
    Kind.QUOTATION: Text("have the customer confirm it, move the hours, or accept the loss"),
    Kind.NO_LINE: Text(
        "set the order line on the tasks of the project, make them not billable, or accept it"
    ),
    Kind.NO_RATE: Text("set the price on the order line, or accept that it is free"),
    Kind.NOT_INVOICED: Text("bill the hours, write them off, or accept that they are not billed"),
    Kind.EXPENSE: Text("bring it onto an invoice, or accept that the firm bears it"),
    Kind.PURCHASE: Text("bring it onto an order and bill it, or accept that the firm bears it"),
    Kind.BOUGHT: Text("bill the line of the order, or accept that the firm bears the purchase"),
    Kind.UNUSED: Text("agree with the customer on what becomes of them, or accept it"),
    Kind.OVERRUN: Text("sell the customer more hours, or accept that they are given"),
}
