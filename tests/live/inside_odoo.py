"""Runs a function of `tests.live.inside` in Odoo's own process, where nothing is private."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .odoo_server import OdooServer

ROOT = Path(__file__).resolve().parents[2]


def run_inside(
    server: OdooServer, database: str, function: Callable[..., Any], **arguments: Any
) -> Any:
    """Call `function(env, **arguments)` in the database; arguments and result travel as JSON."""
    call = f"{function.__name__}(env, **json.loads({json.dumps(arguments)!r}))"
    source = (
        f"import json, sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"from {function.__module__} import {function.__name__}\nprint(json.dumps({call}))"
    )
    result: Any = json.loads(server.shell(database, source).splitlines()[-1])
    return result
