"""What the verbs of `fleet` share: no word of theirs is empty, and an example ends their help."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from typer import TyperException
from typer.core import TyperCommand, TyperGroup

from odoo_gateway.errors import ConfigurationError

# How `fleet --help` groups them.
ASK, ACT = "Ask", "Act"
KEEP, PROCESSES = "Set up, keep and try", "Processes"
LINE_BREAK: Final = re.compile(r"(?<!\n)\n(?!\n)")
# What an error echoes of a value, at most.
LONG: Final = re.compile(r"(\S{80})\S+")


class Verbs(TyperGroup):
    """The verbs; what none of them takes is refused in one line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises ConfigurationError for an option that the command has not."""
        with _in_one_line():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Raises ConfigurationError for what no verb takes: values, options, arguments, names."""
        with _in_one_line():
            return super().invoke(ctx)


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except TyperException as error:
        told = " ".join(error.format_message().split())
        if not told:
            # No words were given, and the help is shown.
            raise
        told = LONG.sub("\\1\N{HORIZONTAL ELLIPSIS}", told)
        context = getattr(error, "ctx", None)
        if context is not None:
            told = f"{told.rstrip('.')}: see `{context.command_path} --help`"
        raise ConfigurationError(told) from error


class Verb(TyperCommand):
    """A verb; its epilog is an example, in which JOB and MEASURE stand for names that there are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where a docstring breaks a line says nothing to a terminal.
        self.help = LINE_BREAK.sub(" ", self.help or "")

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises ConfigurationError: a filter that is empty by mistake would let all through."""
        given, *_ = self.make_parser(ctx).parse_args(args=list(args))
        for parameter in self.params:
            words = given.get(parameter.name or "")
            for word in words if isinstance(words, list | tuple) else [words]:
                if isinstance(word, str) and not word.strip():
                    is_option = parameter.param_type_name == "option"
                    name = parameter.opts[0] if is_option else str(parameter.name).upper()
                    instead = "" if parameter.required else ", or leave it out"
                    raise ConfigurationError(f"{name}: is empty; give it a value{instead}")
        return super().parse_args(ctx, args)

    @property
    def example(self) -> str:
        """The example as it can be typed."""
        from tasks import catalogue

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
