"""The kinds of effects that there are: each file of `workers/effects/kinds` declares one.

They are found by name, as channels are. What they declare is known here, below who executes: the
modes of a tenant are checked when its configuration is read.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Final

from odoo_gateway.session import Session
from tasks.domain.texts import Text
from tasks.domain.written import Written

PACKAGE: Final = "workers.effects.kinds"
# What came of a write, as the ledger keeps it and an undo needs it; JSON.
Result = Mapping[str, Any]


@dataclass(frozen=True)
class Write:
    """One write, as a kind is asked for it."""

    session: Session = field(repr=False)
    tenant: str
    company_id: int
    model: str
    record_id: int
    identity: str
    values: Any
    #: When it was proposed, UTC: nothing of it stood in Odoo before.
    since: datetime


@dataclass(frozen=True)
class EffectKind:
    """What the file of a kind declares as `KIND`.

    All of it may raise OdooError, which whoever executes turns into EffectRefused or EffectUnknown.
    """

    name: str
    values: type[Written]
    #: What it does, in words, before it is done.
    preview: Callable[[Any], Text]
    #: What of it stands in Odoo by now; None where nothing does. Only reads.
    find: Callable[[Write], Result | None]
    #: Does it, once for the same write; raises OdooRejected where a precondition does not hold.
    apply: Callable[[Write], Result]
    #: Takes it back, by what came of it; None where that is a person's to do.
    undo: Callable[[Write, Result], None] | None = None
    #: The models of what it makes or changes, beside notes and activities.
    changes: tuple[str, ...] = ()
    #: May be done without anybody: nothing comes of it that a person could not ignore.
    low_risk: bool = False


@cache
def kinds() -> Mapping[str, EffectKind]:
    """Every kind by its name."""
    files = pkgutil.iter_modules(import_module(PACKAGE).__path__)
    modules = (import_module(f"{PACKAGE}.{file.name}") for file in files)
    declared = (getattr(module, "KIND", None) for module in modules)
    return {kind.name: kind for kind in declared if isinstance(kind, EffectKind)}
