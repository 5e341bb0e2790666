"""The environment's variables: each as it stands, or as the file that `_FILE` names holds it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

FILE: Final = "_FILE"
# What a file of one value may hold: who names a device or an archive meant another file.
FILE_BYTES: Final = 2**16


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
            value = _bare(self._values.get(name, ""))
            if not is_text(value):
                problems.append(f"{name}: is not UTF-8; set it anew")
                return ""
            return value
        path = self._files[name]
        try:
            with Path(path).open("rb") as file:
                content = file.read(FILE_BYTES + 1)
            if len(content) > FILE_BYTES:
                raise ValueError(f"it has more than {FILE_BYTES:,} bytes")
            found = _bare(content.decode("utf-8-sig"))
        except PermissionError:
            problems.append(
                f"{name}{FILE}: this user may not read {path!r}; give it the right to, or correct "
                "the path"
            )
            return ""
        except (OSError, ValueError) as error:
            problems.append(
                f"{name}{FILE}: {path!r} cannot be read ({_reason(error)}); correct the path, or "
                "let the fleet read a UTF-8 text there"
            )
            return ""
        if not found:
            problems.append(f"{name}{FILE}: {path!r} is empty; write the value into it")
        return found


def is_text(given: str) -> bool:
    """Whether it came as UTF-8: other bytes come as signs that nobody can write down."""
    return not any("\ud800" <= sign <= "\udfff" for sign in given)


def _bare(text: str) -> str:
    """Without blanks, line ends and the byte order mark that Windows' editors put before a text."""
    return text.strip().lstrip("\ufeff").strip()


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        # Its own words quote a byte of what may be a secret.
        return "it is not UTF-8"
    return str(getattr(error, "strerror", None) or error)
