"""The sandbox over the very rows of a real Odoo 19 answers every call as that Odoo does."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

import odoorpc.error
import pytest

from odoo_gateway.sandbox import Sandbox, order, schema
from odoo_gateway.sandbox.failures import Failure
from tests.contracts.asking import Asker, Row, shapes
from tests.contracts.odoo19 import odoo19

pytestmark = pytest.mark.live

SEEDS = range(100)
# Rules of hr.employee and res.company make exceptions for the administrator.
COMPANY_MODELS = ["account.analytic.line", "sale.order", "sale.order.line", "resource.resource"]
MODELS = [model for model in schema.load() if model not in ("ir.module.module", "ir.attachment")]
BEHIND_RULES = ["company_id"]
# The order of the models that these lead to leaves ties, which every database breaks as it likes.
TIED = ("job_id", "holiday_id", "global_leave_id")


@pytest.fixture(scope="module")
def real() -> Iterator[Asker]:
    """The real server."""
    with odoo19() as (fleet, _):
        yield Asker(fleet)


@pytest.fixture(scope="module")
def twin(real: Asker) -> Sandbox:
    """The sandbox with all of its rows."""
    companies = [row["id"] for row in real.ask("res.company", "search_read", [], ["id"])]
    user = real.ask("res.users", "search_read", [["id", "=", real.client.env.uid]], ["company_id"])
    main = user[0]["company_id"][0]
    return Sandbox(
        date(2026, 11, 23),
        rows={model: rows_of(real, model) for model in [*schema.load(), "account.tax"]},
        company_ids=sorted(companies, key=lambda company_id: company_id != main),
    )


def rows_of(real: Asker, model: str) -> list[Row]:
    """All rows of a model, with what rules and its own order look at."""
    named = [part.name for part in order.parts(order.DEFAULT.get(model, "id"))]
    wanted = [*schema.load().get(model, {"name": None}), *named, *BEHIND_RULES, "display_name"]
    known = list(real.ask(model, "fields_get", wanted, []))
    return real.rows(model, [], known)


class Chance:
    """Calls made up at random, always the same for the same seed."""

    def __init__(self, seed: int, real: Asker) -> None:
        self.pick = random.Random(seed)
        self.real = real
        self.model = self.pick.choice(MODELS)
        self.names = [name for name, shape in shapes(self.model).items() if shape.searchable]

    def value(self, model: str, name: str) -> Any:
        """Something that the field holds somewhere, or nothing."""
        rows = self.real.table(model)
        value = self.pick.choice(rows)[name]
        # An id is never empty, and PostgreSQL will not compare it to a truth.
        if name == "id":
            return value
        if isinstance(value, list):
            value = self.pick.choice(value) if value else False
        if value and shapes(model)[name].type == "datetime" and self.pick.random() < 0.3:
            value = value[:10]
        return self.pick.choice([value, value, value, False])

    def way(self) -> tuple[str, str, str]:
        """A field, or a path to one: how it is written, its model and its name."""
        name = self.pick.choice(self.names)
        relation = shapes(self.model)[name].relation
        if relation not in MODELS or self.pick.random() < 0.6:
            return name, self.model, name
        end = self.pick.choice([n for n, shape in shapes(relation).items() if shape.searchable])
        return f"{name}.{end}", relation, end

    def condition(self) -> list[Any]:
        """One comparison."""
        path, model, name = self.way()
        kind = shapes(model)[name].type
        operators = ["=", "!=", "in", "not in"]
        if kind in ("date", "datetime", "float", "integer", "monetary", "char"):
            operators += ["<", "<=", ">", ">="]
        if kind in ("char", "text"):
            operators += ["like", "ilike", "not like", "not ilike", "=like", "=ilike"]
        operator = self.pick.choice(operators)
        if operator.endswith("in"):
            count = self.pick.randint(0, 3)
            return [path, operator, [self.value(model, name) for _ in range(count)]]
        return [path, operator, self.value(model, name)]

    def domain(self) -> list[Any]:
        """Up to four conditions under operators."""
        count = self.pick.choice([0, 1, 1, 2, 3, 4])
        found: list[Any] = []
        for number in range(count):
            found = [self.condition(), *found]
            if number and self.pick.random() < 0.6:
                found = [self.pick.choice("&|"), *found]
            if self.pick.random() < 0.2:
                found = ["!", *found]
        return found

    def order(self) -> str:
        """A total order."""
        many = [name for name in self.names if shapes(self.model)[name].is_many]
        names = [name for name in self.names if name not in (*many, *TIED)]
        terms = [
            f"{self.pick.choice(names)}{self.pick.choice(['', ' desc', ' asc'])}"
            for _ in range(self.pick.randint(0, 2))
        ]
        return ", ".join([*terms, "id"])

    def context(self) -> dict[str, Any]:
        """Archived rows or not, zones, companies."""
        found: dict[str, Any] = {"active_test": self.pick.random() < 0.5}
        found["tz"] = self.pick.choice(["UTC", "Asia/Kolkata", "America/New_York"])
        if self.model in COMPANY_MODELS:
            found["allowed_company_ids"] = self.pick.choice([[1], [2], []])
        return found

    def keys(self) -> list[str]:
        """Up to three things to group by."""
        found = []
        for name in self.pick.sample(self.names, min(len(self.names), self.pick.randint(0, 3))):
            kind = shapes(self.model)[name].type
            if kind in ("date", "datetime"):
                span = self.pick.choice(["day", "week", "month", "quarter", "year"])
                found.append(f"{name}:{span}")
            elif name not in ("id", *TIED):
                found.append(name)
        return found

    def aggregates(self) -> list[str]:
        """Sums and the like."""
        found = ["__count"]
        for name in self.pick.sample(self.names, min(len(self.names), 3)):
            shape = shapes(self.model)[name]
            if shape.type in ("float", "monetary", "integer"):
                function = self.pick.choice(["sum", "min", "max", "count"])
                found.append(f"{name}:{function}")
            elif shape.type in ("date", "datetime", "char"):
                found.append(
                    f"{name}:{self.pick.choice(['min', 'max', 'count', 'count_distinct'])}"
                )
        return found

    def call(self) -> tuple[str, list[Any], dict[str, Any]]:
        """A method with its arguments."""
        context = {"context": self.context()}
        method = self.pick.choice(
            ["search_read", "search_read", "search_count", "formatted_read_group", "read_group"]
        )
        if method == "search_count":
            return method, [self.domain()], context
        if method == "search_read":
            fields = self.pick.sample(self.names, min(4, len(self.names)))
            options = {"order": self.order(), "limit": self.pick.choice([None, 3, 40])}
            options["load"] = self.pick.choice(["", "_classic_read"])
            return method, [self.domain(), fields], {**context, **options}
        if method == "formatted_read_group":
            return method, [self.domain(), self.keys(), self.aggregates()], context
        lazy = self.pick.random() < 0.5
        keys = self.keys()
        grouped = {key.split(":")[0] for key in keys}
        # A sum under the name of a key takes the key's place.
        sums = [spec for spec in self.aggregates() if spec.split(":")[0] not in grouped]
        return method, [self.domain(), sums, keys], {**context, "lazy": lazy}


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
    for _ in range(5):
        call = chance.call()
        said, expected = (
            twin_answer(twin, chance.model, call),
            real_answer(real, chance.model, call),
        )
        assert rounded(said) == rounded(expected), (chance.model, *call)
