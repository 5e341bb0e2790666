"""What is written into the table of a gate: once, by the latest look; taken back by a newer row."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pytest

from odoo_gateway import gates
from odoo_gateway.errors import OdooOutdated, OdooRejected
from odoo_gateway.gates import NewRuling, State
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox, firm
from odoo_gateway.session import Session
from workers.config.effect_kinds import EffectKind, Write, kinds

DAY: Final = date(2026, 11, 23)
NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)
ORDER, INVOICE = kinds()["release_order"], kinds()["release_invoice"]
GATES: Final = ("order_confirmation", "invoice_release")
# A quotation of 9,440 euros.
QUOTED: Final = next(
    row["id"] for row in firm.build(DAY)["sale.order"] if row["amount_untaxed"] == 9440.0
)
RELEASED: Final = {
    "state": "released",
    "name": "S00702",
    "reason": "nothing is missing",
    "amount": "9440.00",
    "currency": "EUR",
    "files": [[12, 15], [20]],
    "seen": NOW,
}
HELD: Final = {"state": "held", "name": "S00702", "reason": "a file is missing", "seen": NOW}


def session_of(installed: tuple[str, ...] = GATES, **order: Any) -> Session:
    """On a quotation with these values."""
    corrupt = {("sale.order", QUOTED): order}
    return Session(Sandbox(DAY, corrupt=corrupt, gates=installed))


def write(session: Session, values: dict[str, Any], kind: EffectKind = ORDER, **more: Any) -> Write:
    model = "sale.order" if kind is ORDER else "account.move"
    known = {"company_id": 1, "model": model, "record_id": QUOTED, **more}
    valid = kind.values.model_validate(values)
    return Write(session, "firm", identity="once", values=valid, since=NOW, **known)


def rows(session: Session, number: int = QUOTED, model: str = "sale.order") -> list[gates.Ruling]:
    return [*gates.rulings(Reader(session, 1), [gates.key_of(model, number)])]


def overridden(session: Session, state: State = State.OVERRIDDEN) -> None:
    new = NewRuling(gates.key_of("sale.order", QUOTED), state, "by Ute")
    gates.decide(session, new)


@pytest.mark.parametrize("values", [RELEASED, HELD])
def test_it_is_written_once_and_found(values: dict[str, Any]) -> None:
    asked = write(session_of(), values)
    assert ORDER.find(asked) is None
    made = ORDER.apply(asked)
    assert ORDER.apply(asked) == made == ORDER.find(asked)
    (row,) = rows(asked.session)
    assert (row.state, row.reason, row.seen) == (values["state"], values["reason"], NOW)
    files = (frozenset({12, 15}), frozenset({20}))
    released = (row.amount, row.currency, row.files) == (Decimal(9440), "EUR", files)
    assert released == (values is RELEASED)


def test_an_invoice_goes_the_same_way() -> None:
    drafts = [row for row in firm.build(DAY)["account.move"] if row["state"] == "draft"]
    draft = next(row for row in drafts if row["company_id"] == 1)
    session = session_of()
    values = {**RELEASED, "amount": str(draft["amount_total"]), "name": "the draft"}
    asked = write(session, values, INVOICE, record_id=draft["id"])
    if draft["currency_id"] != 1:
        values["currency"] = "USD"
    made = INVOICE.apply(asked)
    assert made == INVOICE.find(asked)
    assert INVOICE.undo is not None
    INVOICE.undo(asked, made)
    told = rows(session, draft["id"], "account.move")
    assert [row.state for row in told] == ["released", "taken_back"]


def test_the_latest_look_counts_whichever_is_carried_out_first() -> None:
    session = session_of()
    early, late = write(session, HELD), write(session, RELEASED | {"seen": NOW + timedelta(0, 1)})
    ORDER.apply(late)
    with pytest.raises(OdooOutdated, match="was decided on anew since: nothing is missing"):
        ORDER.apply(early)
    assert [row.state for row in rows(session)] == ["released"]
    other = session_of()
    ORDER.apply(write(other, HELD))
    ORDER.apply(write(other, RELEASED | {"seen": NOW + timedelta(0, 1)}))
    assert [row.state for row in rows(other)] == ["held", "released"]


@pytest.mark.parametrize("state", [State.OVERRIDDEN, State.TAKEN_BACK])
def test_what_a_person_said_since_it_was_looked_at_stands(state: State) -> None:
    asked = write(session_of(), RELEASED)
    overridden(asked.session, state)
    with pytest.raises(OdooOutdated, match="decided on anew since: by Ute"):
        ORDER.apply(asked)
    assert len(rows(asked.session)) == 1
    seen = write(asked.session, RELEASED | {"after": rows(asked.session)[-1].id})
    ORDER.apply(seen)
    assert [row.state for row in rows(asked.session)] == [state, "released"]


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"amount_total": 9440.01}, r"it comes to 9440.01 EUR, and 9440.00 EUR was to be released"),
        ({"currency_id": 2}, r"it comes to 9440.00 USD"),
        ({"state": "sale"}, r"is past its gate already: its state is sale"),
        ({"state": "cancel"}, r"is past its gate already: its state is cancel"),
    ],
)
def test_what_is_another_one_by_now_is_asked_for_no_more(order: dict[str, Any], why: str) -> None:
    asked = write(session_of(**order), RELEASED)
    with pytest.raises(OdooOutdated, match=why):
        ORDER.apply(asked)
    assert rows(asked.session) == []


def test_it_is_kept_whatever_it_comes_to() -> None:
    asked = write(session_of(amount_total=1.0), HELD)
    assert ORDER.apply(asked) == ORDER.find(asked)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"company_id": 2}, "in this company"),
        ({"record_id": 99999}, "there is no sale.order 99999"),
        ({"model": "account.move"}, "keeps sale.order, and not account.move"),
    ],
)
def test_what_is_not_there_or_not_its_own_is_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(OdooRejected, match=why) as refused:
        ORDER.apply(write(session_of(), RELEASED, **more))
    assert not isinstance(refused.value, OdooOutdated)


@pytest.mark.parametrize("installed", [(), ("invoice_release",)])
def test_without_the_gate_it_is_refused_with_what_to_do(installed: tuple[str, ...]) -> None:
    asked = write(session_of(installed), RELEASED)
    for call in (ORDER.find, ORDER.apply):
        with pytest.raises(OdooRejected, match="fleet odoo install --gates order_confirmation"):
            call(asked)


def test_a_hidden_currency_is_no_amount() -> None:
    asked = write(session_of(currency_id=77), RELEASED)
    with pytest.raises(OdooRejected, match="the currency of S00702 is hidden"):
        ORDER.apply(asked)


def test_a_release_is_taken_back_once_by_a_newer_row() -> None:
    asked = write(session_of(), RELEASED)
    made = ORDER.apply(asked)
    assert ORDER.undo is not None
    for _ in range(2):
        ORDER.undo(asked, made)
    told = rows(asked.session)
    assert [row.state for row in told] == ["released", "taken_back"]
    assert (told[-1].amount, told[-1].currency) == (Decimal(9440), "EUR")


def test_what_was_decided_anew_is_not_taken_back() -> None:
    asked = write(session_of(), RELEASED)
    made = ORDER.apply(asked)
    overridden(asked.session)
    assert ORDER.undo is not None
    with pytest.raises(OdooRejected, match="was decided on anew since: by Ute"):
        ORDER.undo(asked, made)
    kept = write(asked.session, HELD)
    with pytest.raises(OdooRejected, match="there is nothing to take back"):
        ORDER.undo(kept, {"decision_id": 1})


def test_a_row_that_somebody_edited_is_not_what_was_written() -> None:
    asked = write(session_of(), RELEASED)
    made = ORDER.apply(asked)
    edited = {"id": made["decision_id"], "x_reason": "by the back door"}
    sandbox = asked.session.transport
    assert isinstance(sandbox, Sandbox)
    sandbox._database.tables[gates.DECISIONS][made["decision_id"]].update(edited)
    assert ORDER.find(asked) is None
    sandbox._database.tables[gates.DECISIONS][made["decision_id"]]["x_seen"] = "nonsense"
    (row,) = rows(asked.session)
    assert row.seen is None


def test_it_is_told_what_would_be_done() -> None:
    def told(values: dict[str, Any]) -> str:
        return ORDER.preview(ORDER.values.model_validate(values))

    assert told(RELEASED) == "the release of S00702 over 9440.00 EUR"
    assert told(RELEASED | {"currency": ""}) == "the release of S00702"
    assert told(HELD) == "S00702 is kept: a file is missing"


def test_only_a_person_has_an_invoice_released() -> None:
    assert (ORDER.low_risk, INVOICE.low_risk) == (True, False)
