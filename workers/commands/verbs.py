"""What the verbs of `fleet` share: no word of theirs is empty, and an example ends their help."""

import re
from itertools import pairwise
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from odoo_gateway.errors import ConfigurationError
from tasks import catalogue

LINE_BREAK: Final = re.compile(r"(?<!\n)\n(?!\n)")
EMPTY: Final = re.compile(r"(--[^=]*)=\s*|\s*")


class Verbs(TyperGroup):
    """The verbs; none of them, and of their groups, takes a word that is empty."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises ConfigurationError: a filter that is empty by mistake would let all through."""
        for before, word in pairwise(["", *args]):
            if found := EMPTY.fullmatch(word):
                name = found[1] or (before if before.startswith("-") else "an argument")
                raise ConfigurationError(f"{name}: is empty; give it a value, or leave it out")
        return super().parse_args(ctx, args)


class Verb(TyperCommand):
    """A verb; its epilog is an example, in which JOB and MEASURE stand for names that there are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where a docstring breaks a line says nothing to a terminal.
        self.help = LINE_BREAK.sub(" ", self.help or "")

    @property
    def example(self) -> str:
        """The example as it can be typed."""
        jobs = catalogue.jobs()
        measure = next(formula.measure for job in jobs.values() for formula in job.formulas)
        told = re.sub(r"\bJOB\b", next(iter(jobs)), self.epilog or "")
        return re.sub(r"\bMEASURE\b", measure, told)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """As every command's, with the example below."""
        told, self.epilog = self.epilog, f"Example: {self.example}"
        try:
            super().format_help(ctx, formatter)
        finally:
            self.epilog = told
