"""A picture of a run: rows, facts, stages, log, and a version that moves with the content only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.runs import events
from mcworkbench.runs.actions import request_stop
from mcworkbench.runs.request import StopLevel
from mcworkbench.runs.stage_folder import Exit
from mcworkbench.runs.state import State
from mcworkbench.runs.views import RunView
from mcworkbench.screens.pictures.build import Painter, picture_of
from mcworkbench.screens.pictures.log import MAX_LINES
from tests.screens.recorded import NOW_S, Replay, cut, hold, recorded_home, run_id_of
from tests.unit.runs_sample import RUN, add_attempt, make_run, make_stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mcworkbench.screens.pictures.run_picture import RunPicture


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def picture(name: str, home: Path) -> RunPicture:
    ids = recorded_home(home, name)
    return picture_of(RunView(ids[name]), wall_s=lambda: NOW_S)


def facts(name: str, home: Path) -> dict[str, str]:
    return dict(picture(name, home).facts)


def test_stages_stand_in_working_order_with_words_and_numbers(home: Path) -> None:
    stages = {stage.name: stage for stage in picture("half-way", home).stages}
    assert next(iter(stages)) == "dataset"
    assert list(stages).index("line") < list(stages).index("evaluate-line")
    assert stages["endpoint-1"].numbers == ("train nll 0.0081",)
    assert stages["curve"].words == "stopped at 10 %"
    assert stages["curve"].fraction == 0.1
    assert stages["evaluate-curve"].words == "waiting for curve"
    assert stages["dataset"].is_reused


def test_a_running_stage_tells_its_newest_numbers_and_time_left(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "endpoint-1", 0.5)
    with hold("quickstart", "endpoint-1"):
        shown = picture_of(RunView(ids["quickstart"]))
    stage = next(stage for stage in shown.stages if stage.name == "endpoint-1")
    last = [one["data"] for one in replay.events if one["type"] == "Progress"][-1]
    assert stage.state is State.running
    assert stage.eta_s == last["eta_s"]
    assert stage.numbers[0] == f"train nll {last['values']['train_nll']:.4f}"
    assert shown.row.fraction < 1
    assert shown.row.best == "endpoint-2 test error 1.67 %"


def test_facts_say_where_a_run_comes_from(home: Path) -> None:
    told = facts("three-ends", home)
    assert told["preset"] == "ends.toml"
    assert told["ends"] == "mlp, seed 1 · mlp, seed 2 · mlp, seed 3"
    assert told["data"] == "digits, no validation split: the test set is watched"
    # The recording was made at 10:44:02 by its own run id.
    assert told["made"] == "2025-11-20 10:44:02, 1 h ago"
    assert told["seed"] == "1"
    assert "supervisor" not in told


def test_facts_name_curve_and_changes(home: Path) -> None:
    told = facts("was-killed", home)
    assert told["changes"] == "seed=7"
    assert told["preset"] == "preresnet8-digits-minute"
    assert told["curve"] == "Bézier, 1 bend, epochs 10, lr 0.03, decay 0.0003"


def test_a_lost_run_tells_its_last_sign_of_life_in_facts_and_log(home: Path) -> None:
    shown = picture("was-killed", home)
    assert dict(shown.facts)["supervisor"] == (
        "gone; last sign of life 2025-11-20 10:44:00, 1 h ago"
    )
    last = shown.log[-1]
    assert (last.time, last.node, last.level) == ("10:44:00", "curve", "error")
    assert last.text.startswith("lost: the process ended without saying why")
    assert shown.messages[0].startswith("curve: the process ended")


def test_a_live_supervisor_is_named_alive(home: Path) -> None:
    ids = recorded_home(home, "was-killed")
    with hold("was-killed", "curve"):
        told = dict(picture_of(RunView(ids["was-killed"])).facts)
    assert told["supervisor"].startswith("alive, since ")


def test_the_log_merges_stages_by_time_with_one_line_per_epoch(home: Path) -> None:
    shown = picture("quickstart", home)
    replay = Replay("quickstart", "endpoint-1")
    replay.num_events = replay.num_left
    epochs = [one for one in replay.events if one["type"] == "EpochFinished"]
    lines = [line for line in shown.log if line.node == "endpoint-1" and "epoch" in line.text]
    assert len(lines) == len(epochs)
    for line, event in zip(lines, epochs, strict=True):
        data = event["data"]
        assert line.time == time.strftime("%H:%M:%S", time.gmtime(event["t"]))
        assert line.text.startswith(f"epoch {data['epoch']}/30 ")
        assert f"test error {100 * data['values']['test_error']:.2f} %" in line.text
    assert [line.time for line in shown.log] == sorted(line.time for line in shown.log)


def test_the_log_tells_of_stops_failures_and_reuse(home: Path) -> None:
    stopped = [line.text for line in picture("half-way", home).log]
    assert "stop asked for: now, with a checkpoint" in stopped
    assert "stopped at step 10: on request" in stopped
    assert stopped[0].startswith("reused from 20251120-104320-curve-")
    failed = picture("diverges", home).log[-1]
    assert failed.level == "error"
    assert "stopped being a finite number" in failed.text
    assert sum("finite number" in line.text for line in picture("diverges", home).log) == 1


def test_a_killed_process_is_told_though_it_wrote_nothing_itself() -> None:
    stage = make_stage("one")
    add_attempt(stage, events.StageStarted("endpoint"), ending=Exit("killed", signal=9))
    make_run(RUN, {"endpoint-1": stage})
    last = picture_of(RunView(RUN)).log[-1]
    assert (last.level, last.text) == ("error", "failed: the process was killed by SIGKILL")


def test_an_asked_for_stop_of_a_run_is_a_line_at_its_time(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    cut("quickstart", "curve", 0.5)
    with hold("quickstart", "curve"):
        painter = Painter(RunView(ids["quickstart"]))
        painter.picture()
        request_stop(ids["quickstart"], StopLevel.after)
        painter.view.refresh()
        shown = painter.picture()
    assert shown.row.state is State.stopping
    assert shown.log[-1].text == "stop asked for: after this epoch or point"
    assert shown.log[-1].level == "warning"


def test_a_new_day_is_a_line_of_its_own() -> None:
    stage = make_stage("one")
    told = [events.Noted(f"line {number}") for number in range(3)]
    attempt = add_attempt(stage, *told)
    # The sample writes 22:13:21 and two seconds on, 14 November 2023: make the last one later.
    text = attempt.events_path.read_text().replace('"t":1700000003.0', '"t":1700010000.0')
    attempt.events_path.write_text(text)
    make_run(RUN, {"endpoint-1": stage})
    log = picture_of(RunView(RUN)).log
    assert [(line.time, line.text) for line in log] == [
        ("22:13:21", "line 0"),
        ("22:13:22", "line 1"),
        ("00:00:00", "2023-11-15"),
        ("01:00:00", "line 2"),
    ]


def test_the_log_is_capped_and_keeps_the_newest() -> None:
    stage = make_stage("one")
    add_attempt(stage, *(events.Noted(f"line {number}") for number in range(2 * MAX_LINES)))
    make_run(RUN, {"endpoint-1": stage})
    log = picture_of(RunView(RUN)).log
    assert len(log) == MAX_LINES
    assert log[-1].text == f"line {2 * MAX_LINES - 1}"


def test_texts_of_a_hostile_folder_are_one_harmless_line() -> None:
    stage = make_stage("one")
    attempt = add_attempt(stage, events.Warned("two\nlines \x1b[2J\u202e"))
    raw = attempt.events_path.read_bytes()
    attempt.events_path.write_bytes(raw.replace(b"<1b>", b"\\u001b"))
    make_run(RUN, {"endpoint-1": stage}, name="\x1b]0;x\x07[red]name", title="a\nb")
    shown = picture_of(RunView(RUN))
    everything = repr_of(shown)
    assert not any(character in everything for character in "\x1b\x07\u202e\n")


def repr_of(shown: RunPicture) -> str:
    texts: list[str] = [shown.row.name, shown.row.title, *shown.warnings, *shown.messages]
    texts += [text for _, text in shown.facts] + [line.text for line in shown.log]
    return "".join(texts)


def test_the_version_moves_with_the_content_and_only_then(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.5)
    with hold("quickstart", "curve"):
        painter = Painter(RunView(ids["quickstart"]), wall_s=lambda: NOW_S)
        first = painter.picture()
        painter.view.refresh()
        assert painter.picture() is first
        replay.play(5)
        painter.view.refresh()
        second = painter.picture()
        assert second.version > first.version
        # What the news does not concern is the same object: nothing of it is drawn again.
        ends = {one.node: one for one in first.trainings if one.node != "curve"}
        assert all(ends[one.node] is one for one in second.trainings if one.node in ends)


def test_a_run_of_this_minute_was_made_just_now(home: Path) -> None:
    ids = recorded_home(home, "three-ends")
    view = RunView(ids["three-ends"])
    told = dict(picture_of(view, wall_s=lambda: view.created + 59).facts)
    assert told["made"] == "2025-11-20 10:44:02, just now"


def test_an_age_in_the_facts_is_content(home: Path) -> None:
    ids = recorded_home(home, "was-killed")
    now_s = [NOW_S]
    painter = Painter(RunView(ids["was-killed"]), wall_s=lambda: now_s[0])
    first = painter.picture()
    now_s[0] += 1
    assert painter.picture() is first
    now_s[0] += 3600
    assert painter.picture().version > first.version


@pytest.mark.parametrize("name", ["quickstart", "half-way", "was-killed", "diverges", "all-pairs"])
def test_a_picture_painted_along_the_way_is_that_painted_from_nothing(
    home: Path, name: str
) -> None:
    ids = recorded_home(home, name)
    view = RunView(ids[name])
    painter = Painter(view, wall_s=lambda: NOW_S)
    painter.picture()
    for node in view.nodes.values():
        node.view.version += 1
    assert plain(painter.picture()) == plain(picture_of(view, wall_s=lambda: NOW_S))


def plain(shown: RunPicture) -> Any:
    plots = [plot for part in (*shown.trainings, *shown.pairs) for plot in part.plots]
    drawn = [
        (
            plot.name,
            plot.title,
            [(s.label, repr(list(s.xs)), repr(list(s.ys))) for s in plot.series],
        )
        for plot in plots
    ]
    tables = [table for pair in shown.pairs for table in pair.tables]
    return shown.row, shown.facts, shown.stages, drawn, tables, shown.log, shown.messages


def test_an_active_stage_says_how_far_of_how_much(home: Path) -> None:
    recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.5)
    done = sum(one["type"] == "EpochFinished" for one in replay.events)
    with hold("quickstart", "curve"):
        stages = {row.name: row for row in picture_of(RunView(run_id_of("quickstart"))).stages}
    assert 0 < done < 60
    assert stages["curve"].words == f"epoch {done + 1} of 60"
