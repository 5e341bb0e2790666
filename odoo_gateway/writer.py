"""The few writes, each idempotent: an activity and an internal note on a record.

Both go through Odoo's own `load` under an external id. PostgreSQL keeps that id unique, so however
often and however concurrently the same thing is written, one record comes of it. The record that
it hangs on travels as context defaults, because an ordinary user may not read `ir.model`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from odoo_gateway import answers
from odoo_gateway.errors import OdooRejected, OdooUnavailable
from odoo_gateway.reader import Reader
from odoo_gateway.records import Record
from odoo_gateway.session import Session

MODULE: Final = "__fleet__"
TO_DO: Final = "mail.mail_activity_data_todo"
NOTE: Final = "mail.mt_note"
# Models whose records show no activities, or no notes either, and the field that leads to the
# record on which people see them.
CARRIED_BY: Final = {"res.company": "partner_id", "sale.order.line": "order_id"}
# PostgreSQL's words for a loser of a race; what it lost to is committed by then.
CONFLICTS: Final = ("could not serialize access", "deadlock detected")


@dataclass(frozen=True)
class User(Record):
    """Somebody who can log in; `share` is a portal user, who has no activities."""

    MODEL: ClassVar[str] = "res.users"
    MODULE: ClassVar[str] = "base"
    id: int
    login: str
    share: bool


def external_id(kind: str, *identity: object) -> str:
    """The same id for the same identity, of characters that external ids may have."""
    digest = hashlib.sha256("\n".join(map(str, identity)).encode()).hexdigest()
    return f"{MODULE}.{kind}_{digest[:40]}"


class Writer:
    """Writes into one company of one database.

    After an OdooUnavailable nobody knows whether the write happened: call again, it does no harm.
    """

    def __init__(self, session: Session, company_id: int) -> None:
        self._session = session
        self._reader = Reader(session, company_id)

    def user(self, address: str) -> int:
        """The id of the internal user with this login or e-mail address, a login going first.

        Raises OdooRejected when there is none, or several.
        """
        pattern = address.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        same = [("login", "=ilike", pattern), ("partner_id.email", "=ilike", pattern)]
        found = self._reader.search(User, [("share", "=", False), "|", *same])
        users = [u for u in found if u.login.lower() == address.lower()] or found
        if len(users) == 1:
            return users[0].id
        if users:
            raise OdooRejected(
                f"{len(users)} users in Odoo have the address {address}: give each their own"
            )
        raise OdooRejected(
            f"no active internal user in Odoo has the login or e-mail address {address}: give the "
            "person a user with it, or route these messages to another channel"
        )

    def activity(
        self,
        external_id: str,
        model: str,
        record_id: int,
        user_id: int,
        summary: str,
        note_html: str,
        deadline: date,
    ) -> int:
        """Have a to-do on the record for the user; returns its id.

        One that was marked done stays done where Odoo keeps those (from 17 on by its type, always
        in 19); one that was deleted comes back. Odoo sends the user no mail about it. A record that
        shows no activities has it on the one that carries them: an order line on its order.
        """
        model, record_id = self._carrier("activity_ids", model, record_id)
        values = {
            "activity_type_id/id": TO_DO,
            "user_id/.id": str(user_id),
            "summary": summary,
            "note": note_html,
            "date_deadline": deadline.isoformat(),
        }
        on = {"default_res_model": model, "default_res_id": record_id}
        quiet = {"mail_activity_quick_update": True}
        return self._load("mail.activity", external_id, values, {**on, **quiet})

    def note(
        self, external_id: str, message_id: str, model: str, record_id: int, body_html: str
    ) -> int:
        """Have an internal note on the record, which followers and customers get no mail of.

        A record without notes has it on the one that carries them, as with activities.
        """
        model, record_id = self._carrier("message_ids", model, record_id)
        values = {
            "message_type": "comment",
            "subtype_id/id": NOTE,
            "body": body_html,
            "message_id": message_id,
        }
        on = {"default_model": model, "default_res_id": record_id}
        return self._load("mail.message", external_id, values, on)

    def find_activity(self, external_id: str, model: str, record_id: int) -> int | None:
        """The id of the activity that has this external id, a done one too; None without one."""
        model, record_id = self._carrier("activity_ids", model, record_id)
        about = [("res_model", "=", model), ("res_id", "=", record_id)]
        for number, name in self._named("mail.activity", about).items():
            if name == external_id:
                return number
        return None

    def find_note(self, message_id: str) -> int | None:
        """The id of the note with this Message-ID; None without one."""
        found = self._ids("mail.message", [("message_id", "=", message_id)])
        return found[0] if found else None

    def remove(self, model: str, number: int) -> None:
        """Take away an activity or note that was written here; one that is gone is no error.

        Raises OdooRejected for one that somebody else has changed since, or done.
        """
        fields = ("create_uid", "write_uid")
        for row in self._rows(model, [("id", "=", number)], fields):
            if row["create_uid"] != row["write_uid"]:
                raise OdooRejected(
                    f"{model} {number} was changed by somebody else since it was written: "
                    "take it away in Odoo, where you see what they changed"
                )
            self._session.call(model, "unlink", [number], context=self._reader.context)

    def _ids(self, model: str, domain: Sequence[Any]) -> Sequence[int]:
        return [int(row["id"]) for row in self._rows(model, domain, ())]

    def _rows(
        self, model: str, domain: Sequence[Any], fields: Sequence[str]
    ) -> Sequence[Mapping[str, Any]]:
        """Archived ones too, and ids alone of what they link to."""
        context = {**self._reader.context, "active_test": False}
        answer = self._session.call(
            model, "search_read", domain, ["id", *fields], load="", context=context
        )
        return answers.rows(answer, f"{model}.search_read", ("id", *fields))

    def _named(self, model: str, domain: Sequence[Any]) -> Mapping[int, str]:
        """The external ids of these records, where they have one."""
        ids = self._ids(model, domain)
        if not ids:
            return {}
        names = self._session.call(model, "get_external_id", ids)
        return {int(number): str(name) for number, name in names.items()}

    def _carrier(self, needs: str, model: str, record_id: int) -> tuple[str, int]:
        """The record that has the field `needs`: this one, or the one that it belongs to."""
        field = CARRIED_BY.get(model)
        if field is None:
            return model, record_id
        asked = f"{model}.fields_get"
        known = answers.fields(
            self._session.call(model, "fields_get", [needs, field], ["relation"]), asked
        )
        if needs in known or field not in known:
            return model, record_id
        rows = self._rows(model, [("id", "=", record_id)], [field])
        carrier = rows[0][field] if rows else False
        return (known[field]["relation"], carrier) if carrier else (model, record_id)

    def _load(
        self, model: str, external_id: str, values: Mapping[str, str], context: Mapping[str, Any]
    ) -> int:
        said = ""
        # Who lost a race finds at the second try what it lost to, whatever language PostgreSQL
        # tells of it in.
        for _ in range(2):
            answer = self._session.call(
                model,
                "load",
                ["id", *values],
                [[external_id, *values.values()]],
                context={**self._reader.context, **context},
            )
            # `load` always answers: what went wrong stands in messages for people.
            if answer["ids"]:
                return int(answer["ids"][0])
            said = str(answer["messages"][0]["message"]).strip().splitlines()[0]
        if any(words in said for words in CONFLICTS):
            raise OdooUnavailable(f"{external_id} is being written by others too ({said})")
        of = context.get("default_res_model") or context.get("default_model")
        raise OdooRejected(
            f"Odoo refuses to write {model} about {of} {context['default_res_id']}: "
            f"{said.rstrip('.')}. See that the record is there and the fleet's user may write it: "
            "docs/channels.md"
        )
