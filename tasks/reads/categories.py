"""Reads which categories of products lie above one."""

from collections.abc import Collection, Mapping

from odoo_gateway.reader import Reader
from tasks.domain.news import Subject
from tasks.records.sales import Category


def category_paths(
    odoo: Reader, by: Mapping[int, Collection[Subject]]
) -> Mapping[int, frozenset[int]]:
    """By category, its id and those above it; `by` says which records refer to each.

    One that is hidden is drift of those.
    """
    return {
        number: frozenset(int(part) for part in (each.parent_path or "").split("/") if part)
        or frozenset({number})
        for number, each in odoo.referred(Category, by).items()
    }
