"""What people read: a template and its values, made into words for one reader at the very end.

As a string, a text is its English sentence as programs read it: ISO days, plain numbers. Who writes
for a person looks the template up in the reader's catalogue and writes each value their way.

Templates are gettext's messages, with `{names}` as `str.format` has them. What stands behind a
colon says how a value is written: `{hours:+}` with its sign, `{day:short}` as 23 Nov,
`{day:weekday}` as Mon 23 Nov, `{day:long}` as 23 Nov 2026, `{amount:whole}` without its cents.
"""

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Final, TypeAlias

from pydantic import GetCoreSchemaHandler, PlainSerializer, PlainValidator
from pydantic_core import CoreSchema, core_schema

# How `strftime` writes a day in English.
DAYS: Final = {"": "%Y-%m-%d", "short": "%d %b", "weekday": "%a %d %b", "long": "%d %b %Y"}

NAME: Final = "{name}"
ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# What becomes of parts that do not fit each other.
NO_TEXT: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Money:
    """An amount with the decimals of its currency, and the currency's code."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


# A string is a name and the same in every language, unless it is a text; a tuple is a list of such.
Value: TypeAlias = "str | int | float | Decimal | Money | date | time | tuple[Value, ...]"
Write: TypeAlias = Callable[[Value, str], str]


class Text(str):
    """A sentence that remembers what it was made of."""

    __slots__ = ("plural", "template", "values")

    #: template, plural: the messages that a catalogue knows it by; plural only where it counts
    #: something, by the value "count".
    template: str
    plural: str | None
    values: Mapping[str, Value]

    def __new__(cls, template: str, plural: str | None = None, /, **values: Value) -> "Text":
        """Raises KeyError where the template names a value that is not given."""
        one = plural is None or values["count"] == 1
        said = written(template if one else str(plural), values, plain)
        text = super().__new__(cls, said)
        text.template, text.plural, text.values = template, plural, values
        return text

    def __getnewargs_ex__(self) -> tuple[tuple[str, str | None], Mapping[str, Value]]:
        """So that it is copied as what it is."""
        return (self.template, self.plural), self.values

    def with_values(self, change: Callable[[Value], Value]) -> "Text":
        """The same sentence with other values."""
        values = {name: change(value) for name, value in self.values.items()}
        return Text(self.template, self.plural, **values)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _as_text,
            serialization=core_schema.plain_serializer_function_ser_schema(
                packed, when_used="json"
            ),
        )


def plural(one: str, many: str, /, *, count: int, **values: Value) -> Text:
    """A text that counts something: "{count} line", "{count} lines"."""
    return Text(one, many, count=count, **values)


def named(name: str) -> Text:
    """A name as a text, or words that older versions kept: the same in every language."""
    return Text(NAME, name=name)


def joined(texts: Iterable[str], by: str) -> Text:
    """Several in a row."""
    parts = list(texts)
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0]
    names = [f"part{number}" for number in range(len(parts))]
    template = by.join(f"{{{name}}}" for name in names)
    return Text(template, **dict(zip(names, parts, strict=True)))


def written(template: str, values: Mapping[str, Value], write: Write) -> str:
    """The template with its values; `write` is given each with what stands behind its colon."""
    return _Formatter(write).vformat(template, (), values)


def plain(value: Value, how: str = "") -> str:
    """A value as programs read it."""
    if isinstance(value, str | Money):
        return str(value)
    if isinstance(value, tuple):
        return between(value).join(plain(each, how) for each in value)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.strftime(DAYS[how])
    return number(value, how)


def between(values: tuple[Value, ...]) -> str:
    """What stands between the values of a list; commas would run amounts together."""
    return " · " if values and isinstance(values[0], Money) else ", "


def day_of(words: str) -> date | None:
    """The day that programs write so, like 2026-11-23; None where it is none."""
    with suppress(ValueError):
        return date.fromisoformat(words) if ISO_DAY.fullmatch(words) else None
    return None


def number(value: float | Decimal, how: str = "") -> str:
    """A number without the noise of binary fractions; `how` "+" gives it its sign."""
    return format(value, f"{how}f" if isinstance(value, Decimal) else f"{how}.10g")


class _Formatter(string.Formatter):
    """Looks names up and nothing else of a value: no attributes, no items."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Any) -> tuple[Any, str]:
        """The value of a name."""
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        """The value as it is written here."""
        return self._write(value, format_spec)


def packed(value: Any) -> Any:
    """JSON in which texts may stand, as JSON alone: a text becomes an object of its parts."""
    if isinstance(value, Text):
        parts = {
            "$text": value.template,
            "values": {n: _packed(v) for n, v in value.values.items()},
        }
        return parts if value.plural is None else {**parts, "plural": value.plural}
    if isinstance(value, Mapping):
        return {name: packed(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [packed(each) for each in value]
    return value


def unpacked(value: Any) -> Any:
    """What `packed` was given; lists stay lists, and what no text can be made of stays what it is.

    So one that is damaged, or of a later version, is found by who needs it, and not by who fetches
    it among others.
    """
    if isinstance(value, Mapping):
        if "$text" in value:
            with suppress(*NO_TEXT):
                values = {name: _unpacked(each) for name, each in value["values"].items()}
                return Text(value["$text"], value.get("plural"), **values)
            return value
        return {name: unpacked(each) for name, each in value.items()}
    if isinstance(value, list):
        return [unpacked(each) for each in value]
    return value


def _packed(value: Value) -> Any:
    if isinstance(value, Money):
        return {"$money": [f"{value.amount:f}", value.currency]}
    if isinstance(value, Decimal):
        return {"$decimal": f"{value:f}"}
    if isinstance(value, time):
        return {"$time": value.isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    if isinstance(value, tuple):
        return [_packed(each) for each in value]
    return packed(value)


_KINDS: Final[Mapping[str, Callable[[Any], Value]]] = {
    "$money": lambda pair: Money(Decimal(pair[0]), pair[1]),
    "$decimal": Decimal,
    "$time": time.fromisoformat,
    "$day": date.fromisoformat,
}


def _unpacked(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(_unpacked(each) for each in value)
    if isinstance(value, Mapping) and "$text" not in value:
        ((kind, content),) = value.items()
        return _KINDS[kind](content)
    found: Value = unpacked(value)
    return found


def _as_text(value: Any) -> Text:
    found = _as_words(value)
    return found if isinstance(found, Text) else named(found)


def _as_words(value: Any) -> str:
    found = unpacked(value)
    if not isinstance(found, str):
        raise ValueError("Input should be a text")
    return found


NOTHING: Final = joined([], "")
# What somebody is called: a name, the same in every language, or a text such as that of a role.
NameOrText = Annotated[
    str, PlainValidator(_as_words), PlainSerializer(packed, return_type=Any, when_used="json")
]
