"""What can be done on the map."""

from cftui.tui.shared.commands import Command

COMMANDS = (
    Command("map.search", "slash", "search", "Search", "Bring a movie to the middle", True),
    Command("map.in", "plus,equals_sign", "zoom(1)", "Zoom in", "Larger, about the middle", True),
    Command("map.out", "minus,underscore", "zoom(-1)", "Out", "Smaller"),
    Command("map.whole", "0,home,z", "whole", "Whole", "Have all of it in view", True),
    Command("map.colour", "c", "colour", "Colour", "By genre, year, ratings, bias, you", True),
    Command("map.axes", "a", "axes(1)", "Axes", "The next pair of components", True),
    Command("map.axes-back", "A", "axes(-1)", "Axes back", "The pair of components before"),
    Command("map.ends", "e", "ends", "Ends", "Both ends of the two components, as lists", True),
    Command("map.play", "space", "play", "Play", "How the space formed as the run trained", True),
    Command("map.earlier", "comma", "moment(-1)", "Earlier", "The moment of the run before"),
    Command("map.later", "full_stop", "moment(1)", "Later", "The moment after"),
    Command("map.labels", "t", "labels", "Titles", "Show or hide the titles"),
    Command("map.source", "s", "source", "Source", "By the run's factors, or by likes alone"),
    Command("map.filter", "f", "filter", "Filter", "Only some genres, years, ratings"),
    Command("map.least", "n", "least", "At least", "Only with 1, 5, 20 or 50 ratings"),
    Command("map.open", "o", "open", "Open", "Open the movie at the middle"),
)
