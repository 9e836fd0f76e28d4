"""An opened run as a frozen picture: stages, charts, table along t, ensembles, log.

`picture_of` in `screens.pictures.build` makes one from a refreshed RunView. Everything a screen
shows of a run stands here; no widget looks into events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from mcworkbench.reports.plot import Plot
from mcworkbench.runs.state import State
from mcworkbench.screens.pictures.looks import PairLooks, Reconstructions
from mcworkbench.screens.pictures.run_row import RunRow
from mcworkbench.screens.pictures.what_if import Predictions


@final
@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage in the plan panel.

    Attributes:
        name: of the node.
        kind: of the stage: "endpoint", "curve", "evaluate", …
        state: as this run sees it.
        is_reused: it was done before the run started.
        words: the state in words: "done 3.2 s", "waiting for endpoint-1".
        numbers: what it is known by, e.g. ("train loss 0.031", "test error 2.22 %").
        fraction: how much is done, in [0, 1].
        eta_s: seconds left where known.
        made_by: the run that made it or works on it, '' where unknown.
        message: why it failed or was lost, or ''.
        key: of the stage.
    """

    name: str
    kind: str
    state: State
    is_reused: bool
    words: str
    numbers: tuple[str, ...]
    fraction: float
    eta_s: float | None
    made_by: str
    message: str
    key: str


@final
@dataclass(frozen=True, slots=True)
class TrainingPicture:
    """What one trained stage measured while it trained: plots over epochs.

    Attributes:
        node: its name.
        is_active: it trains now.
        plots: loss, error (accuracy shown as error or accuracy as the task says), learning rate;
            plots without any number are left out.
    """

    node: str
    is_active: bool
    plots: tuple[Plot, ...]


@final
@dataclass(frozen=True, slots=True)
class PathTable:
    """Every statistic along one evaluated path, as text.

    Attributes:
        path: "curve", "line", … as in the plots.
        ts: position of each row, increasing, so that a crosshair finds its row.
        heads: columns; the first is "t".
        rows: cells as text in shown units; one row per evaluated point.
        footer: the summary in words: barrier, length, max; '' while incomplete.
        total: how many points there will be.
    """

    path: str
    ts: tuple[float, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    footer: str
    total: int


@final
@dataclass(frozen=True, slots=True)
class PairPicture:
    """All paths between one pair of ends (or the one evaluated path).

    Attributes:
        label: e.g. "endpoint-1 ↔ endpoint-2".
        plots: first loss along t (train, test, straight line, ghosts of earlier probes), then
            error along t, then any other quantity; every plot has x_range (0, 1).
        tables: the curve's before the line's.
        headline: one line of words: barrier, length, worst error, the line's beside them.
    """

    label: str
    plots: tuple[Plot, ...]
    tables: tuple[PathTable, ...]
    headline: str


@final
@dataclass(frozen=True, slots=True)
class Network:
    """One network of an ensemble, or the one that training began from.

    Attributes:
        index: its place among all of the stage.
        label: its number in words: "1", "start".
        name: of the network.
        method: how it came about, '' where all came about alike.
        is_in: it is part of the ensemble unless the user takes it out.
        size: how many are in the ensemble with it, 0 where it is in none.
        when: its epoch, or its t on a path, as text.
        at: where it stands on the charts by epoch.
        values: its own scores by column.
        ensemble: those of the ensemble of all up to it.
        distances: in weight space, "from_start" and "to_last" where they are known.
    """

    index: int
    label: str
    name: str
    method: str
    is_in: bool
    size: int
    when: str
    at: float
    values: dict[str, float]
    ensemble: dict[str, float]
    distances: dict[str, float]


@final
@dataclass(frozen=True, slots=True)
class Budgets:
    """What every method is worth at every budget, as text.

    Attributes:
        heads: the budgets: "1B", "2B", ….
        blocks: for each quantity its name and unit, and a row per method: its name, and for
            every budget the mean and its deviation over the choices of runs, '' where unknown.
    """

    heads: tuple[str, ...]
    blocks: tuple[tuple[str, tuple[tuple[str, tuple[tuple[str, str], ...]], ...]], ...]


@final
@dataclass(frozen=True, slots=True, eq=False)
class MembersPicture:
    """An ensemble as it grows, by one stage that captures networks or pools those of others.

    Attributes:
        node: the stage's name.
        kind: of the stage: "fge", "snapshot", "ensemble", …
        is_active: it works now.
        is_begun: it has told anything yet.
        total: how many members there will be, 0 where it is not known.
        split: the one that scores are of, "test".
        networks: the members, and behind them the start where there is one.
        predictions: what is stored of them, None where nothing is yet.
        task: "classification" or "regression".
        scores: a plot per quantity, accuracy first: by epoch the network that trains, the
            ensemble so far and the start; of a pool what methods are worth by budget.
        sizes: of the same quantities: the ensemble by its size, and members alone.
        training: learning rate and loss of the stage by epoch.
        budgets: of a pool.
        headline: one line of words.
        empty: why there is no member, where the stage itself says so.
    """

    node: str
    kind: str
    is_active: bool
    is_begun: bool
    total: int
    split: str
    networks: tuple[Network, ...]
    predictions: Predictions | None
    task: str
    scores: tuple[Plot, ...]
    sizes: tuple[Plot, ...]
    training: TrainingPicture
    budgets: Budgets | None
    headline: str
    empty: str = ""


@final
@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log: wall-clock time as HH:MM:SS, node, text, and how grave it is."""

    time: str
    node: str
    text: str
    level: str = "info"  # "info", "warning" or "error"


@final
@dataclass(frozen=True, slots=True, eq=False)
class RunPicture:
    """An opened run.

    Attributes:
        row: what the list shows of it.
        facts: names and texts for the overview: preset, ends, curve, data, device, threads,
            changes, folder, supervisor and its last sign of life.
        stages: in the order in which they can run.
        trainings: one per stage that trains, the active one marked.
        pairs: what lies between the ends; empty where nothing joins them.
        ensembles: one per stage that captures networks for an ensemble, in the run's order.
        log: oldest first, at most 2,000 lines.
        warnings: what the user should know.
        messages: why stages failed or were lost.
        version: changes whenever anything else does; equal versions need no new drawing.
        looks: what pairs show besides numbers, by their labels; read for an open run only.
        strips: what networks that train make of fixed images; likewise.
    """

    row: RunRow
    facts: tuple[tuple[str, str], ...]
    stages: tuple[StageRow, ...]
    trainings: tuple[TrainingPicture, ...]
    pairs: tuple[PairPicture, ...]
    ensembles: tuple[MembersPicture, ...]
    log: tuple[LogLine, ...]
    warnings: tuple[str, ...]
    messages: tuple[str, ...]
    version: int
    looks: tuple[PairLooks, ...] = ()
    strips: tuple[Reconstructions, ...] = ()
