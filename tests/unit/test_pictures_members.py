"""Pictures of ensembles hold what events and files of their stages hold, and grow with them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.reports.plot import Role
from mcworkbench.runs.members import MEMBERS_FILE
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.build import Painter, picture_of
from mcworkbench.screens.pictures.lines_of_members import words_of
from mcworkbench.screens.pictures.what_if import what_if
from mcworkbench.screens.run.choices import Choices
from mcworkbench.screens.run.member_words import cells_of, what_if_words
from mcworkbench.screens.run.members import MembersPart
from tests.screens.recorded import Replay, cut, hold, recorded_home, run_id_of
from tests.unit.members_sample import CYCLE, captured, make_ensemble, networks_of, store
from tests.unit.runs_sample import RUN, lines

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.reports.plot import Plot
    from mcworkbench.screens.pictures.run_picture import MembersPicture


def ensemble_of(run: str = RUN, node: str = "fge") -> MembersPicture:
    return next(one for one in picture_of(RunView(run)).ensembles if one.node == node)


def plot_of(plots: tuple[Plot, ...], column: str) -> Plot:
    return next(plot for plot in plots if plot.column == column)


def line_of(plot: Plot, label: str) -> dict[float, float]:
    found = next(series for series in plot.series if series.label.startswith(label))
    return dict(zip(found.xs, found.ys, strict=True))


def told(node: str, kind: str) -> list[dict[str, Any]]:
    replay = Replay("fge-pool", node)
    replay.num_events = replay.num_left
    return [event["data"] for event in replay.events if event["type"] == kind]


def test_scores_by_epoch_are_those_of_the_events(home: Path) -> None:
    recorded_home(home, "fge-pool")
    ensemble = ensemble_of(run_id_of("fge-pool"), "fge-1")
    epochs, members = told("fge-1", "EpochFinished"), told("fge-1", "MemberCaptured")
    per_epoch = epochs[-1]["step"] / epochs[-1]["epoch"]
    for column in ("test_accuracy", "test_error", "test_nll"):
        plot = plot_of(ensemble.scores, column)
        assert line_of(plot, "network alone") == {
            float(one["epoch"]): one["values"][column] for one in epochs
        }
        assert line_of(plot, "ensemble so far") == {
            one["step"] / per_epoch: one["ensemble"][column] for one in members if one["index"]
        }
        start = line_of(plot, "start")
        assert set(start.values()) == {members[0]["values"][column]}
        assert (min(start), max(start)) == (0.0, float(epochs[-1]["epoch"]))


def test_members_are_marked_where_the_rate_was_lowest(home: Path) -> None:
    recorded_home(home, "fge-pool")
    ensemble = ensemble_of(run_id_of("fge-pool"), "fge-1")
    rate, loss = ensemble.training.plots
    assert (rate.column, loss.column) == ("lr", "train_nll")
    assert rate.is_log is False
    places = [mark.x for mark in rate.marks if mark.text == words_of("fge").joined]
    assert places == [1.0, 3.0, 5.0, 7.0]
    rates = dict(zip(rate.series[0].xs, rate.series[0].ys, strict=True))
    lowest = sorted(rates, key=lambda x: rates[x])[: len(places)]
    # The last step told before a capture has the lowest rate that was told.
    assert all(any(abs(x - place) < 0.1 for place in places) for x in lowest)


def test_scores_by_size_are_the_running_ensemble_and_each_member(home: Path) -> None:
    recorded_home(home, "fge-pool")
    ensemble = ensemble_of(run_id_of("fge-pool"), "fge-2")
    members = [one for one in told("fge-2", "MemberCaptured") if one["index"]]
    plot = plot_of(ensemble.sizes, "test_accuracy")
    for label, key in (("ensemble", "ensemble"), ("member alone", "values")):
        assert line_of(plot, label) == {
            float(one["index"]): one[key]["test_accuracy"] for one in members
        }
    assert plot.x_range == (1.0, 4.0)


def test_members_come_in_the_order_of_capture_and_the_start_last(home: Path) -> None:
    recorded_home(home, "fge-pool")
    networks = ensemble_of(run_id_of("fge-pool"), "fge-1").networks
    assert [(one.label, one.is_in, one.when) for one in networks] == [
        ("1", True, "1"),
        ("2", True, "3"),
        ("3", True, "5"),
        ("4", True, "7"),
        ("start", False, "0"),
    ]


def test_the_headline_says_what_the_members_are_worth_together(home: Path) -> None:
    recorded_home(home, "fge-pool")
    ensemble = ensemble_of(run_id_of("fge-pool"), "fge-1")
    members = told("fge-1", "MemberCaptured")[1:]
    together = members[-1]["ensemble"]["test_accuracy"]
    best = max(one["values"]["test_accuracy"] for one in members)
    assert ensemble.headline == (
        f"ensemble accuracy {100 * together:.2f} % · {100 * (together - best):+.2f} "
        "against the best member · 4 members"
    )


def test_a_pool_holds_every_method_at_every_budget(home: Path) -> None:
    recorded_home(home, "fge-pool")
    pool = ensemble_of(run_id_of("fge-pool"), "ensemble")
    document = json.loads((stage_of("ensemble").artifacts / "ensemble.json").read_text())
    plot = plot_of(pool.scores, "test_accuracy")
    for method, words in (("fge", "FGE"), ("independent", "independent networks")):
        assert line_of(plot, words) == {
            float(record["budget"]): record["mean"]["test_accuracy"]
            for record in document["budgets"]
            if record["method"] == method
        }
    assert pool.budgets is not None
    assert pool.budgets.heads == ("1B", "2B")
    assert [title for title, _ in pool.budgets.blocks] == [
        "test accuracy, %",
        "test nll, nats",
        "test calibration error, %",
    ]
    first = document["budgets"][0]
    mean, spread = first["mean"]["test_accuracy"], first["sd"]["test_accuracy"]
    (name, cells), other = pool.budgets.blocks[0][1]
    assert (name, other[0]) == ("FGE", "independent networks")
    assert cells[0] == (f"{100 * mean:.2f}", f"{100 * spread:.2f}")
    assert cells[1][1] == ""


def test_the_predictions_of_a_pool_are_those_of_its_inputs(home: Path) -> None:
    recorded_home(home, "fge-pool")
    pool = ensemble_of(run_id_of("fge-pool"), "ensemble")
    assert pool.predictions is not None
    chosen = {one.index for one in pool.networks if one.is_in}
    assert {one.method for one in pool.networks if one.is_in} == {"fge"}
    answer = what_if(pool.predictions, chosen)
    last = [one for one in pool.networks if one.is_in][-1]
    assert answer.values == pytest.approx(last.ensemble)


def test_a_capture_shows_before_its_files_and_compares_once_they_are_there(home: Path) -> None:
    stage = make_ensemble(2)
    (stage.artifacts / MEMBERS_FILE).unlink()
    painter = Painter(RunView(RUN))
    before = painter.picture().ensembles[0]
    assert before.predictions is None
    assert len(before.networks) == 3
    store(stage.artifacts, networks_of(2), 5)
    after = painter.picture().ensembles[0]
    assert after.predictions is not None
    assert set(after.predictions.apart) == {0, 1, 2}


def test_what_did_not_change_stays_the_same_object_and_what_grew_does_not(home: Path) -> None:
    stage = make_ensemble(2)
    view = RunView(RUN)
    painter = Painter(view)
    before = painter.picture()
    view.refresh()
    assert painter.picture() is before
    third = captured(networks_of(3), 5)[-1]
    path = stage.attempts()[0].events_path
    with path.open("ab") as file:
        file.write(lines([third]))
    view.refresh()
    after = painter.picture()
    assert after.ensembles is not before.ensembles
    assert [one.index for one in after.ensembles[0].networks] == [1, 2, 3, 0]
    assert after.ensembles[0].total == 5
    assert after.ensembles[0].networks[2].at == 3 * CYCLE - 2


def test_before_the_first_capture_a_sentence_stands_where_numbers_will(home: Path) -> None:
    make_ensemble(0)
    ensemble = ensemble_of()
    assert [one.label for one in ensemble.networks] == ["start"]
    assert ensemble.headline == ""
    (plot,) = (plot for plot in ensemble.sizes if plot.column == "test_accuracy")
    assert plot.series == ()
    assert plot.empty


def test_damaged_files_leave_the_events(home: Path) -> None:
    stage = make_ensemble(2)
    (stage.artifacts / MEMBERS_FILE).write_text('{"format": 1, "averages": "hopes"}')
    ensemble = ensemble_of()
    assert ensemble.predictions is None
    assert len(ensemble.networks) == 3


def test_the_overview_says_where_ensembles_begin_and_what_they_cost(home: Path) -> None:
    recorded_home(home, "fge-pool")
    facts = dict(picture_of(RunView(run_id_of("fge-pool"))).facts)
    assert facts["start"] == "endpoint-1, endpoint-2 at epoch 4"
    assert facts["cycle"] == "2 epochs, triangle, lr 0.15 to 0.002"
    assert facts["members"] == "4 networks in 8 epochs"
    assert facts["budget"] == "12 epochs for an ensemble, 6 for a network alone"


def test_the_run_is_known_by_the_test_error_of_its_ensemble(home: Path) -> None:
    recorded_home(home, "fge-pool")
    row = picture_of(RunView(run_id_of("fge-pool"))).row
    document = json.loads((stage_of("ensemble").result_path).read_text())
    error = document["summary"]["ensemble_test_error"]
    assert row.best_value == error
    assert row.best == f"ensemble test error {100 * error:.2f} %"
    assert row.best_short == f"{100 * error:.2f} %"


def test_while_it_grows_the_run_is_known_by_the_ensemble_so_far(home: Path) -> None:
    recorded_home(home, "fge-pool")
    replay = cut("fge-pool", "fge-1", 0.6)
    with hold("fge-pool", "fge-1"):
        picture = picture_of(RunView(run_id_of("fge-pool")))
        so_far = [
            event["data"]["ensemble"]["test_error"]
            for event in replay.events
            if event["type"] == "MemberCaptured" and event["data"]["index"]
        ]
        assert picture.row.best == f"ensemble test error {100 * so_far[-1]:.2f} %"
        stage = next(row for row in picture.stages if row.name == "fge-1")
        assert f"{len(so_far)} of 4 members" in stage.numbers
        assert "cycle" in stage.words


def test_samples_have_no_epoch_and_averages_are_called_so(home: Path) -> None:
    make_ensemble(3, kind="swag")
    drawn = ensemble_of()
    assert [one.when for one in drawn.networks] == [""] * 4
    assert drawn.training.plots == ()
    assert drawn.scores[0].x_label == "member"
    part = MembersPart()
    picture = picture_of(RunView(RUN))
    assert part.absent(picture, Choices()) == {part.scores, part.training, part.budgets}


def test_an_average_is_no_ensemble(home: Path) -> None:
    make_ensemble(3, kind="swa")
    average = ensemble_of()
    assert average.headline.startswith("average accuracy")
    assert "3 iterates" in average.headline
    assert {series.label for series in average.sizes[0].series} == {"average", "iterate alone"}
    assert what_if_words(average, None, 80).endswith("there is no what-if")
    assert "in" not in [column.name for column in cells_of(average, frozenset(), None, "")]


def test_every_role_of_a_chart_stands_for_one_line(home: Path) -> None:
    recorded_home(home, "fge-pool")
    for ensemble in picture_of(RunView(run_id_of("fge-pool"))).ensembles:
        for plot in (*ensemble.scores, *ensemble.sizes):
            roles = [series.role for series in plot.series]
            assert len(set(roles)) == len(roles)
            assert Role.validation not in roles
            assert all(any(map(math.isfinite, series.ys)) for series in plot.series)


def stage_of(node: str) -> StageFolder:
    document = RunView(run_id_of("fge-pool")).document
    return StageFolder(document.nodes[node].key)
