"""The workbench's two themes: colours told apart by colour-blind eyes, and in 256 colours."""

from __future__ import annotations

from textual.theme import Theme

# Series by role, after Okabe and Ito; each also has its own pattern of dots.
_DARK_ROLES = {
    "role-train": "#56b4e9",
    "role-test": "#e69f00",
    "role-validation": "#cc79a7",
    "role-straight": "#d55e00",
    "role-ghost": "#6c7a89",
    "role-lr": "#009e73",
    "role-other": "#f0e442",
}
_LIGHT_ROLES = {
    "role-train": "#0072b2",
    "role-test": "#b35900",
    "role-validation": "#9b3f74",
    "role-straight": "#c0392b",
    "role-ghost": "#8a93a0",
    "role-lr": "#00704f",
    "role-other": "#6f6400",
}
# Ten classes beside one another, each also drawn as its own digit.
_DARK_CLASSES = (
    *("#56b4e9", "#e69f00", "#4cc38a", "#f0e442", "#cc79a7"),
    *("#ff7b5e", "#9d8cff", "#8fd3c1", "#c9b27c", "#b0b7c3"),
)
_LIGHT_CLASSES = (
    *("#0072b2", "#b35900", "#00704f", "#6f6400", "#9b3f74"),
    *("#b3261e", "#5b45c9", "#00756f", "#7a5a12", "#5a6472"),
)


def _classes(colours: tuple[str, ...]) -> dict[str, str]:
    return {f"class-{place}": colour for place, colour in enumerate(colours)}


DARK = Theme(
    name="mcworkbench-dark",
    dark=True,
    primary="#56b4e9",
    secondary="#7f9fbf",
    accent="#e69f00",
    warning="#e6b800",
    error="#ff6b5e",
    success="#4cc38a",
    foreground="#d8dee9",
    background="#12161c",
    surface="#171c24",
    panel="#232a35",
    variables={
        **_DARK_ROLES,
        **_classes(_DARK_CLASSES),
        "state-running": "#56b4e9",
        "state-waiting": "#7c8794",
        "state-stopped": "#e6b800",
        "state-failed": "#ff6b5e",
        "state-done": "#4cc38a",
        "state-reused": "#8fa8ff",
    },
)
LIGHT = Theme(
    name="mcworkbench-light",
    dark=False,
    primary="#0072b2",
    secondary="#4a6a86",
    accent="#b35900",
    warning="#8a6d00",
    error="#b3261e",
    success="#00704f",
    foreground="#1f2430",
    background="#fbfaf7",
    surface="#f4f2ec",
    panel="#e6e3da",
    variables={
        **_LIGHT_ROLES,
        **_classes(_LIGHT_CLASSES),
        "state-running": "#0072b2",
        "state-waiting": "#6b7280",
        "state-stopped": "#8a6d00",
        "state-failed": "#b3261e",
        "state-done": "#00704f",
        "state-reused": "#4453b8",
    },
)
THEMES = (DARK, LIGHT)
