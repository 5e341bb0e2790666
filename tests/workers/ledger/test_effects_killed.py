"""A process that is killed by the kernel around a write into Odoo: the next one does it once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.server import Site, serving
from odoo_gateway.transport import Address, OdooRpc
from tests.fakes.clock import Clock
from tests.fakes.effects import effect_of, follow_up, proposed
from tests.fakes.fleets import FILE, fleet_on
from workers.effects import executor
from workers.ledger.statuses import EffectStatus
from workers.wiring import Fleet

MODES = f'{FILE}effects.follow_up = "automatic"\n'
PATIENCE = 60
# What the first process is killed in the middle of.
BEFORE, DURING, AFTER = "before it wrote", "before the answer", "before it read back"


@dataclass(frozen=True)
class Halting(Site):
    """A server that stops answering once, at that point, and says when it has come to it."""

    point: str = ""
    there: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)
    writes: list[str] = field(default_factory=list)

    def answer(self, path: str, params: Mapping[str, Any]) -> Any:
        """As Site.answer."""
        model, method = ([*params.get("args", ()), "", "", "", "", ""])[3:5]
        if method == "load" and self.point == BEFORE:
            self._halt()
        found = super().answer(path, params)
        if method == "load":
            self.writes.append(str(model))
            if self.point == DURING:
                self._halt()
        if method == "get_external_id" and self.point == AFTER:
            self._halt()
        return found

    def _halt(self) -> None:
        if not self.there.is_set():
            self.there.set()
            self.go_on.wait(PATIENCE)


def at(folder: Path, odoo: str, database: str, now: datetime) -> Fleet:
    transport = OdooRpc(Address(odoo, "sandbox", "fleet", "sandbox"))
    environ = {"FLEET_DATABASE_URL": database}
    return fleet_on(folder, Clock(now), transport, file=MODES, environ=environ, upgraded=False)


def execute(folder: Path, odoo: str, database: str, now: datetime) -> None:
    """What each process does."""
    executor.execute_next(at(folder, odoo, database, now))


@pytest.mark.parametrize("point", [BEFORE, DURING, AFTER])
def test_what_is_killed_around_a_write_is_done_once_in_the_end(
    tmp_path: Path, clock: Clock, url: str, point: str
) -> None:
    site = Halting(Sandbox(date(2026, 11, 23)), point=point)
    with serving(site) as odoo:
        fleet = at(tmp_path, odoo, url, clock())
        number = proposed(fleet, follow_up())
        arguments = (tmp_path, odoo, url, clock())
        killed = get_context("spawn").Process(target=execute, args=arguments)
        killed.start()
        assert site.there.wait(PATIENCE)
        killed.kill()
        killed.join(PATIENCE)
        assert killed.exitcode is not None
        assert killed.exitcode < 0
        site.go_on.set()
        assert effect_of(fleet, number).status is EffectStatus.WRITING
        later: Sequence[timedelta] = [timedelta(minutes=30 * step) for step in (1, 2)]
        for wait in later:
            execute(tmp_path, odoo, url, clock() + wait)
        assert effect_of(fleet, number).status is EffectStatus.DONE
        rows = site.sandbox.call("mail.activity", "search_read", [[]], {})
    assert [row["summary"] for row in rows if row["summary"] == "Bill it"] == ["Bill it"]
    # A request that Odoo had in hand when its sender died is done all the same, and may be first.
    assert len(site.writes) == 1 or (point, len(site.writes)) == (BEFORE, 2)
