"""Every job, found by name: a module below a workflow layer that has a JOB."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import tasks
from tasks.declaration import AnyJob

NOT_LAYERS = frozenset({"domain", "records", "rows"})


@cache
def jobs() -> Mapping[str, AnyJob]:
    """All jobs by name, sorted. Raises ValueError when a job's name is not its file's."""
    found: dict[str, AnyJob] = {}
    for layer in pkgutil.iter_modules(tasks.__path__):
        if not layer.ispkg or layer.name in NOT_LAYERS:
            continue
        package = importlib.import_module(f"tasks.{layer.name}")
        for module_info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{module_info.name}")
            job = module.JOB
            if job.name != module_info.name:
                raise ValueError(f"{module.__name__} declares a job named {job.name!r}")
            found[job.name] = job
    return MappingProxyType(dict(sorted(found.items())))
