"""Requests that were split: several that each stay under a limit and pass it together.

The window of 30 days is ours, after what auditors of purchases look for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from tasks.domain.matrix import Matrix, Request, Verdict, verdict

WINDOW: Final = timedelta(days=30)


@dataclass(frozen=True)
class Asked:
    """A request with what it may have in common with others."""

    id: int
    contract: str
    request: Request


@dataclass(frozen=True)
class Split:
    """Requests which, asked for as one, would have needed a higher level than any of them did."""

    #: Of one requester, or of one contract where that is empty.
    requester: str
    contract: str
    ids: tuple[int, ...]
    first: date
    last: date
    amount: Decimal
    currency: str
    #: What they would have needed together.
    together: Verdict


def splits(
    matrix: Matrix, asked: Sequence[Asked], people: Mapping[str, tuple[str, ...]]
) -> Iterator[Split]:
    """The requests that were split, by requester and by contract; the widest of each first."""
    groups: dict[tuple[str, str, str, str], list[Asked]] = {}
    for each in sorted(asked, key=lambda each: (each.request.on, each.id)):
        request = each.request
        if request.amount is not None and request.currency:
            for requester, contract in ((request.requester, ""), ("", each.contract)):
                if requester or contract:
                    key = requester, contract, request.kind, request.currency
                    groups.setdefault(key, []).append(each)
    for (requester, contract, _, _), group in sorted(groups.items()):
        yield from _of_group(matrix, group, people, requester, contract)


def _of_group(
    matrix: Matrix,
    group: Sequence[Asked],
    people: Mapping[str, tuple[str, ...]],
    requester: str,
    contract: str,
) -> Iterator[Split]:
    until = -1
    for start, first in enumerate(group):
        last_day = first.request.on + WINDOW
        within = [each for each in group[start:] if each.request.on < last_day]
        end = start + len(within) - 1
        # What lies within an earlier window was told with it.
        if len(within) > 1 and end > until:
            heights = [matrix.needed(verdict(matrix, e.request, people)) for e in within]
            amount = sum((e.request.amount or Decimal(0) for e in within), Decimal(0))
            whole = verdict(matrix, _as_one(within[-1].request, amount), people)
            if matrix.needed(whole) > max(heights):
                until = end
                yield Split(
                    requester,
                    contract,
                    tuple(each.id for each in within),
                    first.request.on,
                    within[-1].request.on,
                    amount,
                    first.request.currency or "",
                    whole,
                )


def _as_one(request: Request, amount: Decimal) -> Request:
    return replace(request, amount=amount, earlier=())
