"""`fleet kpi`: what is measured by which formula, and the samples that the ledger keeps."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from odoo_gateway.errors import ConfigurationError, quoted
from tasks import catalogue
from workers import instants
from workers.ledger import measures
from workers.wiring import Fleet

Row = Mapping[str, Any]


def formulas(fleet: Fleet) -> Sequence[Row]:
    """Every measure that jobs declare or the ledger has samples of, by name."""
    with fleet.ledger.reading() as connection:
        sampled = measures.names(connection)
    blank = {"job": None, "version": None, "formula": "no job of this version measures it"}
    found: dict[str, dict[str, Any]] = {name: {"name": name, **blank} for name in sampled}
    for job in catalogue.jobs().values():
        for one in job.formulas:
            told = {"job": job.name, "version": one.version, "formula": one.text}
            found[one.measure] = {"name": one.measure, **told}
    return [found[name] for name in sorted(found)]


def samples(
    fleet: Fleet, name: str, limit: int, *, tenant: str | None, company_id: int | None
) -> Sequence[Row]:
    """The newest samples of a measure. Raises ConfigurationError when there never was one."""
    with fleet.ledger.reading() as connection:
        known = measures.names(connection)
        if name not in known:
            there = ", ".join(known) or "none yet"
            raise ConfigurationError(f"there is no sample of {quoted(name)}; there are: {there}")
        found = measures.history(connection, name, limit, tenant=tenant, company_id=company_id)
    return [
        {
            **asdict(sample),
            "at": instants.written(sample.at, "seconds"),
            "cut_off": instants.written(sample.cut_off, "seconds") if sample.cut_off else None,
        }
        for sample in found
    ]
