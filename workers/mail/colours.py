"""Colours that can be told apart, by the contrast of WCAG 2."""

from typing import Final

BLACK: Final = "#000000"
WHITE: Final = "#ffffff"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours like #1f5fa8, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
