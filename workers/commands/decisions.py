"""`fleet decisions`: what people said to effects, by which rule, and on what grounds."""

import json
import logging
from typing import Annotated

import typer

from workers.commands import opening, rows
from workers.commands.console import show
from workers.commands.effects import number_of
from workers.commands.options import Json, Newest, OfCompany, OfTenant
from workers.commands.rows import Row
from workers.commands.verbs import Verb
from workers.ledger import decisions
from workers.ledger.decisions import Decided

cli = typer.Typer()


@cli.command(name="decisions", cls=Verb, epilog="fleet decisions --effect effect-3")
def list_(
    effect: Annotated[str | None, typer.Option(help="About this one, such as effect-3.")] = None,
    person: Annotated[str | None, typer.Option(help="Of this address.")] = None,
    matrix: Annotated[str | None, typer.Option(help="By the matrix of this name.")] = None,
    tenant: OfTenant = None,
    company: OfCompany = None,
    limit: Newest = 50,
    as_json: Json = False,
) -> None:
    """List the decisions, newest first; nothing of them is ever changed."""
    fleet = opening.fleet(logging.WARNING)
    with fleet.ledger.reading() as connection:
        found = decisions.find(
            connection,
            limit,
            effect_id=number_of(effect) if effect else None,
            person=person and person.lower(),
            matrix=matrix,
            tenant=tenant,
            company_id=company,
        )
    show([row(each) for each in found], as_json, "Decisions")


def row(decided: Decided) -> Row:
    """A decision as lists show it."""
    return {
        "at": rows.instant(decided.at),
        "effect": f"effect-{decided.effect_id}",
        "tenant": decided.tenant,
        "company": decided.company_id,
        "person": decided.person,
        "instead_of": decided.instead_of,
        "answer": decided.answer.value,
        "reason": decided.reason,
        "level": decided.level,
        "role": decided.role,
        "rule": decided.rule,
        "verdict": decided.verdict,
        "matrix": f"{decided.matrix} {decided.matrix_version}".strip(),
        "evidence": json.dumps(decided.evidence, ensure_ascii=False),
    }
