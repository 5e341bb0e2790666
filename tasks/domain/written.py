"""Values as people write them, where pydantic would take one thing for another without a word.

It takes 20270101 for a day in 1970, 8 for eight seconds after midnight, and true for the number 1.
"""

import types
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, field_validator

NUMBERS: Final = frozenset({int, float, Decimal})
MOMENTS: Final = frozenset({date, time, datetime})
# Ids are PostgreSQL's integers.
TOO_LARGE: Final = 2**31


def _refuse_id(value: Any) -> Any:
    """Raises ValueError for what no record has as its id; TOML's keys are texts."""
    text = str(value)
    is_number = text.isascii() and text.isdecimal() and text == text.lstrip("0")
    if not is_number or len(text) > 10 or int(text) >= TOO_LARGE:
        raise ValueError(f"{value!r} is not an id of a record in Odoo; write a number like 42")
    return value


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final = get_args(Weekday)
# The id of a record in Odoo, also as the key of a table. A field of type int is not an id.
Id = Annotated[int, BeforeValidator(_refuse_id)]


class Written(BaseModel):
    """Frozen, unknown keys refused, and every value what its writer meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _is_meant(cls, value: Any, info: ValidationInfo) -> Any:
        refuse_misread(value, cls.model_fields[info.field_name or ""].annotation)
        return value


def refuse_misread(value: Any, hint: Any) -> None:
    """Raises ValueError where a value, or one inside it, was meant as something else."""
    origin, inner = _plain(hint)
    if isinstance(value, dict) and origin is dict:
        for item in value.values():
            refuse_misread(item, inner[1])
    elif isinstance(value, list | tuple) and origin is tuple:
        for item in value:
            refuse_misread(item, inner[0])
    else:
        _refuse_leaf(value, frozenset(_leaves(hint)))


def _plain(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """What kind of list or table it is, and of what."""
    for part in _parts(hint):
        if get_origin(part) in (dict, tuple):
            return get_origin(part), tuple(next(_parts(each)) for each in get_args(part))
    return None, ()


def _parts(hint: Any) -> Iterator[Any]:
    """The alternatives of a type, without what is only told about them."""
    origin = get_origin(hint)
    if origin is Annotated:
        yield from _parts(get_args(hint)[0])
    elif origin in (Union, types.UnionType):
        for alternative in get_args(hint):
            yield from _parts(alternative)
    else:
        yield hint


def _leaves(hint: Any) -> Iterator[type]:
    return (part for part in _parts(hint) if isinstance(part, type))


def _refuse_leaf(value: Any, wanted: frozenset[type]) -> None:
    if isinstance(value, bool) and wanted & NUMBERS and bool not in wanted:
        raise ValueError("give a number, not true or false")
    if wanted & MOMENTS and not wanted & NUMBERS:
        if _is_number(value):
            raise ValueError("write it like 17:00:00 (a time) or 2027-01-31 (a day), not a number")
        if time in wanted and _has_offset(value):
            raise ValueError("give no offset: the time is told in the reader's own zone")


def _is_number(value: Any) -> bool:
    if not isinstance(value, str):
        return isinstance(value, int | float)
    try:
        float(value)
    except ValueError:
        return False
    return True


def _has_offset(value: Any) -> bool:
    try:
        clock = time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return False
    return isinstance(clock, time) and clock.tzinfo is not None
