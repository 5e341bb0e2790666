"""`fleet demo`: what it refuses before it begins; tests/workers/test_demo.py sees the rest."""

from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tests.fakes.command import typed

pytestmark = pytest.mark.usefixtures("at_hand")


def test_the_demo_starts_in_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="is not empty"):
        typed("demo", "--output", str(tmp_path))
