"""What the Run screen shows where the user chose, and what it follows where not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcworkbench.reports.plot import Role, Series
from mcworkbench.runs.state import State
from mcworkbench.screens.pictures.run_picture import PathTable
from mcworkbench.screens.run.choices import (
    Choices,
    active_stage,
    busy_pair,
    highest_row,
    nearest,
    others_of,
    pair_of_stage,
    pair_shown,
    plot_shown,
    stepped,
    table_shown,
    training_shown,
    with_others,
    without_ghosts,
)
from tests.unit.run_samples import (
    HEADS,
    make_pair,
    make_picture,
    make_plot,
    make_table,
    make_training,
)


def test_the_training_that_shows_is_that_of_the_stage_that_trains() -> None:
    shown = training_shown(make_picture(), Choices())
    assert shown is not None
    assert shown.node == "curve"


def test_a_chosen_training_stays_while_others_train() -> None:
    shown = training_shown(make_picture(), Choices(stage="endpoint-1"))
    assert shown is not None
    assert shown.node == "endpoint-1"


def test_a_choice_that_is_gone_gives_way_to_what_is_there() -> None:
    picture = make_picture()
    choices = Choices(stage="gone", pair="gone", path="gone", quantity="gone")
    pair = pair_shown(picture, choices)
    assert pair is not None
    assert pair is picture.pairs[0]
    table, plot = table_shown(pair, choices), plot_shown(pair, choices)
    training = training_shown(picture, choices)
    assert table is not None
    assert plot is not None
    assert training is not None
    assert (table.path, plot.name, training.node) == ("line", "loss-along-t", "curve")


def test_the_training_belongs_to_the_chosen_pair_even_while_another_trains() -> None:
    pairs = tuple(make_pair(end, make_table(f"curve-{end}", 5)) for end in ("1", "2"))
    trainings = (make_training("curve-1"), make_training("curve-2", is_active=True))
    picture = make_picture(pairs=pairs, trainings=trainings)
    followed, chosen = (training_shown(picture, Choices(pair=pair)) for pair in ("", "1"))
    assert followed is not None
    assert chosen is not None
    assert (followed.node, chosen.node) == ("curve-2", "curve-1")


def test_the_pair_that_grew_last_is_followed() -> None:
    first = make_picture(pairs=(make_pair("one", num_points=5), make_pair("two", num_points=1)))
    grown = make_picture(pairs=(first.pairs[0], make_pair("two", num_points=2)))
    assert busy_pair(first, grown) == "two"
    shown = pair_shown(grown, Choices(busy="two"))
    assert shown is grown.pairs[1]
    assert pair_shown(grown, Choices(busy="two", pair="one")) is grown.pairs[0]
    # Once the run is over nothing grows any more: it shows what it opens with.
    over = replace(grown, row=replace(grown.row, state=State.done))
    assert pair_shown(over, Choices(busy="two")) is pair_shown(over, Choices())


def test_an_evaluation_belongs_to_the_pair_of_its_path() -> None:
    pairs = (make_pair("one", make_table("curve-1", 5)), make_pair("two", make_table("line-2", 5)))
    picture = make_picture(pairs=pairs)
    assert pair_of_stage(picture, "evaluate-line-2") == "two"
    assert pair_of_stage(picture, "curve-1") == "one"
    assert pair_of_stage(picture, "dataset") == ""


def test_the_table_of_the_curve_comes_first_as_soon_as_it_has_a_row() -> None:
    line, curve = make_table("line", 5), make_table("curve", 1)
    before = table_shown(make_pair("one", make_table("curve", 0), line), Choices())
    after = table_shown(make_pair("one", curve, line), Choices())
    assert before is line
    assert after is curve


@pytest.mark.parametrize(("step", "expected"), [(1, "c"), (2, "a"), (-1, "a"), (-2, "c")])
def test_steps_go_around_the_end(step: int, expected: str) -> None:
    assert stepped(["a", "b", "c"], "b", step) == expected


def test_a_step_without_anything_to_choose_from_is_nothing() -> None:
    assert stepped([], "b", 1) == ""


def test_ghosts_go_and_everything_else_stays() -> None:
    kept = Series("train", [0.0], [1.0], Role.train)
    plot = make_plot("loss", kept, Series("epoch 4", [0.0], [2.0], Role.ghost))
    assert without_ghosts(plot).series == (kept,)
    bare = make_plot("loss", kept)
    assert without_ghosts(bare) is bare


def test_other_networks_of_the_same_kind_lie_faint_below_the_chosen_one() -> None:
    picture = make_picture()
    chosen = picture.trainings[0]
    others = others_of(picture, chosen)
    assert [other.node for other in others] == ["endpoint-2"]
    added = with_others(chosen.plots[0], others).series[len(chosen.plots[0].series) :]
    told = [(series.label, series.is_faint, series.role) for series in added]
    assert told == [("endpoint-2, test nll", True, Role.ghost)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [(["0.1", "0.3", "0.2"], 1), (["–", "0.3", "–"], 1), (["–", "–"], -1), ([], -1)],
)
def test_the_highest_row_is_that_of_the_largest_number(cells: list[str], expected: int) -> None:
    ts = tuple(float(place) for place in range(len(cells)))
    rows = tuple((f"{t}", cell, "0.00") for t, cell in zip(ts, cells, strict=True))
    table = PathTable("curve", ts, HEADS, rows, "", len(rows))
    assert highest_row(table, make_plot("loss-along-t")) == expected


def test_rows_that_look_equal_are_told_apart_by_the_numbers_behind_them() -> None:
    ts = (0.0, 0.5, 1.0)
    rows = tuple(
        (f"{t}", cell, "0") for t, cell in zip(ts, ("0.0195", "0.0195", "0.01"), strict=True)
    )
    table = PathTable("curve", ts, HEADS, rows, "", 3)
    other = Series("test nll", ts, [0.07, 0.06, 0.05], Role.test)
    own = Series("train nll", ts, [0.01946, 0.01952, 0.01], Role.train)
    assert highest_row(table, make_plot("loss-along-t", other, own)) == 1


def test_the_highest_row_of_a_column_that_is_not_in_the_table_is_none() -> None:
    assert highest_row(make_table("curve", 5), make_plot("x", column="train_rmse")) == -1


@pytest.mark.parametrize("t", [-1.0, 0.0, 0.3, 0.49, 0.51, 2.0])
def test_the_nearest_row_is_the_one_that_no_other_beats(t: float) -> None:
    ts = (0.0, 0.2, 0.5, 1.0)
    found = ts[nearest(ts, t)]
    assert all(abs(found - t) <= abs(other - t) for other in ts)


def test_the_active_stage_is_the_last_one_that_works() -> None:
    active = active_stage(make_picture())
    assert active is not None
    assert active.name == "curve"
    assert active_stage(make_picture(stages=())) is None
