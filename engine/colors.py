"""A brand's colour, made dark or light enough to be read (WCAG 2.2, contrast 4.5 to 1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

DEFAULT: Final = "#2f5d8a"
_WHITE: Final = (255, 255, 255)
_NIGHT: Final = (28, 30, 34)
_READABLE: Final = 4.5
_STEPS: Final = 20

_Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colours as #rrggbb: `accent` reads on white and carries white text, `accent_dark` reads on a dark page."""

    accent: str
    accent_dark: str


def palette(color: str) -> Palette:
    """Derive the readable shades of a brand colour; anything but #rrggbb counts as no colour."""
    chosen = color if re.fullmatch(r"#[0-9A-Fa-f]{6}", color) else DEFAULT
    rgb = (int(chosen[1:3], 16), int(chosen[3:5], 16), int(chosen[5:7], 16))
    return Palette(accent=_towards(rgb, (0, 0, 0), _WHITE), accent_dark=_towards(rgb, _WHITE, _NIGHT))


def contrast(one: _Rgb, other: _Rgb) -> float:
    """Give the contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _towards(rgb: _Rgb, end: _Rgb, background: _Rgb) -> str:
    """Mix a colour with an end of the scale, only as far as it takes to read it on the background."""
    shades = [_mix(rgb, end, step) for step in range(_STEPS + 1)]
    readable = (shade for shade in shades if contrast(shade, background) >= _READABLE)
    return "#{:02x}{:02x}{:02x}".format(*next(readable, end))


def _mix(rgb: _Rgb, end: _Rgb, step: int) -> _Rgb:
    red, green, blue = ((part * (_STEPS - step) + goal * step) // _STEPS for part, goal in zip(rgb, end, strict=True))
    return red, green, blue


def _luminance(rgb: _Rgb) -> float:
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in rgb]  # noqa: PLR2004 (sRGB's own constants)
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
