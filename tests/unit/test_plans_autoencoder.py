"""What an autoencoder run expands to, and what its loss is known by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from mcworkbench.config.loading import parse_experiment
from mcworkbench.config.options.curve import CurveOptions
from mcworkbench.config.options.endpoint import EndpointOptions
from mcworkbench.config.options.evaluate import EvaluateOptions
from mcworkbench.config.options.pictures import AlignCodeOptions, PicturesOptions
from mcworkbench.errors import InvalidInputError, PresetError
from mcworkbench.plans.expand import expand
from mcworkbench.plans.keys import stage_key
from mcworkbench.plans.losses import hub_weights
from tests.unit.plans_sample import finish, launched

if TYPE_CHECKING:
    from pathlib import Path

    from mcworkbench.plans.plan import Plan

PRESET = """
kind = "autoencoder"
seed = 1
[data]
name = "digits"
[model]
name = "ae_tiny"
width = 4
"""


def planned(text: str = "", *, preset: str = PRESET, **chosen: Any) -> Plan:
    return expand(parse_experiment(preset + text, "ae.toml"), **chosen)


def test_an_autoencoder_run_adds_pictures_codes_and_an_aligned_line() -> None:
    plan = planned()
    assert {name: node.kind for name, node in plan.nodes.items()} == {
        "dataset": "dataset",
        "endpoint-1": "endpoint",
        "endpoint-2": "endpoint",
        "line": "line",
        "evaluate-line": "evaluate",
        "curve": "curve",
        "evaluate-curve": "evaluate",
        "pictures-line": "pictures",
        "pictures-curve": "pictures",
        "latent": "latent",
        "aligned": "align_code",
        "line-aligned": "line",
        "evaluate-line-aligned": "evaluate",
        "pictures-line-aligned": "pictures",
    }
    aligned, line = plan.nodes["aligned"], plan.nodes["line-aligned"]
    assert aligned.inputs["last"].node == "endpoint-2"
    assert line.inputs["first"].node == "endpoint-1"
    assert line.inputs["last"].key == aligned.key


def test_every_pair_has_pictures_and_codes_of_its_own() -> None:
    plan = planned('[ends]\nseeds = [1, 2, 3]\npairs = "all"\n[latent]\nalign = "none"\n')
    names = [name for name in plan.nodes if name.startswith(("pictures", "latent"))]
    assert names == [
        f"{what}-{pair}"
        for pair in ("1-2", "1-3", "2-3")
        for what in ("pictures-line", "pictures-curve", "latent")
    ]
    assert not [name for name in plan.nodes if "aligned" in name]


def test_the_usual_loss_is_in_no_key_and_another_is_in_all() -> None:
    usual, other = planned(), planned('[loss]\nname = "laplacian"\n')
    for name in ("endpoint-1", "curve", "evaluate-line"):
        options: Any = usual.nodes[name].options
        assert options.loss is None
        assert "loss" not in options.hashed()
        assert other.nodes[name].key != usual.nodes[name].key
        assert other.nodes[name].options.hashed()["loss"] == {"name": "laplacian"}
    # The data are one stage, shared with classifiers.
    classifier = PRESET.replace('"autoencoder"', '"curve"').replace(
        'name = "ae_tiny"\nwidth = 4', 'name = "mlp"'
    )
    assert planned(preset=classifier).nodes["dataset"].key == usual.nodes["dataset"].key


def test_pictures_show_the_networks_of_the_table() -> None:
    plan = planned("[evaluate]\nbn_examples = 500\nbn_batch = 32\nseed = 7\n")
    options = plan.nodes["pictures-curve"].options
    scored = plan.nodes["evaluate-curve"].options
    assert isinstance(options, PicturesOptions)
    assert isinstance(scored, EvaluateOptions)
    for name in ("bn_examples", "bn_batch", "bn_order", "bn_augment", "seed", "precision"):
        assert getattr(options, name) == getattr(scored, name)


def test_random_features_are_known_by_their_seed() -> None:
    plans = [
        planned(f'[loss]\nname = "perceptual"\nfeatures = "random:{seed}"\n') for seed in (1, 2)
    ]
    keys = {plan.nodes["endpoint-1"].key for plan in plans}
    assert len(keys) == 2
    options = plans[0].nodes["curve"].options
    assert isinstance(options, CurveOptions)
    assert options.loss is not None
    assert options.loss.source == "a random VGG16, seed 1"


def test_a_file_of_features_is_known_by_its_digest_wherever_it_lies(tmp_path: Path) -> None:
    texts: list[str] = []
    for name, content in (("a", b"x"), ("b", b"x"), ("c", b"y")):
        (tmp_path / f"{name}.pth").write_bytes(content)
        loss = f'[loss]\nname = "perceptual"\nfeatures = "file:{name}.pth"\n'
        plan = planned(loss, base=tmp_path)
        options = plan.nodes["endpoint-1"].options
        assert isinstance(options, EndpointOptions)
        assert options.loss is not None
        assert options.loss.sha256 == hashlib.sha256(content).hexdigest()
        texts.append(plan.nodes["endpoint-1"].key)
    assert texts[0] == texts[1] != texts[2]


def test_auto_takes_the_hubs_cache_where_it_is_and_never_downloads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    loss = '[loss]\nname = "perceptual"\n'
    options: Any = planned(loss).nodes["endpoint-1"].options
    assert options.loss.features == "random:0"
    with pytest.raises(InvalidInputError, match=r"there is no file .*vgg16-397923af\.pth"):
        planned('[loss]\nname = "perceptual"\nfeatures = "hub"\n')
    hub_weights().parent.mkdir(parents=True)
    hub_weights().write_bytes(b"weights")
    options = planned(loss).nodes["endpoint-1"].options
    assert options.loss.features == "weights"
    assert "vgg16-397923af.pth" in options.loss.source
    # LPIPS comes with them, for its linear heads lie in a package that is installed.
    scored = planned().nodes["evaluate-line"].options
    assert isinstance(scored, EvaluateOptions)
    assert scored.lpips is not None
    assert scored.lpips.backbone_sha256 == hashlib.sha256(b"weights").hexdigest()
    assert planned('[evaluate]\nlpips = "off"\n').nodes["evaluate-line"].options.lpips is None  # type: ignore[attr-defined]


def test_features_of_a_run_enter_the_key_as_an_input() -> None:
    vgg = PRESET.replace('"autoencoder"', '"endpoints"').replace('ae_tiny"\nwidth = 4', 'vgg16"')
    run = launched(name="vgg", text=vgg)
    loss = '[loss]\nname = "perceptual"\nfeatures = "run:vgg/endpoint-1"\n'
    finish(run.plan.nodes["dataset"])
    with pytest.raises(InvalidInputError, match="has not finished; `mcworkbench resume` its run"):
        planned(loss)
    for name in ("endpoint-1", "endpoint-2"):
        finish(run.plan.nodes[name])
    plan = planned(loss)
    assert "features" not in plan.nodes
    for name in ("endpoint-1", "curve", "evaluate-curve"):
        inputs = plan.nodes[name].inputs
        assert inputs["features"].key == run.plan.nodes["endpoint-1"].key
        assert inputs["features_data"].key == run.plan.nodes["dataset"].key
        assert plan.nodes[name].options.hashed()["loss"]["features"] == "network"
    other = planned(loss.replace("endpoint-1", "endpoint-2"))
    assert other.nodes["endpoint-1"].key != plan.nodes["endpoint-1"].key


def test_features_must_be_of_a_vgg16() -> None:
    run = launched(name="mlp", text=PRESET.replace('"autoencoder"', '"endpoints"'))
    for name in ("dataset", "endpoint-1"):
        finish(run.plan.nodes[name])
    with pytest.raises(
        InvalidInputError, match=r"a network of \[model\] ae_tiny; name one of vgg16"
    ):
        planned('[loss]\nname = "perceptual"\nfeatures = "run:mlp/endpoint-1"\n')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[loss]\nlayers = ["relu1_2"]\n', "layers belongs to name = 'perceptual'"),
        ('[loss]\nname = "perceptual"\nlayers = ["relu9"]\n', "'relu9' is no layer"),
        (
            '[loss]\nname = "perceptual"\nvariant = "seed"\npixel_weight = 0.5\n',
            "variant = 'seed' fixes pixel_weight",
        ),
        (
            '[loss]\nname = "perceptual"\nlayer_weights = [1.0]\n',
            "1 layer_weights for 3 layers",
        ),
        ('[ends]\nseeds = [1, 2]\ninits = ["normal"]\n', "1 inits for 2 seeds"),
    ],
)
def test_sections_that_contradict_themselves_are_told(text: str, told: str) -> None:
    with pytest.raises(PresetError, match=told):
        planned(text)


def test_a_classifier_is_no_autoencoder_and_has_no_loss_to_choose() -> None:
    mlp = PRESET.replace('name = "ae_tiny"\nwidth = 4', 'name = "mlp"')
    with pytest.raises(PresetError, match=r"needs a \[model\] that reconstructs, and mlp"):
        planned(preset=mlp)
    curve = mlp.replace('"autoencoder"', '"curve"')
    with pytest.raises(
        PresetError, match=r"\[loss\] is of autoencoders, and \[model\] mlp is none"
    ):
        planned('[loss]\nname = "mae"\n', preset=curve)


def test_init_schemes_make_one_end_each() -> None:
    plan = planned(
        '[ends]\nseeds = [1, 2]\ninits = ["normal", "kaiming_uniform"]\n[latent]\nalign = "none"\n'
    )
    options = [plan.nodes[f"endpoint-{place}"].options for place in (1, 2)]
    assert [o.model.init for o in options] == ["normal", "kaiming_uniform"]  # type: ignore[attr-defined]
    assert "kaiming_uniform" in plan.nodes["endpoint-2"].label
    for kind in ("fge", "snapshot", "swa", "swag"):
        text = PRESET.replace("autoencoder", kind)
        with pytest.raises(
            InvalidInputError, match=r"\[ends\] inits: kind = .* from \[model\] init"
        ):
            planned('[ends]\nseeds = [1, 2]\ninits = ["normal", "default"]\n', preset=text)


def test_a_tanh_code_is_permuted_because_a_rotation_would_change_it() -> None:
    text = PRESET.replace("ae_tiny", "ae_z")
    options = planned(preset=text).nodes["aligned"].options
    assert isinstance(options, AlignCodeOptions)
    assert options.method == "permutation"
    with pytest.raises(InvalidInputError, match="no rotation leaves as it is"):
        planned('[latent]\nalign = "procrustes"\n', preset=text)


def test_a_key_holds_what_a_perceptual_loss_is_and_not_where_it_lay(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(b"x")
    loss = '[loss]\nname = "perceptual"\nfeatures = "file:a.pth"\n'
    node = planned(loss, base=tmp_path).nodes["endpoint-1"]
    assert node.options.hashed()["loss"] == {
        "name": "perceptual",
        "features": "weights",
        "sha256": hashlib.sha256(b"x").hexdigest(),
    }
    inputs = {role: value.identity for role, value in node.inputs.items()}
    assert stage_key("endpoint", node.options, inputs) == node.key


@pytest.mark.parametrize("kind", ["fge", "snapshot", "swa", "soup"])
def test_an_ensemble_of_autoencoders_trains_with_the_loss_and_its_features(kind: str) -> None:
    vgg = PRESET.replace('"autoencoder"', '"endpoints"').replace('ae_tiny"\nwidth = 4', 'vgg16"')
    run = launched(name="vgg", text=vgg)
    for name in ("dataset", "endpoint-1"):
        finish(run.plan.nodes[name])
    loss = '[loss]\nname = "perceptual"\nfeatures = "run:vgg/endpoint-1"\n'
    text = PRESET.replace("autoencoder", "ensemble" if kind == "soup" else kind)
    text += '[ensemble]\nsoups = ["uniform"]\n' if kind == "soup" else ""
    usual, other = planned(preset=text), planned(loss, preset=text)
    names = [name for name, node in other.nodes.items() if node.kind in (kind, "endpoint")]
    assert any(other.nodes[name].kind == kind for name in names)
    for name in names:
        assert "loss" not in usual.nodes[name].options.hashed()
        assert other.nodes[name].options.hashed()["loss"]["name"] == "perceptual"
        inputs = other.nodes[name].inputs
        assert inputs["features"].key == run.plan.nodes["endpoint-1"].key
        assert inputs["features_data"].key == run.plan.nodes["dataset"].key
