"""What catalogues are made of, for Babel: `make languages` gathers it, and a test holds it.

Sentences stand in the code as `Text("...")` and `plural("...", "...")`, in templates as `_("...")`.
Why a job exists stands in the docstring of its module.
"""

import ast
import io
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

from tasks.declaration import paragraph

KEYWORDS: Final = {**DEFAULT_KEYWORDS, "Text": None, "plural": (1, 2)}
METHODS: Final = (
    ("**.py", "workers.language.extraction:of_module"),
    ("**.j2", "jinja2.ext:babel_extract"),
)
OPTIONS: Final = {"**.j2": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}}
ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("tasks", "workers")


def of_module(
    file: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Any,
) -> Iterator[Any]:
    """The sentences of a module of Python, and the `Why:` of its docstring."""
    code = file.read()
    yield from extract_python(io.BytesIO(code), keywords, comment_tags, options)
    if why := paragraph(ast.get_docstring(ast.parse(code)) or "", "Why"):
        yield 1, "Text", why, []


def template() -> Catalog:
    """Every message of the project."""
    found = Catalog()
    for package in PACKAGES:
        for _, _, message, _, context in extract_from_dir(
            str(ROOT / package), METHODS, OPTIONS, KEYWORDS
        ):
            found.add(message, context=context)
    return found


def main() -> None:
    """Bring every catalogue up to date: what is new in it stands there without a translation."""
    for file in sorted(Path(__file__).parent.glob("*.po")):
        with file.open("rb") as old:
            catalogue = read_po(old, locale=file.stem)
        catalogue.update(template(), no_fuzzy_matching=True, update_creation_date=False)
        with file.open("wb") as written:
            write_po(written, catalogue, width=100, sort_output=True, ignore_obsolete=True)


if __name__ == "__main__":
    main()
