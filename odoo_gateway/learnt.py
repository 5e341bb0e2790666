"""What was learnt of one Odoo, and how it gets from one process to the next.

Fields, rights and ids by name hang on the installed modules and on the user with its groups. These
are asked anew, so that a module that was added, or a group that was taken away, makes all of it be
asked for again. What else may change them, as an access right that is edited, is found within
`LIFE_SECONDS`, or when Odoo refuses what was read by them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, Self

# From when on all is asked for anew, whether or not anything is known to have changed.
LIFE_SECONDS: Final = 3600.0
# What is kept in another form than this is not read.
FORM: Final = 1

Described = Mapping[str, Mapping[str, Any]]


@dataclass
class Learnt:
    """What the user sees of one Odoo; grows."""

    #: What all of it hangs on, as `footing` says; "" where nobody tells, None before it was asked.
    footing: str | None = None
    user_id: int | None = None
    #: By model, the names of fields that were asked for, and what there is of them.
    fields: dict[str, tuple[frozenset[str], Described]] = field(default_factory=dict)
    #: Whether the user may read a model; write it, under its name and "write".
    rights: dict[str, bool] = field(default_factory=dict)
    #: By module and name.
    ids: dict[tuple[str, str], int] = field(default_factory=dict)

    def as_json(self) -> Mapping[str, Any]:
        """What `of_json` takes; the footing is kept beside it."""
        return {
            "user_id": self.user_id,
            "fields": {
                model: {"asked": sorted(asked), "found": {**found}}
                for model, (asked, found) in self.fields.items()
            },
            "rights": {**self.rights},
            "ids": [[module, name, number] for (module, name), number in self.ids.items()],
        }

    @classmethod
    def of_json(cls, footing: str, kept: Mapping[str, Any]) -> Self:
        """What was kept on that footing."""
        return cls(
            footing,
            kept["user_id"],
            {
                model: (frozenset(known["asked"]), known["found"])
                for model, known in kept["fields"].items()
            },
            {**kept["rights"]},
            {(module, name): number for module, name, number in kept["ids"]},
        )


@dataclass(frozen=True)
class Kept:
    """What a process before kept."""

    footing: str
    learnt: Mapping[str, Any]
    #: Seconds since the oldest of it was learnt.
    age: float


class Store(Protocol):
    """Where what was learnt outlives the process; one store is of one tenant."""

    def recall(self) -> Kept | None:
        """What was kept last; None where nothing was, or it cannot be had. Never raises."""

    def keep(self, kept: Kept) -> None:
        """Keep this in place of what is there. May raise."""


def footing(*told: Any) -> str:
    """One short text for what was told; another for whatever else could be told."""
    return hashlib.sha256(json.dumps([FORM, *told]).encode()).hexdigest()
