"""Decisions of people about effects, append-only: what each said, on which seat and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from tasks.domain.deciding import Answer, Decision, Seat
from tasks.domain.texts import Text
from workers.ledger import audit
from workers.ledger.effects import REQUEST, Effect
from workers.ledger.inserts import insert_once
from workers.ledger.schema import decisions


@dataclass(frozen=True)
class Decided:
    """A row of the ledger."""

    id: int
    at: datetime
    effect_id: int
    tenant: str
    company_id: int
    #: The matrix, its version, and the rule that gave the level; "" for an effect that one person
    #: releases.
    matrix: str
    matrix_version: str
    rule: str
    #: Why this level decides.
    verdict: Text
    level: str
    role: str
    person: str
    instead_of: str
    answer: Answer
    reason: str
    #: What the person was shown: preview, values, amounts.
    evidence: Mapping[str, Any]
    nonce: str
    trace_id: str

    @property
    def decision(self) -> Decision:
        """As what is standing is computed from."""
        return Decision(Seat(self.level, self.role, self.person, self.instead_of), self.answer)


def record(
    connection: Connection,
    effect: Effect,
    seat: Seat,
    answer: Answer,
    now: datetime,
    *,
    matrix: tuple[str, str],
    rule: str,
    verdict: Text,
    reason: str,
    nonce: str,
    perhaps_split: Sequence[Text] = (),
) -> int | None:
    """Write a decision down and audit it; its id, or None where the nonce was used before.

    matrix: its name and version, "" where one person's word is enough. perhaps_split: what the
    person was told that it may be a part of.
    """
    evidence = {
        "preview": effect.preview,
        "why": effect.why,
        "values": dict(effect.values),
        "request": effect.request and REQUEST.dump_python(effect.request, mode="json"),
        **({"perhaps_split": list(perhaps_split)} if perhaps_split else {}),
    }
    row = {
        "at": now,
        "effect_id": effect.id,
        "tenant": effect.tenant,
        "company_id": effect.company_id,
        "matrix": matrix[0],
        "matrix_version": matrix[1],
        "rule": rule,
        "verdict": verdict,
        **vars(seat),
        "answer": answer,
        "reason": reason,
        "evidence": evidence,
        "nonce": nonce,
        "trace_id": effect.trace_id,
    }
    found = insert_once(connection, decisions, row)
    if found is not None:
        detail = {"decision": found, "effect": effect.id, "answer": answer.value, **vars(seat)}
        if perhaps_split:
            detail["perhaps_split"] = True
        entry = audit.Entry("decision.made", now, **effect.place.columns, detail=detail)
        audit.note(connection, entry)
    return found


def deny(
    connection: Connection, effect: Effect, person: str, answer: str, why: Text, now: datetime
) -> None:
    """Audit that somebody asked to decide what is not theirs to decide."""
    detail = {"effect": effect.id, "person": person, "answer": answer, "why": why}
    entry = audit.Entry("decision.denied", now, **effect.place.columns, detail=detail)
    audit.note(connection, entry)


def used(connection: Connection, nonce: str) -> bool:
    """Whether a decision came with this nonce."""
    statement = select(decisions.c.id).where(decisions.c.nonce == nonce)
    return connection.scalar(statement) is not None


def about(connection: Connection, effect_id: int) -> Sequence[Decided]:
    """The decisions about an effect, oldest first."""
    statement = select(decisions).where(decisions.c.effect_id == effect_id)
    return [of_row(row) for row in connection.execute(statement.order_by(decisions.c.id))]


def standing(connection: Connection, effect: Effect) -> Sequence[Decided]:
    """Those that count: not those on what was withdrawn since, and asked for anew."""
    return [each for each in about(connection, effect.id) if each.at >= effect.created_at]


def find(connection: Connection, limit: int, **only: Any) -> Sequence[Decided]:
    """The newest decisions first; only: values of columns, where None narrows nothing."""
    statement = select(decisions).order_by(decisions.c.id.desc()).limit(limit)
    for name, value in only.items():
        if value is not None:
            statement = statement.where(decisions.c[name] == value)
    return [of_row(row) for row in connection.execute(statement)]


def of_row(row: Row[Any]) -> Decided:
    """A row as what it is."""
    return Decided(**row._asdict())
