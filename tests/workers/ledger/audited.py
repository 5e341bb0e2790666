"""Every name of an audit event that the code can write, read from its source."""

import ast
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[3]


def events() -> Iterator[tuple[str, str]]:
    """Each with where it is written. Raises AssertionError for a name that cannot be told."""
    for path in sorted((ROOT / "workers").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "Entry(" in text or "audit" in text:
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            source = Source(ast.parse(text), import_module(name))
            yield from ((event, name) for event in source.events())


@dataclass
class Source:
    """A module and its tree, which say what an expression of it can be."""

    tree: ast.Module
    module: ModuleType
    _asked: list[ast.AST] = field(default_factory=list)

    @cached_property
    def _functions(self) -> list[ast.FunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)]

    def events(self) -> Iterator[str]:
        """The first argument of each Entry, or what stands in for it later."""
        for function in self._functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _called(node) in ("Entry", "replace"):
                    named = [word.value for word in node.keywords if word.arg == "event"]
                    first = node.args[:1] if _called(node) == "Entry" else []
                    for expression in [*first, *named]:
                        yield from self.values(expression, function) - {""}

    def values(self, node: ast.expr, within: ast.FunctionDef) -> set[str]:
        """All texts that an expression within a function can be."""
        if any(node is asked for asked in self._asked):
            return set()
        self._asked.append(node)
        try:
            return self._values(node, within)
        finally:
            self._asked.pop()

    def _values(self, node: ast.expr, within: ast.FunctionDef) -> set[str]:
        match node:
            case ast.Constant(value=None):
                return set()
            case ast.Constant(value=str(text)):
                return {text}
            case ast.IfExp(test=ast.Compare(left=left, ops=[ast.Is()], comparators=[other])):
                otherwise = self.values(node.orelse, within)
                if ast.dump(left) == ast.dump(node.orelse):
                    otherwise -= self.values(other, within)
                return self.values(node.body, within) | otherwise
            case ast.IfExp(body=body, orelse=orelse):
                return self.values(body, within) | self.values(orelse, within)
            case ast.BoolOp(values=every):
                return {text for each in every for text in self.values(each, within)}
            case ast.JoinedStr(values=parts):
                return {"".join(each) for each in product(*(self.values(p, within) for p in parts))}
            case ast.FormattedValue(value=value):
                return self.values(value, within)
            case ast.Name(id=name):
                return self._named(name, within)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                return self._member(owner, name, within)
        raise AssertionError(f"{self.module.__name__}: {ast.unparse(node)} may be any text")

    def _named(self, name: str, within: ast.FunctionDef) -> set[str]:
        """A local name, a parameter as this module gives it, or a name of the module."""
        given = [
            node.value
            for node in ast.walk(within)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id == name
        ]
        found = {text for value in given for text in self.values(value, within)}
        parameters = [argument.arg for argument in (*within.args.args, *within.args.kwonlyargs)]
        if name in parameters:
            return found | self._passed(parameters.index(name), name, within)
        return found or {str(getattr(self.module, name))}

    def _passed(self, place: int, name: str, within: ast.FunctionDef) -> set[str]:
        found: set[str] = set()
        for function in self._functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _called(node) == within.name:
                    words = [word.value for word in node.keywords if word.arg == name]
                    for value in [*node.args[place : place + 1], *words]:
                        found |= self.values(value, function)
        return found

    def _member(self, owner: str, name: str, within: ast.FunctionDef) -> set[str]:
        """A member of an enumeration, or any of them where a field is one."""
        if hasattr(self.module, owner):
            return {str(getattr(getattr(self.module, owner), name))}
        hints = typing.get_type_hints(getattr(self.module, within.name))
        kind: Any = typing.get_type_hints(hints[owner])[name]
        assert issubclass(kind, StrEnum), f"{self.module.__name__}: {owner}.{name} may be any text"
        return {str(member) for member in kind}


def _called(node: ast.Call) -> str:
    called = node.func
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
