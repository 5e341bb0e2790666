"""What was learnt of an Odoo serves later processes for as long as it holds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from odoo_gateway.errors import OdooError, OdooRejected, OdooSchemaDrift, OdooUnavailable
from odoo_gateway.learnt import LIFE_SECONDS, Kept
from odoo_gateway.reader import Reader
from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.rights import ADMINISTRATOR
from odoo_gateway.session import SHARED_SECONDS, Session
from odoo_gateway.transport import Transport
from tasks.records.people import Employee
from tasks.records.timesheets import TimesheetLine
from tests.fakes.overlay import Overlay

TODAY = date(2026, 11, 23)
LINE = TimesheetLine.MODEL


class Shelf:
    """A store in memory."""

    def __init__(self, house: "House") -> None:
        self.house = house
        self.kept: Kept | None = None
        self.since = 0.0

    def recall(self) -> Kept | None:
        """As Store.recall."""
        return self.kept and replace(self.kept, age=self.house.now - self.since)

    def keep(self, kept: Kept) -> None:
        """As Store.keep."""
        self.kept, self.since = kept, self.house.now - kept.age


class House:
    """One Odoo that changes, and the processes that ask it one after the other."""

    def __init__(self, **switches: Any) -> None:
        self.shelf, self.now = Shelf(self), 0.0
        self.change(**switches)

    def change(self, **switches: Any) -> None:
        """The same database, set up otherwise."""
        self.set(Sandbox(TODAY, **switches))

    def set(self, inner: Transport) -> None:
        """Another database."""
        self.seen = Overlay(inner, {})

    def call(self, model: str, method: str, args: Sequence[Any], kwargs: Any) -> Any:
        """As Transport.call."""
        return self.seen.call(model, method, args, kwargs)

    def session(self, identity: str = "here") -> Session:
        """That of another process."""
        return Session(self, clock=lambda: self.now, store=self.shelf, identity=identity)

    def asked(self) -> Counter[str]:
        """How often each method was called since the last time."""
        found = Counter(method for _, method, *_ in self.seen.seen)
        self.seen.seen.clear()
        return found


def look(session: Session) -> tuple[Any, ...]:
    """What one look may go by, and sees."""
    odoo = Reader(session, 1)
    lacks = odoo.lacks(TimesheetLine, "holiday_id")
    may = session.may_read("sale.order")
    return lacks, may, session.user_id, odoo.sees_all(LINE), len(odoo.search(Employee, []))


def learnt(house: House) -> Session:
    session = house.session()
    look(session)
    session.keep()
    house.asked()
    return session


def test_a_later_process_asks_for_nothing_again() -> None:
    house = House()
    first = house.session()
    found = look(first)
    first.keep()
    assert house.asked()["fields_get"] > 2
    later = house.session()
    assert look(later) == found
    asked = house.asked()
    assert set(asked) == {"search_read"}
    # Companies, modules, the user itself, models, rules, and what was looked for.
    assert asked["search_read"] == 6


def test_nothing_is_asked_for_whoever_uses_nothing_of_it() -> None:
    house = House()
    learnt(house)
    session = house.session()
    Reader(session, 1)
    assert house.asked() == {"search_read": 1}


def test_what_was_kept_is_kept_again_only_when_it_has_grown() -> None:
    house = House()
    session = learnt(house)
    house.shelf.kept = None
    session.keep()
    assert house.shelf.kept is None
    session.reference("uom", "product_uom_hour")
    session.keep()
    assert house.session().reference("uom", "product_uom_hour") == session.reference(
        "uom", "product_uom_hour"
    )
    assert house.asked()["check_object_reference"] == 1


@pytest.mark.parametrize("is_late", [False, True], ids=["another process", "the same process"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"lacks_modules": ["hr_holidays"]}, {}),
        ({}, {"lacks_modules": ["hr_holidays"]}),
        ({"hidden_fields": {(LINE, "holiday_id")}}, {"groups": (*ADMINISTRATOR, "hr.more")}),
        ({"denied_models": ["sale.order"]}, {"groups": (*ADMINISTRATOR, "sale.more")}),
        ({"version": 18}, {"version": 19}),
    ],
    ids=["a module more", "a module less", "a field more", "a right more", "a new version"],
)
def test_another_basis_is_learnt_anew(
    before: dict[str, Any], after: dict[str, Any], is_late: bool
) -> None:
    house = House(**before)
    session = learnt(house)
    house.change(**after)
    house.now = SHARED_SECONDS + 1
    found = look(session if is_late else house.session())
    assert found == look(Session(Sandbox(TODAY, **after)))
    assert house.asked()["fields_get"] > 2


def test_a_module_that_was_upgraded_under_the_same_version_is_another_footing() -> None:
    house = House()
    learnt(house)

    def upgraded(args: Any, kwargs: Any) -> Any:
        rows = Sandbox(TODAY).call("ir.module.module", "search_read", args, kwargs)
        return [{**row, "write_date": "2026-11-23 08:00:00"} for row in rows]

    house.set(Overlay(Sandbox(TODAY), {("ir.module.module", "search_read"): upgraded}))
    look(house.session())
    assert house.asked()["fields_get"] > 2


@pytest.mark.parametrize("others", ["another database", "a login that was given to somebody else"])
def test_what_another_user_saw_is_not_gone_by(others: str) -> None:
    house = House()
    learnt(house)
    if others == "another database":
        look(house.session("there"))
    else:
        renamed = [{"id": 2, "name": "Bot", "login": "bot-old", "share": False}]
        house.change(rows={"res.users": renamed})
        look(house.session())
    assert house.asked()["fields_get"] > 2


def test_it_lives_for_an_hour() -> None:
    house = House(denied_models=["sale.order"])
    session = learnt(house)
    # An access right that was edited leaves modules and groups as they were.
    house.change()
    for seconds, may in ((LIFE_SECONDS - 1, False), (LIFE_SECONDS, True)):
        house.now = seconds
        assert look(session)[1] is may
        assert look(house.session())[1] is may


def test_what_was_learnt_on_and_on_lives_no_longer_than_the_oldest_of_it() -> None:
    house = House()
    session = learnt(house)
    house.now = 1000.0
    session.reference("uom", "product_uom_hour")
    session.keep()
    assert house.shelf.kept is not None
    assert house.shelf.kept.age == 1000.0


def test_what_another_process_has_learnt_since_is_taken_over() -> None:
    house = House(lacks_modules=["hr_holidays"])
    early = learnt(house)
    house.change()
    look(late := house.session())
    late.keep()
    house.asked()
    house.now = SHARED_SECONDS + 1
    look(early)
    # That of the user itself, by which one knows that all has changed.
    assert house.asked()["fields_get"] == 1


def test_a_refusal_of_what_was_learnt_before_may_come_of_it() -> None:
    house = House()
    session = learnt(house)
    of_rights, of_the_call = OdooRejected("no"), OdooRejected("no")
    of_rights.for_rights = True
    fresh = Session(Sandbox(TODAY))
    look(fresh)

    def doubted(asked: Session) -> list[OdooError]:
        errors = [of_rights, of_the_call, OdooSchemaDrift("no"), OdooUnavailable("away")]
        return [error for error in errors if asked.may_be_outdated(error)]

    assert doubted(session) == doubted(fresh) == []
    look(session)
    assert [str(error) for error in doubted(session)] == ["no", "no"]
    assert of_the_call not in doubted(session)
    session.forget()
    look(session)
    assert doubted(session) == []
    # What is on the shelf is what was wrong.
    assert house.asked()["fields_get"] > 2


@pytest.mark.parametrize("denied", ["res.users", "ir.module.module"])
def test_who_is_not_told_what_it_hangs_on_keeps_nothing(denied: str) -> None:
    house = House(denied_models=[denied])
    if denied == "ir.module.module":
        with pytest.raises(OdooRejected):
            look(house.session())
    else:
        session = learnt(house)
        look(session)
        assert house.asked()["fields_get"] == 0
    assert house.shelf.kept is None


def test_what_was_learnt_before_anybody_asked_what_it_hangs_on_is_asked_for_again() -> None:
    house = House()
    session = house.session()
    assert session.companies
    house.now = SHARED_SECONDS + 1
    look(session)
    found = [args for model, method, args, _ in house.seen.seen if method == "fields_get"]
    assert len(found) == len({model for model, m, *_ in house.seen.seen if m == "fields_get"})
    session.keep()
    assert house.shelf.kept is not None
    assert "res.company" not in house.shelf.kept.learnt["fields"]


def test_an_odoo_that_is_away_leaves_it_to_be_confirmed() -> None:
    house = House()
    learnt(house)
    working = house.seen

    class Away:
        def call(self, *_: Any) -> Any:
            raise OdooUnavailable("away")

    session = house.session()
    house.set(Away())
    with pytest.raises(OdooUnavailable):
        session.may_read("sale.order")
    house.seen = working
    assert session.may_read("sale.order")
    assert house.asked() == {"search_read": 2}
