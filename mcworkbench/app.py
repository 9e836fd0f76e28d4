"""The terminal app: modes, themes, keys, and the latest of what the feed told.

Owns nothing that trains: runs are detached processes, and everything shown is read from disk.
Imports neither torch nor the engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, final

from textual import on
from textual.app import App
from textual.binding import Binding, BindingType
from typing_extensions import override

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.state import ACTIVE, State
from mcworkbench.screens.base import WorkbenchScreen
from mcworkbench.screens.dialogs.help import HelpDialog
from mcworkbench.screens.dialogs.told import MessagesDialog
from mcworkbench.screens.feed import OPENED, Feed
from mcworkbench.screens.keymap import checked_keymap, classes_with_keys
from mcworkbench.screens.mailbox import Mailbox
from mcworkbench.screens.messages import (
    FeedFailed,
    FeedSpoke,
    MachineChanged,
    RunChanged,
    RunsChanged,
    RunVanished,
)
from mcworkbench.screens.palette import Commands
from mcworkbench.screens.presets.screen import PresetsScreen
from mcworkbench.screens.run.screen import RunScreen
from mcworkbench.screens.runs.screen import RunsScreen
from mcworkbench.screens.settings import read_settings, remember_theme
from mcworkbench.screens.themes import DARK, LIGHT, THEMES
from mcworkbench.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.dom import DOMNode
    from textual.screen import Screen

    from mcworkbench.screens.pictures.machine import MachinePicture
    from mcworkbench.screens.pictures.run_picture import RunPicture
    from mcworkbench.screens.pictures.run_row import RunRow
    from mcworkbench.screens.run_deleting import Deleted

_NOTICE_S, _ERROR_S = 4.0, 10.0
_MAX_TOLD = 200


@final
class WorkbenchApp(App[str]):
    """Runs until `q`; returns the sentence to leave in the terminal."""

    TITLE = "mcworkbench"
    CSS_PATH = [  # noqa: RUF012
        f"screens/styles/{name}.tcss"
        for name in ("shared", "chart", "runs", "run", "looks", "members", "presets")
    ]
    MODES: ClassVar = {"runs": RunsScreen, "run": RunScreen, "presets": PresetsScreen}
    DEFAULT_MODE = "runs"
    COMMANDS: ClassVar = {Commands}
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "switch_mode('runs')", "Runs", show=False, id="app.runs"),
        Binding("2", "switch_mode('run')", "Run", show=False, id="app.run"),
        Binding("3", "switch_mode('presets')", "Presets", show=False, id="app.presets"),
        Binding(
            "colon,ctrl+p", "command_palette", "Palette", show=False, id="app.palette",
            tooltip="Every command, by name",
        ),
        Binding("question_mark", "help", "Help", id="app.help", tooltip="Help on what is focused"),
        Binding(
            "exclamation_mark", "messages", "Messages", show=False, id="app.messages",
            tooltip="What was said so far",
        ),
        Binding("T", "toggle_theme", "Theme", show=False, id="app.theme", tooltip="Dark or light"),
        Binding(
            "q", "detach", "Quit", id="app.quit", tooltip="Leave; runs go on",
        ),
    ]  # fmt: skip

    def __init__(
        self,
        run_id: str = "",
        *,
        clock_s: Callable[[], float] = time.monotonic,
        wall_s: Callable[[], float] = time.time,
        is_polling: bool = True,
    ) -> None:
        """Prepare the app.

        Args:
            run_id: the run to show first, '' for the list.
            clock_s: monotonic seconds; tests give their own.
            wall_s: Unix seconds, for ages; likewise.
            is_polling: look at the disk by itself; tests may `feed.tick()` instead.
        """
        super().__init__()
        self.rows: tuple[RunRow, ...] = ()
        self.has_heard = False
        self.wall_s = wall_s
        self.machine: MachinePicture | None = None
        self.opened: RunPicture | None = None
        self.opened_id = ""
        self.deleted: list[list[Deleted]] = []
        self._mailbox = Mailbox(self.post_message)
        self.feed = Feed(self._mailbox.put, clock_s=clock_s, wall_s=wall_s)
        self.crash: Exception | None = None
        self.told: deque[tuple[str, str, bool]] = deque(maxlen=_MAX_TOLD)
        self._is_polling = is_polling
        self._first_run = run_id
        self._settings = read_settings()
        # The style sheets use colours of our own, so a theme must be there before they are read.
        for theme in THEMES:
            self.register_theme(theme)
        known = {theme.name for theme in THEMES}
        self.theme = self._settings.theme if self._settings.theme in known else DARK.name

    @override
    def _handle_exception(self, error: Exception) -> None:
        # The one way to learn what ended the app: Textual only prints it.
        self.crash = self.crash or error
        super()._handle_exception(error)

    def on_mount(self) -> None:
        """Begin to look."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            # Leaving by the front door gives the terminal back as it was.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                asyncio.get_running_loop().add_signal_handler(number, self.exit)
        problems = list(self._settings.problems)
        if self._settings.keymap:
            owners = (type(self), *classes_with_keys())
            keymap, unusable = checked_keymap(self._settings.keymap, owners)
            self.set_keymap(keymap)
            problems += unusable
        for problem in problems:
            self.tell(problem, is_error=True)
        if self._first_run:
            self.open_run(self._first_run)
        if self._is_polling:
            self.feed.start()

    @property
    def front(self) -> WorkbenchScreen | None:
        """Return the screen of the mode that shows, also under a dialog."""
        found = [screen for screen in self.screen_stack if isinstance(screen, WorkbenchScreen)]
        return found[-1] if found else None

    @on(FeedSpoke)
    def _empty_mailbox(self) -> None:
        for message in self._mailbox.take():
            match message:
                case RunsChanged():
                    self._runs_changed(message)
                case RunChanged():
                    self._run_changed(message)
                case RunVanished():
                    self._run_vanished(message)
                case MachineChanged():
                    self._machine_changed(message)
                case FeedFailed():
                    self.tell(message.text, is_error=True)

    @on(RunsChanged)
    def _runs_changed(self, message: RunsChanged) -> None:
        self.rows, self.has_heard = message.rows, True
        if self.front is not None:
            self.front.show_rows(self.rows)
            self.front.refresh_chrome()

    def _run_changed(self, message: RunChanged) -> None:
        picture = message.picture
        if picture.row.id == self.opened_id:
            self.opened = picture
            if self.front is not None:
                self.front.show_opened(picture)
                self.front.refresh_chrome()
        if self.front is not None:
            self.front.show_picture(picture)

    def _run_vanished(self, message: RunVanished) -> None:
        if message.run_id == self.opened_id and not message.is_passing:
            self.close_run()
            self.tell(message.reason, is_error=True)
        if self.front is not None:
            self.front.show_missing(message.run_id, message.reason)

    def _machine_changed(self, message: MachineChanged) -> None:
        self.machine = message.machine
        if self.front is not None:
            self.front.refresh_chrome()

    def open_run(self, run_id: str) -> None:
        """Show a run in the Run mode."""
        if run_id != self.opened_id:
            self.opened, self.opened_id = None, run_id
            self.feed.watch(OPENED, run_id)
        self.switch_mode("run")

    def close_run(self) -> None:
        """Have no run open any more."""
        self.opened, self.opened_id = None, ""
        self.feed.watch(OPENED, "")
        if self.front is not None:
            self.front.show_opened(None)

    def edit_preset(self, reference: str) -> None:
        """Show a preset, by name or file, in the Presets mode."""
        self.switch_mode("presets")
        screen = self.front
        if isinstance(screen, PresetsScreen):
            self.call_after_refresh(screen.open_preset, reference)

    def tell(self, text: str, *, is_error: bool = False) -> None:
        """Show one sentence for a while; it is plain text, never markup or an escape sequence."""
        text = clean(text)
        self.told.append((time.strftime("%H:%M:%S"), text, is_error))
        timeout_s = _ERROR_S if is_error else _NOTICE_S
        self.notify(
            text, severity="error" if is_error else "information", timeout=timeout_s, markup=False
        )

    def action_help(self) -> None:
        """Explain what has the focus, then the screen, then the app."""
        screen: Screen[Any] = self.screen
        nodes = [
            (str(node.name or type(node).__name__), node)
            for node in (screen.focused.ancestors_with_self if screen.focused else [])
            if node is not screen and _explains_itself(node)
        ]
        titled = str(getattr(screen, "MODE", "")).capitalize() or "This dialog"
        self.push_screen(HelpDialog([*nodes, (titled, screen), ("Everywhere", self)]))

    def action_messages(self) -> None:
        """Show what was told so far."""
        self.push_screen(MessagesDialog(list(self.told)))

    def action_toggle_theme(self) -> None:
        """Change between dark and light, and remember it."""
        self.theme = LIGHT.name if self.current_theme.dark else DARK.name
        try:
            aside = remember_theme(self.theme)
        except WorkbenchError as error:
            self.tell(str(error), is_error=True)
        else:
            if aside is not None:
                self.tell(f"the settings could not be read; they are kept as {aside}.")

    async def action_detach(self) -> None:
        """Leave; runs go on, and the terminal says so. Asks only where edits would be lost."""
        for screen in self.get_screen_stack("presets") if "presets" in self._screen_stacks else []:
            if isinstance(screen, PresetsScreen) and not await screen.may_leave():
                return
        self.exit(farewell(self.rows))

    @override
    async def action_quit(self) -> None:
        await self.action_detach()

    def on_unmount(self) -> None:
        """End the feed's thread."""
        self.feed.stop()


def _explains_itself(node: DOMNode) -> bool:
    """Return whether help has something to say of a widget: prose, or keys of our own."""
    is_ours = type(node).__module__.startswith("mcworkbench.screens")
    return is_ours and bool(getattr(node, "HELP", "") or type(node).__dict__.get("BINDINGS"))


def farewell(rows: tuple[RunRow, ...]) -> str:
    """Return what to say in the terminal after the app: what goes on without it."""
    running = sum(row.state in ACTIVE for row in rows)
    queued = sum(row.state is State.queued for row in rows)
    if not running and not queued:
        return ""
    parts = [f"{running} {'run goes' if running == 1 else 'runs go'} on"] if running else []
    if queued:
        parts.append(f"{queued} {'waits' if queued == 1 else 'wait'} for a slot")
    return f"{', '.join(parts)}; `mcworkbench` finds them again, `mcworkbench list` shows them."
