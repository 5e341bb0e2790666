"""What people see of the command: tables, lists and colours; and one JSON document for programs.

Nothing that comes from data is markup. On a terminal a table that would cut a word becomes a list,
a record per block; in a pipe lines are as long as they need to be.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from odoo_gateway.errors import harmless

# Long, and nothing that identifies a row.
TOLD_ONCE: Final = ("error", "waits_for", "why")
PIPE_WIDTH: Final = 100_000
STYLES: Final = {
    "ok": "green",
    "info": "cyan",
    "warning": "yellow",
    "missing": "yellow",
    "critical": "bold red",
    "failed": "bold red",
}


def _console(*, stderr: bool = False) -> Console:
    made = Console(stderr=stderr)
    return made if made.is_terminal else Console(stderr=stderr, width=PIPE_WIDTH)


out = _console()
err = _console(stderr=True)


def drop(stream: TextIO) -> None:
    """Have nothing more of it go anywhere; or Python would try again, and fail, when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _go_on_unread(self: Console) -> None:
    drop(sys.stderr if self.stderr else sys.stdout)


def write(written: bytes) -> None:
    """Put on stdout what is not text to fold, whether or not anybody still reads."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(written)
        sys.stdout.flush()
    except BrokenPipeError:
        drop(sys.stdout)


def degrade() -> None:
    """Have streams of other encodings than UTF-8 show a question mark rather than fail.

    And have a command whose reader leaves, as `head` does, go on and end as it would have, and one
    that was started without a stream go on without it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        # It takes the number of the one that is closed, so that no file of ours gets it.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    # Of the class, for typer makes consoles of its own; by default the process ends with 1.
    Console.on_broken_pipe = _go_on_unread  # type: ignore[method-assign]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def say(text: str, style: str = "", label: str = "") -> None:
    """A line that may hold anything, whole; the label before it in the style."""
    text = harmless(text)
    styled = Styled.assemble((label, style), " ", text) if label else Styled(text, style)
    out.print(styled, soft_wrap=True)


def tell(message: str) -> None:
    """An error, apart from what the command prints."""
    err.print(Styled.assemble(("error", "bold red"), " ", harmless(message)), soft_wrap=True)


def tell_left_out(unusable: Mapping[str, Sequence[str]]) -> None:
    """Name the tenants and jobs that a command goes on without, and why."""
    from tasks import catalogue

    for name, problems in unusable.items():
        for problem in problems:
            tell(f"tenant {name} is left out: {problem}")
    for name, refused in catalogue.outside().refused.items():
        tell(f"job {name} is left out: {refused}")


def show(rows: Sequence[Any], as_json: bool, title: str) -> None:
    """A list, as a table or as a document."""
    if as_json:
        print_json({"schema": 1, title.lower(): rows})
    else:
        table(rows, title)


def table(rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """A table with the first row's columns; a list where it would have to cut a word.

    What is wrong with all rows alike is said once, below.
    """
    if not rows:
        say(f"{title}: none")
        return
    same = {key: rows[0][key] for key in TOLD_ONCE if _all_share(rows, key)}
    if same:
        table([{key: row[key] for key in row if key not in same} for row in rows], title)
        for key, value in same.items():
            say(shown(value), "dim", f"{words(key)} of all of them:")
        return
    cells = [{key: shown(row.get(key)) for key in rows[0]} for row in rows]
    widths = _widths(cells, out.width - 1 - 3 * len(cells[0]))
    if widths is None:
        _list(cells, title)
        return
    made = Table(title_justify="left", header_style="bold")
    # Rich would fold it at the width of the table.
    if len(title) <= sum(widths.values()) + 3 * len(widths) + 1:
        made.title = Styled(harmless(title), "bold")
    else:
        say(title, "bold")
    for column, value in rows[0].items():
        justify: Any = "right" if isinstance(value, int | float) else "left"
        made.add_column(Styled(words(column)), justify=justify, width=widths[column])
    for row in cells:
        made.add_row(*(Styled(cell) for cell in row.values()))
    out.print(made)


def _all_share(rows: Sequence[Mapping[str, Any]], key: str) -> bool:
    """Whether more than one row says something, and all of them the same."""
    return len(rows) > 1 and bool(rows[0].get(key)) and len({row.get(key) for row in rows}) == 1


def _list(cells: Sequence[Mapping[str, str]], title: str) -> None:
    say(title, "bold")
    for row in cells:
        out.print()
        for key, cell in row.items():
            if cell:
                say(cell, "dim", f"  {words(key)}")


def _widths(cells: Sequence[Mapping[str, str]], room: int) -> Mapping[str, int] | None:
    """How wide each column is, so that no word of it is cut; None where the room is too small.

    What is left over goes to the columns that need least to stand on one line.
    """
    texts = {key: [words(key), *(row[key] for row in cells)] for key in cells[0]}
    widths = {key: max(map(_longest_word, found)) for key, found in texts.items()}
    spare = room - sum(widths.values())
    if spare < 0:
        return None
    missing = {key: max(map(cell_len, found)) - widths[key] for key, found in texts.items()}
    for key in sorted(missing, key=lambda key: missing[key]):
        widths[key] += (more := min(missing[key], spare))
        spare -= more
    return widths


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def shown(value: Any) -> str:
    """A value as a cell shows it."""
    return "" if value is None else harmless(str(value))


def print_json(document: Any) -> None:
    """One document on stdout."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(document, ensure_ascii=not utf8, indent=2) + "\n"
    write(text.encode(errors="replace"))


def words(key: str) -> str:
    """A name of programs as people read it."""
    return key.replace("_", " ")
