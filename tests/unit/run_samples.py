"""Small pictures of runs for tests: a curve that trains, made of plain values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcworkbench.reports.plot import Plot, Role, Series
from mcworkbench.runs.state import State
from mcworkbench.screens.pictures.run_picture import (
    PairPicture,
    PathTable,
    RunPicture,
    StageRow,
    TrainingPicture,
)
from mcworkbench.screens.pictures.run_row import RunRow

HEADS = ("t", "train nll, nats", "test error, %")


def make_row(state: State = State.running, **changes: Any) -> RunRow:
    row = RunRow(
        id="20251120-100000-curve-abcdef", name="sample", kind="curve", title="", state=state,
        reason="", fraction=0.5, eta_s=12.0, best="", best_short="", best_value=None,
        line_value=None, line_short="", created=0.0, num_done=1, num_nodes=4,
    )  # fmt: skip
    return replace(row, **changes)


def make_stage(name: str, kind: str, state: State = State.done, **changes: Any) -> StageRow:
    words = "done 3.2 s" if state is State.done else str(state)
    stage = StageRow(name, kind, state, False, words, (), 1.0, None, "", "", "0" * 64)
    return replace(stage, **changes)


def make_plot(name: str, *series: Series, column: str = "train_nll") -> Plot:
    return Plot(name, name, "t", column, series)


def make_table(path: str, num_rows: int, total: int = 5) -> PathTable:
    ts = tuple(place / (total - 1) for place in range(num_rows))
    rows = tuple((f"{t:.3f}", f"{place:.4f}", f"{place:.2f}") for place, t in enumerate(ts))
    return PathTable(path, ts, HEADS, rows, "", total)


def make_pair(label: str, *tables: PathTable, num_points: int = 0) -> PairPicture:
    points = tuple(range(num_points))
    along = make_plot("loss-along-t", Series("train nll", points, points, Role.train))
    return PairPicture(label, (along, make_plot("error-along-t")), tables, "")


def make_training(node: str, *, is_active: bool = False, num_epochs: int = 3) -> TrainingPicture:
    epochs = [float(epoch) for epoch in range(1, num_epochs + 1)]
    test = Series("test nll", epochs, epochs, Role.test)
    train = Series("train nll", epochs, epochs, Role.train)
    plot = Plot("train-loss", "loss by epoch", "epoch", "train_nll", (train, test))
    return TrainingPicture(node, is_active, (plot,))


def make_picture(**changes: Any) -> RunPicture:
    picture = RunPicture(
        row=make_row(),
        facts=(),
        stages=(
            make_stage("endpoint-1", "endpoint"),
            make_stage("endpoint-2", "endpoint"),
            make_stage("curve", "curve", State.running),
            make_stage("evaluate-curve", "evaluate", State.waiting),
        ),
        trainings=(
            make_training("endpoint-1"),
            make_training("endpoint-2"),
            make_training("curve", is_active=True, num_epochs=41),
        ),
        pairs=(make_pair("one", make_table("curve", 0), make_table("line", 5), num_points=2),),
        ensembles=(),
        log=(),
        warnings=(),
        messages=(),
        version=1,
    )
    return replace(picture, **changes)
