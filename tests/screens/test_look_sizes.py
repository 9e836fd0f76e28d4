"""Pictures in panes of odd sizes: nothing is cut in half, nothing stands apart."""

from __future__ import annotations

import numpy as np

from mcworkbench.screens.pictures.looks import Between
from mcworkbench.screens.run.looks.between_pane import BetweenPane
from mcworkbench.screens.run.looks.film_layout import numbers_text
from mcworkbench.screens.run.looks.recon_strip import ReconStrip
from tests.screens.look_pilots import Panes, reconstructions
from tests.screens.pilots import press, wait_for
from tests.screens.run_pilots import painted

CURVE = reconstructions()
LINE = reconstructions(name="line", is_line=True)


async def test_numbers_of_a_film_are_whole_in_a_narrow_pane() -> None:
    strip = ReconStrip(id="strip")
    strip.show((CURVE, LINE), ())
    async with Panes(strip).run_test(size=(72, 20)) as pilot:
        strip.focus()
        await press(pilot, "f")
        await wait_for(pilot, lambda: "image 1 of 8" in painted(strip))
        rows = [row for row in painted(strip).splitlines() if "#1" in row]
        assert len(rows) == 2
        mses = [numbers_text(float(CURVE.mse_TK[at, 0])).split()[0] for at in (0, 2, 5, 7, 10)]
        for row in rows:
            assert row.strip("│┃ ").split()[-5:] == mses


async def test_pictures_between_codes_stand_close_in_a_tall_pane() -> None:
    pane = BetweenPane(id="between")
    images = np.zeros((1, 9, 8, 8, 1), np.uint8)
    parts = tuple(np.linspace(0, 1, 9).tolist())
    async with Panes(pane).run_test(size=(80, 40)) as pilot:
        pane.show(Between(parts, (("first", images), ("last", images))))
        await wait_for(pilot, lambda: "last" in painted(pane))
        rows = painted(pane).splitlines()
        first, last = (
            next(place for place, row in enumerate(rows) if name in row)
            for name in ("first", "last")
        )
        # A picture is at most as wide as its column, and half as many rows high.
        assert last - first <= (80 // 9) // 2 + 1
