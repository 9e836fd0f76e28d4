"""Colours of heat maps: from a part of one to a ground, and the ink that is read on it. Pure.

Sequential scales of few steps that rise in lightness alone, so that they survive 256 colours,
grey terminals and colour-blind eyes.
"""

from __future__ import annotations

import math
from typing import final

import numpy as np

_STEPS = 24
# Dark to bright; after viridis, and one of ambers for what should not be.
_COOL = ("#16202c", "#1f3b57", "#23607f", "#2b8a8f", "#5bb884", "#b7de6a", "#f4f09a")
_WARM = ("#16202c", "#4a2a1a", "#7a3b12", "#ad5410", "#dd7a1f", "#f5ab4a", "#fde3a7")
_WHITE, _BLACK = 0xFFFFFF, 0x000000
_LINEAR = 0.04045


def contrast(one: int, other: int) -> float:
    """Return how well one colour is told from another, from 1 to 21.

    Source: Web Content Accessibility Guidelines 2.1, contrast ratio; 4.5 is enough for text.
    """
    lights = sorted((_light(one), _light(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(packed: int) -> float:
    channels = np.array([packed >> 16, (packed >> 8) & 255, packed & 255]) / 255
    linear = np.where(channels <= _LINEAR, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _rgb(text: str) -> tuple[int, int, int]:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


@final
class Scale:
    """One scale of grounds."""

    def __init__(self, anchors: tuple[str, ...]) -> None:
        places = np.linspace(0, 1, len(anchors))
        channels = np.array([_rgb(anchor) for anchor in anchors], dtype=float)
        wanted = np.linspace(0, 1, _STEPS)
        steps = np.stack(
            [np.interp(wanted, places, channels[:, channel]) for channel in range(3)], axis=1
        )
        red, green, blue = np.rint(steps).astype(int).T
        self._grounds: list[int] = ((red << 16) | (green << 8) | blue).tolist()
        self._inks = [
            max((_WHITE, _BLACK), key=lambda ink: contrast(ink, ground)) for ground in self._grounds
        ]

    def at(self, part: float) -> tuple[int, int]:
        """Return ink and ground for a part in [0, 1]; what is no number is the lowest."""
        step = 0 if math.isnan(part) else round(min(max(part, 0.0), 1.0) * (_STEPS - 1))
        return self._inks[step], self._grounds[step]


COOL, WARM = Scale(_COOL), Scale(_WARM)
