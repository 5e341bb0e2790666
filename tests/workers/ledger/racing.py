"""Processes that do the same thing at the same moment."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any, TypeVar

T = TypeVar("T")

TIMEOUT_SECONDS = 120
_line: list[Barrier] = []


def race(processes: int, contend: Callable[..., T], *arguments: Any) -> list[T]:
    """Call `contend(*arguments)` in so many processes of their own; returns what each returned."""
    context = get_context("spawn")
    line = context.Barrier(processes, timeout=TIMEOUT_SECONDS)
    with ProcessPoolExecutor(processes, context, _line_up, (line,)) as pool:
        contenders = [pool.submit(_run, contend, *arguments) for _ in range(processes)]
        return [contender.result(TIMEOUT_SECONDS) for contender in contenders]


def together() -> None:
    """Wait, in a racing process, until every other one is here too."""
    _line[0].wait()


def _line_up(line: Barrier) -> None:
    _line.append(line)


def _run(contend: Callable[..., T], *arguments: Any) -> T:
    # Each takes one process, for none leaves before all are here.
    together()
    return contend(*arguments)
