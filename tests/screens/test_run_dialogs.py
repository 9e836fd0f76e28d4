"""The log and the report of a run, as dialogs: what is read, what is inert, what stays live."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench.app import WorkbenchApp
from mcworkbench.errors import WorkbenchError
from mcworkbench.folders import reports_root
from mcworkbench.runs.index import run_ids
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.run_log import TAIL_BYTES, read_log
from mcworkbench.screens import run_actions
from mcworkbench.screens.dialogs.log import LogDialog, LogText
from mcworkbench.screens.dialogs.report import ReportDialog, WrittenReport, write_report
from mcworkbench.screens.dialogs.report_text import aligned_lines, inert_parser
from mcworkbench.screens.runs.pane import FilterInput
from tests.screens.lists import dialog, opened, pane_of, said, screen_text, wait_long
from tests.screens.pilots import press, wait_for
from tests.screens.recorded import recorded_home

if TYPE_CHECKING:
    import pytest


async def test_a_report_shows_that_it_is_written_and_then_its_text_and_path(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_begin = asyncio.Event()

    async def held(run_id: str) -> WrittenReport:
        await may_begin.wait()
        return await write_report(run_id)

    monkeypatch.setattr(run_actions, "write_report", held)
    ids = recorded_home(home, "quickstart", "three-ends")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(app, pilot)
        named = pane_of(app).row
        assert named is not None
        await press(pilot, "p")
        # The child has to import matplotlib before it can be done.
        await dialog(app, pilot, ReportDialog)
        await wait_for(pilot, lambda: "writing the report …" in screen_text(app))
        await press(pilot, "y")
        assert app.clipboard == "", "there is no file yet"
        may_begin.set()
        await wait_long(pilot, lambda: "y copies the path" in screen_text(app))
        assert "writing the report" not in screen_text(app)
        page = reports_root() / ids[named.name] / "report.html"
        assert page.is_file()
        await wait_for(pilot, lambda: str(page)[-60:] in screen_text(app))
        await press(pilot, "y")
        assert app.clipboard == str(page)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: len(app.screen_stack) == 1)


async def test_a_report_whose_dialog_was_closed_is_told_and_takes_no_keys_away(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = asyncio.Event()

    async def write(run_id: str) -> WrittenReport:
        await finished.wait()
        return WrittenReport("# done", reports_root() / run_id / "report.html")

    recorded_home(home, "quickstart")
    monkeypatch.setattr(run_actions, "write_report", write)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "p")
        await dialog(app, pilot, ReportDialog)
        await press(pilot, "escape")
        await wait_for(pilot, lambda: len(app.screen_stack) == 1)
        await press(pilot, "p", "slash", "q")
        await wait_for(pilot, lambda: "is being written already" in str(said(app)))
        finished.set()
        await wait_for(pilot, lambda: "report.html" in said(app)[-1])
        assert len(app.screen_stack) == 1
        assert pane_of(app).query_one(FilterInput).value == "q"


async def test_a_report_that_cannot_be_written_is_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_run_id: str) -> WrittenReport:
        await asyncio.sleep(0)
        raise WorkbenchError("no report was written: the disk is full")

    recorded_home(home, "quickstart")
    monkeypatch.setattr(run_actions, "write_report", fail)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "p")
        await wait_for(pilot, lambda: "disk is full" in said(app)[-1])
        await wait_for(pilot, lambda: len(app.screen_stack) == 1)
        await press(pilot, "p")
        await wait_for(pilot, lambda: len(said(app)) == 2)


def test_links_and_pictures_of_a_report_are_text() -> None:
    tokens = inert_parser(80).parse(
        "[a](https://x) <https://y> ![alt](figures/z.png) <b>c</b>\n\n[@click=app.quit]x[/]\n"
    )
    inner = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inner} == {"text"}
    told = "".join(child.content for child in inner)
    assert "[figure: alt]" in told
    assert "[@click=app.quit]x[/]" in told


def test_a_wide_table_is_broken_into_whole_columns_with_its_words_in_front() -> None:
    rows = [["path", "max", "barrier"], ["line", "31.94 %", "0.8357"], ["Bézier", "2 %", "0.01"]]
    assert aligned_lines(rows, 1, 80) == [
        "path        max  barrier",
        "line    31.94 %   0.8357",
        "Bézier      2 %     0.01",
    ]
    assert aligned_lines(rows, 1, 23) == [
        "path        max",
        "line    31.94 %",
        "Bézier      2 %",
        "",
        "path    barrier",
        "line     0.8357",
        "Bézier     0.01",
    ]
    assert aligned_lines(rows, 1, 1) == aligned_lines(rows, 1, 23)
    assert aligned_lines([["only"], ["words"]], 1, 3) == ["only", "words"]


async def test_the_log_says_first_why_a_run_failed(home: Path) -> None:
    recorded_home(home, "diverges")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "L")
        await dialog(app, pilot, LogDialog)
        await wait_for(pilot, lambda: "stopped being a finite number" in screen_text(app))
        assert "── endpoint-1, attempt 1 ──" in screen_text(app)
        assert "y copies the path of endpoint-1, attempt 1" in screen_text(app)
        await press(pilot, "y")
        copied = Path(app.clipboard)
        assert copied.parts[-3:] == ("attempts", "0001", "log")
        assert "Traceback" in copied.read_text()
        # Whether the terminal took it is not known: tmux drops it unless told otherwise.
        assert said(app)[-1] == f"sent to the terminal's clipboard: {copied}"
        await press(pilot, "G")
        await wait_for(pilot, lambda: "Traceback" not in screen_text(app))
        assert "── supervisor ──" in screen_text(app)
        assert "y copies the path of supervisor" in screen_text(app)
        await press(pilot, "y")
        assert app.clipboard.endswith("supervisor.log")
        await press(pilot, "g", "y")
        assert app.clipboard == str(copied)
        await press(pilot, "end")
        await wait_for(pilot, lambda: "path of supervisor" in screen_text(app))
        await press(pilot, "pageup", "pageup", "y", "escape")
        assert app.clipboard == str(copied)
        await wait_for(pilot, lambda: len(app.screen_stack) == 1)


def test_the_help_on_a_log_says_how_much_of_it_shows() -> None:
    assert f"{TAIL_BYTES // 1024} kB" in str(LogDialog.HELP)


async def test_of_a_huge_hostile_log_only_the_end_is_read(home: Path) -> None:
    run_id = recorded_home(home, "half-way")["half-way"]
    path = RunFolder(run_id).log_path
    with path.open("wb") as file:
        file.truncate(100_000_000)
        file.seek(100_000_000)
        file.write(b"\n\x1b]52;c;evil\x07 \x1b[2J [red]last[/red]\n")
    log = read_log(run_id)
    assert sum(map(len, log.lines)) < 2 * TAIL_BYTES
    assert log.lines[-2] == "<1b>]52;c;evil<07> <1b>[2J [red]last[/red]"
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "L")
        await dialog(app, pilot, LogDialog)
        await press(pilot, "G")
        await wait_for(pilot, lambda: "[red]last[/red]" in screen_text(app))
        assert app.screen.query_one(LogText).has_focus


async def test_a_letter_typed_twice_answers_once(home: Path) -> None:
    ids = recorded_home(home, "quickstart")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await press(pilot, "d")
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
        # Both are in the queue before the first is handled.
        app.simulate_key("c")
        app.simulate_key("c")
        app.simulate_key("enter")
        await wait_for(pilot, lambda: len(app.screen_stack) == 1)
        assert app.crash is None
        assert run_ids() == list(ids.values())
