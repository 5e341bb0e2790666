"""The example of a configuration, and what it says once its comments are settings."""

import re
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "fleet.example.toml").read_text(encoding="utf-8")
LOGO = ROOT / "docs" / "images" / "mail-ops.png"
SWITCHED_OFF = re.compile(r"# (?=\[|[a-z_.]+ = )")
SECRETS = {
    "FLEET_ACME_ODOO_API_KEY": "k",
    "FLEET_ACME_WEBHOOK_N8N_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "FLEET_ACME_IN_ODOO_SECRET": "f" * 40,
    "FLEET_ACME_IN_N8N_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "FLEET_ACME_WEBHOOK_FINANCE_ROOM_URL": "https://chat.example/room",
}


def is_switched_off(line: str) -> bool:
    """Whether a line is a setting in a comment."""
    return SWITCHED_OFF.match(line) is not None


def all_on() -> str:
    """The example with every setting switched on."""
    return "\n".join(SWITCHED_OFF.sub("", line, 1) for line in TEXT.splitlines())


def switched_on() -> Sequence[tuple[str, str]]:
    """The example with one paragraph or single setting more, each by its first line; and with all.

    Tables of their own make one paragraph: the routes name the webhooks before them.
    """
    lines = TEXT.splitlines()
    tables = next(n for n, line in enumerate(lines) if line.startswith("# ["))
    single = [n for n, line in enumerate(lines[:tables]) if is_switched_off(line)]
    found = []
    for chosen in [*([n] for n in single), [*range(tables, len(lines))]]:
        text = [
            SWITCHED_OFF.sub("", line, 1) if n in chosen else line for n, line in enumerate(lines)
        ]
        found.append((lines[chosen[0]].split("  ")[0], "\n".join(text)))
    return [*found, ("all", all_on())]
