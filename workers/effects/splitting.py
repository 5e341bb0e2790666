"""What looks as if it were split to stay under a limit: told to who decides, and audited."""

from collections.abc import Iterable, Sequence
from typing import Final

from tasks.domain.splitting import WINDOW, Asked, Split, splits
from tasks.domain.texts import Money, Text, Value
from workers.config.tenants import Tenant
from workers.ledger import effects
from workers.ledger.database import Connection
from workers.ledger.effects import Effect
from workers.ledger.statuses import EffectStatus

# What was asked for in vain is part of nothing larger.
IN_VAIN: Final = frozenset({EffectStatus.DECLINED, EffectStatus.WITHDRAWN, EffectStatus.UNDONE})
MOST_COMPARED: Final = 10_000
# As many are named as a sentence has room for.
MOST_NAMED: Final = 3


def asked(found: Iterable[Effect]) -> Sequence[Asked]:
    """Those of these effects that a matrix decides about, and that may be parts of one."""
    return [
        Asked(
            effect.id,
            effect.request.contract_id or f"{effect.model},{effect.record_id}",
            effect.request,
        )
        for effect in found
        if effect.request is not None and effect.matrix and effect.status not in IN_VAIN
    ]


def suspected(connection: Connection, tenant: Tenant, effect: Effect) -> Sequence[Split]:
    """What an effect may be a part of: the largest by its requester, and by its contract.

    Each set of effects once; none where no matrix decides about it.
    """
    _, matrix = tenant.matrix_of(effect.kind)
    request = effect.request
    if matrix is None or request is None:
        return ()
    found = effects.find(connection, limit=MOST_COMPARED, tenant=tenant.name, kind=effect.kind)
    near = [each for each in asked(found) if abs(each.request.on - request.on) < WINDOW]
    people = tenant.people(effect.company_id, request.held)
    largest: dict[bool, Split] = {}
    for split in splits(matrix, near, people):
        by_contract = bool(split.contract)
        before = largest.get(by_contract)
        if effect.id in split.ids and (before is None or split.amount > before.amount):
            largest[by_contract] = split
    return list({split.ids: split for _, split in sorted(largest.items(), reverse=True)}.values())


def told(connection: Connection, tenant: Tenant, effect: Effect) -> tuple[Text, ...]:
    """The same in words, for who decides."""
    return tuple(_told(connection, each, effect) for each in suspected(connection, tenant, effect))


def _told(connection: Connection, split: Split, effect: Effect) -> Text:
    others = [number for number in split.ids if number != effect.id]
    found = [effects.get(connection, number) for number in others[:MOST_NAMED]]
    named: list[str] = [each.preview for each in found if each is not None]
    if len(others) > MOST_NAMED:
        named.append(Text("and {count} more", count=len(others) - MOST_NAMED))
    values: dict[str, Value] = {
        "amount": Money(split.amount, split.currency),
        "first": split.first,
        "last": split.last,
        "levels": tuple(level.name for level in split.together.levels),
        "others": tuple(named),
    }
    if split.contract:
        return Text(
            "perhaps split: from {first} to {last} {amount} in all were asked for about the same "
            "contract, which as one would need {levels}; the others: {others}",
            **values,
        )
    return Text(
        "perhaps split: from {first} to {last} {person} asked for {amount} in all, which as one "
        "would need {levels}; the others: {others}",
        person=split.requester,
        **values,
    )
