"""The promises of docs/architecture.md, checked on the source tree and on real processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mcworkbench import catalogue

ROOT = Path(__file__).resolve().parents[2]
MAX_LINES = 300
HEAVY = ("torch", "textual")


def python_files() -> list[Path]:
    tops = [ROOT / name for name in ("mcworkbench", "tests", "benchmarks", "screens", "presets")]
    return sorted(path for top in tops for path in top.rglob("*.py"))


def loaded_by(code: str, *, names: tuple[str, ...] = HEAVY) -> set[str]:
    """Return which of `names` a fresh Python has loaded after `code`."""
    ask = f"{code}\nimport sys; print(' '.join(n for n in {names!r} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_grows_past_its_subject(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


def test_the_interface_never_loads_torch() -> None:
    modules = [
        "mcworkbench.cli.entry",
        "mcworkbench.supervisor",
        "mcworkbench.executors.local",
        "mcworkbench.plans.launch",
        "mcworkbench.reports.report",
        "mcworkbench.runs.views",
    ]
    code = "\n".join(f"import {module}" for module in modules)
    assert loaded_by(code, names=("torch", "torchvision")) == set()
    assert loaded_by(f"{code}\nimport torch", names=("torch",)) == {"torch"}


def test_the_engine_never_loads_textual_or_rich() -> None:
    code = "import mcworkbench.worker\nfrom mcworkbench.catalogue import STAGES, resolve\n"
    code += "for kind in STAGES.values(): resolve(kind.run)"
    assert loaded_by(code, names=("textual", "rich", "typer")) == set()


def test_version_loads_neither_torch_nor_textual() -> None:
    code = (
        "import sys\nsys.argv = ['mcworkbench', '--version']\n"
        "from mcworkbench.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
    )
    ask = f"{code}\nimport sys; print([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT
    )
    version, loaded = done.stdout.splitlines()
    assert re.fullmatch(r"mcworkbench \d+\.\d+\.\d+", version)
    assert loaded == "[]"


def test_only_the_import_child_unpickles_and_never_unsafely() -> None:
    unsafe = (
        r"(?<![.`])torch\.load\(",
        r"pickle\.loads?\(",
        "weights_only=False",
        "allow_pickle=True",
    )
    pattern = re.compile("|".join(unsafe))
    found = {
        path.name: match[0]
        for path in (ROOT / "mcworkbench").rglob("*.py")
        if (match := pattern.search(path.read_text()))
    }
    assert set(found) <= {"foreign_child.py"}
    assert "weights_only=True" in (ROOT / "mcworkbench/params/foreign_child.py").read_text()


@pytest.mark.parametrize("kind", catalogue.STAGES)
def test_every_stage_kind_resolves_to_its_options_and_its_generator(kind: str) -> None:
    entry = catalogue.STAGES[kind]
    assert callable(catalogue.resolve(entry.run))
    assert catalogue.resolve(entry.options).model_config["frozen"]


def test_import_contracts_hold_and_notice_a_breach(tmp_path: Path) -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    kept = subprocess.run(
        [lint, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT, env=environment
    )
    assert kept.returncode == 0, kept.stdout
    copy = tmp_path / "copy"
    copy.mkdir()
    subprocess.run(["cp", "-rL", ROOT / "mcworkbench", copy], check=True)
    subprocess.run(["cp", ROOT / "pyproject.toml", copy], check=True)
    breached = copy / "mcworkbench" / "supervisor.py"
    breached.write_text(breached.read_text() + "\nimport torch\n")
    broken = subprocess.run(
        [lint, "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
    )
    assert broken.returncode != 0
    assert "mcworkbench.supervisor -> torch" in broken.stdout
