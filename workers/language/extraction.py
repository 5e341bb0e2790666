"""What catalogues are made of, for Babel: `make languages` gathers it, and a test holds it.

Sentences stand in the code as `Text("...")` and `plural("...", "...")`, in templates as `_("...")`.
Why a job exists stands in the docstring of its module. With the folder of a package that has jobs
of its own, `python -m workers.language.extraction` does the same for that.
"""

import ast
import io
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
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
HERE: Final = Path(__file__).parent
OURS: Final = (HERE.parents[1] / "tasks", HERE.parents[1] / "workers")


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


def template(*packages: Path) -> Catalog:
    """Every message in the folders of packages."""
    found = Catalog()
    for package in packages:
        for _, _, message, _, context in extract_from_dir(str(package), METHODS, OPTIONS, KEYWORDS):
            found.add(message, context=context)
    return found


def update(catalogues: Path, *packages: Path) -> None:
    """Bring every catalogue in a folder up to date: what is new stands there untranslated."""
    for file in sorted(catalogues.glob("*.po")):
        with file.open("rb") as old:
            catalogue = read_po(old, locale=file.stem)
        catalogue.update(template(*packages), no_fuzzy_matching=True, update_creation_date=False)
        with file.open("wb") as new:
            write_po(new, catalogue, width=100, sort_output=True, ignore_obsolete=True)


def main(folders: Sequence[str]) -> None:
    """The fleet's own catalogues, or those of packages with jobs, which stand in `languages/`."""
    for package in map(Path, folders):
        update(package / "languages", package)
    if not folders:
        update(HERE, *OURS)


if __name__ == "__main__":
    main(sys.argv[1:])
