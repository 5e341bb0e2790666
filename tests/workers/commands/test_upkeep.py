"""`fleet upgrade`: the ledger of this version."""

from pathlib import Path

import pytest

from odoo_gateway.errors import ConfigurationError
from tests.fakes.command import typed
from tests.fakes.fleets import TENANT

pytestmark = pytest.mark.usefixtures("at_hand")


@pytest.mark.parametrize("file", ["", TENANT, "[tenants.Bad-1]\n"])
def test_the_ledger_is_created_then_kept_up_to_date_and_needs_no_tenant(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fleet.toml").write_text(file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.environ", {"FLEET_DATABASE_URL": "sqlite:///new.db"})
    assert "new.db was created" in typed("upgrade")[1]
    assert "new.db is up to date" in typed("upgrade")[1]
    (tmp_path / "fleet.toml").unlink()
    assert "new.db is up to date" in typed("upgrade")[1]
    monkeypatch.setattr("os.environ", {"FLEET_DATABASE_URLL": "sqlite:///new.db"})
    with pytest.raises(ConfigurationError, match="FLEET_DATABASE_URLL: no such setting"):
        typed("upgrade")
