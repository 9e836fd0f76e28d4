"""Other ways to look at a recorded run: what each shows, and that one t moves everything."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from mcworkbench.reports.plot import Role
from mcworkbench.runs.views import RunView
from mcworkbench.screens.chart.widget import Chart
from mcworkbench.screens.pictures.build import picture_of
from mcworkbench.screens.run.choices import Choices
from mcworkbench.screens.run.looks.film_layout import numbers_text
from mcworkbench.screens.run.looks.parts import (
    CodesPart,
    ConfusionPart,
    FunctionsPart,
    PicturesPart,
    StripsPart,
)
from tests.screens.look_pilots import looks_of, part_of, shows, view
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import cut, hold, recorded_home
from tests.screens.run_pilots import SMALL, document, look, opened, painted

if TYPE_CHECKING:
    from pathlib import Path


async def test_an_autoencoder_opens_with_its_pictures_where_the_loss_is_worst(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    curve, line = looks_of(run_id).reconstructions
    async with opened("pictures") as (_, screen, pilot):
        strip = part_of(screen, PicturesPart).strip
        assert screen.has_class("-pictures")
        assert strip.has_focus
        assert strip.at == screen.table.rows.t == screen.along.first.crosshair
        assert strip.at is not None
        place = curve.positions.index(strip.at)
        for path in (curve, line):
            for mse in path.mse_TK[place]:
                await shows(pilot, strip, numbers_text(float(mse)))


async def test_the_keys_of_the_pictures_move_t_everywhere(home: Path) -> None:
    recorded_home(home, "pictures")
    told: list[object] = []

    def hear(message: object) -> None:
        if isinstance(message, Chart.CrosshairMoved):
            told.append(message)

    async with opened("pictures", hook=hear) as (_, screen, pilot):
        strip = part_of(screen, PicturesPart).strip
        crossed = part_of(screen, CodesPart).crossed
        await press(pilot, "home")
        for key, wanted in (("right", 0.1), ("right", 0.2), ("shift+right", 1.0), ("left", 0.9)):
            await press(pilot, key)
            assert strip.at == pytest.approx(wanted)
            await wait_for(pilot, lambda: screen.along.first.crosshair == strip.at)
            assert screen.table.rows.t == pytest.approx(wanted)
            assert crossed._t == strip.at
        assert told == []


async def test_a_crosshair_in_the_chart_moves_the_pictures(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    curve = looks_of(run_id).reconstructions[0]
    async with opened("pictures") as (_, screen, pilot):
        strip = part_of(screen, PicturesPart).strip
        screen.go_to_pane(screen.along.first)
        await wait_for(pilot, lambda: screen.along.first.has_focus)
        await press(pilot, "home")
        assert strip.at == 0.0
        await shows(pilot, strip, numbers_text(float(curve.mse_TK[0, 0])))
        await press(pilot, "end")
        assert strip.at == 1.0
        await shows(pilot, strip, numbers_text(float(curve.mse_TK[-1, 0])))


async def test_v_walks_through_every_way_and_back(home: Path) -> None:
    recorded_home(home, "pictures")
    async with opened("pictures") as (_, screen, pilot):
        seen: list[list[str]] = []
        for _ in range(4):
            seen.append([str(pane.name) for pane in screen.panes()])
            await press(pilot, "v")
        assert seen == [
            ["Curve", "Codes", "Pictures"],
            ["Curve", "Training", "Table", "Plan", "Log"],
            ["Training", "Pictures"],
            ["Codes", "Codes 2", "Crossed", "Between"],
        ]
        assert screen.has_class("-pictures")


async def test_a_run_without_looks_has_no_other_ways(home: Path) -> None:
    recorded_home(home, "quickstart")
    async with opened("quickstart") as (_, screen, pilot):
        before = [pane.name for pane in screen.panes()]
        await press(pilot, "v")
        assert [pane.name for pane in screen.panes()] == before


async def test_while_ends_train_their_strips_lead_and_the_newest_is_followed(home: Path) -> None:
    recorded_home(home, "pictures")
    replay = cut("pictures", "endpoint-2", 0.4)
    with hold("pictures", "endpoint-2"):
        async with opened("pictures") as (app, screen, pilot):
            part = part_of(screen, StripsPart)
            assert screen.has_class("-strips")
            assert part.strip.paths[0].name == screen.training.node == "endpoint-2"
            before = part.strip.at
            replay.play(replay.num_left)
            await look(app, pilot)
            await wait_for(pilot, lambda: part.strip.at != before)
            assert part.strip.at == part.strip.paths[0].positions[-1]
            # An epoch is no place on a path.
            await press(pilot, "left")
            assert screen._t is None
            assert part.strip.at == part.strip.paths[0].positions[-2]
            await press(pilot, "less_than_sign")
            assert part.strip.paths[0].name == screen.training.node == "endpoint-1"


async def test_once_a_path_has_numbers_it_leads_until_there_are_pictures(home: Path) -> None:
    recorded_home(home, "pictures")
    cut("pictures", "curve", 0.5)
    with hold("pictures", "curve"):
        async with opened("pictures") as (_, screen, _pilot):
            assert not screen.has_class("-strips")
            assert screen.along.first.display


async def test_film_image_and_play(home: Path) -> None:
    recorded_home(home, "pictures")
    async with opened("pictures") as (_, screen, pilot):
        strip = part_of(screen, PicturesPart).strip
        await press(pilot, "f", "down", "down", "up")
        await shows(pilot, strip, "image 2 of 6")
        await shows(pilot, strip, "t 0.20")
        await press(pilot, "home", "space")
        assert strip.is_playing
        seen: set[float | None] = set()

        def has_moved() -> bool:
            seen.add(strip.at)
            return len(seen) > 3

        await wait_for(pilot, has_moved, "four frames")
        assert screen.table.rows.t == pytest.approx(screen.along.first.crosshair)
        await press(pilot, "space")
        assert not strip.is_playing
        rested = strip.at
        await pilot.pause(0.5)
        assert strip.at == rested


async def test_codes_are_signs_of_classes_and_l_shows_the_other_end(home: Path) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    codes = looks_of(run_id).codes
    assert codes is not None
    async with opened("pictures") as (_, screen, pilot):
        pane = part_of(screen, PicturesPart).codes
        screen.go_to_pane(pane)
        for name, _ in (*codes.ends[1:], codes.ends[0]):
            await press(pilot, "l")
            await shows(pilot, pane, name)
        inside = "".join(row[1:-1] for row in painted(pane).splitlines()[1:-2])
        assert set(re.findall(r"\S", inside)) <= set("0123456789")
        assert {str(label) for label in np.unique(codes.labels_N)} == set(re.findall(r"\d", inside))


async def test_confusions_move_with_the_crosshair(home: Path) -> None:
    run_id = recorded_home(home, "classes")["classes"]
    curve, line = looks_of(run_id).classified
    async with opened("classes") as (_, screen, pilot):
        await view(screen, pilot, "confusion")
        part = part_of(screen, ConfusionPart)
        screen.go_to_pane(screen.along.first)
        for key, place in (("home", 0), ("right", 1), ("end", -1)):
            await press(pilot, key)
            for pane, path in ((part.first, curve), (part.second, line)):
                counts = path.counts_TLL[place]
                await shows(pilot, pane, f"{100 * np.trace(counts) / counts.sum():.2f} % right")
                rows = painted(pane).splitlines()[2:12]
                cells = [re.findall(r"\d+|·", row.split("%")[0])[1:11] for row in rows]
                assert [
                    [int(c) if c != "·" else 0 for c in row] for row in cells
                ] == counts.tolist()
            await shows(pilot, part.density, f"{curve.mean_TL[place, 0]:.3f}")


async def test_the_functions_at_t_are_bold_over_all_others(home: Path) -> None:
    run_id = recorded_home(home, "functions")["functions"]
    fitted = {one.name: one for one in looks_of(run_id).fitted}
    async with opened("functions") as (_, screen, pilot):
        await view(screen, pilot, "functions")
        part = part_of(screen, FunctionsPart)
        screen.go_to_pane(screen.along.first)
        for key, place in (("home", 0), ("end", -1)):
            await press(pilot, key)
            for pane, name in ((part.first, "curve"), (part.second, "curve@initial")):
                plot = pane.chart.plot
                bold = next(series for series in plot.series if series.is_focused)
                assert list(bold.ys) == fitted[name].values_TG[place].tolist()
                assert plot.bundle is not None
                assert np.array_equal(plot.bundle.ys_of, fitted[name].values_TG)
        t = screen.along.first.crosshair
        part.first.chart.focus()
        await press(pilot, "c", "right")
        assert part.first.chart.crosshair is not None
        assert screen.along.first.crosshair == t
        assert painted(part.first).count("data") == 2


async def test_f1_is_a_quantity_along_t(home: Path) -> None:
    recorded_home(home, "classes")
    async with opened("classes") as (_, screen, pilot):
        seen: list[str] = []
        for _ in range(4):
            seen.append(screen.along.first.plot.column)
            await press(pilot, "m")
        assert "test_f1" in seen
        while screen.along.first.plot.column != "test_f1":
            await press(pilot, "m")
        curve = document("classes", "evaluate-curve", "artifacts/table.json")
        line = document("classes", "evaluate-line", "artifacts/table.json")
        drawn = {(one.role, one.label): list(one.ys) for one in screen.along.first.plot.series}
        values = list(drawn.values())
        assert curve["columns"]["test_f1"] in values
        assert line["columns"]["test_f1"] in values
        assert Role.straight in {role for role, _ in drawn}


async def test_a_small_terminal_shows_the_pictures_first_and_names_the_other_panes(
    home: Path,
) -> None:
    recorded_home(home, "pictures")
    async with opened("pictures", SMALL) as (_, screen, pilot):
        strip = part_of(screen, PicturesPart).strip
        assert [pane.display for pane in screen.panes()] == [False, False, True]
        await shows(pilot, strip, "▸#1")
        await shows(pilot, strip, "dB")


async def test_what_a_pair_without_codes_lacks_is_told_with_the_state_of_the_run(
    home: Path,
) -> None:
    run_id = recorded_home(home, "pictures")["pictures"]
    part, picture = CodesPart(), picture_of(RunView(run_id))
    part.show(replace(picture, looks=()), Choices())
    for pane in (part.first, part.last, part.crossed, part.between):
        assert re.fullmatch(r"no [a-z ]+ — the run is done", pane.empty)
        assert " yet" not in pane.empty
