"""Why rows may be missing is told in words, whatever the gateway found."""

import pytest

from odoo_gateway.reader import HIDDEN, Drift
from odoo_gateway.sight import Doubt, Why
from tasks import doubts
from tasks.domain.texts import Text


@pytest.mark.parametrize(
    ("doubt", "said"),
    [
        (Doubt(Why.UNREADABLE, "hr.expense"), "hr.expense is not readable for the fleet's user"),
        (
            Doubt(Why.FIELD_HIDDEN, "hr.version", "date_version"),
            "date_version of hr.version is hidden from the fleet's user",
        ),
        (
            Doubt(Why.RULE, "sale.order", "Own {orders}"),
            "the record rule Own {orders} hides rows of sale.order",
        ),
        (
            Doubt(Why.UNPROVEN, "sale.order"),
            "nothing shows that the fleet's user sees all rows of sale.order",
        ),
        (
            Doubt(Why.CONTRADICTED, "sale.order"),
            "totals of Odoo are not reached by the rows of sale.order that the user sees",
        ),
    ],
)
def test_every_doubt_is_told(doubt: Doubt, said: str) -> None:
    assert doubts.told(doubt) == said


def test_a_row_that_is_hidden_is_told_in_words_and_a_value_in_those_of_programs() -> None:
    hidden = doubts.unread(Drift("hr.department", 5, "id", HIDDEN))
    assert hidden.values == {"record": "hr.department 5"}
    assert hidden == ("hr.department 5 is referred to, but hidden from the fleet's user or deleted")
    doubted = Drift("sale.order.line", 5, "tax_ids", Text("the tax {name} is hidden", name="VAT"))
    assert doubts.unread(doubted) == doubted.told
    assert doubts.unread(doubted).values["why"] is doubted.problem
    odd = Drift("sale.order", 7, "amount", "'x; y' is not a number")
    assert doubts.unread(odd) == "sale.order 7 amount: 'x; y' is not a number"
