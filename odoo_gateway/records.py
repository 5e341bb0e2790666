"""A frozen dataclass is at once the field list, the parser and the type of an Odoo row."""

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal, TypeVar, Union
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Record:
    """Base of all records. Subclasses are frozen dataclasses and declare `id: int` themselves.

    MODEL is Odoo's model, MODULE the addon that brings it (named in errors). Fields keep Odoo's
    names of the newest version. A field with a default may be absent on a database: the default
    is then its value, and `Reader.lacks` tells.
    """

    MODEL: ClassVar[str]
    MODULE: ClassVar[str]
    id: int


R = TypeVar("R", bound=Record)
# From here on a float holds no cents, and nobody has that many hours or that much money.
TOO_LARGE: Final = 1e13


class BadValue(ValueError):
    """A value of a row does not fit the record's declared type."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True)
class Properties:
    """What a record has beyond its fields, as its parent defines it: values by name and label."""

    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, value: Any) -> "Properties":
        """As Odoo answers them: definitions, each with its value where it has one.

        Raises ValueError for anything else.
        """
        if value is False:
            return cls()
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise ValueError(f"{value!r} is not a list of properties")
        return cls(
            {
                str(each[key]): each.get("value")
                for key in ("string", "name")
                for each in value
                if each.get(key)
            }
        )

    def number(self, name: str) -> Decimal | None:
        """The number of the property with this name or label; None where there is none."""
        value = self.values.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not is_sane(value):
            return None
        return Decimal(repr(value))


@dataclass(frozen=True)
class Field:
    """One declared field: its newest name, its parser, and whether a database may lack it."""

    name: str
    parse: Callable[[Any], Any]
    optional: bool


_FIELDS: dict[type[Record], tuple[Field, ...]] = {}


def fields_of(record: type[Record]) -> tuple[Field, ...]:
    """The declared fields of a record class, in order."""
    if record not in _FIELDS:
        hints = typing.get_type_hints(record)
        _FIELDS[record] = tuple(
            Field(f.name, _parser(hints[f.name]), f.default is not dataclasses.MISSING)
            for f in dataclasses.fields(typing.cast(Any, record))
        )
    return _FIELDS[record]


def has_lists(record: type[Record]) -> bool:
    """Whether one of its fields lists other records, which may leave out the archived ones."""
    return any(field.parse is _ids for field in fields_of(record))


def declared(model: str) -> tuple[type[Record], ...]:
    """The record classes of a model that this process knows by now."""
    found = [Record]
    for record in found:
        found += record.__subclasses__()
    # One that only others build on is of no model.
    return tuple(record for record in found[1:] if model == getattr(record, "MODEL", None))


def parser(record: type[R], names: Mapping[str, str]) -> Callable[[Mapping[str, Any]], R]:
    """What builds a record from a row of Odoo; `names` maps our field names to the row's.

    It raises BadValue naming the first field that does not fit.
    """
    fields = [field for field in fields_of(record) if field.name in names]
    ours = [field.name for field in fields]
    steps = [(names[field.name], field.parse) for field in fields]

    def parsed(row: Mapping[str, Any]) -> R:
        try:
            values = [parse_value(row[actual]) for actual, parse_value in steps]
        except (ValueError, TypeError, ArithmeticError, KeyError):
            for field in fields:
                _check(field, names[field.name], row)
            raise
        return record(**dict(zip(ours, values, strict=True)))

    return parsed


def parse(record: type[R], row: Mapping[str, Any], names: Mapping[str, str]) -> R:
    """The record of one row, as `parser`."""
    return parser(record, names)(row)


def _check(field: Field, actual: str, row: Mapping[str, Any]) -> None:
    try:
        field.parse(row[actual])
    except (ValueError, TypeError, ArithmeticError) as error:
        raise BadValue(field.name, str(error)) from error
    except KeyError as error:
        raise BadValue(field.name, "missing from the answer") from error


def _parser(hint: Any) -> Callable[[Any], Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        (inner,) = (a for a in arguments if a is not type(None))
        return _nullable(_parser(inner))
    if origin is Literal:
        return _one_of(arguments)
    if origin is tuple:
        return _ids
    if origin is Mapping:
        return _shares
    return _PARSERS[hint]


def _nullable(parse_inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Odoo answers False for every empty field that is not a number or a boolean.

    A text of nothing but blanks is empty too, no-break spaces and what has no width among them.
    """
    return lambda value: (
        None if value is False or value is None or _is_blank(value) else parse_inner(value)
    )


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not any(
        character.isprintable() and not character.isspace() for character in value
    )


def _one_of(allowed: tuple[Any, ...]) -> Callable[[Any], Any]:
    def parse_selection(value: Any) -> Any:
        if value not in allowed:
            raise ValueError(f"{value!r} is none of {', '.join(map(str, allowed))}")
        return value

    return parse_selection


def _integer(value: Any) -> int:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _number(value: Any) -> float:
    # What nearly all are, and no NaN is.
    if value.__class__ is float and -TOO_LARGE < value < TOO_LARGE:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")
    if not is_sane(value):
        raise ValueError(f"{value!r} is not a number that a firm has")
    return float(value)


def is_sane(number: float) -> bool:
    """Whether a number can be an amount or a quantity, and counted with: finite, below 1e13."""
    return math.isfinite(number) and abs(number) < TOO_LARGE


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    if value.isascii() and "\0" not in value:
        return value
    return value.translate(_UNWANTED)


def zone_named(value: Any) -> ZoneInfo:
    """The time zone of that name. Raises ValueError where we know none."""
    try:
        return ZoneInfo(_text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not a time zone that we know") from error


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _ids(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of ids")
    return tuple(_integer(item) for item in value)


def _shares(value: Any) -> Mapping[str, float]:
    """Numbers by key, as in a field of JSON that distributes something."""
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a table of numbers")
    return {_text(key): _number(share) for key, share in value.items()}


# What turns the direction of all text after it, ours too, is shown as a sign that is not a letter.
_TURNS: Final = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
# No Odoo has NUL, and no ledger on PostgreSQL keeps it.
_UNWANTED: Final = str.maketrans(_TURNS, "\N{REPLACEMENT CHARACTER}" * len(_TURNS), "\0")

_PARSERS: dict[Any, Callable[[Any], Any]] = {
    int: _integer,
    float: _number,
    str: _text,
    bool: _flag,
    ZoneInfo: zone_named,
    Properties: Properties.of,
    # Of a field that a firm declares itself nobody knows the type.
    Any: lambda value: value,
    Decimal: lambda value: Decimal(repr(_number(value))),
    date: lambda value: date.fromisoformat(_text(value)),
    # Datetimes travel as naive UTC strings.
    datetime: lambda value: datetime.fromisoformat(_text(value)).replace(tzinfo=UTC),
}
