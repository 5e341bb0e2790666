"""Calls made up at random over what a server holds, always the same for the same seed."""

import random
from typing import Any, Final

from odoo_gateway.reader import TAKES_NO_LOAD
from odoo_gateway.sandbox import schema
from tests.contracts.asking import Asker, can_be_asked_for, shapes

# Who sees a file, an activity or a message follows from rights on the record that it is about.
LEFT_OUT: Final = ("ir.module.module", "ir.attachment", "mail.activity", "mail.message")
MODELS: Final = [model for model in schema.load() if model not in LEFT_OUT]
# Rules of hr.employee and res.company make exceptions for the administrator.
COMPANY_MODELS: Final = (
    "account.analytic.line",
    "resource.resource",
    "sale.order",
    "sale.order.line",
)
# The order of the models that these lead to leaves ties, which every database breaks as it likes;
# that of units goes on to the unit they are made of, and round again.
TIED: Final = ("global_leave_id", "holiday_id", "job_id", "relative_uom_id")
NUMBERS: Final = ("float", "integer", "monetary")
TIMES: Final = ("date", "datetime")


def searchable(model: str) -> list[str]:
    """The fields that domains may name; names of records are put together from many fields."""
    return [name for name, shape in shapes(model).items() if can_be_asked_for(model, shape)]


class Chance:
    """Calls made up at random, always the same for the same seed."""

    def __init__(self, seed: int, real: Asker) -> None:
        self.pick = random.Random(seed)
        self.real = real
        self.model = self.pick.choice(MODELS)
        self.names = searchable(self.model)

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
        end = self.pick.choice(searchable(relation))
        return f"{name}.{end}", relation, end

    def condition(self) -> list[Any]:
        """One comparison."""
        path, model, name = self.way()
        kind = shapes(model)[name].type
        operators = ["=", "!=", "in", "not in"]
        if kind in (*TIMES, *NUMBERS, "char"):
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
        sortable = [name for name in self.names if shapes(self.model)[name].sortable]
        names = [name for name in sortable if name not in TIED]
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
            if kind in TIMES:
                span = self.pick.choice(["day", "week", "month", "quarter", "year"])
                found.append(f"{name}:{span}")
            elif name not in ("id", *TIED) and shapes(self.model)[name].groupable:
                found.append(name)
        return found

    def aggregates(self) -> list[str]:
        """Sums and the like."""
        found = ["__count"]
        for name in self.pick.sample(self.names, min(len(self.names), 3)):
            shape = shapes(self.model)[name]
            if not shape.sortable:
                continue
            if shape.type in NUMBERS:
                function = self.pick.choice(["sum", "min", "max", "count"])
                found.append(f"{name}:{function}")
            elif shape.type in (*TIMES, "char"):
                function = self.pick.choice(["min", "max", "count", "count_distinct"])
                found.append(f"{name}:{function}")
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
            if (self.model, schema.NEWEST) not in TAKES_NO_LOAD:
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
