"""Reads which categories of products lie above one."""

from collections.abc import Collection, Mapping, Sequence

from odoo_gateway.reader import Reader
from tasks.domain.news import Subject
from tasks.records.sales import Category


def category_paths(
    odoo: Reader, by: Mapping[int, Collection[Subject]]
) -> Mapping[int, Sequence[int]]:
    """By category, its id after those above it, the topmost first.

    `by` says which records refer to each; one that is hidden is drift of those.
    """
    return {
        number: [int(part) for part in (each.parent_path or "").split("/") if part] or [number]
        for number, each in odoo.referred(Category, by).items()
    }
