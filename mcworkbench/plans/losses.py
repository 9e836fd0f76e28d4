"""Find what [loss] and [evaluate] lpips judge by, before anything runs; torch-free.

What is found goes into stage options by its identity: the digest of a file, another stage's key,
or the seed of a random network. Nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcworkbench import folders
from mcworkbench.config.options.loss import LossOptions, LossSection, LpipsOptions
from mcworkbench.config.options.model import range_of
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.plan import Input, Plan
from mcworkbench.plans.references import resolve_reference
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.experiment import Experiment

# As torch.hub names the published weights; the digits are the start of the file's SHA-256.
HUB_FILE = "vgg16-397923af.pth"
# Packages whose wheels hold the linear heads of LPIPS, and where.
_HEADS = (
    ("torchmetrics", "functional/image/lpips_models/vgg.pth"),
    ("lpips", "weights/v0.1/vgg.pth"),
)
_WHERE = "[loss] features"


def hub_weights() -> Path:
    """Return where torch's own cache keeps VGG16's weights, whether or not they are there."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or f"{cache}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints" / HUB_FILE


def resolve_loss(experiment: Experiment, base: Path) -> tuple[LossOptions | None, dict[str, Input]]:
    """Return the loss of every stage and the inputs that it needs; None is the usual one.

    Raises:
        InvalidInputError: a file, run or stage that it names does not exist or is of no use.
    """
    section = experiment.loss
    if not range_of(experiment.model) or section == LossSection():
        return None, {}
    options = LossOptions(**section.model_dump())
    if section.name != "perceptual":
        return options, {}
    chosen = section.features
    if chosen == "auto":
        chosen = "hub" if hub_weights().is_file() else "random:0"
    scheme, _, place = chosen.partition(":")
    if scheme == "random":
        return _with(options, chosen, source=f"a random VGG16, seed {place}"), {}
    if scheme in ("hub", "file"):
        file = hub_weights() if scheme == "hub" else (base / Path(place).expanduser()).resolve()
        digest = _digest(file, _WHERE)
        source = f"the VGG16 weights {clean_line(file.name)} (sha256 {digest[:8]}…)"
        return _with(options, "weights", source=source, sha256=digest, file=str(file)), {}
    if scheme not in ("run", "stage"):
        raise InvalidInputError(f"{_WHERE} = '{chosen}': name a file, a run, 'hub' or 'random:0'.")
    inputs = _network(chosen, experiment, base)
    key = inputs["features"].key
    source = f"the vgg16 of {clean_line(chosen)} (stage {key[:12]})"
    return _with(options, "network", source=source), inputs


def _with(
    options: LossOptions, features: str, *, source: str, sha256: str = "", file: str = ""
) -> LossOptions:
    found = {"features": features, "source": source, "sha256": sha256, "file": file}
    return options.model_copy(update=found)


def _network(text: str, experiment: Experiment, base: Path) -> dict[str, Input]:
    """Return a finished network and the data it was trained on; neither is a node of this run."""
    # In a plan of its own: what only judges is no end and no training of this run.
    features = resolve_reference(
        text,
        Plan(),
        experiment,
        name="features",
        where=_WHERE,
        base=base,
        product="network",
        is_of_this_model=False,
    )
    stage = StageFolder(features.key)
    document = stage.document()
    model = document.get("options", {}).get("model", {}).get("name")
    if model != "vgg16":
        raise InvalidInputError(
            f"{_WHERE}: '{clean_line(text)}' is a network of [model] {clean_line(str(model))}; "
            "name one of vgg16."
        )
    if not stage.is_finished():
        raise InvalidInputError(
            f"{_WHERE}: '{clean_line(text)}' has not finished; `mcworkbench resume` its run first."
        )
    data = str(document["inputs"]["dataset"])
    return {
        "features": replace(features, node=""),
        "features_data": Input(key=data, identity=data),
    }


def resolve_lpips(experiment: Experiment, base: Path) -> LpipsOptions | None:
    """Return the weights of LPIPS, None where they are not there or not wanted.

    Raises:
        InvalidInputError: a file is named and it, or the linear heads, cannot be found.
    """
    wanted = experiment.evaluate.lpips
    if wanted == "off" or not range_of(experiment.model):
        return None
    heads = _heads()
    if wanted == "auto":
        backbone = hub_weights()
        if heads is None or not backbone.is_file():
            return None
    else:
        backbone = (base / Path(wanted.removeprefix("file:")).expanduser()).resolve()
        if heads is None:
            raise InvalidInputError(
                "[evaluate] lpips: the linear heads come with the package torchmetrics (or lpips), "
                "which is not installed; install it, or leave lpips out."
            )
    return LpipsOptions(
        backbone_sha256=_digest(backbone, "[evaluate] lpips"),
        heads_sha256=_digest(heads, "[evaluate] lpips"),
        backbone=str(backbone),
        heads=str(heads),
    )


def _heads() -> Path | None:
    for package, place in _HEADS:
        # Finding a package does not import it: it would load torch.
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            file = Path(spec.origin).parent / place
            if file.is_file():
                return file
    return None


def _digest(file: Path, where: str) -> str:
    if not file.is_file():
        raise InvalidInputError(
            f"{where}: there is no file {file}; put VGG16's weights there (torchvision's names), "
            "or name another source."
        )
    try:
        return folders.file_sha256(file)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise InvalidInputError(f"{where}: {file}: {reason}.") from error
