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
from rich.markup import escape
from rich.table import Table
from rich.text import Text as Styled

from odoo_gateway.errors import harmless
from tasks import catalogue
from tasks.domain.findings import Finding
from tasks.domain.plurals import counted
from workers.commands.run_command import Queued, ScopeResult, failed
from workers.commands.status import Status
from workers.ledger.scopes import Scope
from workers.mail import columns

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
    """Put on stdout what is no text to fold, whether or not anybody still reads."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(written)
        sys.stdout.flush()
    except BrokenPipeError:
        drop(sys.stdout)


def degrade() -> None:
    """Have streams of other encodings than UTF-8 show a question mark rather than fail.

    And have a command whose reader leaves, as `head` does, go on and end as it would have.
    """
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


def show_scope(result: ScopeResult) -> None:
    """What a run saw in one company, or why it saw nothing."""
    show_failure(result)
    if not result.seen:
        return
    name = result.scope.name if result.scope else "all companies"
    report = result.seen.report
    shown, same = _columns(report.rows)
    rows = [{key: row[key] for key in shown} for row in report.rows]
    table(rows, f"{name}: {counted(len(rows), 'row')}")
    told = [f"{_words(key)} {value}" for key, value in same.items() if value not in (None, "")]
    if told:
        say(f"in every row: {', '.join(told)}", "dim")
    if report.totals:
        _show_totals(report.totals)
    for gap in report.not_verifiable:
        withheld = f"; withheld: {', '.join(map(_words, gap.figures))}" if gap.figures else ""
        # Only the first makes for an exit code of its own.
        word = "not verifiable" if gap.figures else "not checked"
        say(f"{gap.check}: {gap.reason}{withheld}", "yellow", word)
    for drift in result.seen.drift:
        say(f"{drift.model} {drift.record_id}: {drift.problem}", "red", "drift")
    for finding in report.findings:
        _show_finding(finding)
    say(counted(len(report.findings), "finding"))
    if result.queued and result.scope:
        say(_queued(result.queued, result.scope))
    out.print()


def show_failure(result: ScopeResult) -> None:
    """Why a company, or all of them, could not be looked at; apart from what is printed."""
    if told := failed(result):
        name = told["company"] or "all companies"
        line = escape(harmless(f"{name}: {told['error']}"))
        err.print(f"[bold red]failed[/] {line}", soft_wrap=True)


def _queued(queued: Queued, scope: Scope) -> str:
    """What a run will send and when, in the company's own time."""
    said = [counted(queued.mails, "mail")] if queued.mails else []
    if others := queued.messages - queued.mails:
        said.append(counted(others, "message") + " by other channels")
    if not said:
        return "no mail queued: `fleet mail preview` says why"
    line = f"{' and '.join(said)} queued"
    if queued.first:
        at = queued.first.until.astimezone(scope.zone)
        because = f" ({queued.first.why})" if queued.first.why else ""
        line += f", first on {at:%a %Y-%m-%d %H:%M} {scope.zone.key}{because}"
    return line


def tell(message: str) -> None:
    """An error, apart from what the command prints."""
    err.print(Styled.assemble(("error", "bold red"), " ", harmless(message)), soft_wrap=True)


def tell_left_out(unusable: Mapping[str, Sequence[str]]) -> None:
    """Name the tenants and jobs that a command goes on without, and why."""
    for name, problems in unusable.items():
        for problem in problems:
            tell(f"tenant {name} is left out: {problem}")
    for name, refused in catalogue.outside().refused.items():
        tell(f"job {name} is left out: {refused}")


def show_status(found: Status) -> None:
    """Whether all is well, what is not and what to do, then what there is of each part."""
    tenants = {row.get("tenant") for rows in found.parts.values() for row in rows} - {None}
    left_out = {"tenant"} if len(tenants) < 2 else set()
    if found.well:
        yet = "Something is away, and comes back by itself; it needs nobody yet."
        if not found.parts.get("outages"):
            yet = "Something is on its way; it needs nobody yet." if found.coming else ""
        say(yet or "Everything is well.", "yellow" if yet else "bold green")
    for problem in found.problems:
        say(f"{problem.what}: {problem.detail}", STYLES["failed"], "needs a person")
        say(f"    {problem.remedy}", "dim")
        say(f"    {problem.runbook}", "dim")
    for row in found.coming:
        limit = f"needs a person if it still does at {row['until']}"
        say(f"{row['what']}: since {row['since']}; {limit}", "yellow", row["state"])
    for name, rows in found.parts.items():
        told = [key for key in columns.told(rows) if key not in left_out]
        table([{key: row[key] for key in told} for row in rows], _words(name).capitalize())


def _show_finding(finding: Finding) -> None:
    amount = f" ({finding.amount} {finding.currency})" if finding.amount is not None else ""
    say(f"{finding.title}{amount}", STYLES[finding.severity], finding.severity)
    say(f"    {finding.reason}")
    say(f"    {finding.owner}: {finding.remedy}", "dim")


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[Sequence[str], Mapping[str, Any]]:
    """What fits a table, and apart what is the same in all rows; nested values fit neither."""
    fitting = [
        key for key in columns.told(rows) if not key.endswith("_id") and key not in columns.LONG
    ]
    same = {key: rows[0][key] for key in fitting if len({row[key] for row in rows}) == 1}
    if len(rows) == 1:
        return fitting, {}
    return [key for key in fitting if key not in same], same


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
            say(_shown(value), "dim", f"{_words(key)} of all of them:")
        return
    cells = [{key: _shown(row.get(key)) for key in rows[0]} for row in rows]
    widths = _widths(cells, out.width - 1 - 3 * len(cells[0]))
    if widths is None:
        _list(cells, title)
        return
    shown = Table(title=Styled(harmless(title), "bold"), title_justify="left", header_style="bold")
    for column, value in rows[0].items():
        justify: Any = "right" if isinstance(value, int | float) else "left"
        shown.add_column(Styled(_words(column)), justify=justify, width=widths[column])
    for row in cells:
        shown.add_row(*(Styled(cell) for cell in row.values()))
    out.print(shown)


def _all_share(rows: Sequence[Mapping[str, Any]], key: str) -> bool:
    """Whether more than one row says something, and all of them the same."""
    return len(rows) > 1 and bool(rows[0].get(key)) and len({row.get(key) for row in rows}) == 1


def _list(cells: Sequence[Mapping[str, str]], title: str) -> None:
    say(title, "bold")
    for row in cells:
        out.print()
        for key, cell in row.items():
            if cell:
                say(cell, "dim", f"  {_words(key)}")


def _widths(cells: Sequence[Mapping[str, str]], room: int) -> Mapping[str, int] | None:
    """How wide each column is, so that no word of it is cut; None where the room is too small.

    What is left over goes to the columns that need least to stand on one line.
    """
    texts = {key: [_words(key), *(row[key] for row in cells)] for key in cells[0]}
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


def _shown(value: Any) -> str:
    return "" if value is None else harmless(str(value))


def print_json(document: Any) -> None:
    """One document on stdout."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(document, ensure_ascii=not utf8, indent=2) + "\n"
    write(text.encode(errors="replace"))


def _show_totals(totals: Sequence[Mapping[str, Any]]) -> None:
    """The totals, and a table of its own for everything in them that has parts."""
    fitting = columns.told(totals)
    table([{key: total[key] for key in fitting} for total in totals], "Totals")
    for key in totals[0]:
        parts = [
            {"": total["currency"], **total[key]}
            for total in totals
            if isinstance(total[key], dict)
        ]
        names = dict.fromkeys(name for part in parts for name in part)
        if len(names) > 1:
            table([{name: part.get(name) for name in names} for part in parts], _words(key))


def show_row(row: Mapping[str, Any]) -> None:
    """Everything about one row: its plain values, then each list and table in it."""
    for key, value in row.items():
        if not isinstance(value, list | dict):
            say(_shown(value), "dim", _words(key))
    for key, value in row.items():
        if isinstance(value, dict):
            table([value], _words(key))
        elif value and isinstance(value[0] if isinstance(value, list) else None, dict):
            table(value, _words(key))
    out.print()


def _words(key: str) -> str:
    return key.replace("_", " ")
