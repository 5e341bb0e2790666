"""Turns a parsed domain into a test of rows, comparing as the database under Odoo 19 compares."""

import operator
from collections.abc import Callable, Collection
from typing import Any, Final

from odoo_gateway.sandbox import values
from odoo_gateway.sandbox.database import Test, View
from odoo_gateway.sandbox.domain import (
    Always,
    Condition,
    Many,
    Node,
    Not,
    conditions,
    joined,
    negated,
    parse,
)
from odoo_gateway.sandbox.failures import Failure, type_error, unsupported, value_error
from odoo_gateway.sandbox.schema import VALUE_IGNORED, Shape

ORDERINGS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OPPOSITES: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
# Stored empty or not at all, these compare as their empty value.
EMPTY: Final = {
    "integer": 0,
    "many2one_reference": 0,
    "float": 0.0,
    "monetary": 0.0,
    "char": "",
    "text": "",
    "html": "",
}


def matching(view: View, model: str, node: Node, active_test: bool) -> list[dict[str, Any]]:
    """The visible rows of a model that match, by id; without the archived ones if so asked."""
    view.check_right("read", model)
    named = {condition.path for condition in conditions(node)}
    if active_test and "active" in view.shapes(model) and "active" not in named:
        node = joined("&", (node, Condition("active", "=", True)))
    # Without an id in the domain, Odoo leaves out the files that hold a record's own fields.
    if model == "ir.attachment" and named.isdisjoint({"id", "res_field"}):
        node = joined("&", (node, Condition("res_field", "=", False)))
    test = compiled(view, model, node)
    return [] if _is_never(node) else [row for row in view.visible(model) if test(row)]


def _is_never(node: Node) -> bool:
    """Whether nothing can match, so that Odoo does not even look at the companies."""
    if isinstance(node, Always):
        return not node.truth
    if isinstance(node, Many):
        found = [_is_never(child) for child in node.children]
        return any(found) if node.operator == "&" else all(found)
    return isinstance(node, Condition) and _plain(node) == Always(False)


def compiled(view: View, model: str, node: Node) -> Test:
    """One function for a whole domain; every field and operator is checked before any row is."""
    if isinstance(node, Always):
        return lambda row: node.truth
    if isinstance(node, Not):
        child = node.child
        if isinstance(child, Condition) and child.path == "id" and child.operator in OPPOSITES:
            opposite = Condition("id", OPPOSITES[child.operator], child.value)
            return compiled(view, model, opposite)
        inner = compiled(view, model, child)
        return lambda row: not inner(row)
    if isinstance(node, Many):
        tests = [compiled(view, model, child) for child in node.children]
        combine = all if node.operator == "&" else any
        return lambda row: combine(test(row) for test in tests)
    return _compiled_condition(view, model, node)


def _compiled_condition(view: View, model: str, condition: Condition) -> Test:
    name, _, rest = condition.path.partition(".")
    shape = view.shapes(model).get(name)
    if shape is None:
        raise value_error(f"Invalid field {model}.{name} in condition {condition}")
    if rest:
        if not shape.relation:
            raise value_error(f"Invalid field property {rest!r} on {model}.{name}")
        inner = Condition(rest, condition.operator, condition.value)
        return _related(view, model, shape, inner)
    plain = _plain(condition)
    if isinstance(plain, Always):
        return lambda row: plain.truth
    if shape.type == "json":
        raise unsupported(f"a condition on {name!r}, which holds JSON")
    if (model, name) in VALUE_IGNORED and not shape.store:
        raise unsupported(f"a condition on {name!r}, of which Odoo ignores the value")
    test = _typed(view, model, shape, plain)
    if not shape.searchable:
        raise value_error(f"Cannot convert {model}.{name} to SQL because it is not stored")
    view.check_field(model, name)
    return test


def _plain(condition: Condition) -> Condition | Always:
    """Only in, not in, the orderings, any and the patterns remain."""
    path, op, value = condition.path, condition.operator, condition.value
    if op == "=?":
        return _plain(Condition(path, "=", value)) if value else Always(True)
    if op in ("child_of", "parent_of"):
        raise unsupported(f"the operator {op!r}")
    if op in ("=", "==", "!=", "<>"):
        listed = (value or [False]) if isinstance(value, list) else [value]
        return Condition(path, "in" if op in ("=", "==") else "not in", listed)
    if op in ("in", "not in"):
        if not value:
            return Always(op == "not in")
        return Condition(path, op, value if isinstance(value, list) else [value])
    return condition


def _typed(view: View, model: str, shape: Shape, condition: Condition) -> Test:
    op = condition.operator
    if op in ("any", "not any"):
        return _any(view, model, shape, condition)
    if op.endswith("like"):
        return _like(view, model, shape, condition)
    if shape.relation and _has_text(condition.value):
        return _by_name(view, model, shape, condition)
    if shape.type == "boolean":
        return _boolean(view, model, shape, condition)
    if shape.type == "datetime":
        condition = values.moments(condition, view.zone)
    if shape.type == "date":
        condition = values.days(condition)
    if op in ("in", "not in"):
        return _member(view, model, shape, condition)
    return _ordering(view, model, shape, condition)


def _has_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and any(isinstance(item, str) for item in value)
    )


def _any(view: View, model: str, shape: Shape, condition: Condition) -> Test:
    node = parse(condition.value)
    positive = condition.operator == "any"
    if shape.name == "id":
        return compiled(view, model, node if positive else negated(node))
    if not shape.relation:
        raise value_error(f"Cannot use 'any' with non-relational fields in condition {condition}")
    test = _related(view, model, shape, node)
    return test if positive else lambda row: not test(row)


def _related(view: View, model: str, shape: Shape, node: Node) -> Test:
    """Rows whose related record matches; archived records count unless the field holds many."""
    if isinstance(node, Always):
        return lambda row: node.truth and bool(view.value(model, row, shape))
    if shape.relation not in view.database.schema:
        raise unsupported(f"the model {shape.relation}")
    skips_archived = shape.is_many and not shape.sees_archived
    active_test = skips_archived and bool(view.context.get("active_test", True))
    found = {row["id"] for row in matching(view, shape.relation, node, active_test)}
    if not shape.searchable:
        raise value_error(f"Cannot convert {model}.{shape.name} to SQL because it is not stored")
    view.check_field(model, shape.name)
    if shape.is_many:
        return lambda row: not found.isdisjoint(view.value(model, row, shape))
    return lambda row: view.value(model, row, shape) in found


def _by_name(view: View, model: str, shape: Shape, condition: Condition) -> Test:
    if condition.operator not in ("in", "not in"):
        raise type_error(
            f"Inequality not supported for relational field using a string in condition {condition}"
        )
    names = [value for value in condition.value if isinstance(value, str)]
    others = [value for value in condition.value if not isinstance(value, str)]
    named = _related(view, model, shape, Condition("display_name", "in", names))
    other = _member(view, model, shape, Condition(shape.name, "in", others))
    if condition.operator == "in":
        return lambda row: named(row) or other(row)
    return lambda row: not named(row) and not other(row)


def _like(view: View, model: str, shape: Shape, condition: Condition) -> Test:
    op, value = condition.operator, condition.value
    negative = op.startswith("not ")
    if not value:
        matches = negative == ("=" in op)
        if shape.relation or "=" in op:
            emptiness = Condition(shape.name, "not in" if matches else "in", [False])
            return _member(view, model, shape, emptiness)
        return lambda row: matches
    if not isinstance(value, str) and "=" in op:
        raise type_error(f"The pattern to match must be a string in condition {condition}")
    if shape.type == "boolean":
        raise _not_boolean(condition)
    positive = op.removeprefix("not ")
    if shape.relation:
        test = _related(view, model, shape, Condition("display_name", positive, value))
    else:
        pattern = values.pattern(str(value), positive)

        def test(row: dict[str, Any]) -> bool:
            stored = view.value(model, row, shape)
            return stored is not False and pattern.fullmatch(str(stored)) is not None

    return (lambda row: not test(row)) if negative else test


def _not_boolean(condition: Condition) -> Exception:
    return value_error(
        f"Cannot compare {condition.path!r} to {type(condition.value)} "
        f"which is not a collection of length 1 in condition {condition}"
    )


def _boolean(view: View, model: str, shape: Shape, condition: Condition) -> Test:
    if condition.operator not in ("in", "not in"):
        raise _not_boolean(condition)
    wanted = {values.truth(value) for value in condition.value}
    positive = condition.operator == "in"
    return lambda row: (bool(view.value(model, row, shape)) in wanted) == positive


def _member(view: View, model: str, shape: Shape, condition: Condition) -> Test:
    positive = condition.operator == "in"
    empty_too = any(value is False or value is None for value in condition.value)
    wanted = {
        values.comparable(shape, value)
        for value in condition.value
        if value is not False and value is not None
    }
    if shape.type in EMPTY and shape.name != "id":
        empty_too = empty_too or EMPTY[shape.type] in wanted
    if shape.is_many:
        return lambda row: _overlaps(view.value(model, row, shape), wanted, empty_too) == positive

    def test(row: dict[str, Any]) -> bool:
        stored = view.value(model, row, shape)
        empty = stored is False or (shape.type in EMPTY and stored == EMPTY[shape.type])
        return ((empty and empty_too) or (not empty and stored in wanted)) == positive

    return test


def _overlaps(ids: Collection[int], wanted: set[Any], empty_too: bool) -> bool:
    return (not ids and empty_too) or not wanted.isdisjoint(ids)


def _ordering(view: View, model: str, shape: Shape, condition: Condition) -> Test:
    compare = ORDERINGS[condition.operator]
    empty = EMPTY.get(shape.type) if shape.name != "id" else None
    bound = condition.value
    if shape.name == "id" and isinstance(bound, bool):
        raise Failure(
            "psycopg2.errors.UndefinedFunction",
            f"operator does not exist: integer {condition.operator} boolean",
        )
    if bound is False:
        if empty is None:
            return lambda row: False
        bound = empty
    bound = values.comparable(shape, bound)

    def test(row: dict[str, Any]) -> bool:
        stored = view.value(model, row, shape)
        if stored is False:
            if empty is None:
                return False
            stored = empty
        return compare(stored, bound)

    return test
