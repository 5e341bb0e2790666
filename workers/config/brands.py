"""How a company looks in its mails: name, colour, logo and sender."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from workers.config.strict import Email, Strict
from workers.ledger.payloads import ToldBrand

COLOUR: Final = "#1f5fa8"
# What mail programs show; they leave out SVG and WebP.
IMAGES: Final = (".png", ".jpg", ".jpeg", ".gif")
IMAGE_BYTES: Final = 1_000_000


def _image(path: Path) -> Path:
    if path.suffix.lower() not in IMAGES:
        raise ValueError(f"{str(path)!r} is not an image that mail shows; give {', '.join(IMAGES)}")
    try:
        size = path.stat().st_size if path.is_file() else -1
    except OSError as error:
        raise ValueError(f"the path cannot be read: {error.strerror}; correct it") from None
    if size < 0:
        raise ValueError(f"there is no file {str(path)!r}; correct the path")
    if size > IMAGE_BYTES:
        raise ValueError(
            f"{str(path)!r} has more than {IMAGE_BYTES:,} bytes, in each mail; shrink it"
        )
    return path


class Brand(Strict):
    """A company's looks; what is left out is the tenant's, else the fleet's."""

    name: str | None = Field(
        None,
        min_length=1,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="instead of the company's name",
    )
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    logo: Annotated[Path, AfterValidator(_image)] | None = Field(
        None, description="a PNG, JPEG or GIF, shown 32 pixels high on the colour"
    )
    sender: Email | None = Field(None, description="the address that mails come from")

    def over(self, other: "Brand") -> "Brand":
        """This brand, with what it leaves out from another."""
        return other.model_copy(update=self.model_dump(exclude_none=True))

    def told(self, company: str) -> ToldBrand:
        """What payloads hold of it, for a company of that name."""
        return ToldBrand(
            name=self.name or company,
            colour=self.colour or COLOUR,
            logo=str(self.logo or ""),
            sender=self.sender or "" if self.name or self.sender else None,
        )
