"""The sandbox over the very rows of a real Odoo 19 answers every call as that Odoo does."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import odoorpc.error
import psycopg
import pytest
from psycopg import sql

from odoo_gateway.sandbox import Sandbox, order, schema
from odoo_gateway.sandbox.failures import Failure
from tests.contracts.asking import Asker, Row
from tests.contracts.chance import Chance
from tests.contracts.odoo19 import odoo19
from tests.live.odoo_server import start

pytestmark = pytest.mark.live

SEEDS = range(100)
CALLS_PER_SEED = 5


@pytest.fixture(scope="module")
def real() -> Iterator[Asker]:
    """The real server, without what nobody can see in its answers."""
    with odoo19() as (fleet, *_):
        with psycopg.connect(start().pg_dsn(fleet.database), autocommit=True) as connection:
            for statement in plainer():
                connection.execute(statement)
        yield Asker(fleet)


def plainer() -> Iterator[sql.Composed]:
    """Unwritten numbers read as zero, and moments without their parts of a second: so be it."""
    written = {
        "float": "UPDATE {table} SET {column} = 0 WHERE {column} IS NULL",
        "monetary": "UPDATE {table} SET {column} = 0 WHERE {column} IS NULL",
        "datetime": "UPDATE {table} SET {column} = date_trunc('second', {column})",
    }
    for model, fields in schema.load().items():
        for name, shape in fields.items():
            if shape.store and shape.type in written:
                yield sql.SQL(written[shape.type]).format(
                    table=sql.Identifier(model.replace(".", "_")), column=sql.Identifier(name)
                )


@pytest.fixture(scope="module")
def twin(real: Asker) -> Sandbox:
    """The sandbox with all of its rows."""
    companies = [row["id"] for row in real.ask("res.company", "search_read", [], ["id"])]
    user = real.ask("res.users", "search_read", [["id", "=", real.client.env.uid]], ["company_id"])
    main = user[0]["company_id"][0]
    return Sandbox(
        date(2026, 11, 23),
        rows={model: rows_of(real, model) for model in schema.load()},
        company_ids=sorted(companies, key=lambda company_id: company_id != main),
    )


def rows_of(real: Asker, model: str) -> list[Row]:
    """All rows of a model, with what rules and its own order look at."""
    by_default = [part.name for part in order.parts(order.DEFAULT.get(model, "id"))]
    wanted = [*schema.load()[model], *by_default, "company_id"]
    known = list(real.ask(model, "fields_get", wanted, []))
    return real.rows(model, [], known)


def real_answer(real: Asker, model: str, call: tuple[str, list[Any], dict[str, Any]]) -> Any:
    """What the real one says, refusals too."""
    method, args, kwargs = call
    try:
        return real.ask(model, method, *args, **kwargs)
    except odoorpc.error.RPCError as error:
        data = error.info["data"]
        return data["name"], data["message"].splitlines()[0]


def twin_answer(twin: Sandbox, model: str, call: tuple[str, list[Any], dict[str, Any]]) -> Any:
    """What the sandbox says, refusals too."""
    method, args, kwargs = call
    try:
        return twin.answer(model, method, args, kwargs)
    except Failure as failure:
        return failure.name, failure.message.splitlines()[0]


def rounded(value: Any) -> Any:
    """Without the dust of binary fractions."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


@pytest.mark.parametrize("seed", SEEDS)
def test_twins_answer_alike(real: Asker, twin: Sandbox, seed: int) -> None:
    chance = Chance(seed, real)
    for _ in range(CALLS_PER_SEED):
        call = chance.call()
        said, expected = (
            twin_answer(twin, chance.model, call),
            real_answer(real, chance.model, call),
        )
        assert rounded(said) == rounded(expected), (chance.model, *call)
