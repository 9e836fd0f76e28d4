"""A network class of the user's own from the command line: refused, trusted, changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.cli_sample import run

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
from torch import nn

class Net(nn.Module):
    def __init__(self, input_shape, num_classes, units=5):
        super().__init__()
        self.hidden = nn.Linear(input_shape[1] * input_shape[2], units)
        self.head = nn.Linear(units, num_classes)

    def forward(self, x):
        return self.head(self.hidden(x.flatten(1)).tanh())
"""
PRESET = """
kind = "curve"
[data]
name = "digits"
train_limit = 200
[model]
name = "mine:Net"
[train]
epochs = 1
[curve]
epochs = 1
[evaluate]
points = 3
"""


def test_a_class_of_ones_own_runs_with_trust_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "mine.py").write_text(SOURCE)
    (tmp_path / "own.toml").write_text(PRESET)
    refused = run(home, "run", "own.toml")
    assert refused.returncode == 2
    assert "mine:Net: this network is code that would run" in refused.stderr
    assert "--trust" in refused.stderr
    trusted = run(home, "run", "own.toml", "--trust", "--name", "own")
    assert trusted.returncode == 0, trusted.stderr
    assert "endpoint-1 to endpoint-2" in trusted.stdout
    out = tmp_path / "middle.pt"
    words = ("export", "own/curve", "--at", "0.5", "--out", str(out))
    assert "add --trust" in run(home, *words).stderr
    assert run(home, *words, "--trust").returncode == 0
    assert out.is_file()
    assert "all 7 stages reused" in run(home, "presets", "plan", "own.toml").stderr
    (tmp_path / "mine.py").write_text(SOURCE.replace("tanh", "relu"))
    assert "1 of 7 stages reused" in run(home, "presets", "plan", "own.toml").stderr
