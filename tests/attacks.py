"""The tests that docs/security.md names: its tables say which attack each of them tries."""

import re
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parent / "docs" / "security.md"


def named() -> frozenset[str]:
    """Each as `folder/test_file.py::test_name`, from the folder of all tests."""
    return frozenset(re.findall(r"[\w/]+\.py::\w+", PAGE.read_text(encoding="utf-8")))


def name_of(item: pytest.Item) -> str:
    """The same of a test that was collected."""
    function = getattr(item, "originalname", None) or item.name
    return f"{item.path.relative_to(HERE).as_posix()}::{function}" if _is_here(item) else ""


def _is_here(item: pytest.Item) -> bool:
    return item.path.is_relative_to(HERE)
