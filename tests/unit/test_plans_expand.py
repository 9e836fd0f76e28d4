"""A preset becomes named nodes in an order in which every input comes first."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.run_folder import RunFolder
from mcworkbench.runs.stage_folder import StageFolder
from tests.unit.plans_sample import GOOD, finish, launched, plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.plans.plan import Plan

CURVE_NODES = [
    "dataset",
    "endpoint-1",
    "endpoint-2",
    "line",
    "evaluate-line",
    "curve",
    "evaluate-curve",
]


def roles(plan: Plan, name: str) -> dict[str, str]:
    return {role: value.node for role, value in plan.nodes[name].inputs.items()}


def refusal(*overrides: str, text: str = GOOD) -> str:
    with pytest.raises(InvalidInputError) as caught:
        plan_of(*overrides, text=text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_curve_has_ends_a_line_and_both_evaluated() -> None:
    plan = plan_of()
    assert list(plan.nodes) == CURVE_NODES
    assert roles(plan, "endpoint-2") == {"dataset": "dataset"}
    assert roles(plan, "line") == {"first": "endpoint-1", "last": "endpoint-2"}
    ends = {"first": "endpoint-1", "last": "endpoint-2"}
    assert roles(plan, "curve") == {"dataset": "dataset", **ends}
    assert roles(plan, "evaluate-curve") == {"dataset": "dataset", "path": "curve"}
    assert roles(plan, "evaluate-line") == {"dataset": "dataset", "path": "line"}


def test_endpoints_are_trained_and_no_more() -> None:
    plan = plan_of("kind=endpoints", "ends.seeds=[5, 6, 7]")
    assert list(plan.nodes) == ["dataset", "endpoint-1", "endpoint-2", "endpoint-3"]
    assert [node.label for node in plan.nodes.values()][1:] == [
        "mlp, seed 5",
        "mlp, seed 6",
        "mlp, seed 7",
    ]


@pytest.mark.parametrize(
    ("pairs", "curves"),
    [
        ("first", ["curve"]),
        ("consecutive", ["curve-1-2", "curve-2-3"]),
        ("all", ["curve-1-2", "curve-1-3", "curve-2-3"]),
    ],
)
def test_pairs_name_their_curves_by_their_ends(pairs: str, curves: list[str]) -> None:
    plan = plan_of("ends.seeds=[1,2,3]", f"ends.pairs={pairs}")
    assert [node.name for node in plan.nodes.values() if node.kind == "curve"] == curves
    for curve in curves:
        first, last = re.findall(r"\d", curve) or ["1", "2"]
        found = roles(plan, curve)
        assert (found["first"], found["last"]) == (f"endpoint-{first}", f"endpoint-{last}")
        assert f"evaluate-{curve}" in plan.nodes
        assert f"evaluate-{curve.replace('curve', 'line')}" in plan.nodes


def test_a_path_of_another_run_is_evaluated_with_its_line() -> None:
    launched(name="first")
    plan = plan_of(text=evaluation("run:first/line"))
    assert list(plan.nodes) == ["dataset", "path", "line", "evaluate-line", "evaluate-path"]
    assert roles(plan, "line") == {"path": "path"}
    assert roles(plan, "evaluate-path") == {"dataset": "dataset", "path": "path"}


def evaluation(use: str) -> str:
    for node in plan_of().nodes.values():
        if not node.is_reused:
            finish(node)
    head = GOOD.partition("[ends]")[0].replace("curve", "evaluate")
    return f'{head}[path]\nuse = "{use}"\n'


def test_an_evaluation_uses_the_decay_that_its_curve_was_trained_with() -> None:
    launched("curve.weight_decay=0.25", name="first")
    text = evaluation("run:first/curve")
    for node in plan_of("curve.weight_decay=0.25").nodes.values():
        finish(node)
    plan = plan_of(text=text)
    for name in ("evaluate-path", "evaluate-line"):
        options = plan.nodes[name].options
        assert isinstance(options, EvaluateOptions)
        assert options.weight_decay == 0.25
    options = plan_of("evaluate.weight_decay=1", text=text).nodes["evaluate-path"].options
    assert isinstance(options, EvaluateOptions)
    assert options.weight_decay == 1


def test_imports_are_one_node_per_file(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(b"a")
    (tmp_path / "b.pt").write_bytes(b"b")
    text = GOOD.partition("[ends]")[0].replace("curve", "import")
    text += '[import]\nfiles = ["a.pt", "b.pt"]\n'
    plan = plan_of(text=text, base=tmp_path)
    assert list(plan.nodes) == ["dataset", "import-1", "import-2"]
    assert plan.nodes["import-1"].key != plan.nodes["import-2"].key
    (tmp_path / "b.pt").write_bytes(b"a")
    plan = plan_of(text=text, base=tmp_path)
    assert plan.nodes["import-1"].key == plan.nodes["import-2"].key


def test_ends_may_be_files_and_networks_of_other_runs(tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(b"a")
    first = launched(name="first").plan
    finish(first.nodes["dataset"])
    text = GOOD.replace("seeds = [1, 2]", 'use = ["file:a.pt", "run:first/endpoint-2"]')
    plan = plan_of(text=text, base=tmp_path)
    assert plan.nodes["endpoint-1"].kind == "import"
    assert plan.nodes["endpoint-2"].key == first.nodes["endpoint-2"].key
    assert roles(plan, "curve")["last"] == "endpoint-2"


def test_more_bends_change_only_the_curve_and_its_evaluation() -> None:
    before, after = plan_of().nodes, plan_of("curve.bends=2").nodes
    assert list(before) == list(after)
    changed = [name for name in before if before[name].key != after[name].key]
    assert changed == ["curve", "evaluate-curve"]
    assert plan_of("curve.bends=2").nodes["curve"].key == (
        plan_of(text=GOOD.replace("bends = 1", "nodes = 4")).nodes["curve"].key
    )


def test_what_is_finished_is_reused() -> None:
    for name in ("dataset", "endpoint-1"):
        finish(plan_of().nodes[name])
    plan = plan_of("curve.bends=2")
    assert [name for name, node in plan.nodes.items() if node.is_reused] == [
        "dataset",
        "endpoint-1",
    ]
    assert plan.num_reused == 2


def test_a_fresh_run_shares_only_data_and_files() -> None:
    for node in plan_of().nodes.values():
        finish(node)
    assert plan_of().num_reused == 7
    fresh = plan_of(salt="once")
    assert [name for name, node in fresh.nodes.items() if node.is_reused] == ["dataset"]
    assert plan_of(salt="twice").nodes["curve"].key != fresh.nodes["curve"].key


def test_a_run_that_is_made_writes_every_stage_and_names_it() -> None:
    made = launched(name="first")
    document = RunFolder(made.run_id).document()
    assert document is not None
    assert list(document.nodes) == CURVE_NODES
    assert document.nodes["curve"].inputs["first"] == "endpoint-1"
    for node in made.plan.nodes.values():
        stage = StageFolder(node.key).document()
        assert stage["kind"] == node.kind
        assert stage["inputs"] == {role: value.key for role, value in node.inputs.items()}
        assert stage["options"] == node.options.model_dump(mode="json", by_alias=True)


def test_training_on_from_a_node_is_a_node_of_its_own() -> None:
    plan = plan_of(
        text=GOOD
        + '[further.fine]\nfrom = "endpoint-1"\nlr = 0.01\nepochs = 3\n'
        + '[further.longer]\nfrom = "curve"\nlr = 0.002\n'
    )
    assert list(plan.nodes)[7:] == ["fine", "longer", "evaluate-longer"]
    assert roles(plan, "fine") == {"dataset": "dataset", "start": "endpoint-1"}
    fine, longer = plan.nodes["fine"].options, plan.nodes["longer"].options
    assert isinstance(fine, TrainingOptions)
    assert isinstance(longer, TrainingOptions)
    # What is not said anew is as in [train] or [curve].
    assert (fine.lr, fine.epochs) == (0.01, 3)
    assert (longer.lr, longer.epochs) == (0.002, 60)


def test_a_curve_of_other_nodes_is_continued_with_as_many() -> None:
    text = GOOD.replace("bends = 1", "nodes = 5") + '[further.longer]\nfrom = "curve"\nepochs = 3\n'
    assert plan_of(text=text).nodes["longer"].options.model_dump()["bends"] == 3


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "seeds = [1, 2]\n[further.endpoint-1]\nfrom = 'endpoint-2'",
            "[further.endpoint-1]: this preset has a node of that name.",
        ),
        (
            "seeds = [1, 2]\n[further.evaluate-x]\nfrom = 'endpoint-1'\n"
            "[further.x]\nfrom = 'curve'",
            "two nodes of this preset would be called 'evaluate-x'; give its [further] section "
            "another name.",
        ),
        (
            "seeds = [1, 2]\n[further.x]\nfrom = 'curvee'",
            "[further.x] from: no node of this preset is called 'curvee'. Did you mean 'curve'?",
        ),
        (
            "seeds = [1, 2]\n[further.x]\nfrom = 'line'",
            "[further.x] from: line was not trained, so it has no '@4'.",
        ),
        (
            "seeds = [1, 2]\n[further.x]\nfrom = 'dataset'",
            "[further.x] from: 'dataset' is a dataset, not a path; name a path, e.g. curve.",
        ),
        ("use = ['run:x/endpoint-1', 'stage:a']", "[ends] use: there is no run 'x', nor any other"),
        ("use = ['stage:abc', 'stage:a']", "[ends] use: stage:abc must name one stage by its key"),
        ("use = ['file:a.pt', 'stage:a']", "[ends] use: a.pt: there is no such file."),
        ("use = ['endpoint-1', 'stage:a']", "[ends] use: no node of this preset is called"),
    ],
)
def test_what_cannot_be_planned_is_one_sentence(text: str, sentence: str) -> None:
    if "not trained" in sentence:
        text = text.replace("'line'", "'line@4'")
    assert refusal(text=GOOD.replace("seeds = [1, 2]", text)).startswith(sentence)


def test_two_ends_from_one_set_of_seeds_are_refused() -> None:
    sentence = refusal("train.seed=4")
    assert sentence.startswith("[ends]: seed 2 and seed 1 are one network; name two, or leave")
    # The same order for every end is an experiment, not a mistake.
    assert "curve" in plan_of("train.order_seed=4").nodes


def test_the_names_in_another_run_are_checked_before_anything_starts() -> None:
    first = launched(name="first").plan
    head = GOOD.replace("seeds = [1, 2]", "use = {}")
    both = head.format("['run:first/endpoint-1', 'run:first/endpoint-1']")
    assert refusal(text=both).startswith(
        "[ends] use: run:first/endpoint-1 has not finished, nor has"
    )
    finish(first.nodes["dataset"])
    assert "run:first/endpoint-1 are one network" in refusal(text=both)
    typo = head.format("['run:first/endpont-1', 'run:first/endpoint-2']")
    sentence = "[ends] use: no node of run first is called 'endpont-1'. Did you mean 'endpoint-1'?"
    assert refusal(text=typo).startswith(sentence)
    wrong = head.format("['run:first/endpoint-1', 'run:first/line']")
    for name in ("endpoint-1", "endpoint-2"):
        finish(first.nodes[name])
    assert refusal(text=wrong) == (
        "[ends] use: 'run:first/line' is a path, not a network; name a network, e.g. endpoint-1."
    )


def test_networks_of_another_model_are_refused_with_the_difference() -> None:
    for node in launched(name="first").plan.nodes.values():
        finish(node)
    text = GOOD.replace("seeds = [1, 2]", "use = ['run:first/endpoint-1', 'run:first/endpoint-2']")
    assert refusal("model.widths=[8]", text=text) == (
        "[ends] use: 'run:first/endpoint-1' has [model] widths = (32, 32), but this preset says "
        "(8,); networks that are joined or trained on are of one [model]."
    )
    text = GOOD.replace("epochs = 30", "epochs = 30\nfrom = 'run:first/endpoint-1'")
    assert "[train] from: 'run:first/endpoint-1' has [model] widths" in refusal(
        "model.widths=[8]", text=text
    )
    assert "curve" in plan_of(text=text).nodes


def test_a_stage_that_was_deleted_or_damaged_says_so() -> None:
    key = launched(name="first").plan.nodes["endpoint-1"].key
    text = GOOD.replace("seeds = [1, 2]", f"use = ['stage:{key[:10]}', 'run:first/endpoint-2']")
    damaged = {"format": 1, "key": key, "kind": "knot"}
    StageFolder(key).document_path.write_text(json.dumps(damaged))
    assert refusal(text=text).startswith(f"stage {key[:12]}: its stage.json is damaged or of")
    StageFolder(key).document_path.unlink()
    assert refusal(text=text) == (
        f"[ends] use: stage:{key[:10]}: this stage was deleted; run its preset again."
    )
