"""The kinds of effects that let a record through a gate in Odoo, or keep it and say why.

A row of the gate's table is written, and never changed: the newest counts. So that none speaks of
what was seen before another was written, each says when what it rests on was looked at, and the
latest look counts, whichever of them is carried out first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import ClassVar, Final, Literal

from pydantic import AwareDatetime, Field

from odoo_gateway import gates
from odoo_gateway.errors import OdooOutdated, OdooRejected
from odoo_gateway.gates import NewRuling, Ruling, State
from odoo_gateway.procedures.wanted import GATES
from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from tasks.domain.texts import Money, Text
from tasks.domain.written import Id, Written
from tasks.reads.orders import read_currencies
from workers.config.effect_kinds import EffectKind, Result, Write

#: By gate, the kind that writes what it goes by.
KINDS: Final[Mapping[str, str]] = {
    "invoice_release": "release_invoice",
    "opportunity_stage": "release_opportunity",
    "order_confirmation": "release_order",
}
RELEASED: Final = State.RELEASED.value
TAKEN_BACK: Final = "its release was taken back"


class Release(Written):
    """What is decided about a record, by what, and when that was seen."""

    state: Literal["released", "held"]
    name: str = Field(description="what people call the record")
    reason: str = Field(description="what whoever is refused reads, or why it is released")
    amount: Decimal = Field(Decimal(0), description="its total, taxes included")
    currency: str = ""
    basis: str = Field("", description="what it was decided by, in the words of programs")
    files: tuple[tuple[Id, ...], ...] = Field(
        (), description="ids of ir.attachment: of each set, one must be there"
    )
    stage_id: Id | None = Field(None, description="the stage that it may be moved to")
    after: int = Field(0, ge=0, description="id of the newest row of the table that was seen")
    seen: AwareDatetime = Field(description="when all of it was looked at")


@dataclass(frozen=True)
class KeptOrder(Record):
    """An order, as far as its gate goes by it."""

    MODEL: ClassVar[str] = "sale.order"
    MODULE: ClassVar[str] = "sale"
    id: int
    state: str
    currency_id: int
    company_id: int | None
    amount_total: Decimal


@dataclass(frozen=True)
class KeptInvoice(Record):
    """An invoice, as far as its gate goes by it."""

    MODEL: ClassVar[str] = "account.move"
    MODULE: ClassVar[str] = "account"
    id: int
    state: str
    currency_id: int
    company_id: int | None
    amount_total: Decimal


#: What a gate keeps, by its model, and the states in which it is kept.
KEPT: Final[Mapping[str, tuple[type[KeptOrder] | type[KeptInvoice], tuple[str, ...]]]] = {
    KeptOrder.MODEL: (KeptOrder, ("draft", "sent")),
    KeptInvoice.MODEL: (KeptInvoice, ("draft",)),
}


def kind_of(gate: str, *, low_risk: bool = False) -> EffectKind:
    """The kind that decides about the records of a gate."""
    return EffectKind(
        KINDS[gate],
        Release,
        _preview,
        partial(_find, gate),
        partial(_apply, gate),
        partial(_undo, gate),
        low_risk=low_risk,
    )


def _preview(values: Release) -> Text:
    if values.state != RELEASED:
        return Text("{name} is kept: {reason}", name=values.name, reason=values.reason)
    if not values.currency:
        return Text("the release of {name}", name=values.name)
    amount = Money(values.amount, values.currency)
    return Text("the release of {name} over {amount}", name=values.name, amount=amount)


def _key(gate: str, write: Write) -> str:
    model, switched_by = GATES[gate].model, GATES[gate].switched_by
    if switched_by and write.model == switched_by:
        return gates.key_of(switched_by, write.record_id, write.company_id)
    if write.model != model:
        raise OdooRejected(f"the gate {gate} keeps {model}, and not {write.model}")
    return gates.key_of(model, write.record_id, write.values.stage_id or 0)


def _reader(gate: str, write: Write) -> Reader:
    """Raises OdooRejected where the gate is not there."""
    odoo = Reader(write.session, write.company_id)
    if not gates.stands(write.session, gate):
        raise OdooRejected(
            f"the gate {gate} is not installed in this Odoo, or the fleet's user is not in the "
            f"fleet's group: an administrator runs `fleet odoo install --gates {gate}`"
        )
    return odoo


def _find(gate: str, write: Write) -> Result | None:
    """The row that says so, whatever was written after it."""
    key = _key(gate, write)
    return _found(gates.rulings(_reader(gate, write), [key], write.values.after), write.values)


def _found(later: Sequence[Ruling], values: Release) -> Result | None:
    found = [each.id for each in later if _is_same(each, values)]
    return {"decision_id": found[0]} if found else None


def _is_same(found: Ruling, values: Release) -> bool:
    return (
        found.state == values.state
        and found.seen == values.seen
        and found.reason == values.reason
        and (found.amount, found.currency) == (values.amount, values.currency)
        and found.basis == values.basis
        and found.files == tuple(map(frozenset, values.files))
    )


def _apply(gate: str, write: Write) -> Result:
    values, key = write.values, _key(gate, write)
    odoo = _reader(gate, write)
    later = gates.rulings(odoo, [key], values.after)
    found = _found(later, values)
    if found is not None:
        return found
    for each in later:
        if each.is_of_people or (each.seen and each.seen > values.seen):
            raise OdooOutdated(f"{values.name} was decided on anew since: {each.reason}")
    total = _total(odoo, write)
    if values.state == RELEASED and total != (values.amount, values.currency):
        raise OdooOutdated(
            f"{values.name} was changed since it was looked at: it comes to {total[0]} {total[1]}, "
            f"and {values.amount} {values.currency} was to be released"
        )
    return {
        "decision_id": gates.decide(
            write.session,
            NewRuling(
                key=key,
                state=State(values.state),
                reason=values.reason,
                amount=values.amount,
                currency=values.currency,
                basis=values.basis,
                files=values.files,
                seen=values.seen,
            ),
        )
    }


def _total(odoo: Reader, write: Write) -> tuple[Decimal, str]:
    """What the record comes to now, and in which currency; of what has no total, what was said.

    Raises OdooRejected for what is gone or of another company, OdooOutdated for what is past the
    gate.
    """
    name = write.values.name
    if write.model not in KEPT:
        return write.values.amount, write.values.currency
    record, states = KEPT[write.model]
    found = odoo.read(record, [write.record_id])
    if not found or found[0].company_id not in (None, write.company_id):
        raise OdooRejected(
            f"there is no {write.model} {write.record_id} in this company, or none for this user"
        )
    if found[0].state not in states:
        raise OdooOutdated(f"{name} is past its gate already: its state is {found[0].state}")
    known = read_currencies(odoo).get(found[0].currency_id)
    if known is None:
        raise OdooRejected(f"the currency of {name} is hidden from the fleet's user")
    return known.round(found[0].amount_total), known.code


def _undo(gate: str, write: Write, result: Result) -> None:
    """Keep it again, if what was decided still counts; nobody else's decision is taken back."""
    values, key = write.values, _key(gate, write)
    if values.state != RELEASED:
        raise OdooRejected(f"{values.name} was not released by it: there is nothing to take back")
    odoo = _reader(gate, write)
    newest = gates.newest(odoo, [key]).get(key)
    if newest is not None and newest.id > result["decision_id"]:
        if newest.state == State.TAKEN_BACK:
            return
        raise OdooRejected(f"{values.name} was decided on anew since: {newest.reason}")
    amount, currency = _total(odoo, write)
    new = NewRuling(key, State.TAKEN_BACK, TAKEN_BACK, amount, currency)
    gates.decide(write.session, new)
