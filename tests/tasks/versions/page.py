"""`python -m tests.tasks.versions.page` renews the tables of docs/odoo-versions.md."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from odoo_gateway.sandbox.schema import VERSIONS
from tests.tasks.versions.modules import MODULES
from tests.tasks.versions.running import JOBS, told

PAGE: Final = Path(__file__).parents[3] / "docs" / "odoo-versions.md"
BEGIN: Final = "<!-- {}: python -m tests.tasks.versions.page -->\n"
END: Final = "<!-- end of {} -->"


def tables() -> str:
    """What each version lacks for each job, and what the reports say of it."""
    return "\n".join([_lacking(), _said(), _meant()])


def modules_table() -> str:
    """What each module adds, and what the reports say without it."""
    return _table(
        ["module", "of", "adds", "not verifiable without it", "proven on"],
        ([f"`{m.name}`", m.origin, m.adds, m.said_without(), m.proven] for m in MODULES),
    )


def renewed(page: str) -> str:
    """The page with the tables of today between its marks."""
    for mark, table in (("versions", tables()), ("modules", modules_table())):
        before, _, rest = page.partition(BEGIN.format(mark))
        _, _, after = rest.partition(END.format(mark))
        page = f"{before}{BEGIN.format(mark)}\n{table}\n{END.format(mark)}{after}"
    return page


def _lacking() -> str:
    heads = ["job", "no Community has", *(f"Odoo {version} has not" for version in VERSIONS)]
    rows = []
    for name in JOBS:
        lacks = {version: set(told(name, version).lacks) for version in VERSIONS}
        everywhere = set.intersection(*lacks.values())
        rows.append(
            [name, _code(everywhere), *(_code(lacks[version] - everywhere) for version in VERSIONS)]
        )
    return _table(heads, rows)


def _said() -> str:
    heads = ["job", *(f"not verifiable on {version}" for version in VERSIONS)]
    return _table(
        heads,
        (
            [name, *(_plain(gap.check for gap in told(name, v).not_verifiable) for v in VERSIONS)]
            for name in JOBS
        ),
    )


def _meant() -> str:
    gaps = {gap.check: gap for job in JOBS for v in VERSIONS for gap in told(job, v).not_verifiable}
    return _table(
        ["check", "why", "remedy"],
        ([gap.check, gap.reason, gap.remedy] for _, gap in sorted(gaps.items())),
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _code(names: Iterable[str]) -> str:
    return _plain(f"`{name}`" for name in sorted(names))


def _plain(names: Iterable[str]) -> str:
    return "<br>".join(names) or "nothing"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
