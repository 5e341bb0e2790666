"""`python -m tests.chaos.odoo PORT DAY`: the sandbox, with our procedures and errands to do."""

import signal
import sys
from datetime import date

from odoo_gateway.sandbox import Sandbox
from odoo_gateway.sandbox.server import Site, serving
from tests.chaos.errands import ORDERS
from tests.fakes import errands
from workers.demo import stage


def main(port: int, day: date) -> None:
    """Serve it until interrupted."""
    sandbox = Sandbox(day, rows=errands.rows(day, ORDERS), installed=True)
    with serving(Site(sandbox, passwords={"fleet": stage.KEY}), port):
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main(int(sys.argv[1]), date.fromisoformat(sys.argv[2]))
