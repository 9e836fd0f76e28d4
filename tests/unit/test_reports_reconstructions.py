"""Verdict and table of autoencoders: ratios, shares of the mean image, spread over pairs."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from mcworkbench.reports.ensemble_figures import ensemble_drawings
from mcworkbench.reports.ensemble_plots import score_column
from mcworkbench.reports.ensemble_tables import budgets_table, member_tables
from mcworkbench.reports.path_figures import path_drawings
from mcworkbench.reports.quantities import image_columns, quantity, task_of
from mcworkbench.reports.reconstructions import area_above_chord, reconstruction_table
from mcworkbench.reports.stage_text import member_text
from mcworkbench.reports.summary import summarise
from mcworkbench.reports.verdict import share_of_baseline, verdict
from mcworkbench.runs.events import EpochFinished, MemberCaptured
from mcworkbench.runs.path_summary import barriers, path_summary
from tests.unit.reports_sample import sample_facts

if TYPE_CHECKING:
    from mcworkbench.runs.stage_view import StageView

BASELINE = 0.0675
# End, middle, end: as measured on MNIST by an independent script.
LINE, CURVE = (0.0058, 0.0653, 0.0059), (0.0058, 0.0078, 0.0059)


def table(values: tuple[float, float, float]) -> dict[str, Any]:
    ts, dl = [0.0, 0.5, 1.0], [0.0, 1.0, 1.0]
    columns = {"test_nll": list(values), "test_mse": list(values), "test_psnr": [22.0, 12.0, 22.0]}
    return {
        "path": {},
        "ts": ts,
        "dl": dl,
        "length": 2.0,
        "columns": columns,
        "summary": {name: path_summary(ts, dl, column) for name, column in columns.items()},
        "barriers": {"test_nll": barriers(ts, columns["test_nll"])},
        "task": "reconstruction:mse",
        "baseline": {"test_nll": BASELINE, "test_mse": BASELINE},
    }


def facts(**tables: tuple[float, float, float]) -> dict[str, Any]:
    whole = sample_facts()
    whole["nodes"]["evaluate-line"]["table"] = table(tables.get("line", LINE))
    whole["nodes"]["evaluate-curve"]["table"] = table(tables.get("curve", CURVE))
    return whole


def test_the_verdict_names_ratios_and_the_way_to_the_mean_image() -> None:
    summary = summarise(facts())
    assert summary.task == "reconstruction:mse"
    told = verdict(summary.paths, summary.task)
    assert "line: worst test mse 0.0653 at t = 0.5, 11.1 times the worse end and 96 %" in told
    assert (
        "Bézier, 1 bend: worst test mse 0.0078 at t = 0.5, 1.32 times the worse end and 3 %" in told
    )
    assert told.endswith("joined by good reconstructions along Bézier, 1 bend, but not along line.")


def test_the_verdict_says_when_nothing_or_everything_is_good() -> None:
    bad = summarise(facts(curve=LINE))
    assert verdict(bad.paths, bad.task).endswith(
        "None of these paths keeps the reconstructions of its ends."
    )
    good = summarise(facts(line=CURVE))
    assert "Every path keeps its reconstructions" in verdict(good.paths, good.task)


def test_the_share_is_zero_at_the_worse_end_and_one_at_the_mean_image() -> None:
    at_end = summarise(facts(line=(0.005, 0.005, 0.006))).paths[0]
    assert share_of_baseline(at_end, "test_nll") == pytest.approx(0)
    at_mean = summarise(facts(line=(0.005, BASELINE, 0.006))).paths[0]
    assert share_of_baseline(at_mean, "test_nll") == pytest.approx(1)


def test_a_triangle_has_half_its_height_as_area() -> None:
    assert area_above_chord([0, 0.5, 1], [1.0, 3.0, 2.0]) == pytest.approx((3.0 - 1.5) / 2)
    assert area_above_chord([0, 0.5, 1], [1.0, 0.5, 2.0]) == 0
    assert math.isnan(area_above_chord([0.5, 1], [1.0, 2.0]))


def test_several_pairs_have_a_mean_and_a_deviation() -> None:
    whole = facts()
    nodes = whole["nodes"]
    for name in ("line", "curve"):
        nodes[f"{name}-2"] = {**nodes[name], "name": f"{name}-2", "key": f"{name}-2"}
        nodes[f"evaluate-{name}-2"] = {
            **nodes[f"evaluate-{name}"],
            "name": f"evaluate-{name}-2",
            "inputs": {"path": f"{name}-2"},
            "table": table((0.0058, 0.0673, 0.0059)),
        }
        nodes[f"{name}-2"]["inputs"] = {"first": "endpoint-2", "last": "endpoint-1"}
    found = reconstruction_table(summarise(whole))
    spread = next(row for row in found.rows if row[0] == "line" and "2 pairs" in row[1])
    assert spread[3] == "0.0663 ± 0.0014"
    assert f"{BASELINE}" in found.notes[0]


def test_a_classifier_has_neither_verdict_nor_table() -> None:
    summary = summarise(sample_facts())
    assert verdict(summary.paths, summary.task) == ""
    assert reconstruction_table(summary).rows == []


@pytest.mark.parametrize(
    ("loss", "word"),
    [
        ("mse", "mse"),
        ("perceptual", "perceptual loss"),
        ("ssim", "1 - SSIM"),
        ("mae", "mean absolute error"),
    ],
)
def test_the_mean_loss_is_shown_by_its_own_name(loss: str, word: str) -> None:
    task = task_of(["test_nll", "test_psnr"], {"loss": {"name": loss}})
    assert quantity("test_nll", task=task).label == f"test {word}"
    assert ("test_mse" in image_columns(task)) == (loss != "mse")
    assert quantity("test_psnr", task=task).axis == "test PSNR, dB"


def test_a_network_judged_by_another_loss_has_none_of_this_runs() -> None:
    whole = facts()
    for name in ("line", "curve"):
        whole["nodes"][f"evaluate-{name}"]["table"]["task"] = "reconstruction:mae"
    whole["nodes"]["endpoint-1"]["options"]["loss"] = {"name": "mae"}
    for place in (1, 2):
        whole["nodes"][f"endpoint-{place}"]["summary"] = {"test_nll": 0.03, "test_mse": 0.003}
    first, second = summarise(whole).ends
    assert first.values == {"test_nll": 0.03, "test_mse": 0.003}
    assert second.values == {"test_mse": 0.003}


def member(index: int, values: dict[str, float]) -> dict[str, Any]:
    return {
        "index": index,
        "total": 2,
        "name": f"fge-{index}",
        "epoch": index,
        "step": index,
        "values": values,
        "ensemble": values,
        "distances": {},
    }


def test_members_are_told_by_the_mse_that_they_were_scored_by() -> None:
    stored = {"test_nll": 0.01, "test_mse": 0.01, "test_rmse": 0.1, "test_mae": 0.07}
    whole = sample_facts()
    node = whole["nodes"]["endpoint-1"]
    loss = {"loss": {"name": "mae"}}
    node |= {"kind": "fge", "name": "fge-1", "options": loss, "members": [], "rates": ([], [])}
    node["members"] = [member(1, stored), member(2, stored)]
    node["epochs"] = [{**node["epochs"][-1], "values": {"test_nll": 0.07, "test_psnr": 20.0}}]
    record = {"method": "fge", "budget": 1, "members": 2, "pools": 1, "mean": stored}
    pool = {**node, "name": "ensemble", "kind": "ensemble", "options": {}, "epochs": []}
    pool |= {"members": [], "ensemble": {"budgets": [record]}}
    whole["nodes"] = {"fge-1": node, "ensemble": pool}
    summary = summarise(whole)
    # FGE goes on from a network and has no [model]; its own scores tell what it is.
    assert summary.task == "reconstruction:mae"
    heads = member_tables(summary)[0].columns
    assert "mse" in heads
    assert "mean absolute error" not in heads
    assert [row[0] for row in budgets_table(summary).rows] == ["test rmse", "test mse"]


def test_the_average_of_a_training_is_told_by_the_loss_it_has() -> None:
    values = {"test_nll": 0.07, "test_mse": 0.01, "test_psnr": 20.0}
    event = MemberCaptured(1, 2, "epoch-3", 3, 30, values, values, {})
    assert member_text(event, {"loss": {"name": "mae"}}) == (
        "epoch-3, 1 of 2: test mean absolute error 0.0700"
    )


def test_members_of_values_have_a_distance_and_no_agreement() -> None:
    stored = {"test_nll": 0.01, "test_mse": 0.01, "test_rmse": 0.1}
    whole = sample_facts()
    node = whole["nodes"]["endpoint-1"] | {"kind": "fge", "rates": ([], []), "epochs": []}
    node["members"] = [member(1, stored), member(2, stored)]
    gaps = [[0.0, 0.25], [0.25, 0.0]]
    without = [{"test_rmse": 0.13}, {"test_rmse": 0.09}]
    rows = [{}, {}]
    node["members_file"] = {"rows": rows, "pairwise": {"disagreement": gaps}, "without": without}
    whole["nodes"]["dataset"]["dataset"]["task"] = "regression"
    whole["nodes"] = {"dataset": whole["nodes"]["dataset"], "fge-1": node}
    table = member_tables(summarise(whole))[0]
    told = dict(zip(table.columns, table.rows[1], strict=True))
    assert told["rms difference from the last"] == "0.2500"
    assert told["rmse if removed"] == "-0.0100"
    assert "the whole ensemble's rmse changes" in table.notes[0]


def test_captions_name_the_loss_as_the_axes_do() -> None:
    whole = facts()
    for name in ("line", "curve"):
        whole["nodes"][f"evaluate-{name}"]["table"]["task"] = "reconstruction:mae"
    (loss,) = [one for one in path_drawings(summarise(whole)) if one.name == "loss"]
    assert loss.caption.startswith("Test mean absolute error at 3 positions t")


def test_members_and_the_training_they_come_from_are_drawn_by_one_score() -> None:
    stored = {"test_nll": 0.01, "test_mse": 0.01, "test_rmse": 0.1}
    whole = sample_facts()
    node = whole["nodes"]["endpoint-1"]
    node |= {"kind": "fge", "name": "fge-1", "options": {"loss": {"name": "mae"}}}
    node |= {"members": [member(1, stored), member(2, stored)], "rates": ([1, 2], [0.1, 0.2])}
    told = {"test_nll": 0.07, "test_mse": 0.01, "test_psnr": 20.0}
    node["epochs"] = [{**node["epochs"][-1], "epoch": e, "step": e, "values": told} for e in (1, 2)]
    whole["nodes"] = {"fge-1": node}
    drawings = {one.name: one for one in ensemble_drawings(summarise(whole))}
    _, right = drawings["cycles-fge-1"].figure.axes
    assert right.get_ylabel() == "test mse"
    drawn = {line.get_label(): np.asarray(line.get_ydata()) for line in right.lines}
    assert drawn["network in training"].tolist() == [0.01, 0.01]
    labels = [axes.get_ylabel() for axes in drawings["ensemble-size"].figure.axes]
    assert labels == ["test rmse", "test mse"]


def test_a_live_plot_follows_what_members_and_their_training_both_have() -> None:
    def followed(members: dict[str, float], epochs: dict[str, float]) -> str:
        events = {1: MemberCaptured(1, 2, "one", 1, 10, members, members, {})}
        told = [EpochFinished(1, 2, 10, 0.1, 1.0, epochs)] if epochs else []
        return score_column(cast("StageView", SimpleNamespace(members=events, epochs=told)))

    training = {"test_nll": 0.07, "test_mse": 0.01, "test_psnr": 20.0}
    assert followed({"test_nll": 0.01, "test_mse": 0.01, "test_rmse": 0.1}, training) == "test_mse"
    assert followed({"test_rmse": 0.1, "test_mse": 0.01}, {}) == "test_rmse"
    assert followed(training, training) == "test_mse"
    assert followed({"test_error": 0.1, "test_nll": 1}, {"validation_error": 0.1}) == "test_error"
