"""Reads what people and customers are called; one that a rule hides is called by its id."""

from collections.abc import Collection, Iterable, Mapping

from odoo_gateway.reader import Reader
from tasks.domain.texts import Text
from tasks.records.sales import Partner, User


def user_names(odoo: Reader, ids: Iterable[int | None]) -> Mapping[int, str]:
    """Names of users by id, of those who left too; None stands for nobody."""
    known = sorted({user_id for user_id in ids if user_id is not None})
    found = odoo.read(User, known)
    names = {user.id: user.name for user in found}
    return {user_id: names.get(user_id, Text("user {id}", id=user_id)) for user_id in known}


def read_partners(
    odoo: Reader, by: Mapping[int, Collection[tuple[str, int]]]
) -> Mapping[int, Partner]:
    """Customers and addresses by id; `by` says which records refer to each.

    One that is hidden is drift of those.
    """
    found = odoo.referred(Partner, by)
    hidden = by.keys() - found.keys()
    return {**found, **{n: Partner(n, Text("customer {id}", id=n), None) for n in hidden}}
