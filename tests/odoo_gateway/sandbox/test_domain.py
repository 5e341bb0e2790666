"""Domains parse into trees and back, as Odoo's own class does."""

from typing import Any

import pytest

from odoo_gateway.sandbox.domain import Always, conditions, listed, negated, parse
from odoo_gateway.sandbox.failures import Failure

A, B, C = ["a", "=", 1], ["b", "=", 2], ["c", ">", 3]


@pytest.mark.parametrize(
    ("domain", "again"),
    [
        ([], [[1, "=", 1]]),
        ([A], [A]),
        ([A, B], ["&", A, B]),
        ([A, B, C], ["&", "&", A, B, C]),
        (["&", A, B, C], ["&", "&", A, B, C]),
        (["|", A, "&", B, C], ["|", A, "&", B, C]),
        (["|", "|", A, B, C], ["|", "|", A, B, C]),
        (["!", A], [["a", "!=", 1]]),
        (["!", C], ["!", C]),
        (["!", "!", C], [C]),
        (["!", "|", A, C], ["&", ["a", "!=", 1], "!", C]),
        (["!", ["a.b", "=", 1]], ["!", ["a.b", "=", 1]]),
        ([[1, "=", 1], A], [A]),
        ([[0, "=", 1], A], [[0, "=", 1]]),
        (["|", [0, "=", 1], A], [A]),
        (["|", [1, "=", 1], A], [[1, "=", 1]]),
        ([["a", "ILIKE", "x"]], [["a", "ilike", "x"]]),
        ([["a", "=", None]], [["a", "=", False]]),
    ],
    ids=str,
)
def test_a_domain_is_listed_in_prefix_notation(domain: list[Any], again: list[Any]) -> None:
    assert listed(parse(domain)) == again


def test_negating_twice_changes_nothing() -> None:
    for domain in ([A], [C], ["|", A, C], [[1, "=", 1]], [["a.b", "=", 1]]):
        node = parse(domain)
        assert listed(negated(negated(node))) == listed(node)


def test_every_condition_is_found() -> None:
    node = parse(["!", "|", A, "&", C, ["a.b", "=", 1]])
    assert {condition.path for condition in conditions(node)} == {"a", "c", "a.b"}


def test_truths_are_domains() -> None:
    assert (parse(True), parse(False)) == (Always(True), Always(False))


@pytest.mark.parametrize(
    "domain", [["&", A], ["|"], ["!"], ["x"], [["a", "="]], "x", 5, [[2, "=", 1]]]
)
def test_what_is_no_domain_fails(domain: Any) -> None:
    with pytest.raises(Failure, match=r"Domain\(\)"):
        parse(domain)
