"""Every job, found by name: a file of a workflow layer, or the `job.py` in a folder of it.

Other installed packages add theirs: each entry point of the group `fleet.jobs` is the name of a job
and the module that declares it.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType, ModuleType

import tasks
from odoo_gateway.errors import ConfigurationError
from tasks.declaration import ROLES, AnyJob, Job
from tasks.domain.labels import LABELS
from tasks.domain.texts import Text, day_of, named

NOT_LAYERS = frozenset({"domain", "reads", "records"})
GROUP = "fleet.jobs"
# A name becomes a Celery task, a label of metrics and a key of fleet.toml.
NAME = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Refused:
    """A job of another package that cannot be used."""

    #: The package with its version.
    package: str
    why: str
    remedy: str = "correct the package, or uninstall it"

    def __str__(self) -> str:
        return f"the package {self.package} cannot be used: {self.why}; {self.remedy}"


@dataclass(frozen=True)
class Outside:
    """What other installed packages add."""

    #: Their jobs by name.
    jobs: dict[str, AnyJob] = field(default_factory=dict)
    #: The Python packages that hold these; `languages/` in one holds its catalogues of texts.
    packages: list[str] = field(default_factory=list)
    #: What cannot be used, by the name of the job.
    refused: dict[str, Refused] = field(default_factory=dict)


@cache
def jobs() -> Mapping[str, AnyJob]:
    """All jobs by name, sorted.

    Raises ValueError when a job of ours is not named as its file, ConfigurationError when no role
    answers for it.
    """
    found = {job.name: job for job in map(_declared, _own())}
    return MappingProxyType(dict(sorted((outside().jobs | found).items())))


@cache
def outside() -> Outside:
    """The jobs of other packages; one that cannot be used stops no other."""
    found = Outside()
    taken = {path.removesuffix(".job").rpartition(".")[2]: "the fleet" for path in _own()}
    by_package = sorted(entry_points(group=GROUP), key=lambda each: (_package(each), each.name))
    for entry in by_package:
        try:
            if entry.name in taken:
                raise ConfigurationError(f"{taken[entry.name]} has a job of this name")
            found.jobs[entry.name] = _loaded(entry)
        except ConfigurationError as error:
            found.refused[entry.name] = Refused(_package(entry), str(error))
        else:
            taken[entry.name] = f"the package {_package(entry)}"
            found.packages.append(entry.module.partition(".")[0])
    return found


@cache
def labels() -> Mapping[str, Text]:
    """How people read the words of all jobs; one word reads the same wherever it stands."""
    found = dict(LABELS)
    for job in jobs().values():
        found = {**job.labels, **found}
    return MappingProxyType(found)


def label(word: str) -> Text:
    """How people read a word of programs, such as a column or a state; as it is where none says.

    A day at its end is told as one: of a rung that comes every day.
    """
    if isinstance(word, Text):
        return word
    what, day = word[:-11], day_of(word[-10:])
    if what and day:
        return Text("{what}, {day}", what=label(what), day=day)
    return labels().get(re.sub("[ -]", "_", word)) or named(word.replace("_", " "))


def packages() -> tuple[str, ...]:
    """The Python packages of other jobs, each once: where more catalogues of texts may be."""
    return tuple(dict.fromkeys(outside().packages))


def _own() -> Iterator[str]:
    """The modules that declare the fleet's own jobs."""
    for layer in pkgutil.iter_modules(tasks.__path__):
        if not layer.ispkg or layer.name in NOT_LAYERS:
            continue
        package = importlib.import_module(f"tasks.{layer.name}")
        for found in pkgutil.iter_modules(package.__path__):
            path = f"{package.__name__}.{found.name}"
            yield f"{path}.job" if found.ispkg else path


def _declared(path: str) -> AnyJob:
    module = importlib.import_module(path)
    return _named(path.removesuffix(".job").rpartition(".")[2], module)


def _named(name: str, module: ModuleType) -> AnyJob:
    job: AnyJob = module.JOB
    if job.name != name:
        raise ValueError(f"{module.__name__} declares a job named {job.name!r}")
    if job.role not in ROLES:
        raise ConfigurationError(
            f"{module.__name__} has the owner {job.role!r}, which is not a role; the roles are "
            f"{', '.join(ROLES)}"
        )
    return job


def _loaded(entry: EntryPoint) -> AnyJob:
    """Raises ConfigurationError: what another wrote may fail in any way."""
    if not NAME.fullmatch(entry.name):
        raise ConfigurationError("name it in small letters, digits and _, a letter first")
    try:
        module = entry.load()
        if not isinstance(getattr(module, "JOB", None), Job):
            raise ConfigurationError(f"{entry.value} declares no JOB")
        return _named(entry.name, module)
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConfigurationError(f"{type(error).__name__}: {error}") from error


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
