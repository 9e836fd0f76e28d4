"""The command palette: every binding of every pane of the mode, of its screen and of the app.

Entries are made from the bindings themselves, so no action can be missing; each says which key
does the same. In a small terminal the panes that do not show are listed too, and shown when
something is done in them.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, final

from textual.command import DiscoveryHit, Hit, Provider
from textual.content import Content
from textual.widget import Widget

from mcworkbench.screens.base import PANE, PaneColumn, WorkbenchScreen
from mcworkbench.screens.widgets.hints import key_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import Binding
    from textual.command import Hits
    from textual.dom import DOMNode


def actions_of(screen: Any) -> Iterator[tuple[DOMNode, str, Binding]]:
    """Yield every binding of ours with what it belongs to and the name of its part."""
    seen: set[tuple[int, str]] = set()
    nodes: list[Any] = [screen.focused, *screen.query("*"), screen, screen.app]
    for node in nodes:
        if node is None or (isinstance(node, Widget) and not _is_ours(node)):
            continue
        for bindings in bindings_of(node):
            for binding in bindings:
                # What Textual's own widgets scroll by has no id of ours.
                if not binding.id or (id(node), binding.action) in seen:
                    continue
                seen.add((id(node), binding.action))
                yield node, _area(node, screen), binding


def bindings_of(node: Any) -> list[list[Binding]]:
    """Return the bindings of one widget, screen or app, the user's own keys applied."""
    # Textual offers them only along the focus; the palette lists those of all panes.
    return list(node._bindings.key_to_bindings.values())  # noqa: SLF001


def _is_ours(node: Widget) -> bool:
    return type(node).__module__.startswith("mcworkbench.") and all(
        (ancestor.display or _is_pane(ancestor)) and not ancestor.disabled
        for ancestor in node.ancestors_with_self
        if isinstance(ancestor, Widget)
    )


def _is_pane(node: Widget) -> bool:
    return node.has_class(PANE) or isinstance(node, PaneColumn)


def _area(node: Any, screen: Any) -> str:
    if node is screen:
        return str(getattr(screen, "MODE", "") or "screen").capitalize()
    if node is screen.app:
        return "Everywhere"
    named = (one.name for one in node.ancestors_with_self if isinstance(one, Widget) and one.name)
    return next(named, str(getattr(screen, "MODE", "")).capitalize())


@final
class Commands(Provider):
    """Finds actions by words of "area: verb"."""

    async def discover(self) -> Hits:
        """List everything before a letter is typed."""
        for title, run, told in self._entries():
            yield DiscoveryHit(Content(title), run, text=title, help=told)

    async def search(self, query: str) -> Hits:
        """List what fits the letters typed."""
        matcher = self.matcher(query)
        for title, run, told in self._entries():
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), run, text=title, help=told)

    def _entries(self) -> Iterator[tuple[str, Any, str]]:
        # What the hints show first; moving about comes last.
        found = sorted(actions_of(self.screen), key=lambda action: not action[2].show)
        titles: set[str] = set()
        for node, area, binding in found:
            title = f"{area}: {binding.tooltip or binding.description}"
            # Several charts of one pane can do the same.
            if title in titles:
                continue
            titles.add(title)
            key = binding.key_display or key_text(binding.key)
            yield title, partial(self._run, node, binding.action), f"key {key}"

    async def _run(self, node: DOMNode, action: str) -> None:
        screen = self.app.screen
        if isinstance(node, Widget) and isinstance(screen, WorkbenchScreen):
            panes = [pane for pane in screen.panes() if pane in node.ancestors_with_self]
            if panes:
                screen.go_to_pane(panes[0])
            if node.focusable:
                screen.set_focus(node)
        await self.app.run_action(action, node)
