"""Write the report of a run in a process of its own, and show its text.

Figures and tables are drawn by matplotlib, which has no place in the app's process. The text may
hold names from outside: links lead nowhere, and a picture is its description.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, final

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static
from typing_extensions import override

from mcworkbench.errors import WorkbenchError
from mcworkbench.executors.child import package_environment, python_command
from mcworkbench.folders import reports_root
from mcworkbench.runs.names import check_run_id
from mcworkbench.screens.dialogs.page import AbstractPage
from mcworkbench.screens.dialogs.report_text import inert_parser
from mcworkbench.text import clean, clean_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from textual.app import ComposeResult
    from textual.widget import Widget

_MAX_TEXT = 200_000
_MAX_PATH = 4000
# What the text and a block of code leave free at their sides.
_MARGIN = 5
_WRITING = "writing the report …"
_WAITS = "esc closes; it is written all the same"
_READS = "y copies the path · esc closes"


@final
@dataclass(frozen=True, slots=True)
class WrittenReport:
    """The text of a report and the page with its figures."""

    text: str
    page: Path


async def write_report(run_id: str) -> WrittenReport:
    """Write the report of a run and return it.

    Raises:
        InvalidInputError: `run_id` is not the id of a run.
        WorkbenchError: it could not be written; the sentence is the command's own.
    """
    folder = reports_root() / check_run_id(run_id)
    process = await asyncio.create_subprocess_exec(
        *python_command("mcworkbench"), "report", run_id, "--out", str(folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=package_environment(),
        start_new_session=True,
    )  # fmt: skip
    try:
        _, told = await process.communicate()
    except asyncio.CancelledError:
        # Nobody waits for it any more; files are published whole, so none is left torn.
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        lines = told.decode(errors="replace").strip().splitlines() or ["it ended without a word"]
        raise WorkbenchError(f"no report was written: {clean_line(lines[-1], limit=500)}")
    return await asyncio.to_thread(_read, folder)


def _read(folder: Path) -> WrittenReport:
    try:
        with (folder / "report.md").open(encoding="utf-8", errors="replace") as file:
            text = file.read(_MAX_TEXT + 1)
    except OSError as error:
        raise WorkbenchError(f"{folder}: the report cannot be read ({error.strerror}).") from error
    if len(text) > _MAX_TEXT:
        text = text[:_MAX_TEXT] + "\n\n… the rest is in the page."
    return WrittenReport(clean(text, limit=2 * _MAX_TEXT), folder / "report.html")


@final
class ReportDialog(AbstractPage):
    """Shows the text of a report."""

    HELP = "The report as text; the page has the figures too. Copy its path and open it there."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "Close", show=False),
    ]

    def __init__(self, name: str, report: WrittenReport | None = None) -> None:
        """Show the report of the run called `name`; without one, that it is being written."""
        super().__init__()
        self._heading = f"Report · {name}"
        self._report = report
        self._width = 0

    def compose(self) -> ComposeResult:
        """Lay out the text."""
        with VerticalScroll(classes="dialog page") as box:
            box.border_title = Content(self._heading)
            box.border_subtitle = _WAITS
            yield Static(_WRITING, id="report-told", markup=False)
            yield Markdown(parser_factory=self._parser, open_links=False)

    def on_mount(self) -> None:
        """Put the focus where the arrow keys scroll."""
        self.query_one(VerticalScroll).focus()

    @property
    def is_waiting(self) -> bool:
        """Return whether it shows and has no report yet."""
        return self._report is None and self.is_attached and not self._is_answered

    async def fill(self, report: WrittenReport) -> None:
        """Show a report that has come."""
        self._report, self._width = report, 0
        await self._show()

    async def on_resize(self) -> None:
        """Lay the text out for the new width: tables are broken to fit."""
        # The first size comes before the layout of what is inside.
        self.call_after_refresh(self._show)

    async def _show(self) -> None:
        report = self._report
        box = self.query_one(VerticalScroll)
        width = box.size.width - _MARGIN
        self.query_one("#report-told").display = report is None
        if report is None or width == self._width:
            return
        self._width = width
        path = clean_line(str(report.page), limit=_MAX_PATH)
        shown = path if len(path) <= width else f"…{path[-width + 1 :]}"
        box.border_title = Content(shown)  # pyright: ignore[reportAttributeAccessIssue]
        box.border_subtitle = _READS
        await self.query_one(Markdown).update(report.text)

    def _parser(self) -> MarkdownIt:
        return inert_parser(self._width)

    @override
    def scroller(self) -> Widget:
        return self.query_one(VerticalScroll)

    @override
    def shown_path(self) -> Path | None:
        return self._report.page if self._report is not None else None
