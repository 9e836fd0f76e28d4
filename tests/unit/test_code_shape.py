"""The promises of docs/architecture.md, checked on the source tree and on real processes."""

from __future__ import annotations

import ast
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


# One breach for every contract: the module that commits it, and what it imports.
BREACHES = {
    "the interface never loads torch or the engine": ("supervisor.py", "torch"),
    "the engine never sees textual, rich or the interface": ("stages/line.py", "textual"),
    "only the worker runs stages": ("library.py", "mcworkbench.stages.line"),
    "order of the interface": ("runs/names.py", "mcworkbench.plans.keys"),
    "order of the engine": ("params/layout.py", "mcworkbench.training.schedules"),
}
# The worker's own side of stages/, which writes what the verbs yield.
WRITERS = {"attempt.py", "folder_workspace.py", "failure.py", "torch_setup.py"}
ALGORITHMS = sorted(
    path
    for room in ("stages", "training", "ensembles", "paths", "tasks", "models", "metrics")
    for path in (ROOT / "mcworkbench" / room).glob("*.py")
    if path.name not in WRITERS
)
WRITING = {
    "open",
    "write_text",
    "write_bytes",
    "mkdir",
    "unlink",
    "rename",
    "touch",
    "rmdir",
    "save_file",
}


def writes(source: str) -> list[str]:
    """Return the calls in `source` that would change a file."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in WRITING or name.startswith("publish_"):
                names.append(name)
    return names


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


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    lint = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [lint, "--no-cache"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
    )


def test_import_contracts_hold() -> None:
    kept = linted(ROOT)
    assert kept.returncode == 0, kept.stdout


def test_every_import_contract_notices_its_breach(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    subprocess.run(["cp", "-rL", ROOT / "mcworkbench", copy], check=True)
    subprocess.run(["cp", ROOT / "pyproject.toml", copy], check=True)
    for module, breach in BREACHES.values():
        path = copy / "mcworkbench" / module
        path.write_text(f"{path.read_text()}\nimport {breach}\n")
    broken = linted(copy)
    assert broken.returncode != 0
    for contract in BREACHES:
        assert f"{contract} BROKEN" in broken.stdout


@pytest.mark.parametrize("path", ALGORITHMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_algorithms_yield_and_write_no_file(path: Path) -> None:
    assert writes(path.read_text()) == []


def test_writing_is_noticed() -> None:
    assert writes("from pathlib import Path\nPath('x').write_text('y')") == ["write_text"]
    assert writes("publish_bytes(path, b'')") == ["publish_bytes"]
