"""What rows of several lists have alike: names of job, tenant and company, and instants."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from workers import instants

Row = Mapping[str, Any]


def place(job: str, tenant: str, company_id: int) -> Row:
    """Where it is, as columns."""
    return {"job": job, "tenant": tenant, "company": company_id}


def instant(at: datetime | None) -> str | None:
    """An instant to the second."""
    return None if at is None else instants.written(at, "seconds")
