"""`python -m odoo_gateway.sandbox`: serves the firm until it is interrupted."""

import argparse
import signal
import sys
from datetime import UTC, date, datetime

from odoo_gateway.sandbox.sandbox import Sandbox
from odoo_gateway.sandbox.schema import NEWEST, VERSIONS
from odoo_gateway.sandbox.server import Site, serving


def main(arguments: list[str] | None = None) -> int:
    """Prints the address, then what to log in with."""
    parser = argparse.ArgumentParser(prog="odoo_gateway.sandbox", description=__doc__)
    parser.add_argument(
        "--as-of",
        type=date.fromisoformat,
        default=datetime.now(UTC).date(),
        metavar="YYYY-MM-DD",
        help="the day that the firm lives in; this one if left out",
    )
    parser.add_argument("--port", type=int, default=8069, help="0 takes a free one")
    parser.add_argument("--odoo", type=int, default=NEWEST, choices=VERSIONS, help="its version")
    parser.add_argument(
        "--installed", action="store_true", help="with what `fleet odoo install` puts there"
    )
    parser.add_argument("--database", default="sandbox")
    parser.add_argument("--login", default="fleet")
    parser.add_argument("--password", default="sandbox")
    asked = parser.parse_args(arguments)
    sandbox = Sandbox(asked.as_of, version=asked.odoo, installed=asked.installed)
    site = Site(sandbox, asked.database, {asked.login: asked.password})
    with serving(site, asked.port) as address:
        login = f"login {asked.login}  password {asked.password}"
        print(f"{address}  database {asked.database}  {login}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main())
