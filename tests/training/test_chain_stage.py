"""A chain of segments beside the straight lines it is made of, and the reference's chain.npz."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from mcworkbench.config.options.chain import ChainOptions
from mcworkbench.config.options.curve import LineOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.errors import InvalidInputError
from mcworkbench.paths.path import open_path
from mcworkbench.reports.exports import reference_arrays
from mcworkbench.reports.scored import path_summaries
from mcworkbench.reports.segments import segment_values
from mcworkbench.runs.path_summary import barriers
from mcworkbench.stages import chain as chain_stage
from mcworkbench.stages import evaluate as evaluate_stage
from mcworkbench.stages import line as line_stage
from tests.training.memory_workspace import MemoryWorkspace, drive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mcworkbench.reports.document import PathSummary

RESNET = PreResNetOptions(name="preresnet", depth=8)
POINTS = 4
# The keys that the reference's connect.py writes.
KEYS = {"ts"} | {
    f"{split}_{name}" for split in ("tr", "te") for name in ("loss", "nll", "acc", "err")
}


def table_of(digits: Path, path: Path, folder: Path, points: int) -> dict[str, Any]:
    options = EvaluateOptions(points=points, bn_examples=120)
    workspace = MemoryWorkspace(options, folder, {"dataset": digits, "path": path})
    drive(evaluate_stage.run(workspace))
    return json.loads((folder / "table.json").read_bytes())


def summary_of(table: dict[str, Any]) -> PathSummary:
    node = {
        "name": "evaluate-chain",
        "kind": "evaluate",
        "key": "k",
        "inputs": {"path": "chain"},
        "options": {},
        "table": table,
        "points": [],
    }
    return path_summaries({"evaluate-chain": node})[0]


@pytest.fixture
def ends(train_end: Callable[[Any, int], Path]) -> list[Path]:
    return [train_end(RESNET, seed) for seed in (1, 2, 3)]


def chain_of(ends: list[Path], folder: Path) -> Path:
    inputs = {f"point-{place}": end for place, end in enumerate(ends, 1)}
    workspace = MemoryWorkspace(ChainOptions(points=len(ends)), folder, inputs)
    _, summary = drive(chain_stage.run(workspace))
    vectors = open_path(folder).nodes_KD
    steps = [torch.dist(a, b).item() for a, b in itertools.pairwise(vectors)]
    assert summary["length"] == pytest.approx(sum(steps), rel=1e-5)
    assert summary["length_2"] == pytest.approx(steps[1], rel=1e-5)
    return folder


def test_every_segment_scores_as_the_straight_line_between_its_networks(
    digits: Path, ends: list[Path], tmp_path: Path
) -> None:
    chain = chain_of(ends, tmp_path / "chain")
    whole = table_of(digits, chain, tmp_path / "table", 2 * (POINTS - 1) + 1)
    found = summary_of(whole)
    assert (found.num_segments, found.method) == (2, "chain of 2 segments")
    for segment in range(2):
        inputs = {"first": ends[segment], "last": ends[segment + 1]}
        line = MemoryWorkspace(LineOptions(), tmp_path / f"line-{segment}", inputs)
        drive(line_stage.run(line))
        alone = table_of(digits, line.folder, tmp_path / f"alone-{segment}", POINTS)
        for column in ("train_nll", "test_error", "test_accuracy"):
            ts, values = segment_values(found, column, segment)
            assert ts == pytest.approx(alone["ts"])
            # The same network by other sums: t of a segment is no exact part of the chain's.
            assert values == pytest.approx(alone["columns"][column], abs=2e-3)
        ts, values = segment_values(found, "train_nll", segment)
        expected = alone["barriers"]["train_nll"]["above_chord"]
        assert barriers(ts, values)["above_chord"] == pytest.approx(expected, abs=2e-3)


def test_the_file_has_the_references_keys_positions_and_units(
    digits: Path, ends: list[Path], tmp_path: Path
) -> None:
    chain = chain_of(ends, tmp_path / "chain")
    table = table_of(digits, chain, tmp_path / "table", 2 * (POINTS - 1) + 1)
    arrays = reference_arrays(summary_of(table))
    assert arrays.keys() == KEYS
    expected = np.unique(np.concatenate([np.linspace(0, 1, POINTS), np.linspace(1, 2, POINTS)]))
    np.testing.assert_allclose(arrays["ts"], expected, atol=1e-12)
    np.testing.assert_allclose(arrays["te_err"], 100 * np.array(table["columns"]["test_error"]))
    np.testing.assert_allclose(arrays["te_acc"] + arrays["te_err"], 100)
    np.testing.assert_allclose(arrays["tr_nll"], table["columns"]["train_nll"])


def test_networks_of_two_kinds_make_no_chain(
    train_end: Callable[[Any, int], Path], ends: list[Path], tmp_path: Path
) -> None:
    other = train_end(MlpOptions(name="mlp", widths=(12,)), 7)
    inputs = {"point-1": ends[0], "point-2": ends[1], "point-3": other}
    workspace = MemoryWorkspace(ChainOptions(points=3), tmp_path / "bad", inputs)
    with pytest.raises(InvalidInputError, match=r"\[ends\]"):
        drive(chain_stage.run(workspace))
