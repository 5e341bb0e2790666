"""docs/security.md claims nothing that no test shows."""

import ast
import re

from tests import attacks


def functions(file: str) -> set[str]:
    tree = ast.parse((attacks.HERE / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_test_that_is_named_exists() -> None:
    named = attacks.named()
    assert len(named) > 80
    missing = [n for n in sorted(named) if n.split("::")[1] not in functions(n.split("::")[0])]
    assert missing == []


def test_every_attack_that_is_tried_is_told() -> None:
    files = [f"attack/{path.name}" for path in (attacks.HERE / "attack").glob("test_*.py")]
    found = ((file, name) for file in files for name in functions(file))
    tests = {f"{file}::{name}" for file, name in found if name.startswith("test_")}
    assert tests
    assert tests - attacks.named() == set()


def test_every_line_of_the_tables_names_a_test() -> None:
    page = attacks.PAGE.read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.count("|") == 4]
    told = [row for row in rows if not re.match(r"\| (attack|what) ", row)]
    assert len(told) > 60
    assert [row for row in told if "::test_" not in row] == []
