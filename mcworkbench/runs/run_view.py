"""One run as screens, headless progress and reports see it: its nodes, folded.

A run has no events of its own; everything here follows from run.json, the views of its stages
and its supervisor's lock. Writes nothing. `refresh` does the reading.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, final

from mcworkbench.errors import WorkbenchError
from mcworkbench.runs.headline import (
    ENSEMBLE,
    Headline,
    ensemble_headline,
    foremost,
    headlines,
)
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_view import StageView
from mcworkbench.runs.state import (
    ACTIVE,
    RunEvidence,
    State,
    node_state,
    run_evidence,
    run_state,
    wait_reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.runs.run_folder import NodeDocument, RunDocument

# Rough shares of a run's time by kind of stage, for the progress bar and the time left only.
_SHARES = {
    **dict.fromkeys(("dataset", "line", "chain", "import", "predict", "soup", "ensemble"), 1.0),
    **dict.fromkeys(("evaluate", "swag"), 5.0),
    "align_code": 1.0,
    "pictures": 2.0,
    "latent": 2.0,
}
_SHARE = 20.0


@final
class NodeView:
    """One node of a run.

    Attributes:
        kind: of its stage.
        inputs: role to node name or stage key.
        reused: its stage was done before the run started.
        view: the stage, which other runs may share.
    """

    def __init__(self, name: str, document: NodeDocument, view: StageView) -> None:
        self.name = name
        self.label = document.label
        self.key = document.key
        self.kind = document.kind
        self.inputs = document.inputs
        self.reused = document.reused
        self.view = view
        self.state = State.waiting
        self.reason = ""

    @property
    def made_by(self) -> str:
        """Return the run that made the product or works on it, '' where unknown."""
        return self.view.holder or self.view.made_by


@final
class RunView:
    """A run and its nodes, in the order of run.json.

    Attributes:
        created: Unix seconds.
        nodes: by name.
        evidence: what the run's own folder proves.
        reason: one sentence on the state, or ''.
    """

    def __init__(
        self,
        run_id: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        breathe: Callable[[], None] | None = None,
    ) -> None:
        """Read run.json and, once, all stages.

        Args:
            run_id: its id.
            clock: monotonic seconds.
            breathe: see StageView.

        Raises:
            InvalidInputError: `run_id` is not a run id.
            WorkbenchError: there is no such run, or its run.json cannot be read.
        """
        self.folder = RunFolder(run_id)
        self.id = run_id
        self.document = _document(self.folder)
        self.name = self.document.name
        self.kind = self.document.kind
        self.title = self.document.title
        self.created = self.document.created
        self.group = self.document.group
        self.tags = self.document.tags
        views: dict[str, StageView] = {}
        self.nodes: dict[str, NodeView] = {}
        for name, node in self.document.nodes.items():
            view = views.setdefault(node.key, StageView(node.key, clock=clock, breathe=breathe))
            self.nodes[name] = NodeView(name, node, view)
        self._views = list(views.values())
        self.state = State.waiting
        self.reason = ""
        self.refresh()

    def refresh(self) -> None:
        """Read what changed since the last call."""
        # The supervisor is looked at first: what its stages published, they did before it let go.
        self.evidence: RunEvidence = run_evidence(self.folder)
        for view in self._views:
            view.refresh()
        stages = [node.view.evidence for node in self.nodes.values()]
        self.state, self.reason = run_state(stages, self.evidence)
        for node in self.nodes.values():
            node.state = node_state(node.view.evidence, self.evidence)
            node.reason = wait_reason(node.view.evidence, self.evidence, self._blocking(node))

    @property
    def age_s(self) -> float:
        """Return the seconds since the run was made, by the wall clock; never negative."""
        return max(0.0, time.time() - self.created)

    @property
    def fraction(self) -> float:
        """Return how much of the run is done, in [0, 1]; stages count by their usual length."""
        todo = [node for node in self.nodes.values() if not node.reused]
        total = sum(share_of(node.kind) for node in todo)
        if not total or self.state is State.done:
            return 1.0 if self.state is State.done else 0.0
        return sum(share_of(node.kind) * node.view.fraction for node in todo) / total

    @property
    def eta_s(self) -> float | None:
        """Return roughly how many seconds are left, None where nothing runs or was measured."""
        todo = [node for node in self.nodes.values() if not node.reused]
        spent_s = sum(node.view.seconds for node in todo)
        worked = sum(share_of(node.kind) * node.view.fraction for node in todo)
        if self.state not in ACTIVE or worked <= 0 or spent_s <= 0:
            return None
        left_s = 0.0
        for node in todo:
            progress = node.view.progress
            if node.state in ACTIVE and progress is not None and progress.eta_s is not None:
                left_s += progress.eta_s
            else:
                left_s += share_of(node.kind) * (1 - node.view.fraction) * spent_s / worked
        return left_s

    @property
    def seconds(self) -> float:
        """Return the work time of the stages that this run did not find done."""
        own = {node.key: node.view for node in self.nodes.values() if not node.reused}
        return sum(view.seconds for view in own.values())

    @property
    def headline(self) -> Headline | None:
        """Return the number to show for the run, None before the first."""
        summaries = {name: node.view.summary for name, node in self.nodes.items()}
        found, _ = headlines(self.document, summaries)
        if found is not None:
            return found
        for name, node in reversed(self.nodes.items()):
            members = list(node.view.members.values())
            if members and members[-1].ensemble:
                scores = {f"{ENSEMBLE}{name}": v for name, v in members[-1].ensemble.items()}
                return ensemble_headline(name, scores)
            epochs = node.view.epochs
            live = foremost({name: epochs[-1].values}) if epochs else None
            if live is not None:
                return live
        return None

    @property
    def messages(self) -> dict[str, str]:
        """Return why nodes failed or were lost, by node."""
        return {name: node.view.message for name, node in self.nodes.items() if node.view.message}

    @property
    def warnings(self) -> list[str]:
        """Return what the user should know, each with its node in front."""
        found = [
            f"{name}: {text}" for name, node in self.nodes.items() for text in node.view.warnings
        ]
        if self.document.newer:
            found.insert(0, "this run was written by a newer version; some of it is not shown")
        return found

    def _blocking(self, node: NodeView) -> list[str]:
        sources = [self.nodes.get(source) for source in node.inputs.values()]
        return [source.name for source in sources if source and source.view.state is not State.done]


def share_of(kind: str) -> float:
    """Return roughly how much of a run's time a stage of that kind takes, beside others."""
    return _SHARES.get(kind, _SHARE)


def _document(folder: RunFolder) -> RunDocument:
    document = folder.document()
    if document is not None:
        return document
    what = "its run.json cannot be read" if folder.exists() else "there is no such run"
    raise WorkbenchError(f"run {folder.id}: {what}; `mcworkbench list` shows all runs.")
