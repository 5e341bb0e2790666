"""A draft invoice for all that Odoo would invoice of an order; a person posts it."""

from datetime import timedelta
from typing import Final

from pydantic import Field

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected
from odoo_gateway.procedures import calling
from tasks.domain.drafting import ExpectedDraft
from tasks.domain.texts import Text
from tasks.domain.written import Written
from workers.config.effect_kinds import EffectKind, Result, Write

ORDER: Final = "sale.order"
# By which the clocks of Odoo and of the fleet may differ.
SKEW: Final = timedelta(minutes=1)


class DraftInvoice(Written):
    """How it is made."""

    deduct_down_payments: bool = Field(True, description="take off what was paid beforehand")
    expected: ExpectedDraft | None = Field(
        None, description="what it must come to; whatever Odoo would invoice, if left out"
    )


def of_order(write: Write) -> int:
    """The order that it is about. Raises OdooRejected for anything else."""
    if write.model != ORDER:
        raise OdooRejected(f"it is made of an order, and not of {write.model}")
    return write.record_id


def _preview(values: DraftInvoice) -> Text:
    if values.expected is not None:
        return values.expected.told
    return Text("a draft invoice of all that is to be invoiced of the order")


def _find(write: Write) -> Result | None:
    """A draft, whoever made it; or what was ours and somebody has posted meanwhile."""
    since = (write.since - SKEW).strftime("%Y-%m-%d %H:%M:%S")
    domain = [
        ("line_ids.sale_line_ids.order_id", "=", of_order(write)),
        ("move_type", "=", "out_invoice"),
        "|",
        ("state", "=", "draft"),
        "&",
        ("state", "=", "posted"),
        "&",
        ("create_uid", "=", write.session.user_id),
        ("create_date", ">=", since),
    ]
    answer = write.session.call("account.move", "search_read", domain, ["id"], order="id")
    rows = answers.rows(answer, "account.move.search_read", ("id",))
    return {"move_ids": [int(row["id"]) for row in rows]} if rows else None


def _apply(write: Write) -> Result:
    values: DraftInvoice = write.values
    made = calling.draft_invoice(
        write.session,
        write.company_id,
        of_order(write),
        deduct_down_payments=values.deduct_down_payments,
        expected=values.expected.asked if values.expected else None,
    )
    return {"move_ids": list(made.move_ids), "created": made.created}


def _undo(write: Write, result: Result) -> None:
    """Only what it made itself, and nobody has touched since. Raises OdooRejected else."""
    if not result.get("created"):
        raise OdooRejected("the draft was there before: a person deletes it")
    calling.discard_drafts(write.session, write.company_id, of_order(write), result["move_ids"])


KIND: Final = EffectKind(
    "draft_invoice", DraftInvoice, _preview, _find, _apply, _undo, changes=("account.move",)
)
