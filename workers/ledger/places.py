"""Where rows of the ledger belong: a job in a company of a tenant; and which of these are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, order=True)
class Place:
    """A job in one company of a tenant, by what the ledger knows them by."""

    job: str
    tenant: str
    company_id: int

    @property
    def columns(self) -> dict[str, Any]:
        """As the columns of its rows have it."""
        return {"job": self.job, "tenant": self.tenant, "company_id": self.company_id}


@dataclass(frozen=True)
class Places:
    """The places of a job, a tenant, a company or their combination; what is None narrows none."""

    job: str | None = None
    tenant: str | None = None
    company_id: int | None = None

    def __contains__(self, place: Place) -> bool:
        return all(getattr(place, name) == value for name, value in self.columns.items())

    def meets(self, others: Places) -> bool:
        """Whether a place can be of both."""
        theirs = others.columns
        return all(theirs.get(name, value) == value for name, value in self.columns.items())

    @property
    def columns(self) -> dict[str, Any]:
        """As the columns of their rows have it, without what narrows none."""
        said = {"job": self.job, "tenant": self.tenant, "company_id": self.company_id}
        return {name: value for name, value in said.items() if value is not None}


EVERY_PLACE: Final = Places()
