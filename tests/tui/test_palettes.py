"""Heat is a scale in every depth of colour: lighter is more, even steps, digits one can read."""

from itertools import pairwise
from math import dist
from types import SimpleNamespace
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.style import Style
from textual.strip import Strip

from cftui.tui.shared.contrast import contrast
from cftui.tui.shared.heat import Heat
from cftui.tui.shared.palettes import PALETTES, Palette, palette_of

XTERM = (
    *("#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"),
    *("#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"),
)
"""The defaults of XTerm-col.ad."""
CUBE = (0, 95, 135, 175, 215, 255)
"""What xterm's 256colres.h has each of red, green and blue take."""
SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT}
SYSTEMS["standard"] = ColorSystem.STANDARD
RGB = tuple[int, int, int]


def lab(rgb: RGB) -> tuple[float, float, float]:
    """Return CIE L*a*b* of sRGB at D65 (IEC 61966-2-1, CIE 15)."""
    linear = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in rgb]
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (
        sum(a * b for a, b in zip(row, linear, strict=True)) / of
        for row, of in zip(rows, white, strict=True)
    )
    f = [t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z)]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def parsed(code: str) -> RGB:
    red, green, blue = (int(code[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def drawn(style: Style, system: str) -> tuple[RGB, RGB]:
    """Return ink and ground as xterm shows what is sent for a style."""
    codes = [int(code) for code in Strip.render_ansi(style, SYSTEMS[system]).split(";")]
    return shown(codes, 30), shown(codes, 40)


def shown(codes: list[int], base: int) -> RGB:
    if base + 8 in codes:
        at = codes.index(base + 8)
        if codes[at + 1] == 2:
            red, green, blue = codes[at + 2 : at + 5]
            return red, green, blue
        number = codes[at + 2] - 16
        return CUBE[number // 36], CUBE[number // 6 % 6], CUBE[number % 6]
    [number] = [c - base for c in codes if base <= c < base + 8] + [
        c - base - 52 for c in codes if base + 60 <= c < base + 68
    ]
    return parsed(XTERM[number])


def heat(palette: Palette, system: str, *, no_color: bool = False) -> Heat:
    console = SimpleNamespace(color_system=system)
    app: Any = SimpleNamespace(no_color=no_color, heat_palette=palette, console=console)
    return Heat(app)


def ramp(palette: Palette, system: str) -> list[tuple[RGB, RGB]]:
    """Return ink and ground of a thousand values, each that differs once."""
    scale = heat(palette, system)
    styles = dict.fromkeys(scale.style(value / 999, 0, 1) for value in range(1000))
    return [drawn(style, system) for style in styles]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_lightness_rises_with_the_value_and_digits_can_be_read(
    palette: Palette, system: str
) -> None:
    found = ramp(palette, system)
    grounds = [lab(ground) for _, ground in found]
    assert all(low[0] < high[0] for low, high in pairwise(grounds))
    assert len(found) >= {"truecolor": 21, "256": 7, "standard": 5}[system]
    for ink, ground in found:
        assert luminance_ratio(ink, ground) >= 4.5
    assert grounds[-1][0] - grounds[0][0] > 70


def luminance_ratio(one: RGB, other: RGB) -> float:
    """Return WCAG's contrast, of luminance found from L*."""

    def y(rgb: RGB) -> float:
        f = (lab(rgb)[0] + 16) / 116
        return f**3 if f**3 > 216 / 24389 else (116 * f - 16) * 27 / 24389

    low, high = sorted((y(one), y(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", PALETTES, ids=lambda palette: palette.name)
def test_steps_look_even(palette: Palette) -> None:
    """Each step within a fifth of the others, in 16 million; none twice another's in 256 (L*)."""
    grounds = [lab(ground) for _, ground in ramp(palette, "truecolor")]
    steps = [dist(one, other) for one, other in pairwise(grounds)]
    assert max(steps) < 1.3 * min(steps)
    grounds = [lab(ground) for _, ground in ramp(palette, "256")]
    rises = [high[0] - low[0] for low, high in pairwise(grounds)]
    assert max(rises) < 2.2 * min(rises)


def test_who_cannot_tell_red_from_green_sees_the_same_scale() -> None:
    """Of dusk: as Viénot, Brettel and Mollon (1999) have a deuteranope see it, it hardly changes.

    Ember, for comparison, changes several times as much.
    """

    def seen(rgb: RGB) -> RGB:
        linear = [(v / 255) ** 2.2 for v in rgb]
        rg = 0.29275 * linear[0] + 0.70725 * linear[1]
        blue = -0.02234 * linear[0] + 0.02234 * linear[1] + linear[2]
        red, green, b = (round(255 * min(max(v, 0.0), 1.0) ** (1 / 2.2)) for v in (rg, rg, blue))
        return red, green, b

    def change(name: str) -> float:
        grounds = [ground for _, ground in ramp(palette_of(name), "truecolor")]
        return max(dist(lab(ground), lab(seen(ground))) for ground in grounds)

    assert change("dusk") < 20 < 2 * change("dusk") < change("ember")
    for system in SYSTEMS:
        through = [lab(seen(ground))[0] for _, ground in ramp(palette_of("dusk"), system)]
        assert all(low < high for low, high in pairwise(through))


def test_in_256_colours_every_half_star_has_a_shade_of_its_own() -> None:
    scale = heat(PALETTES[0], "256")
    assert len({scale.style(half / 2, 0.5, 5.0) for half in range(1, 11)}) == 10


def test_in_16_colours_every_star_has_a_shade_of_its_own() -> None:
    for palette in PALETTES:
        scale = heat(palette, "standard")
        assert len({scale.style(star, 1, 5) for star in range(1, 6)}) == 5


def test_without_colours_there_is_no_ground() -> None:
    scale = heat(PALETTES[0], "truecolor", no_color=True)
    assert not scale.coloured and scale.style(3, 1, 5) == Style()


def test_contrast_is_wcags() -> None:
    """Of its own examples: black on white, and #777777, which is just too pale on white."""
    white, grey, black = (
        SimpleNamespace(rgb=parsed(code)) for code in ("#ffffff", "#777777", "#000000")
    )
    one: Any = white
    assert contrast(one, black) == pytest.approx(21)  # type: ignore[arg-type]
    assert contrast(grey, one) == pytest.approx(4.48, abs=0.005)  # type: ignore[arg-type]
