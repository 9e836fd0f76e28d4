"""Benchmarks are run by hand; what a fresh clone would stumble over is tested here."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from tests.unit.runs_sample import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_results_are_written_in_a_clone_that_has_no_folder_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "measuring.py"
    copy.write_text((ROOT / "benchmarks" / "measuring.py").read_text())
    spec = importlib.util.spec_from_file_location("measuring_copy", copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "measuring_copy", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "_processor", lambda: "a processor")
    for _ in range(2):
        module.publish("nothing", "cpu", [])
    (file,) = (tmp_path / "results").iterdir()
    assert file.name.endswith("-nothing-cpu.json")
