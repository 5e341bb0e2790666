"""How people read the words of this job."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tasks.domain.texts import Text


class Kind(StrEnum):
    """What may be wrong: of an opportunity, then of a quotation."""

    QUALIFICATION = "qualification"
    CLOSE_DATE = "close-date"
    ACTIVITY = "activity"
    STAGE = "days-in-stage"
    QUOTATION = "days-to-quotation"
    AMOUNT = "expected-revenue"
    NOTES = "notes"
    ZERO_PRICE = "zero-prices"
    PRICE_LIST = "price-list"
    DISCOUNT = "discounts"
    MARGIN = "margin"
    FIT = "company-and-currency"
    VALIDITY = "validity"
    ANSWER = "days-to-answer"


OF_OPPORTUNITIES: Final = (
    *(Kind.QUALIFICATION, Kind.CLOSE_DATE, Kind.ACTIVITY, Kind.STAGE, Kind.QUOTATION, Kind.AMOUNT),
)
OF_QUOTATIONS: Final = tuple(kind for kind in Kind if kind not in OF_OPPORTUNITIES)
CHECKS: Final[Mapping[Kind, Text]] = {
    Kind.QUALIFICATION: Text("fields of the opportunity"),
    Kind.CLOSE_DATE: Text("expected close"),
    Kind.ACTIVITY: Text("planned activities"),
    Kind.STAGE: Text("days in the stage"),
    Kind.QUOTATION: Text("days to the quotation"),
    Kind.AMOUNT: Text("expected revenue"),
    Kind.NOTES: Text("notes of the opportunity"),
    Kind.ZERO_PRICE: Text("zero prices"),
    Kind.PRICE_LIST: Text("prices of the price list"),
    Kind.DISCOUNT: Text("discounts"),
    Kind.MARGIN: Text("margin"),
    Kind.FIT: Text("company and currency"),
    Kind.VALIDITY: Text("validity of the quotation"),
    Kind.ANSWER: Text("days to the answer"),
}
LABELS: Final[Mapping[str, Text]] = {
    **{kind.value.replace("-", "_"): said for kind, said in CHECKS.items()},
    "first": Text("first"),
    "sales_lead": Text("sales lead"),
    "wrong": Text("something is wrong"),
    "exempt": Text("exempt"),
    "record": Text("record"),
    "sales_team": Text("sales team"),
    "salesperson": Text("salesperson"),
    "stage": Text("stage"),
    "since": Text("since"),
}
