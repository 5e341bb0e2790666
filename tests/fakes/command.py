"""The command, typed in this process."""

import json
from typing import Any, Final

from typer.testing import CliRunner

from workers.commands.cli import cli

#: what has run once in company 1 of the fixture `ran`
RAN: Final = ("invoice_readiness", "timesheet_reminders")


def typed(*words: str) -> tuple[int, str]:
    """Its exit code, and what it prints on a wide terminal. Raises what it raises."""
    result = CliRunner().invoke(cli, list(words), env={"COLUMNS": "200"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def listed(*words: str) -> dict[str, list[dict[str, str]]]:
    """The document of a command that does all it could."""
    code, document = typed_json(*words)
    assert code == 0
    found: dict[str, list[dict[str, str]]] = document
    return found


def typed_json(*words: str) -> tuple[int, Any]:
    """Its exit code, and the document that it prints."""
    code, printed = typed(*words, "--json")
    return code, json.loads(printed)
