"""Every record class that the product declares, and the fields they name."""

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Mapping

import tasks
from odoo_gateway import sight
from odoo_gateway.records import Record, fields_of


def records() -> list[type[Record]]:
    """All of them, by model; jobs may declare records of their own.

    Not those of `odoo_gateway.sight`: they are about the fleet's user, not about the firm, and the
    sandbox makes them of the rights that a test gives (`sandbox/rights.py`).
    """
    for module in pkgutil.walk_packages(tasks.__path__, "tasks."):
        importlib.import_module(module.name)
    found: list[type[Record]] = [Record]
    for known in found:
        found += known.__subclasses__()
    return sorted(
        (
            record
            for record in found[1:]
            if record.__module__.split(".")[0] in ("tasks", "odoo_gateway")
            and record.__module__ != sight.__name__
        ),
        key=lambda record: (record.MODEL, record.__name__),
    )


def fields(*, required_only: bool = False) -> Mapping[str, set[str]]:
    """Names of the declared fields by model."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in records():
        found[record.MODEL] |= {
            field.name for field in fields_of(record) if not (required_only and field.optional)
        }
    return found
