"""Keys of stages never change: golden ones are written down, and so is every default.

The golden keys were computed by hand-written documents {kind, version, options, inputs} with
sha256 over their canonical JSON, which `test_a_key_is_the_digest_of_its_document` does again.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic_core import PydanticUndefined

from mcworkbench.catalogue import MODELS, STAGES, resolve
from mcworkbench.config.loading import parse_experiment
from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.plans.expand import expand
from mcworkbench.plans.keys import stage_key

if TYPE_CHECKING:
    from mcworkbench.config.options.base import Options

DATA = Path(__file__).resolve().parents[1] / "data"
GOLDEN: dict[str, Any] = json.loads((DATA / "golden_keys.json").read_text())
KEYS: dict[str, dict[str, Any]] = GOLDEN["keys"]
GOOD = (DATA / "presets" / "good.toml").read_text()


def options_of(kind: str, values: dict[str, Any]) -> Options:
    return resolve(STAGES[kind].options).model_validate(values)


@pytest.mark.parametrize("name", KEYS)
def test_a_golden_key_never_changes(name: str) -> None:
    case = KEYS[name]
    options = options_of(case["kind"], case["given"])
    assert stage_key(case["kind"], options, case["inputs"]) == case["key"]


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_the_digest_of_its_document(name: str) -> None:
    case = KEYS[name]
    document = {
        "inputs": case["inputs"],
        "kind": case["kind"],
        "options": case["hashed"],
        "version": 1,
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == case["key"]


def classes() -> dict[str, type[Options]]:
    named = {f"stage {kind}": entry.options for kind, entry in STAGES.items()}
    named |= {f"model {name}": entry.options for name, entry in MODELS.items()}
    return {name: resolve(target) for name, target in named.items()}


def defaults(options: type[Options]) -> dict[str, Any]:
    """Return the default of every hashed option that has one, as JSON."""
    found: dict[str, Any] = {}
    for name, field in options.model_fields.items():
        extra = field.json_schema_extra
        if field.default is PydanticUndefined or (isinstance(extra, dict) and "hashed" in extra):
            continue
        found[name] = json.loads(json.dumps(field.default))
    return found


@pytest.mark.parametrize("name", classes())
def test_a_default_never_changes_because_keys_leave_it_out(name: str) -> None:
    found, known = defaults(classes()[name]), GOLDEN["defaults"][name]
    assert {option: found.get(option) for option in known} == known
    new = sorted(found.keys() - known.keys())
    assert not new, f"write the defaults of {new} into golden_keys.json: they are for good"


class LaterOptions(CurveOptions):
    """The options of a curve with one more, as a later version may have it."""

    sharpness: float = 0.5


def test_an_added_option_with_a_default_changes_no_key() -> None:
    given = {"bends": 2, "lr": 0.1}
    earlier = stage_key("curve", CurveOptions.model_validate(given), {})
    assert stage_key("curve", LaterOptions.model_validate(given), {}) == earlier
    changed = LaterOptions.model_validate({**given, "sharpness": 0.6})
    assert stage_key("curve", changed, {}) != earlier


def plan_keys(**sections: dict[str, Any]) -> dict[str, str]:
    """Return node → key of the good preset with keys added to its sections."""
    lines = GOOD
    for section, values in sections.items():
        added = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
        if section == "top":
            lines = added + lines
        elif f"[{section}]\n" in lines:
            lines = lines.replace(f"[{section}]\n", f"[{section}]\n{added}")
        else:
            lines += f"\n[{section}]\n{added}"
    plan = expand(parse_experiment(lines, "p.toml"))
    return {node.name: node.key for node in plan.nodes.values()}


@pytest.mark.parametrize(
    "sections",
    [
        {"compute": {"device": "cuda:3", "threads": 7, "slots": 2}},
        {"train": {"keep": "0, best"}, "curve": {"keep": "every:3"}},
        {"train": {"checkpoint_every": 7, "log_every": 3, "watch_every": 2}},
        {"curve": {"checkpoint_every": 7, "log_every": 3, "watch_every": 0}},
        {"curve": {"probe_points": 5, "probe_examples": 100}},
        {"evaluate": {"batch_size": 17, "channels_last": True}},
        {"top": {"title": "Another title", "summary": "words", "source": "a paper"}},
        {"expect": {'"curve.test_error.max"': 0.035}},
        {"train": {"stop_at": 30}},
        {"train": {"momentum": 0.9, "weight_decay": 5e-4}, "curve": {"name": "bezier"}},
        {"top": {"seed": 1}},
    ],
    ids=str,
)
def test_what_does_not_change_a_product_changes_no_key(sections: dict[str, Any]) -> None:
    assert plan_keys(**sections) == plan_keys()


ENDS = {"endpoint-1", "endpoint-2"}
SCORES = {"evaluate-line", "evaluate-curve"}
BEYOND_ENDS = {"line", "curve", *SCORES}


@pytest.mark.parametrize(
    ("sections", "changed"),
    [
        ({"curve": {"name": "polychain"}}, {"curve", "evaluate-curve"}),
        ({"curve": {"lr": 0.01}}, {"curve", "evaluate-curve"}),
        ({"curve": {"precision": "bfloat16"}}, {"curve", "evaluate-curve"}),
        ({"curve": {"stop_at": 59}}, {"curve", "evaluate-curve"}),
        ({"curve": {"seed": 3}}, {"curve", "evaluate-curve"}),
        ({"top": {"seed": 3}}, {"curve", "evaluate-curve"}),
        ({"curve": {"weight_decay": 0.0}}, {"curve", *SCORES}),
        ({"evaluate": {"weight_decay": 0.0}}, SCORES),
        ({"evaluate": {"precision": "bfloat16"}}, SCORES),
        ({"evaluate": {"bn_batch": 64}}, SCORES),
        ({"train": {"momentum": 0.8}}, ENDS | BEYOND_ENDS),
        ({"train": {"precision": "bfloat16"}}, ENDS | BEYOND_ENDS),
        ({"train": {"order_seed": 5}}, ENDS | BEYOND_ENDS),
        ({"model": {"activation": "tanh"}}, ENDS | BEYOND_ENDS),
        ({"data": {"validation": "random:100"}}, {"dataset", *ENDS, *BEYOND_ENDS}),
        ({"data": {"split_seed": 1}}, {"dataset", *ENDS, *BEYOND_ENDS}),
    ],
    ids=lambda value: "" if isinstance(value, set) else str(value),
)
def test_what_changes_a_product_changes_its_key_and_those_after_it(
    sections: dict[str, Any], changed: set[str]
) -> None:
    before, after = plan_keys(), plan_keys(**sections)
    assert {name for name in before if before[name] != after[name]} == changed


def test_another_seed_of_one_end_leaves_the_other_alone() -> None:
    text = GOOD.replace("seeds = [1, 2]", "seeds = [1, 3]")
    nodes = expand(parse_experiment(text, "p.toml")).nodes
    before = plan_keys()
    after = {name: node.key for name, node in nodes.items()}
    assert {name for name in before if before[name] != after[name]} == {"endpoint-2", *BEYOND_ENDS}


def test_data_go_by_their_content_wherever_they_lie(tmp_path: Path) -> None:
    keys: list[str] = []
    for place, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        file = tmp_path / place / "set.npz"
        file.parent.mkdir()
        file.write_bytes(content)
        text = GOOD.replace('"digits"', f'"arrays:{place}/set.npz"')
        keys.append(expand(parse_experiment(text, "p.toml"), base=tmp_path).nodes["dataset"].key)
    assert keys[0] == keys[1] != keys[2]


def test_the_keys_of_a_whole_plan_never_change() -> None:
    assert plan_keys() == GOLDEN["plan"]
