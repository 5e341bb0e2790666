"""Tables of a page that are made from the code, between two marks that name the command."""

from collections.abc import Iterable, Mapping, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def renewed(page: str, tables: Mapping[str, str], command: str) -> str:
    """The page with these tables, by their marks. Raises ValueError for one without a place."""
    for mark, made in tables.items():
        begin, end = f"<!-- {mark}: {command} -->\n", f"<!-- end of {mark} -->"
        before, begun, rest = page.partition(begin)
        _, ended, after = rest.partition(end)
        if not (begun and ended):
            raise ValueError(f"no {begin.strip()} with {end}")
        page = f"{before}{begin}\n{made}\n{end}{after}"
    return page
