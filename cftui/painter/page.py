"""The grid of cells that a chart is written on, and the shades it is written in."""

from dataclasses import dataclass

from rich.cells import cell_len

from cftui.charts import UNDER, Colour, TextRun


@dataclass(frozen=True)
class Inks:
    """The shades of a chart's foreground."""

    title: Colour
    label: Colour
    axis: Colour
    grid: Colour
    paper: Colour
    """The extreme that the background is taken to be near: black or white."""


class Canvas:
    """A grid of cells, (character, colour) each, that is written on from the top left."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.text = [[" "] * width for _ in range(height)]
        self.colour: list[list[Colour | None]] = [[None] * width for _ in range(height)]
        self.ground: list[list[Colour | None]] = [[None] * width for _ in range(height)]

    def put(self, row: int, column: int, text: str, colour: Colour | None) -> None:
        """Write plain text from a cell on; what lies outside the page is left out."""
        for character in text:
            size = cell_len(character)
            if size and 0 <= row < self.height and 0 <= column <= self.width - size:
                self.text[row][column : column + size] = [character] + [""] * (size - 1)
                self.colour[row][column : column + size] = [colour] * size
            column += size

    def free(self, row: int, column: int, size: int) -> bool:
        """Tell whether these cells lie on the page and hold nothing but lines of the ground."""
        inside = 0 <= row < self.height and column >= 0 and column + size <= self.width
        return inside and all(text in UNDER for text in self.text[row][column : column + size])

    def runs(self, row: int, coloured: bool) -> tuple[TextRun, ...]:
        """Return a row as runs of one colour; a blank takes the colour that it follows."""
        found: list[tuple[str, Colour | None, Colour | None]] = []
        for cell in zip(self.text[row], self.colour[row], self.ground[row], strict=True):
            text, colour, ground = cell
            alike = found and (not coloured or ground == found[-1][2])
            if alike and (not coloured or text in " " or colour == found[-1][1]):
                found[-1] = (found[-1][0] + text, *found[-1][1:])
            else:
                found.append(cell if coloured else (text, None, None))
        return tuple((text, style(ink, ground)) for text, ink, ground in found)


def inks(foreground: Colour) -> Inks:
    """Return the shades of a foreground; the background is taken to be its opposite."""
    light = sum(foreground) > 3 * 127
    paper = (0, 0, 0) if light else (255, 255, 255)
    return Inks(
        title=mix(foreground, paper, 1.0),
        label=mix(foreground, paper, 0.7),
        axis=mix(foreground, paper, 0.4),
        grid=mix(foreground, paper, 0.2),
        paper=paper,
    )


def style(ink: Colour | None, ground: Colour | None) -> str | None:
    """Return colours as a `TextRun` has them."""
    words = [code(ink)] if ink is not None else []
    words += ["on", code(ground)] if ground is not None else []
    return " ".join(words) or None


def code(ink: Colour) -> str:
    """Return a colour as `#rrggbb`."""
    return f"#{ink[0]:02x}{ink[1]:02x}{ink[2]:02x}"


def mix(ink: Colour, paper: Colour, share: float) -> Colour:
    """Return a colour with `share` (0 to 1) of the ink and the rest of the paper."""
    red, green, blue = (
        min(max(round(share * a + (1 - share) * b), 0), 255)
        for a, b in zip(ink, paper, strict=True)
    )
    return red, green, blue
