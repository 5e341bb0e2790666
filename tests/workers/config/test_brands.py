"""A company's mails carry its name, colour, logo and sender."""

from pathlib import Path

import pytest

from tests.workers.config.test_settings import GOOD, problems, with_file
from workers.config import settings
from workers.config.brands import Brand
from workers.ledger.payloads import ToldBrand
from workers.mail.colours import contrast, ink_on

BRANDS = """
[tenants.acme.brand]
name = "Acme"
colour = "#ffd100"

[tenants.acme.company.2.brand]
name = "Acme Americas"
sender = "fleet@acme.example"
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_company_takes_from_the_tenant_what_its_brand_leaves_out() -> None:
    tenant = settings.load(with_file(GOOD + BRANDS)).tenant("acme")
    assert tenant.brand(1).told("Acme NV") == ToldBrand(
        name="Acme", colour="#ffd100", logo="", sender=""
    )
    assert tenant.brand(2).told("Acme Inc").sender == "fleet@acme.example"
    assert tenant.brand(2).colour == "#ffd100"


def test_without_a_brand_mails_carry_the_companys_name_and_the_fleets_sender() -> None:
    told = Brand().told("Acme NV")
    assert told.name == "Acme NV"
    assert told.sender is None


def test_colours_and_logos_are_checked_at_start() -> None:
    Path("logo.svg").write_text("<svg/>", encoding="utf-8")
    brand = '\n[tenants.acme.brand]\ncolour = "blue"\nlogo = "logo.svg"\n'
    missing = '\n[tenants.acme.company.2.brand]\nlogo = "none.png"\n'
    found = "\n".join(problems(with_file(GOOD + brand + missing)))
    assert "tenants.acme.brand.colour" in found
    assert (
        "fleet.toml:21: tenants.acme.brand.logo: 'logo.svg' is not an image that mail shows"
        in found
    )
    assert "tenants.acme.company.2.brand.logo: there is no file 'none.png'" in found


@pytest.mark.parametrize("colour", ["#ffd100", "#12506b", "#000000", "#ffffff", "#777777"])
def test_text_on_any_colour_can_be_read(colour: str) -> None:
    assert contrast(ink_on(colour), colour) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
