"""`make tables` renews the tables of docs/odoo-versions.md."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from odoo_gateway.sandbox.schema import VERSIONS
from tests.fakes import pages
from tests.fakes.pages import table
from tests.tasks.versions.modules import MODULES
from tests.tasks.versions.running import JOBS, told

PAGE: Final = Path(__file__).parents[3] / "docs" / "odoo-versions.md"
COMMAND: Final = "make tables"


def tables() -> str:
    """What each version lacks for each job, and what the reports say of it."""
    return "\n".join([_lacking(), _said(), _meant()])


def modules_table() -> str:
    """What each module adds, and what the reports say without it."""
    return table(
        ["module", "of", "adds", "not verifiable without it", "proven on"],
        ([f"`{m.name}`", m.origin, m.adds, m.said_without(), m.proven] for m in MODULES),
    )


def renewed(page: str) -> str:
    """The page with the tables of today between its marks."""
    made = {"versions": tables(), "modules": modules_table()}
    return pages.renewed(page, made, COMMAND)


def _lacking() -> str:
    heads = ["job", "no Community has", *(f"Odoo {version} has not" for version in VERSIONS)]
    rows = []
    for name in JOBS:
        lacks = {version: set(told(name, version).lacks) for version in VERSIONS}
        everywhere = set.intersection(*lacks.values())
        rows.append(
            [name, _code(everywhere), *(_code(lacks[version] - everywhere) for version in VERSIONS)]
        )
    return table(heads, rows)


def _said() -> str:
    heads = ["job", *(f"not verifiable on {version}" for version in VERSIONS)]
    return table(
        heads,
        (
            [name, *(_plain(gap.check for gap in told(name, v).not_verifiable) for v in VERSIONS)]
            for name in JOBS
        ),
    )


def _meant() -> str:
    gaps = {gap.check: gap for job in JOBS for v in VERSIONS for gap in told(job, v).not_verifiable}
    return table(
        ["check", "why", "remedy"],
        ([gap.check, gap.reason, gap.remedy] for _, gap in sorted(gaps.items())),
    )


def _code(names: Iterable[str]) -> str:
    return _plain(f"`{name}`" for name in sorted(names))


def _plain(names: Iterable[str]) -> str:
    return "<br>".join(names) or "nothing"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
