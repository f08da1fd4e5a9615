"""Ramps of heat: for each depth of colour shades chosen by hand, each lighter than the one before.

Equal steps look equal (CIE L*a*b*). In 256 and in 16 colours only what a terminal really has: its
nearest to a truecolor ramp is none, for lightness falls and hues jump.
"""

from dataclasses import dataclass

from textual.color import Color

SIXTEEN = {
    0: "#000000", 4: "#0000aa", 5: "#aa00aa", 6: "#00aaaa", 7: "#aaaaaa",
    10: "#55ff55", 11: "#ffff55", 12: "#5555ff", 13: "#ff55ff",
}  # fmt: skip
"""What stands for a terminal's own colour, by its number: Rich sends exactly this one as that."""


@dataclass(frozen=True)
class Palette:
    """A ramp from low to high, for each depth of colour."""

    name: str
    words: str
    """What it is good for."""
    many: tuple[str, ...]
    """In 16 million colours, as `rrggbb`."""
    few: tuple[int, ...]
    """By their numbers, of the 216 of a 256-colour terminal that no setting changes."""
    least: tuple[int, ...]
    """Of the 16 of any terminal: their lightness rises in xterm's colours and in VGA's."""

    def shades(self, color_system: str | None) -> tuple[Color, ...]:
        """Return the shades for what a Rich console can draw; 16 million where it is not said."""
        if color_system == "256":
            return tuple(map(_of_cube, self.few))
        if color_system == "standard":
            return tuple(Color.parse(SIXTEEN[number]) for number in self.least)
        return tuple(Color.parse(f"#{shade}") for shade in self.many)


def _of_cube(number: int) -> Color:
    """Return the colour that is sent as this number, of 16 to 231."""
    at = number - 16
    red, green, blue = (55 + 40 * step if step else 0 for step in (at // 36, at // 6 % 6, at % 6))
    return Color(red, green, blue)


def _split(shades: str) -> tuple[str, ...]:
    return tuple(shades.split())


PALETTES = (
    Palette(
        "ember",
        "from night blue over crimson to yellow",
        _split(
            "162455 282c6a 41347d 5e3683 783685 8e3584 a33681 b4397b c23d74 ce436b d94c64"
            " e3575d ea6557 ef7352 f4824d f89149 fca146 ffb147 ffc24e fdd35b fae368"
        ),
        (17, 18, 53, 89, 125, 161, 167, 209, 215, 221),
        (0, 4, 5, 13, 11),
    ),
    Palette(
        "dusk",
        "from blue over grey to yellow: the same for who cannot tell red from green",
        _split(
            "002a4d 02365e 19446d 304f75 425978 51617a 5f6a7a 6a727a 767979 818177 8c8976"
            " 969175 a19974 aca272 b6aa70 c1b26e ccbb6c d7c46a e2ce69 edd969 f8e468"
        ),
        (17, 19, 24, 66, 144, 185, 227),
        (0, 4, 12, 6, 7, 11),
    ),
    Palette(
        "fern",
        "from purple over green to yellow",
        _split(
            "341c4c 342b61 313c77 304c83 325989 34658c 35718f 357d90 368890 3a938f 3c9d8d"
            " 41a88b 4bb286 5dba80 70c177 82c66e 94cc65 a6d25c bbda57 d2e155 eae953"
        ),
        (17, 54, 25, 30, 36, 113, 191),
        (0, 4, 6, 10, 11),
    ),
)
NAMES = tuple(palette.name for palette in PALETTES)


def palette_of(name: str) -> Palette:
    """Return a palette by its name; the first one where there is none so called."""
    return next((palette for palette in PALETTES if palette.name == name), PALETTES[0])


def after(name: str) -> Palette:
    """Return the palette that follows."""
    return PALETTES[(PALETTES.index(palette_of(name)) + 1) % len(PALETTES)]
