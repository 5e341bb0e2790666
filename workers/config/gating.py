"""What is wrong with effects, matrices, roles and systems of a tenant, beyond single values."""

from collections.abc import Iterator

from tasks.declaration import ROLES
from tasks.domain.proposals import Mode
from workers.config.effect_kinds import kinds
from workers.config.sources import SourceKind
from workers.config.systems import MODELS, ODOO
from workers.config.tenants import TenantSettings

Problem = tuple[tuple[str | int, ...], str]


def problems(found: TenantSettings) -> Iterator[Problem]:
    """Where each stands within the tenant, and what is wrong."""
    for role in found.roles:
        if role in ROLES:
            yield ("roles", role), "stands under `recipients`; choose another name"
    yield from _of_matrices(found)
    yield from _of_modes(found)
    yield from _of_systems(found)
    for number, stand_in in enumerate(found.stand_ins):
        if stand_in.since and stand_in.until and stand_in.until < stand_in.since:
            ends = f"ends on {stand_in.until}, before it begins on {stand_in.since}"
            yield ("stand_ins", number, "until"), ends
        if stand_in.person.lower() == stand_in.by.lower():
            yield ("stand_ins", number, "by"), "nobody stands in for themselves"


def _of_matrices(found: TenantSettings) -> Iterator[Problem]:
    known = sorted({*ROLES, *found.roles})
    taken: dict[str, str] = {}
    for name, matrix in found.matrices.items():
        for role in sorted(matrix.roles() - set(known)):
            yield ("matrices", name), f"no such role {role!r}; there are {', '.join(known)}"
        for kind in matrix.about:
            if kind in taken:
                yield (
                    ("matrices", name, "about"),
                    f"{kind} is in the matrix {taken[kind]!r} already; name it once",
                )
            taken.setdefault(kind, name)


def _of_modes(found: TenantSettings) -> Iterator[Problem]:
    decided = {kind for matrix in found.matrices.values() for kind in matrix.about}
    of_companies = [(("company", number), each.effects) for number, each in found.company.items()]
    for path, modes in [((), found.effects), *of_companies]:
        for kind, mode in modes.items():
            where = (*path, "effects", kind)
            if kind not in kinds():
                yield where, f"no such kind of effect; there are {', '.join(sorted(kinds()))}"
            elif mode is Mode.AUTOMATIC and not kinds()[kind].low_risk:
                yield where, "is never done without anybody; write propose or approve"
            elif mode is Mode.APPROVE and kind not in decided:
                yield where, "no matrix is about it; add it to the `about` of one"


def _of_systems(found: TenantSettings) -> Iterator[Problem]:
    """A system that tells nothing, and effects on records that another system keeps."""
    outside = {
        name for name, each in found.sources.items() if each.kind is SourceKind.SIGNED_WEBHOOK
    }
    for kind, system in found.systems.items():
        where = ("systems", kind.value)
        if system == ODOO:
            continue
        if system not in outside:
            known = ", ".join(sorted(outside)) or "none"
            yield (
                where,
                f"{system!r} is not a source that tells of another system by signed webhooks; "
                f"under `sources` stand of this kind: {known}",
            )
        for name, effect in sorted(kinds().items()):
            modes = [found.effects, *(each.effects for each in found.company.values())]
            wanted = any(each.get(name, Mode.OFF) is not Mode.OFF for each in modes)
            if wanted and not {*effect.changes}.isdisjoint(MODELS[kind]):
                yield (
                    where,
                    f"{system} keeps them, yet effects.{name} changes them in Odoo: turn it off",
                )
