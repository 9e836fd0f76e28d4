"""Training pictures hold what the events of the stage hold, over epochs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.reports.plot import Mark, Role
from mcworkbench.runs import events
from mcworkbench.runs.trace import MAX_POINTS
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.training import Trainings, training_picture
from tests.screens.recorded import Replay, cut, hold, recorded_home
from tests.unit.runs_sample import RUN, add_attempt, make_run, make_stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mcworkbench.reports.plot import Plot, Series
    from mcworkbench.screens.pictures.run_picture import TrainingPicture


def picture_of(name: str, node: str, home: Path) -> TrainingPicture:
    ids = recorded_home(home, name)
    return training_picture(RunView(ids[name]).nodes[node])


def told(name: str, node: str, kind: str) -> list[dict[str, Any]]:
    replay = Replay(name, node)
    replay.num_events = replay.num_left
    return [event["data"] for event in replay.events if event["type"] == kind]


def plot_of(picture: TrainingPicture, name: str) -> Plot:
    return next(plot for plot in picture.plots if plot.name == name)


def series_of(plot: Plot, label: str) -> Series:
    return next(series for series in plot.series if series.label == label)


def made(*attempts: Sequence[events.Event], kind: str = "endpoint") -> TrainingPicture:
    stage = make_stage("made", kind)
    for written in attempts:
        add_attempt(stage, *written)
    nodes = {"net": {"key": stage.key, "kind": kind, "label": "net", "inputs": {}}}
    make_run(RUN, {}, nodes=nodes)
    return training_picture(RunView(RUN).nodes["net"])


def epoch(number: int, **values: float) -> events.EpochFinished:
    return events.EpochFinished(number, 10, 20 * number, 0.1, 1.0, values)


def progress(step: int, **values: float) -> events.Progress:
    return events.Progress("training", step, 200, "steps", step, 1.0, 1.0, values)


def test_losses_of_steps_and_epochs_are_those_of_the_events(home: Path) -> None:
    plot = plot_of(picture_of("quickstart", "endpoint-1", home), "train-loss")
    finished = told("quickstart", "endpoint-1", "EpochFinished")
    per_epoch = finished[-1]["step"] / finished[-1]["epoch"]
    steps = [one for one in told("quickstart", "endpoint-1", "Progress") if one["values"]]
    raw = series_of(plot, "train, steps")
    assert list(raw.xs) == [one["step"] / per_epoch for one in steps]
    assert list(raw.ys) == [one["values"]["train_nll"] for one in steps]
    assert raw.is_faint
    assert raw.is_smoothable
    for label, column, role in (
        ("train", "train_nll", Role.train),
        ("test", "test_nll", Role.test),
    ):
        series = series_of(plot, label)
        assert list(series.xs) == [one["epoch"] for one in finished]
        assert list(series.ys) == [one["values"][column] for one in finished]
        assert series.role is role
        assert not series.is_smoothable
    assert plot.column == "train_nll"


def test_the_learning_rate_is_that_of_every_step_told(home: Path) -> None:
    plot = plot_of(picture_of("quickstart", "curve", home), "learning-rate")
    steps = [one for one in told("quickstart", "curve", "Progress") if one["values"]]
    assert list(plot.series[0].ys) == [one["values"]["lr"] for one in steps]
    assert plot.series[0].role is Role.lr


def test_a_curve_shows_the_highest_loss_along_it(home: Path) -> None:
    plot = plot_of(picture_of("quickstart", "curve", home), "train-loss")
    highest = [
        max(one["values"]["train_nll"]) for one in told("quickstart", "curve", "ProbeEvaluated")
    ]
    # The first probe is of the curve before any epoch.
    assert list(series_of(plot, "max along t").ys) == pytest.approx(highest[1:])


def test_every_split_that_is_watched_has_its_error(home: Path) -> None:
    plot = plot_of(picture_of("half-way", "endpoint-1", home), "error")
    assert [(series.label, series.role) for series in plot.series] == [
        ("train", Role.train),
        ("validation", Role.validation),
    ]


def test_before_the_first_epoch_ends_steps_are_placed_by_the_plan() -> None:
    stage = make_stage("made")
    # The options of the sample plan three epochs.
    told = events.Progress("training", 10, 60, "steps", 10, 1.0, 1.0, {"train_nll": 2.0})
    add_attempt(stage, events.StageStarted("endpoint"), told)
    make_run(RUN, {"net": stage})
    plot = plot_of(training_picture(RunView(RUN).nodes["net"]), "train-loss")
    assert list(plot.series[0].xs) == [10 / (60 / 3)]


def test_a_resume_is_marked_where_it_began_and_older_points_beyond_it_go() -> None:
    first = [events.StageStarted("endpoint"), progress(20, train_nll=2.0), epoch(1, train_nll=2.0)]
    first += [progress(30, train_nll=1.5), progress(40, train_nll=9.0), epoch(2, train_nll=9.0)]
    second = [events.StageStarted("endpoint", 30, "step-30"), progress(40, train_nll=1.0)]
    plot = plot_of(made(first, [*second, epoch(2, train_nll=1.2)]), "train-loss")
    assert plot.marks == (Mark(1.5, "resumed at step 30"),)
    raw = series_of(plot, "train, steps")
    assert (list(raw.xs), list(raw.ys)) == ([1.0, 1.5, 2.0], [2.0, 1.5, 1.0])
    assert list(series_of(plot, "train").ys) == [2.0, 1.2]


def test_epochs_that_were_not_watched_are_joined_and_what_is_no_number_is_a_gap() -> None:
    values = [{"test_error": 0.5}, {}, {"test_error": math.nan}, {"test_error": 0.25}]
    written = [epoch(number, **one) for number, one in enumerate(values, 1)]
    series = plot_of(made([events.StageStarted("endpoint"), *written]), "error").series[0]
    assert list(series.xs) == [1, 3, 4]
    assert series.ys[0] == 0.5
    assert math.isnan(series.ys[1])
    assert series.ys[2] == 0.25


def test_a_thinned_line_says_how_many_steps_each_point_stands_for() -> None:
    told = [progress(step, train_nll=1 / step) for step in range(1, MAX_POINTS + 50)]
    plot = plot_of(made([events.StageStarted("endpoint"), *told]), "train-loss")
    raw = series_of(plot, "train, steps")
    # 200 steps make the three planned epochs.
    gap = (raw.xs[1] - raw.xs[0]) * 200 / 3
    assert raw.stride == pytest.approx(gap)
    assert raw.stride == 2


def test_the_regularised_loss_is_never_beside_cross_entropy() -> None:
    both = {"train_nll": 1.0, "train_loss": 1.5, "test_nll": 2.0, "test_loss": 2.5}
    plot = plot_of(made([events.StageStarted("endpoint"), epoch(1, **both)]), "train-loss")
    assert [value for series in plot.series for value in series.ys] == [1.0, 2.0]


def test_the_regularised_loss_is_shown_where_there_is_no_other_and_says_so() -> None:
    picture = made([events.StageStarted("endpoint"), epoch(1, train_loss=1.5, test_loss=2.5)])
    plot = plot_of(picture, "train-loss")
    assert plot.column == "train_loss"
    assert plot.title == "loss (regularised) by epoch"
    assert [series.label for series in plot.series] == ["train", "test"]


def test_predicted_values_have_their_root_mean_square_error_in_place_of_errors() -> None:
    values = {"train_nll": 4.0, "test_nll": 9.0, "train_rmse": 2.0, "test_rmse": 3.0}
    picture = made([events.StageStarted("endpoint"), epoch(1, **values), epoch(2, **values)])
    plot = plot_of(picture, "error")
    assert (plot.column, plot.task) == ("test_rmse", "regression")
    assert [list(series.ys) for series in plot.series] == [[2.0, 2.0], [3.0, 3.0]]
    assert plot_of(picture, "train-loss").title == "mse by epoch"


def test_plots_without_any_number_are_left_out() -> None:
    assert made([events.StageStarted("endpoint")]).plots == ()
    empty = made_again([events.StageStarted("endpoint"), epoch(1, test_error=math.nan)])
    assert [plot.name for plot in empty.plots] == ["learning-rate"]


def made_again(written: Sequence[events.Event]) -> TrainingPicture:
    stage = make_stage("again")
    add_attempt(stage, *written)
    make_run("20260101-130000-curve-bbbbbb", {"net": stage})
    return training_picture(RunView("20260101-130000-curve-bbbbbb").nodes["net"])


def test_each_end_has_a_picture_and_only_the_active_one_is_marked(home: Path) -> None:
    ids = recorded_home(home, "three-ends")
    cut("three-ends", "endpoint-2", 0.5)
    with hold("three-ends", "endpoint-2"):
        pictures = Trainings().pictures(RunView(ids["three-ends"]))
    assert [(one.node, one.is_active) for one in pictures] == [
        ("endpoint-1", False),
        ("endpoint-2", True),
        ("endpoint-3", False),
    ]


def test_pictures_of_stages_that_said_nothing_new_stay_the_same_objects(home: Path) -> None:
    ids = recorded_home(home, "three-ends")
    replay = cut("three-ends", "endpoint-2", 0.5)
    with hold("three-ends", "endpoint-2"):
        run, trainings = RunView(ids["three-ends"]), Trainings()
        before = trainings.pictures(run)
        run.refresh()
        assert trainings.pictures(run) is before
        replay.play(10)
        run.refresh()
        after = trainings.pictures(run)
    same = [old is new for old, new in zip(before, after, strict=True)]
    assert same == [True, False, True]
