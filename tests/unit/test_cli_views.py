"""What is painted of a run in terminals of any size, and told of it in a pipe."""

from __future__ import annotations

import contextlib
import io
import re
from typing import TYPE_CHECKING, final

import pytest
from rich.console import Console

from mcworkbench.cli.consoles import aligned
from mcworkbench.cli.manage import size_text
from mcworkbench.cli.plain import PlainView
from mcworkbench.cli.stage_lines import bar, stage_line
from mcworkbench.cli.terminal import TerminalView
from mcworkbench.reports.durations import age_text, clock, rate_text
from mcworkbench.reports.stage_text import in_order, state_words
from mcworkbench.runs import events
from mcworkbench.runs.views import RunView
from tests.unit.runs_sample import OTHER, RUN, Holder, add_attempt, finish, make_run, make_stage

if TYPE_CHECKING:
    from collections.abc import Generator

HOSTILE = "\x1b[31m[red]evil[/red]"
TS = tuple(place / 10 for place in range(11))


def _probe(epoch: int, height: float) -> events.ProbeEvaluated:
    losses = tuple(0.1 + height * 4 * t * (1 - t) for t in TS)
    return events.ProbeEvaluated(epoch, epoch * 10, TS, {"train_nll": losses})


@contextlib.contextmanager
def running(num_waiting: int = 2) -> Generator[RunView]:
    """Give a run whose curve is trained by a live process, with a line beside it."""
    done, curve = make_stage("done"), make_stage("curve", "curve")
    line = make_stage("line", "evaluate")
    finish(done)
    points = [
        events.PathPointEvaluated(i, 11, t, i, {"train_nll": 0.1 + 8 * t * (1 - t)})
        for i, t in enumerate(TS)
    ]
    add_attempt(line, events.StageStarted("evaluate"), *points)
    add_attempt(
        curve,
        events.StageStarted("curve"),
        _probe(0, 2.0),
        events.EpochFinished(1, 10, 10, 0.1, 0.5, {"train_nll": 0.7, "train_accuracy": 0.9}),
        _probe(1, 0.5),
        _probe(3, 0.3),
        events.Progress("training", 15, 100, "steps", 15, 812.0, 83.0, {"train_loss": 0.25}),
    )
    waiting = {f"later-{place}": make_stage(f"later-{place}") for place in range(num_waiting)}
    straight = make_stage("straight", "line")
    finish(straight)
    stages = {
        "endpoint-1": done, "line": straight, "evaluate-line": line, "curve": curve, **waiting,
    }  # fmt: skip
    ends = {"first": "endpoint-1", "last": "later-0"}
    inputs = {"line": ends, "evaluate-line": {"path": "line"}, "curve": ends}
    nodes = {
        name: {
            "key": stage.key,
            "kind": {"curve": "curve", "line": "line", "evaluate-line": "evaluate"}.get(
                name, "endpoint"
            ),
            "label": name,
            "inputs": inputs.get(name, {}),
        }
        for name, stage in stages.items()
    }
    run = make_run(RUN, {}, nodes=nodes, name=HOSTILE, title=HOSTILE * 20, device="cpu")
    with Holder(run.lock_path), Holder(curve.lock_path):
        yield RunView(RUN)


def painted(run: RunView, columns: int, rows: int) -> list[str]:
    """Return the lines of one frame, without control sequences."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=columns, height=rows, markup=False)
    with TerminalView(console) as view:
        view.update(run, "Ctrl-C stops")
    text = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", file.getvalue()).replace("\r", "")
    assert "\x1b" not in text
    return text.split("\n")


@pytest.mark.parametrize(
    ("columns", "rows"), [(20, 8), (40, 12), (80, 24), (120, 36), (200, 60), (300, 10)]
)
@pytest.mark.parametrize("num_waiting", [2, 40])
def test_a_frame_fits_any_terminal_and_shows_what_runs(
    columns: int, rows: int, num_waiting: int
) -> None:
    with running(num_waiting) as run:
        lines = painted(run, columns, rows)
    assert max(len(line) for line in lines) < columns
    # The last line break leaves the cursor on a row of its own.
    assert len(lines) <= rows
    assert any("running" in line for line in lines)


def test_at_80_columns_a_running_stage_shows_bar_percent_time_left_loss_and_rate() -> None:
    with running() as run:
        line = next(line for line in painted(run, 80, 24) if " curve " in line)
    for part in ("running", "━", " 15 %", "ETA 1:23", "loss 0.2500"):
        assert part in line
    with running_line(120) as wide:
        assert "812 steps/s" in wide
        assert "accuracy 90.00 %" in wide


@contextlib.contextmanager
def running_line(columns: int) -> Generator[str]:
    run = RunView(RUN)
    with Holder(run.folder.lock_path), Holder(run.nodes["curve"].view.folder.lock_path):
        run.refresh()
        yield next(line for line in painted(run, columns, 36) if " curve " in line)


def test_a_curve_in_training_is_plotted_with_an_early_epoch_and_the_straight_line() -> None:
    with running() as run:
        lines = painted(run, 100, 36)
    shown = "\n".join(lines)
    for label in ("epoch 3 of 10", "train nll, probe", "epoch 1 (train)", "line, train nll"):
        assert label in shown
    # The line is the highest: 0.1 + 8 / 4 at t = 0.5.
    assert next(line for line in lines if "┤" in line).startswith("2.0")


def test_a_network_in_training_is_plotted_by_epoch_and_by_step_before_the_first_ends() -> None:
    stage = make_stage("net")
    steps = [
        events.Progress(
            "training", step, 60, "steps", step, 1.0, 1.0, {"train_nll": 2.0 - step / 9}
        )
        for step in (3, 6, 9)
    ]
    add_attempt(stage, events.StageStarted("endpoint"), *steps)
    run = make_run(RUN, {"endpoint-1": stage})
    with Holder(run.lock_path), Holder(stage.lock_path):
        shown = "\n".join(painted(RunView(RUN), 100, 30))
        assert "nll by epoch:" in shown
        assert "train, steps" in shown
        values = {"train_nll": 0.5, "test_nll": 0.75}
        finished = [events.EpochFinished(n, 3, 20 * n, 0.1, 0.5, values) for n in (1, 2)]
        add_attempt(stage, events.StageStarted("endpoint", 9, "step-9"), *finished)
        shown = "\n".join(painted(RunView(RUN), 100, 30))
        assert "train, steps" not in shown
        assert all(word in shown for word in ("train ", "test "))


def test_an_ascii_terminal_gets_ascii_and_no_plot() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    console = Console(file=file, force_terminal=True, width=80, height=30, markup=False)
    with running() as run, TerminalView(console) as view:
        view.update(run, "")
    file.flush()
    shown = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", raw.getvalue().decode())
    line = next(line for line in shown.split("\n") if " curve " in line)
    assert line.startswith("> curve ")
    assert "#---" in line
    assert "?" not in line
    assert "along t" not in shown


def test_a_frame_that_did_not_change_is_not_painted_again() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, height=24)
    with running() as run, TerminalView(console, clock_s=lambda: 5.0) as view:
        view.update(run, "")
        length = len(file.getvalue())
        view.update(run, "")
        assert len(file.getvalue()) == length


@final
class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_pipe_is_told_progress_every_two_seconds_at_most(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock_s = Clock()
    with running() as run, PlainView(clock_s=clock_s) as view:
        view.update(run, "")
        capsys.readouterr()
        clock_s.now_s = 1.9
        view.update(run, "")
        assert capsys.readouterr().err == ""
        clock_s.now_s = 2.1
        view.update(run, "")
        told = capsys.readouterr().err
        assert told == (
            "curve: epoch 1 of 10 (15 %), train loss 0.2500, train accuracy 90.00 %, "
            "812 steps/s, ETA 1:23\n"
        )
        clock_s.now_s = 9.0
        view.update(run, "")
        assert capsys.readouterr().err == ""


def test_stages_come_after_their_inputs_and_circles_are_survived() -> None:
    nodes = {
        name: {"key": make_stage(name).key, "kind": "endpoint", "label": name, "inputs": inputs}
        for name, inputs in {
            "b": {"first": "a"},
            "c": {"first": "d"},
            "d": {"first": "c"},
            "a": {"start": "0" * 64},
        }.items()
    }
    make_run(RUN, {}, nodes=nodes)
    names = [node.name for node in in_order(RunView(RUN))]
    assert sorted(names) == ["a", "b", "c", "d"]
    assert names.index("a") < names.index("b")


def test_times_rates_sizes_and_ages_are_short() -> None:
    assert [clock(value) for value in (0.4, 59.6, 754, 3723)] == [
        "0:00",
        "1:00",
        "12:34",
        "1:02:03",
    ]
    assert [rate_text(value) for value in (0.42, 8.14, 812, 12345)] == [
        "0.42",
        "8.1",
        "812",
        "12.3k",
    ]
    assert [size_text(value) for value in (12, 3400, 5.6e9)] == ["12 B", "3.4 kB", "5.6 GB"]
    assert [age_text(value) for value in (12, 300, 7300, 200000)] == ["12 s", "5 min", "2 h", "2 d"]


def test_a_bar_is_full_exactly_when_the_work_is_done() -> None:
    for fraction, filled in ((0.0, 0), (0.5, 5), (1.0, 10), (7.0, 10)):
        assert bar(fraction, 10, has_unicode=False).plain == "#" * filled + "-" * (10 - filled)


def test_a_table_cuts_only_the_columns_that_may_be_cut() -> None:
    rows = [["x" * 30, "20260101-120000-curve-aaaaaa", "y" * 30, "7"]]
    lines = aligned(["name", "id", "result", "n"], rows, num_words=3, width=60, cut=[0, 2])
    assert "20260101-120000-curve-aaaaaa" in lines[1].plain
    assert max(len(line.plain) for line in lines) == 60
    assert lines[1].plain.endswith("7")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_reused_stage_keeps_its_number_and_shortens_the_run_that_made_it(columns: int) -> None:
    stage = make_stage("old", "evaluate")
    finish(stage, run=OTHER, train_nll_max=0.25, test_error_max=0.5)
    node = {"key": stage.key, "kind": "evaluate", "label": "x", "inputs": {}, "reused": True}
    make_run(RUN, {}, nodes={"evaluate-line": node})
    (view,) = RunView(RUN).nodes.values()
    line = stage_line(view, width=columns, names=13).plain
    assert "max train nll 0.2500" in line
    assert len(line) <= columns
    assert (OTHER in line) == (columns > 60)


def test_a_stage_that_never_began_is_not_called_unresumed() -> None:
    run = make_run(RUN, {"endpoint-1": make_stage("never")})
    with Holder(run.lock_path):
        pass
    (node,) = RunView(RUN).nodes.values()
    assert state_words(node) == "not started"
