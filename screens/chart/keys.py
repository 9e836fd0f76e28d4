"""The keys of a chart, and its help."""

from __future__ import annotations

from textual.binding import Binding

HELP = (
    "A plot of what was measured. Every line has its own dots and colour, named in the legend. "
    "The crosshair (c) reads every line at one x: ≈ marks a place between two points, ~ the "
    "moving average. On the axis × marks a point without a number, ▾ one that a logarithm "
    "cannot show, ▴ an event. "
    "Zoom, smoothing and log are kept for each plot."
)
STRIDE = 10


def _key(key: str, action: str, word: str, tooltip: str, verb: str) -> Binding:
    """Return a key that the footer leaves out."""
    return Binding(key, action, word, tooltip=tooltip, show=False, id=f"chart.{verb}")


LOOKING = [
    Binding("y", "log_y", "Log y", tooltip="Logarithmic or linear y", id="chart.log"),
    Binding("s", "smooth(1)", "Smooth", tooltip="Smooth more", id="chart.smooth"),
    _key("S", "smooth(-1)", "Rougher", "Smooth less", "rough"),
    Binding("c", "crosshair", "Cross", tooltip="Crosshair on or off", id="chart.crosshair"),
    Binding("plus", "zoom(1)", "Zoom", tooltip="Show less of x, closer", id="chart.zoom-in"),
    _key("minus", "zoom(-1)", "Out", "Show more of x", "zoom-out"),
    _key("left_square_bracket", "pan(-1)", "Earlier", "Move the window of x left", "pan-left"),
    _key("right_square_bracket", "pan(1)", "Later", "Move the window of x right", "pan-right"),
    _key("f", "follow", "Follow", "Follow the newest points, or stay", "follow"),
    _key("0", "reset", "All x", "Show all of x again", "reset"),
]
CROSSHAIR = [
    # They act, and show in the hints, only while there is a crosshair.
    Binding("left", "step(-1)", "Left", tooltip="Crosshair one point left", id="chart.left"),
    Binding("right", "step(1)", "Right", tooltip="Crosshair one point right", id="chart.right"),
    _key("shift+left", f"step(-{STRIDE})", "Left 10", "Crosshair ten points left", "far-left"),
    _key("shift+right", f"step({STRIDE})", "Right 10", "Crosshair ten points right", "far-right"),
    _key("home", "edge(-1)", "First", "Crosshair to the first point", "first"),
    _key("end", "edge(1)", "Last", "Crosshair to the last point", "last"),
    _key("escape", "crosshair_off", "Done", "Crosshair off", "crosshair-off"),
]
CROSSHAIR_ACTIONS = frozenset({"step", "edge", "crosshair_off"})
# What a chart without numbers cannot do.
NEEDS_NUMBERS = frozenset({"log_y", "crosshair", "zoom", "pan", "follow", "reset"})
