"""Fields that a firm may demand of its opportunities: some of Odoo's, and its own."""

from collections.abc import Iterable, Mapping
from typing import Final

from tasks.domain.markup import plain_text
from tasks.domain.texts import NameOrText, Text, named

#: A field of a firm's own in Odoo begins so (a manual field, or one of Studio).
OWN_FIELD: Final = "x_"
#: Those of crm.lead that may be demanded, as people read them.
FIELDS: Final[Mapping[str, Text]] = {
    "date_deadline": Text("expected close"),
    "description": Text("notes"),
    "email_from": Text("e-mail address"),
    "expected_revenue": Text("expected revenue"),
    "partner_id": Text("customer"),
    "phone": Text("phone number"),
    "tag_ids": Text("tags"),
    "team_id": Text("sales team"),
    "user_id": Text("salesperson"),
}
MEANING: Final = f"{', '.join(FIELDS)}, or one of your own that begins with {OWN_FIELD}"


def known(fields: Iterable[str]) -> None:
    """Raises ValueError where one of them can not be demanded."""
    unknown = sorted(n for n in {*fields} - FIELDS.keys() if not n.startswith(OWN_FIELD))
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is not asked for; there are {MEANING}")


def own(fields: Iterable[str]) -> tuple[str, ...]:
    """Those that are a firm's own, in order."""
    return tuple(sorted({*fields} - FIELDS.keys()))


def is_filled(opportunity: object, name: str) -> bool:
    """Whether a field holds something; 0 and a box that is not ticked hold nothing."""
    value = getattr(opportunity, name)
    return bool(plain_text(value) if name == "description" else value)


def called(name: str) -> NameOrText:
    """A field as people read it; a firm's own goes by its name."""
    return FIELDS.get(name) or named(name)
