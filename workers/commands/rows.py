"""What rows of several lists have alike: names of job, tenant and company, and instants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workers import instants
from workers.ledger.places import Place

Row = Mapping[str, Any]


def of(place: Place) -> Row:
    """Where it is, as columns."""
    return {"job": place.job, "tenant": place.tenant, "company": place.company_id}


def instant(at: datetime | None) -> str | None:
    """An instant to the second."""
    return None if at is None else instants.written(at, "seconds")
