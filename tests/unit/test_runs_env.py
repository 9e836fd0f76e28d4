"""What an attempt records of its surroundings."""

from __future__ import annotations

import getpass
import json
import platform
import subprocess
import sys
from typing import Any

from mcworkbench.runs import env
from tests.unit.runs_sample import ROOT, RUN


def record(cuda: str = "none") -> dict[str, Any]:
    return env.environment(run=RUN, device="cpu", threads=1, cuda=cuda)


def test_versions_are_those_of_the_installed_packages() -> None:
    code = "import scipy, numpy; print(scipy.__version__, numpy.__version__)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    packages = env.package_versions()
    assert "torch" in packages
    assert [packages["scipy"], packages["numpy"]] == told.stdout.split()
    assert record()["python"] == platform.python_version()


def test_it_is_plain_json_without_user_or_place(home: object) -> None:
    text = json.dumps(record(cuda="12.8"))
    assert str(home) not in text
    assert str(ROOT) not in text
    assert f'"{getpass.getuser()}"' not in text
    assert platform.node() not in text.replace(platform.release(), "") or len(platform.node()) < 4
    assert json.loads(text)["cuda"] == "12.8"


def test_looking_at_runs_loads_neither_torch_nor_textual() -> None:
    code = (
        "import sys\n"
        "from mcworkbench.runs import actions, checkpoints, env, event_log, views\n"
        "env.environment(run='x', device='cpu', threads=1)\n"
        "print([name for name in ('torch', 'textual', 'numpy') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == "[]"


def test_differences_name_what_can_change_the_bits_and_nothing_else() -> None:
    old = record()
    assert env.differences(old, {**old, "num_cpus": 999, "release": "other"}) == []
    new = {
        **old,
        "threads": 2,
        "packages": {**env.package_versions(), "torch": "0.1"},
        "code": "0" * 64,
    }
    found = env.differences(old, new)
    assert found == [
        f"torch {env.package_versions()['torch']} before, 0.1 now",
        "threads 1 before, 2 now",
        "the workbench's own code has changed",
    ]
    assert env.differences({}, old) == []


def test_a_resume_on_a_graphics_processor_names_its_libraries_and_settings() -> None:
    facts = {"device": "cuda:0", "deterministic": True, "tf32_matmul": False, "tf32_cudnn": True}
    old = {**record("12.8"), **facts, "cudnn": 90100}
    assert env.differences(old, dict(old)) == []
    new = {**old, "cuda": "13.0", "cudnn": 91000, "tf32_matmul": True, "tf32_cudnn": False}
    assert env.differences(old, new) == [
        "cuda 12.8 before, 13.0 now",
        "cudnn 90100 before, 91000 now",
        "tf32_matmul False before, True now",
        "tf32_cudnn True before, False now",
    ]


def test_without_determinism_a_resume_is_exact_on_the_processor_only() -> None:
    old = {**record(), "deterministic": False}
    assert env.differences(old, dict(old)) == []
    on_device = {**old, "device": "cuda:0"}
    assert env.differences(on_device, dict(on_device)) == [
        "deterministic = false lets the device add in any order"
    ]
