"""The views of runs and stages under one name, for screens, the command line and reports."""

from __future__ import annotations

from mcworkbench.runs.headline import Headline
from mcworkbench.runs.run_view import NodeView, RunView
from mcworkbench.runs.stage_view import StageView
from mcworkbench.runs.state import ACTIVE, State

__all__ = ["ACTIVE", "Headline", "NodeView", "RunView", "StageView", "State"]
