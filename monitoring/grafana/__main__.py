"""Writes every dashboard's JSON into the folder that Grafana provisions from."""

import json
from pathlib import Path
from typing import Final

from monitoring.grafana.boards import BOARDS
from monitoring.grafana.panels import Dashboard, as_json
from monitoring.grafana.roles import ROLES

FOLDER: Final = Path(__file__).with_name("dashboards")
ALL: Final[tuple[Dashboard, ...]] = (*BOARDS, *ROLES)


def texts() -> dict[str, str]:
    """The text of each file, by its name."""
    return {f"{board.uid}.json": json.dumps(as_json(board), indent=2) + "\n" for board in ALL}


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
