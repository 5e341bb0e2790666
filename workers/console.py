"""What people see of the command: tables and colours; and the one JSON document for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from workers import columns
from workers.run_command import ScopeResult

out = Console()
err = Console(stderr=True)
# `fleet explain` tells them.
LONG = frozenset({"becomes_ready_when", "policy"})


def show_scope(result: ScopeResult) -> None:
    """What a run saw in one company, or why it saw nothing."""
    name = result.scope.name if result.scope else "all companies"
    if result.error:
        err.print(f"[bold red]failed[/] {name}: {result.error}", highlight=False, soft_wrap=True)
    if not result.seen:
        return
    report = result.seen.report
    shown, same = _columns(report.rows)
    rows = [{key: row[key] for key in shown} for row in report.rows]
    table(rows, f"{name}: {len(rows)} rows")
    told = [f"{_words(key)} {value}" for key, value in same.items() if value not in (None, "")]
    if told:
        out.print(f"in every row: {', '.join(told)}", highlight=False, style="dim")
    if report.totals:
        _show_totals(report.totals)
    for gap in report.not_verifiable:
        out.print(f"[yellow]not verifiable[/] {gap.check}: {gap.reason}", highlight=False)
    for drift in result.seen.drift:
        out.print(f"[red]drift[/] {drift.model} {drift.record_id}: {drift.problem}")
    out.print(f"{len(report.findings)} findings\n", highlight=False)


def _columns(rows: Sequence[Mapping[str, Any]]) -> tuple[Sequence[str], Mapping[str, Any]]:
    """What fits a table, and apart what is the same in all rows; nested values fit neither."""
    fitting = [key for key in columns.told(rows) if not key.endswith("_id") and key not in LONG]
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


def table(rows: Sequence[Any], title: str) -> None:
    """A table with the first row's columns."""
    if not rows:
        out.print(f"{title}: none", highlight=False)
        return
    shown = Table(title=title, title_justify="left", header_style="bold")
    for column, value in rows[0].items():
        shown.add_column(
            column.replace("_", " "), justify="right" if isinstance(value, int | float) else "left"
        )
    for row in rows:
        shown.add_row(*("" if value is None else str(value) for value in row.values()))
    out.print(shown)


def print_json(document: Any) -> None:
    """One document on stdout."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


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
    facts = Table(show_header=False, box=None)
    for key, value in row.items():
        if not isinstance(value, list | dict):
            facts.add_row(f"[bold]{_words(key)}[/]", "" if value is None else str(value))
    out.print(facts)
    for key, value in row.items():
        if isinstance(value, dict):
            table([value], _words(key))
        elif value and isinstance(value[0] if isinstance(value, list) else None, dict):
            table(value, _words(key))
    out.print()


def _words(key: str) -> str:
    return key.replace("_", " ")
