"""A plan written down as a run: names, and the preset as it was run."""

from __future__ import annotations

import pytest
import tomli

from mcworkbench.config.loading import load_experiment
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.launch import create_run, preset_text
from mcworkbench.runs.run_folder import RunFolder


@pytest.mark.parametrize("name", ["last", "a b/c", "20261120", "-x", "x" * 61, "a\x1b[31m"])
def test_a_name_that_nobody_could_type_again_is_refused(name: str) -> None:
    experiment, file = load_experiment("quickstart")
    with pytest.raises(InvalidInputError, match="--name"):
        create_run(experiment, file, name=name)


def test_the_preset_as_run_keeps_comments_and_holds_every_override() -> None:
    experiment, file = load_experiment(
        "quickstart", ["curve.bends=2", 'ends.use=["file:a.pt", "file:b.pt"]'], seed=7
    )
    text = preset_text(file)
    values = tomli.loads(text)
    assert values["curve"]["bends"] == 2
    assert values["ends"] == {"use": ["file:a.pt", "file:b.pt"]}
    assert values["seed"] == experiment.seed == 7
    assert "# The whole idea in half a minute" in text


def test_the_preset_kept_with_a_run_is_the_file_itself_where_nothing_was_overridden() -> None:
    experiment, file = load_experiment("quickstart")
    run_id = create_run(experiment, file, name="mine").run_id
    assert RunFolder(run_id).preset_path.read_text() == file.text
