"""Rows of the list: the numbers of the index in the words of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcworkbench.cli import show
from mcworkbench.runs.index import list_runs
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.rows import row_of
from tests.screens.recorded import cut, hold, recorded_home, run_id_of
from tests.unit.runs_sample import RUN, finish, make_run, make_stage

if TYPE_CHECKING:
    from pathlib import Path


def test_the_list_words_results_as_the_command_line_does(home: Path) -> None:
    recorded_home(home)
    for line in list_runs():
        row = row_of(line)
        told = show._result(line)
        assert told.partition(" (line ")[0] == row.best
        assert row.best_short in told
        if row.line_short:
            assert told == f"{row.best} (line {row.line_short})"


def test_the_numbers_of_a_row_are_those_of_the_evaluations(home: Path) -> None:
    recorded_home(home)
    rows = {line.name: row_of(line) for line in list_runs()}
    quick = rows["quickstart"]
    # As `mcworkbench list` printed them when the runs were recorded.
    assert (quick.best_short, quick.line_short) == ("2.22 %", "31.94 %")
    assert quick.best_value == pytest.approx(8 / 360)
    assert quick.line_value == pytest.approx(115 / 360)
    assert (quick.fraction, quick.num_done, quick.num_nodes) == (1.0, 7, 7)
    assert rows["half-way"].best == ""
    assert rows["half-way"].best_value is None
    assert rows["half-way"].changes == ("seed=11",)


@pytest.mark.parametrize("value", [1.23456e-7, 123456.789, 0.123456789, 9999.99])
def test_a_short_number_has_at_most_eight_characters(value: float) -> None:
    finish_with(train_mse=value)
    short = row_of(list_runs()[0]).best_short
    assert 0 < len(short) <= 8
    assert float(short) == pytest.approx(value, rel=0.05)


def finish_with(**summary: float) -> None:
    stage = make_stage("scored")
    finish(stage, RUN, **summary)
    make_run(RUN, {"endpoint-1": stage})


def test_a_number_that_is_not_finite_is_none() -> None:
    finish_with(test_error=float("nan"))
    row = row_of(list_runs()[0])
    assert (row.best_value, row.best_short) == (None, "")


def test_an_autoencoder_in_training_is_known_by_its_pixels(home: Path) -> None:
    recorded_home(home, "pictures")
    for node, part in (("endpoint-2", 0.0), ("endpoint-1", 0.7)):
        cut("pictures", node, part)
    with hold("pictures", "endpoint-1"):
        view = RunView(run_id_of("pictures"))
        row = row_of(list_runs()[0], view)
    epochs = view.nodes["endpoint-1"].view.epochs
    assert row.best == f"endpoint-1 test mse {epochs[-1].values['test_mse']:.4f}"


def test_a_curve_in_training_is_known_by_its_loss_whatever_that_is(home: Path) -> None:
    recorded_home(home, "pictures")
    cut("pictures", "curve", 0.7)
    with hold("pictures", "curve"):
        row = row_of(list_runs()[0], RunView(run_id_of("pictures")))
    assert row.best.startswith("curve max loss along t 0.")
