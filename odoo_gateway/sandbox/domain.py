"""Parses Odoo's search domains into a tree, with Odoo 19's own complaints about malformed ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from odoo_gateway.sandbox.failures import attribute_error, type_error, value_error

INVERSE: Final[dict[str, str]] = {
    "=": "!=",
    "!=": "=",
    "<>": "=",
    "in": "not in",
    "not in": "in",
    "any": "not any",
    "not any": "any",
    "like": "not like",
    "not like": "like",
    "ilike": "not ilike",
    "not ilike": "ilike",
    "=like": "not =like",
    "not =like": "=like",
    "=ilike": "not =ilike",
    "not =ilike": "=ilike",
}
OPERATORS: Final = frozenset({*INVERSE, "<", ">", "<=", ">=", "=?", "==", "child_of", "parent_of"})


@dataclass(frozen=True)
class Condition:
    """One comparison: a field or a dotted path, an operator, a value."""

    path: str
    operator: str
    value: Any

    def __str__(self) -> str:
        return f"({self.path!r}, {self.operator!r}, {self.value!r})"


@dataclass(frozen=True)
class Always:
    """A constant."""

    truth: bool


@dataclass(frozen=True)
class Not:
    """A negation that no operator expresses."""

    child: "Node"


@dataclass(frozen=True)
class Many:
    """Two or more nodes joined by "&" or "|"."""

    operator: Literal["&", "|"]
    children: tuple["Node", ...]


Node = Condition | Always | Not | Many


def parse(domain: Any) -> Node:
    """The tree of a domain in prefix notation."""
    if domain is True or domain == []:
        return Always(True)
    if domain is False:
        return Always(False)
    if not isinstance(domain, list):
        raise type_error(f"Domain() invalid argument type for domain: {domain!r}")
    stack: list[Node] = []
    try:
        for item in reversed(domain):
            stack.append(_parsed(item, stack))
    except IndexError as error:
        raise value_error(f"Domain() malformed domain {domain!r}") from error
    return stack[0] if len(stack) == 1 else joined("&", reversed(stack))


def joined(operator: Literal["&", "|"], nodes: Iterable[Node]) -> Node:
    """One node for several, without constants that decide nothing."""
    neutral = Always(operator == "&")
    children: list[Node] = []
    for node in nodes:
        if isinstance(node, Always):
            if node != neutral:
                return node
        elif isinstance(node, Many) and node.operator == operator:
            children.extend(node.children)
        else:
            children.append(node)
    if not children:
        return neutral
    return children[0] if len(children) == 1 else Many(operator, tuple(children))


def listed(node: Node) -> list[Any]:
    """Back to prefix notation."""
    if isinstance(node, Condition):
        return [[node.path, node.operator, node.value]]
    if isinstance(node, Always):
        return [[int(node.truth), "=", 1]]
    if isinstance(node, Not):
        return ["!", *listed(node.child)]
    rest = [part for child in node.children for part in listed(child)]
    return [*[node.operator] * (len(node.children) - 1), *rest]


def conditions(node: Node) -> Iterator[Condition]:
    """Every comparison in the tree."""
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Not):
        yield from conditions(node.child)
    elif isinstance(node, Many):
        for child in node.children:
            yield from conditions(child)


def negated(node: Node) -> Node:
    """The opposite; a path keeps its negation outside, as nobody there matches it either."""
    if isinstance(node, Always):
        return Always(not node.truth)
    if isinstance(node, Not):
        return node.child
    if isinstance(node, Many):
        return Many("|" if node.operator == "&" else "&", tuple(map(negated, node.children)))
    if "." not in node.path and node.operator in INVERSE:
        return Condition(node.path, INVERSE[node.operator], node.value)
    return Not(node)


def _parsed(item: Any, stack: list[Node]) -> Node:
    if isinstance(item, list) and len(item) == 3:
        return _condition(item)
    if item == "&" or item == "|":
        return joined(item, [stack.pop(), stack.pop()])
    if item == "!":
        return negated(stack.pop())
    raise value_error(f"Domain() invalid item in domain: {item!r}")


def _condition(item: Sequence[Any]) -> Node:
    path, operator, value = item
    if not isinstance(path, str):
        if (path, operator, value) in ((1, "=", 1), (0, "=", 1)):
            return Always(bool(path))
        raise type_error(f"Domain() invalid arguments: {(path, operator, value)!r}")
    condition = Condition(path, operator, value)
    if not path:
        raise type_error(f"Empty field name in condition {condition}")
    if not isinstance(operator, str):
        raise attribute_error(f"{type(operator).__name__!r} object has no attribute 'lower'")
    if operator.lower() not in OPERATORS:
        raise value_error(f"Invalid operator in condition {condition}")
    return Condition(path, operator.lower(), False if value is None else value)
