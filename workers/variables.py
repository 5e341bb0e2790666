"""The environment's variables: each as it stands, or as the file that `_FILE` names holds it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE: Final = "_FILE"


class Variables:
    """Those that start with FLEET_; what is empty is not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        told = {key: value for key, value in environ.items() if key.startswith("FLEET_")}
        self._files = {
            key.removesuffix(FILE): path
            for key, path in told.items()
            if key.endswith(FILE) and path
        }
        self._values = {key: value for key, value in told.items() if not key.endswith(FILE)}

    @property
    def names(self) -> frozenset[str]:
        """All that are named, as themselves or by a file."""
        return frozenset({*self._values, *self._files})

    def as_given(self, name: str) -> str:
        """What the operator calls it: with `_FILE` where a file holds the value."""
        return name + FILE if name in self._files else name

    def read(self, name: str, problems: list[str]) -> str:
        """The value without blanks around it, "" when it is not set; a file goes first.

        A file that cannot be read, or holds nothing, is a problem.
        """
        if name not in self._files:
            return _bare(self._values.get(name, ""))
        path = self._files[name]
        try:
            found = _bare(Path(path).read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            problems.append(
                f"{name}{FILE}: {path!r} cannot be read ({_reason(error)}); correct the path, or "
                "let the fleet read a UTF-8 text there"
            )
            return ""
        if not found:
            problems.append(f"{name}{FILE}: {path!r} is empty; write the value into it")
        return found


def _bare(text: str) -> str:
    """Without blanks, line ends and the byte order mark that Windows' editors put before a text."""
    return text.strip().lstrip("\ufeff").strip()


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        # Its own words quote a byte of what may be a secret.
        return "it is no UTF-8 text"
    return str(getattr(error, "strerror", None) or error)
