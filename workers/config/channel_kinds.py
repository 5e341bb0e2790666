"""The kinds of channels that there are: each file of `workers/delivery/channels` declares one.

They are found by name, as jobs are, so that a new one is one file. What they declare is known here,
below who sends: a tenant's channels are checked when its configuration is read.
"""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Final

from pydantic import AfterValidator

PACKAGE: Final = "workers.delivery.channels"


@dataclass(frozen=True)
class ChannelKind:
    """What the file of a channel declares as `KIND`."""

    name: str
    #: Makes the channel, from what `workers.delivery.channels.channel` has for its sort.
    open: Callable[[Any], Any]
    #: It writes into the tenant's Odoo, and routes call it by the name of its kind; else a tenant
    #: configures servers of the kind under `webhooks`, and routes call those by their names.
    in_odoo: bool = False
    #: It needs readers, each person behind a role; else the channel itself is the one reader.
    to_persons: bool = False
    #: Sending the same message again does no harm, so what may have arrived is sent again.
    repeatable: bool = False
    #: It needs a secret beside its url.
    signed: bool = False


@cache
def kinds() -> Mapping[str, ChannelKind]:
    """Every kind by its name."""
    files = pkgutil.iter_modules(import_module(PACKAGE).__path__)
    modules = (import_module(f"{PACKAGE}.{file.name}") for file in files)
    declared = (getattr(module, "KIND", None) for module in modules)
    return {kind.name: kind for kind in declared if isinstance(kind, ChannelKind)}


def in_odoo() -> tuple[str, ...]:
    """The names of the channels that write into Odoo."""
    return tuple(sorted(name for name, kind in kinds().items() if kind.in_odoo))


def _of_servers(name: str) -> str:
    known = sorted(name for name, kind in kinds().items() if not kind.in_odoo)
    if name not in known:
        raise ValueError(f"no such kind of channel; there are {', '.join(known)}")
    return name


# The kind of a server that a tenant configures.
ServerKind = Annotated[str, AfterValidator(_of_servers)]
