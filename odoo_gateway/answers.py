"""What an Odoo answered, by its shape: what no Odoo would say is an error that names it."""

from collections.abc import Collection
from typing import Any, NoReturn, TypeGuard

from odoo_gateway.errors import OdooUnavailable


def rows(answer: Any, asked: str, keys: Collection[str] = ("id",)) -> list[dict[str, Any]]:
    """The answer as rows that have the keys; an id is a whole number. Raises OdooUnavailable."""
    if not isinstance(answer, list):
        _never(asked, answer, "a list of rows")
    for row in answer:
        if not isinstance(row, dict):
            _never(asked, row, "a row")
        for key in keys:
            if key not in row:
                _never(asked, row, f"a row with {key}")
        if "id" in keys and not _is_whole(row["id"]):
            _never(asked, row["id"], "the id of a record")
    return answer


def listed(answer: Any, asked: str) -> list[Any]:
    """The answer as a list. Raises OdooUnavailable."""
    if not isinstance(answer, list):
        _never(asked, answer, "a list")
    return answer


def whole(answer: Any, asked: str) -> int:
    """The answer as a whole number. Raises OdooUnavailable."""
    if not _is_whole(answer):
        _never(asked, answer, "a whole number")
    return answer


def number(answer: Any, asked: str) -> float:
    """The answer as a number; Odoo's sum over no value is False. Raises OdooUnavailable."""
    if answer is False or answer is None:
        return 0.0
    if not isinstance(answer, int | float) or isinstance(answer, bool):
        _never(asked, answer, "a number")
    return float(answer)


def fields(answer: Any, asked: str) -> dict[str, dict[str, Any]]:
    """The answer as fields by name, each with its type. Raises OdooUnavailable."""
    if not isinstance(answer, dict):
        _never(asked, answer, "fields by name")
    for described in answer.values():
        if not isinstance(described, dict):
            _never(asked, described, "what a field is")
    return answer


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _never(asked: str, answer: Any, wanted: str) -> NoReturn:
    said = repr(answer)
    shown = said if len(said) <= 60 else f"{said[:57]}..."
    raise OdooUnavailable(
        f"{asked} answered {shown} where {wanted} belongs, which no Odoo does: check what stands "
        "between us and Odoo; tried again later"
    )
