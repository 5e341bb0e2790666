"""Values in conditions: days, moments, patterns and truth as Odoo 19 reads them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_gateway.sandbox.domain import Condition
from odoo_gateway.sandbox.failures import Failure, unsupported, value_error
from odoo_gateway.sandbox.schema import Shape

MOMENT: Final = "%Y-%m-%d %H:%M:%S"


def comparable(shape: Shape, value: Any) -> Any:
    """The value in the type of the column that it is compared to."""
    if shape.name == "id" or shape.relation:
        if isinstance(value, str):
            raise Failure(
                "psycopg2.errors.InvalidTextRepresentation",
                f'invalid input syntax for type integer: "{value}"',
            )
        return value
    try:
        if shape.type in ("integer", "many2one_reference"):
            return int(value or 0)
        if shape.type in ("float", "monetary"):
            return float(value or 0.0)
    except (TypeError, ValueError) as error:
        raise value_error(str(error)) from error
    return str(value) if shape.type in ("char", "text", "html", "selection") else value


def truth(value: Any) -> bool:
    """Odoo takes every text for true but three."""
    if isinstance(value, str):
        return value.lower() not in ("0", "false", "off", "")
    return bool(value)


def pattern(text: str, operator: str) -> re.Pattern[str]:
    """A regular expression for like, ilike, =like or =ilike; % and _ are wildcards."""
    if "=" not in operator:
        text = f"%{text}%"
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    source = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(source, re.DOTALL | (re.IGNORECASE if "ilike" in operator else 0))


def days(condition: Condition) -> Condition:
    """The condition on a date field with its values as ISO days."""
    value = condition.value
    if isinstance(value, list):
        found: Any = [_day(item) for item in value]
    else:
        found = _day(value)
    return Condition(condition.path, condition.operator, found)


def moments(condition: Condition, zone: ZoneInfo) -> Condition:
    """The condition on a datetime field with UTC moments; a bare day stands for all of it."""
    op, value = condition.operator, condition.value
    if isinstance(value, list):
        return Condition(condition.path, op, [_moment(item, zone, "=") for item in value])
    later = {">": ">=", "<=": "<"}.get(op, op)
    return Condition(condition.path, later, _moment(value, zone, op))


def _day(value: Any) -> str | bool:
    if value is False or value is None:
        return False
    if not isinstance(value, str):
        raise value_error(f"Failed to cast {value!r} into a date")
    return _read(value).strftime("%Y-%m-%d")


def _moment(value: Any, zone: ZoneInfo, op: str) -> str | bool:
    if value is False or value is None:
        return False
    if not isinstance(value, str):
        raise value_error(f"Failed to cast {value!r} into a datetime")
    read = _read(value)
    whole_day = not isinstance(read, datetime)
    if isinstance(read, datetime):
        instant = read.replace(microsecond=0)
    else:
        local = datetime.combine(read, time.min, zone)
        instant = local.astimezone(UTC).replace(tzinfo=None)
    if op in (">", "<="):
        instant += timedelta(days=1) if whole_day else timedelta(seconds=1)
    return instant.strftime(MOMENT)


def _read(value: str) -> date | datetime:
    terms = value.split()
    if not terms:
        raise value_error("Empty date value")
    if not re.match(r"\d+-", value):
        if terms[0] in ("today", "now") or terms[0][0] in "+-=":
            raise unsupported("dates relative to now")
        raise value_error(f"Invalid term {terms[0]!r} in expression date: {value!r}")
    try:
        return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
    except ValueError as error:
        raise value_error(str(error)) from error
