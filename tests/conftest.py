"""Every test gets a home of its own and one torch thread; shared data sets are tiny."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the fresh root that this test's runs, presets and caches live under."""
    folder = tmp_path / "home"
    monkeypatch.setenv("MCWORKBENCH_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def parity() -> Path:
    """Return the folder of reference results, or skip where it is absent."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "parity"
    if not folder.is_dir():
        pytest.skip("the reference results are not on this machine")
    return folder
