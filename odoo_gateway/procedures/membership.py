"""Who is in our group in Odoo: the fleet's own user, and nobody else."""

from collections.abc import Collection
from dataclasses import dataclass

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected
from odoo_gateway.procedures.pieces import GROUP, MODULE, ours
from odoo_gateway.session import Session

ADMINISTRATORS = "base.group_system"


@dataclass(frozen=True)
class Member:
    """A user, and the groups that it is in by their external ids, those that these imply too."""

    login: str
    user_id: int
    groups: Collection[str]

    @property
    def is_in(self) -> bool:
        """Whether it is in ours."""
        return ours("group") in self.groups

    @property
    def is_administrator(self) -> bool:
        """Whether its rights are far more than the fleet needs."""
        return ADMINISTRATORS in self.groups


def me(session: Session) -> Member:
    """The session's own user; leaves nothing in Odoo's log, whatever is installed there."""
    return _one(session, [("id", "=", session.user_id)], f"user {session.user_id}")


def member(session: Session, login: str) -> Member:
    """The user with that login. Raises OdooRejected where there is none."""
    return _one(session, [("login", "=", login)], repr(login))


def join(session: Session, who: Member) -> None:
    """Put a user into our group, as an administrator."""
    group = session.reference(MODULE, "group")
    own = "group_ids" if session.major_version >= 19 else "groups_id"
    session.call("res.users", "write", [who.user_id], {own: [(4, group)]})


def _one(session: Session, domain: list[tuple[str, str, object]], named: str) -> Member:
    every = "all_group_ids" if session.major_version >= 19 else "groups_id"
    answer = session.call("res.users", "search_read", domain, ["login", every])
    found = answers.rows(answer, "res.users.search_read", ("id", "login", every))
    if not found:
        raise OdooRejected(f"there is no active user {named} in this Odoo for the fleet")
    names = session.call(GROUP, "get_external_id", found[0][every])
    return Member(found[0]["login"], found[0]["id"], frozenset(names.values()))
