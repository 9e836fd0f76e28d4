"""Sections of a preset as values: what they accept, what they mean together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mcworkbench.config.experiment import Experiment
from mcworkbench.config.options.base import Options
from mcworkbench.config.options.curve import CurveOptions, CurveSection
from mcworkbench.config.options.data import DataOptions
from mcworkbench.config.options.endpoint import TrainSection
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.model import MlpOptions, PreResNetOptions
from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.config.references import parse_reference
from mcworkbench.config.sections import EndsSection


def experiment(**values: Any) -> Experiment:
    basics = {"kind": "curve", "data": {"name": "digits"}, "model": {"name": "mlp"}}
    return Experiment.model_validate({**basics, **values})


@pytest.mark.parametrize(
    ("text", "scheme", "place", "when"),
    [
        ("curve", "node", "curve", "last"),
        ("curve@10", "node", "curve", "10"),
        ("endpoint-1@best", "node", "endpoint-1", "best"),
        ("fine.tuned@initial", "node", "fine.tuned", "initial"),
        ("run:last/endpoint-1", "run", "last/endpoint-1", "last"),
        ("run:my run/endpoint-1@32", "run", "my run/endpoint-1", "32"),
        ("run:a/b/curve@last", "run", "a/b/curve", "last"),
        ("stage:0a1b", "stage", "0a1b", "last"),
        ("stage:0a1b@best", "stage", "0a1b", "best"),
        ("file:a.pt", "file", "a.pt", "last"),
        ("file:~/my nets/a@home.pt", "file", "~/my nets/a@home.pt", "last"),
        ("  curve@10 ", "node", "curve", "10"),
    ],
)
def test_a_reference_names_a_place_and_a_time(
    text: str, scheme: str, place: str, when: str
) -> None:
    reference = parse_reference(text)
    assert (reference.scheme, reference.place, reference.when) == (scheme, place, when)
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    ["", "@4", "Curve", "curve@", "curve@-1", "curve@worst", "run:", "file:", "curve@٣", "-a"],
)
def test_what_is_no_reference_lists_the_forms(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"is none of run:NAME/NODE\[@EPOCH\], stage:KEY, file:PATH"
    ):
        parse_reference(text)


def test_a_run_without_a_node_says_how_to_name_one() -> None:
    with pytest.raises(ValueError, match="'run:last' names no node; write run:NAME/NODE"):
        parse_reference("run:last")


@given(st.text(max_size=30))
def test_reading_a_reference_either_works_or_is_a_value_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except ValueError:
        return
    assert parse_reference(str(reference)) == reference


def test_bends_never_count_the_ends_and_nodes_always_do() -> None:
    assert CurveSection(bends=3).num_nodes == 5
    assert CurveSection(nodes=5).num_nodes == 5
    assert CurveSection(bends=3, nodes=5).num_nodes == 5
    assert CurveSection().num_nodes == 3
    assert CurveOptions(bends=2).num_nodes == 4
    with pytest.raises(ValidationError, match="nodes = 3 counts both ends and so asks for 1 bends"):
        CurveSection(bends=3, nodes=3)


@pytest.mark.parametrize("given_as", [{"bends": 0}, {"nodes": 2}])
def test_a_curve_in_which_nothing_can_move_is_refused(given_as: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match="set bends = 1, or fix_end = false"):
        CurveSection.model_validate(given_as)
    assert CurveSection.model_validate({**given_as, "fix_end": False}).num_nodes == 2


def test_two_ends_with_one_seed_are_refused() -> None:
    with pytest.raises(ValidationError, match="seeds must differ"):
        EndsSection(seeds=(3, 3))


@pytest.mark.parametrize(
    ("chosen", "num_ends", "pairs"),
    [
        ("first", 4, ((0, 1),)),
        ("consecutive", 4, ((0, 1), (1, 2), (2, 3))),
        ("all", 4, ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))),
        ("all", 2, ((0, 1),)),
    ],
)
def test_pairs_of_ends(chosen: str, num_ends: int, pairs: tuple[tuple[int, int], ...]) -> None:
    seeds = tuple(range(num_ends))
    assert experiment(ends={"seeds": seeds, "pairs": chosen}).pairs() == pairs
    only_ends = experiment(kind="endpoints", ends={"seeds": seeds, "pairs": chosen})
    assert only_ends.pairs() == ()


def test_ends_without_seeds_follow_the_seed_of_the_run() -> None:
    assert experiment(seed=11).end_seeds() == (11, 12)
    assert experiment(ends={"use": ("stage:a", "stage:b")}).end_seeds() == ()
    assert experiment(curve={"from": "stage:a"}).end_seeds() == ()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "evaluate"}, "kind = 'evaluate' needs [path] use"),
        ({"kind": "import"}, "kind = 'import' needs [import] files"),
        ({"path": {"use": "stage:a"}}, "[path] belongs to kind = 'evaluate'"),
        ({"import": {"files": ["a.pt"]}}, "[import] belongs to kind = 'import'"),
        (
            {"kind": "evaluate", "path": {"use": "stage:a"}, "further": {"a": {"from": "b"}}},
            "[further] belongs to kind = 'endpoints' or 'curve'",
        ),
        ({"ends": {"use": ["stage:a"]}}, "kind = 'curve' needs two ends"),
    ],
)
def test_a_kind_has_what_it_needs_and_nothing_idle(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        experiment(**values)
    assert sentence in str(caught.value)


def test_a_seed_sets_the_streams_that_are_not_set_themselves() -> None:
    section = TrainSection(order_seed=5)
    assert section.resolved_seeds(2) == {"init_seed": 2, "order_seed": 5, "augment_seed": 2}
    section = TrainSection(seed=9, augment_seed=0)
    assert section.resolved_seeds(2) == {"init_seed": 9, "order_seed": 9, "augment_seed": 0}


@pytest.mark.parametrize(
    ("keep", "epochs"),
    [
        ("", set[int]()),
        ("0, 3", {0, 3}),
        ("initial,last", {0, 10}),
        ("every:4", {0, 4, 8}),
        ("best", set[int]()),
        ("03", {3}),
        (" 7 ,, every:5", {0, 5, 7, 10}),
    ],
)
def test_the_words_of_keep_name_epochs(keep: str, epochs: set[int]) -> None:
    options = TrainingOptions(epochs=10, keep=keep)
    assert {epoch for epoch in range(11) if options.keeps(epoch)} == epochs


def test_the_last_epoch_is_where_training_stops() -> None:
    options = TrainingOptions(epochs=10, stop_at=4, keep="last")
    assert options.last_epoch == 4
    assert [epoch for epoch in range(11) if options.keeps(epoch)] == [4]
    with pytest.raises(ValidationError, match="stop_at = 11 lies beyond epochs = 10"):
        TrainingOptions(epochs=10, stop_at=11)


@pytest.mark.parametrize("chosen", [{"optimizer": "adam"}, {"momentum": 0.0}])
def test_nesterov_needs_sgd_with_momentum(chosen: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="nesterov = true needs optimizer = 'sgd'"):
        TrainingOptions.model_validate({"nesterov": True, **chosen})


def test_positions_are_equally_spaced_or_as_listed() -> None:
    assert EvaluateOptions(points=5).positions() == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert EvaluateOptions(points=61).positions()[30] == 0.5
    assert EvaluateOptions(points=(0.5,)).positions() == (0.5,)


def test_preresnet_depths_are_those_of_its_blocks() -> None:
    valid: list[int] = []
    for depth in range(4, 170):
        try:
            valid.append(PreResNetOptions(name="preresnet", depth=depth).depth)
        except ValidationError:
            continue
    assert valid == [6 * n + 2 for n in range(1, 7)] + [9 * n + 2 for n in range(5, 19)]


def test_options_are_frozen_and_refuse_unknown_keys() -> None:
    options = MlpOptions(name="mlp")
    with pytest.raises(ValidationError, match="frozen"):
        options.bias = False  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ValidationError, match="extra_forbidden"):
        MlpOptions.model_validate({"name": "mlp", "depth": 3})


class Nested(Options):
    size: int = 3
    name: str


class Outer(Options):
    lr: float = 0.1
    inner: Nested = Nested(name="a")
    places: tuple[float, ...] = ()


def test_what_is_hashed_leaves_defaults_out_and_writes_whole_numbers_as_integers() -> None:
    assert Outer().hashed() == {}
    assert Outer(lr=1.0).hashed() == {"lr": 1}
    assert Outer(inner=Nested(name="b")).hashed() == {"inner": {"name": "b"}}
    assert Outer(places=(0.0, 0.5)).hashed() == {"places": [0, 0.5]}


def test_a_digest_stands_for_the_place_of_the_data() -> None:
    named = DataOptions(name="arrays:/here/a.npz", digest="f00")
    moved = DataOptions(name="arrays:/there/b.npz", digest="f00")
    assert named.hashed() == moved.hashed() == {"name": "arrays", "digest": "f00"}
