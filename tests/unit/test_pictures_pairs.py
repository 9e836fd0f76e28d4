"""What lies between ends: live points, probes and ghosts, and the numbers of the tables."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.reports.plot import Role
from mcworkbench.runs import events
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.lines_along import ghosts
from mcworkbench.screens.pictures.pairs import Pairs
from tests.screens.recorded import Replay, cut, hold, recorded_home
from tests.unit.runs_sample import RUN, add_attempt, make_run, make_stage

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.reports.plot import Plot, Series
    from mcworkbench.screens.pictures.run_picture import PairPicture


def pair_of(run: RunView, place: int = 0) -> PairPicture:
    return Pairs().pictures(run)[place]


def series_of(plot: Plot, label: str) -> Series:
    return next(series for series in plot.series if series.label == label)


def document_of(run: RunView, node: str, file: str) -> dict[str, Any]:
    folder = StageFolder(run.nodes[node].key)
    return json.loads((folder.path / file).read_text())


def probes_of(name: str, node: str) -> list[dict[str, Any]]:
    replay = Replay(name, node)
    replay.num_events = replay.num_left
    return [one["data"] for one in replay.events if one["type"] == "ProbeEvaluated"]


def test_a_finished_pair_shows_the_numbers_of_its_tables(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    run = RunView(ids["quickstart"])
    pair = pair_of(run)
    curve = document_of(run, "evaluate-curve", "artifacts/table.json")
    line = document_of(run, "evaluate-line", "artifacts/table.json")
    loss, error, *_ = pair.plots
    assert (loss.name, error.name) == ("loss-along-t", "error-along-t")
    assert loss.title == "nll along the curve, 21 of 21 points"
    assert loss.x_range == error.x_range == (0.0, 1.0)
    for plot, column, straight in (
        (loss, "nll", ["train_nll"]),
        (error, "error", ["train_error", "test_error"]),
    ):
        for split, role in (("train", Role.train), ("test", Role.test)):
            series = series_of(plot, f"{split} {column}")
            assert list(series.xs) == curve["ts"]
            assert list(series.ys) == curve["columns"][f"{split}_{column}"]
            assert series.role is role
        beside = {s.label: list(s.ys) for s in plot.series if s.role is Role.straight}
        assert beside == {
            f"line, {name.replace('_', ' ')}": line["columns"][name] for name in straight
        }


def test_ghosts_are_earlier_probes_named_by_their_epochs(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    loss = pair_of(RunView(ids["quickstart"])).plots[0]
    shadows = [series for series in loss.series if series.role is Role.ghost]
    assert 1 <= len(shadows) <= 3
    by_epoch = {one["epoch"]: one for one in probes_of("quickstart", "curve")}
    for series in shadows:
        number = int(series.label.split()[1])
        assert series.label == f"epoch {number} (train)"
        assert list(series.ys) == by_epoch[number]["values"]["train_nll"]
        assert series.is_faint


@pytest.mark.parametrize(
    ("newest", "wanted"), [(3, []), (5, [4]), (30, [4, 15]), (60, [4, 15, 38])]
)
def test_ghosts_stay_while_training_goes_on(newest: int, wanted: list[int]) -> None:
    probes = [events.ProbeEvaluated(epoch, epoch, (0.0, 1.0)) for epoch in range(newest + 1)]
    assert [probe.epoch for probe in ghosts(probes, 60)] == wanted


def test_while_the_curve_trains_its_newest_probe_is_the_curve(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.4)
    with hold("quickstart", "curve"):
        loss, error, *_ = pair_of(RunView(ids["quickstart"])).plots
    probe = [one["data"] for one in replay.events if one["type"] == "ProbeEvaluated"][-1]
    assert loss.title == f"nll along the curve, epoch {probe['epoch']} of 60, 11 probe points"
    assert list(series_of(loss, "train nll, probe").ys) == probe["values"]["train_nll"]
    assert list(series_of(error, "train error, probe").ys) == probe["values"]["train_error"]
    assert any(series.role is Role.straight for series in loss.series)


def test_while_points_come_in_what_is_missing_is_a_gap(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "evaluate-curve", 0.4)
    with hold("quickstart", "evaluate-curve"):
        pair = pair_of(RunView(ids["quickstart"]))
    points = [one["data"] for one in replay.events if one["type"] == "PathPointEvaluated"]
    loss = pair.plots[0]
    assert loss.title == f"nll along the curve, {len(points)} of 21 points"
    series = series_of(loss, "train nll")
    known = {t: y for t, y in zip(series.xs, series.ys, strict=True) if math.isfinite(y)}
    assert known == {point["t"]: point["values"]["train_nll"] for point in points}
    # Both ends come first, so the one gap lies before the last end.
    gaps = [x for x, y in zip(series.xs, series.ys, strict=True) if math.isnan(y)]
    assert len(gaps) == 1
    assert sorted(known)[-2] < gaps[0] < 1.0
    table = next(table for table in pair.tables if table.path == "curve")
    assert (len(table.rows), table.total, table.footer) == (len(points), 21, "")
    # The newest probe stays below the points until all of them are there.
    assert any(series.label == "epoch 60 (train)" for series in loss.series)


def test_before_anything_is_measured_the_plots_say_so(home: Path) -> None:
    ids = recorded_home(home, "diverges")
    pair = pair_of(RunView(ids["diverges"]))
    assert [plot.series for plot in pair.plots] == [(), ()]
    assert all(plot.empty for plot in pair.plots)
    assert (pair.tables, pair.headline) == ((), "")


def test_a_pair_with_its_line_alone_says_that_the_numbers_are_the_lines(home: Path) -> None:
    ids = recorded_home(home, "half-way")
    pair = pair_of(RunView(ids["half-way"]))
    assert pair.headline.startswith("line: ")
    assert [table.path for table in pair.tables] == ["line"]


def test_every_pair_of_three_ends_has_its_own_picture(home: Path) -> None:
    ids = recorded_home(home, "all-pairs")
    run = RunView(ids["all-pairs"])
    pictures = Pairs().pictures(run)
    assert [pair.label for pair in pictures] == [
        "endpoint-1 ↔ endpoint-2",
        "endpoint-1 ↔ endpoint-3",
        "endpoint-2 ↔ endpoint-3",
    ]
    for pair, ends in zip(pictures, ("1-2", "1-3", "2-3"), strict=True):
        table = document_of(run, f"evaluate-curve-{ends}", "artifacts/table.json")
        assert list(series_of(pair.plots[0], "train nll").ys) == table["columns"]["train_nll"]
        assert [one.path for one in pair.tables] == [f"curve-{ends}", f"line-{ends}"]


def test_headline_and_footer_quote_the_summary_of_the_stage(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    run = RunView(ids["quickstart"])
    pair = pair_of(run)
    curve = document_of(run, "evaluate-curve", "result.json")["summary"]
    line = document_of(run, "evaluate-line", "result.json")["summary"]
    wanted = (
        f"barrier {curve['train_nll_barrier_above_chord']:.4f}",
        f"length {curve['length']:.2f} ({curve['length'] / line['length']:.2f} × the line)",
        f"worst test error {100 * curve['test_error_max']:.2f} %",
    )
    for text in wanted:
        assert text in pair.headline
        assert text in pair.tables[0].footer
    assert f"line test error {100 * line['test_error_max']:.2f} %" in pair.headline
    assert f"max train nll {curve['train_nll_max']:.4f}" in pair.tables[0].footer


def test_tables_hold_the_columns_as_text_in_shown_units(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    run = RunView(ids["quickstart"])
    shown = pair_of(run).tables[0]
    table = document_of(run, "evaluate-curve", "artifacts/table.json")
    assert list(shown.ts) == table["ts"]
    columns = {head: [row[place] for row in shown.rows] for place, head in enumerate(shown.heads)}
    assert columns["t"] == [f"{t:.3f}" for t in table["ts"]]
    errors = table["columns"]["test_error"]
    assert columns["test error, %"] == [f"{100 * value:.2f}" for value in errors]
    assert columns["train nll, nats"] == [f"{v:.4f}" for v in table["columns"]["train_nll"]]
    assert columns["|Δw|"] == [f"{value:.4f}" for value in table["dl"]]
    assert all(len(row) == len(shown.heads) for row in shown.rows)


def test_a_table_that_does_not_match_its_digest_is_not_shown(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    run = RunView(ids["quickstart"])
    path = StageFolder(run.nodes["evaluate-curve"].key).artifacts / "table.json"
    path.write_text(path.read_text().replace("0.01", "0.91"))
    table = next(one for one in pair_of(run).tables if one.path == "curve")
    # The events still tell the points; what only the table knows is missing.
    assert (len(table.rows), table.footer) == (21, "")
    assert "|Δw|" not in table.heads


def point(index: int, value: float) -> events.PathPointEvaluated:
    values = {"train_nll": value, "train_loss": value + 9, "test_nll": value + 1}
    values |= {"train_error": value / 10, "test_error": value / 5, "test_loss": value + 10}
    return events.PathPointEvaluated(index, 3, index / 2, index + 1, values)


def many_paths() -> RunView:
    """Return a run with two curves, a snapshot of one, and the line, all evaluated."""
    nodes: dict[str, Any] = {}
    for name, kind, inputs in (
        ("endpoint-1", "endpoint", {}),
        ("endpoint-2", "endpoint", {}),
        ("line", "line", {"first": "endpoint-1", "last": "endpoint-2"}),
        ("curve", "curve", {"first": "endpoint-1", "last": "endpoint-2"}),
        ("chain", "curve", {"first": "endpoint-1", "last": "endpoint-2"}),
        ("evaluate-line", "evaluate", {"path": "line"}),
        ("evaluate-curve@4", "evaluate", {"path": "curve@4"}),
        ("evaluate-curve", "evaluate", {"path": "curve"}),
        ("evaluate-chain", "evaluate", {"path": "chain"}),
    ):
        stage = make_stage(name, kind)
        nodes[name] = {"key": stage.key, "kind": kind, "label": name, "inputs": inputs}
        if kind == "evaluate":
            written = [point(index, 1.0 + index + len(nodes)) for index in range(3)]
            add_attempt(stage, events.StageStarted(kind), *written)
    make_run(RUN, {}, nodes=nodes)
    return RunView(RUN)


def test_no_plot_ever_mixes_two_kinds_of_loss() -> None:
    run = many_paths()
    for node, place in (("evaluate-curve", 8), ("evaluate-chain", 9), ("evaluate-line", 6)):
        assert run.nodes[node].view.points[0].values["train_nll"] == 1.0 + place
    for series in pair_of(run).plots[0].series:
        # Train nll is 7 to 12 at t 0, test nll one more; regularised losses nine more.
        assert series.ys[0] < 12
        assert "nll" in series.label or "(train)" in series.label


def test_a_snapshot_is_a_ghost_and_several_curves_are_told_apart() -> None:
    loss = pair_of(many_paths()).plots[0]
    assert [(series.label, series.role) for series in loss.series] == [
        ("curve, train nll", Role.train),
        ("curve, test nll", Role.test),
        ("chain, train nll", Role.train),
        ("chain, test nll", Role.test),
        ("epoch 4 (train)", Role.ghost),
        ("line, train nll", Role.straight),
    ]


def test_a_path_whose_ends_are_not_in_the_run_is_shown_by_its_name() -> None:
    stage = make_stage("imported", "import")
    scored = make_stage("scored", "evaluate")
    add_attempt(scored, events.StageStarted("evaluate"), point(0, 1.0), point(1, 2.0))
    nodes = {
        "import-1": {"key": stage.key, "kind": "import", "label": "", "inputs": {}},
        "evaluate-import-1": {
            "key": scored.key, "kind": "evaluate", "label": "", "inputs": {"path": "import-1"},
        },
    }  # fmt: skip
    make_run(RUN, {}, nodes=nodes)
    (pair,) = Pairs().pictures(RunView(RUN))
    assert pair.label == "import-1"
    assert list(series_of(pair.plots[0], "train nll").ys) == [1.0, 2.0]


def test_a_pair_that_said_nothing_new_stays_the_same_object(home: Path) -> None:
    ids = recorded_home(home, "all-pairs")
    run, pairs = RunView(ids["all-pairs"]), Pairs()
    before = pairs.pictures(run)
    run.refresh()
    assert pairs.pictures(run) is before
