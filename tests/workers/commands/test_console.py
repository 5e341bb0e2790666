"""What people see on any terminal: nothing is cut, nothing from data is markup."""

import io
import sys

import pytest
from rich.console import Console

from workers.commands import console

ROWS = [
    {
        "sale_order": "S00042",
        "partner": "ACME [/x] [bold]Holding[/bold]",
        "amount": "1234567.89",
        "waiting_since": "2026-11-28",
        "owner": "marc.demo.the.salesperson@nordwind.example",
        "status": "blocked",
        "reason": "5 h are not approved; the customer's purchase order number is missing",
    }
]


@pytest.fixture(params=[40, 80, 140, console.PIPE_WIDTH])
def printed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is printed at a width; the last is that of a pipe."""
    file = io.StringIO()
    monkeypatch.setattr(console, "out", Console(file=file, width=request.param))
    return file


def test_no_word_of_a_table_is_cut(printed: io.StringIO) -> None:
    console.table(ROWS, "Rows of [/x]")
    shown = printed.getvalue()
    assert "Rows of [/x]" in shown
    for value in ROWS[0].values():
        for word in value.split():
            assert word in shown


def test_an_error_that_all_rows_share_is_told_once_and_others_where_they_are(
    printed: io.StringIO,
) -> None:
    error = "OdooUnavailable: no answer within 60 s"
    rows = [{"name": f"run-{number}", "slot": "2026-11-23", "error": error} for number in range(9)]
    console.table(rows, "Runs")
    shown = " ".join(printed.getvalue().split())
    assert (shown.count("OdooUnavailable"), f"error of all of them: {error}" in shown) == (1, True)
    assert [shown.count(row["name"]) for row in rows] == [1] * len(rows)
    assert shown.count("2026-11-23") == len(rows)
    printed.truncate(0)
    console.table([*rows, {**rows[0], "name": "run-9", "error": "KeyError: x"}], "Runs")
    shown = printed.getvalue()
    assert (shown.count("OdooUnavailable"), shown.count("KeyError")) == (len(rows), 1)


def test_a_title_wider_than_its_table_is_not_folded(printed: io.StringIO) -> None:
    console.table([{"n": 1}], "Nordwind Americas Inc.: 1 row")
    assert "Nordwind Americas Inc.: 1 row\n" in printed.getvalue()


def test_a_record_per_block_where_a_table_would_cut(printed: io.StringIO) -> None:
    console.table(ROWS, "Rows")
    lines = printed.getvalue().splitlines()
    width = console.out.width
    assert ("  amount 1234567.89" in lines) == (width < 140)
    assert any("amount" in line and "owner" in line for line in lines) == (width >= 140)


def test_what_a_line_holds_is_never_markup(printed: io.StringIO) -> None:
    console.say("ACME [/x] [red]A[/red] :smile:", "bold", "[/label]")
    assert printed.getvalue() == "[/label] ACME [/x] [red]A[/red] :smile:\n"


def test_a_terminal_obeys_nothing_that_is_printed(printed: io.StringIO) -> None:
    evil = "S1 \x1b]0;owned\x07\x1b[2J\x9b31m\x00"
    console.say(evil, label="a")
    console.table([{"partner": evil}], evil)
    shown = printed.getvalue()
    assert "S1" in shown
    assert not {"\x1b", "\x07", "\x9b", "\x00"} & set(shown)


@pytest.mark.parametrize("rows", [[], [{}], [{"a": None}, {"b": 1}]])
def test_odd_rows_are_shown_too(printed: io.StringIO, rows: list[dict[str, object]]) -> None:
    console.table(rows, "Rows")
    assert printed.getvalue()


def test_a_stdout_of_another_encoding_degrades(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    console.degrade()
    print("Müller €")
    console.print_json({"name": "Müller"})
    sys.stdout.flush()
    assert raw.getvalue() == b'M?ller ?\n{\n  "name": "M\\u00fcller"\n}\n'
