"""Where the keys of a TOML file stand, so that a problem can name its line."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Path_ = tuple[str, ...]
_HEADER = re.compile(r"^\s*(\[+)\s*([^\]]+?)\s*\]+")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")


@dataclass(frozen=True)
class TomlLines:
    """The lines of a file's tables and keys. Without a file there are none to name."""

    file: Path | None = None
    lines: Mapping[Path_, int] = field(default_factory=dict)

    @classmethod
    def of(cls, file: Path, text: str) -> "TomlLines":
        """Scan the text of a file that is valid TOML."""
        lines: dict[Path_, int] = {}
        table: Path_ = ()
        seen: Counter[Path_] = Counter()
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _HEADER.match(line):
                table = _split(header.group(2))
                if header.group(1) == "[[":
                    seen[table] += 1
                    table = (*table, str(seen[table] - 1))
                lines.setdefault(table, number)
            elif key := _KEY.match(line):
                lines.setdefault((*table, *_split(key.group(1))), number)
        return cls(file, lines)

    def name(self, location: Sequence[str | int]) -> str:
        """`fleet.toml:12: tenants.acme.url`, with the line of the nearest key known."""
        path = tuple(str(part) for part in location)
        key = ".".join(path)
        if self.file is None:
            return key
        nearest = (self.lines.get(path[:length]) for length in range(len(path), 0, -1))
        line = next((number for number in nearest if number), None)
        return f"{self.file}:{line}: {key}" if line else f"{self.file}: {key}"


def _split(dotted: str) -> Path_:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
