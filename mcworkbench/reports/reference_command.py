"""The command of the reference implementation that trains what a node of ours trained.

Written as command.sh beside exported checkpoints, as its own scripts do. What has no counterpart
there stands in comments.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from mcworkbench.catalogue import split_source
from mcworkbench.config.published import PUBLISHED
from mcworkbench.reports.lineage import epoch_of_input, epochs_before, root_of
from mcworkbench.runs.documents import integer, mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcworkbench.runs.views import NodeView, RunView

_DATA = {"cifar10": "CIFAR10", "cifar100": "CIFAR100"}
_TRANSFORMS = {("VGG", "flip-crop"): "VGG", ("ResNet", "crop-flip"): "ResNet"}
_CURVES = {"bezier": "Bezier", "polychain": "PolyChain"}
_USUAL = {"nesterov": False, "optimizer": "sgd", "schedule": "reference", "stop_at": None}


def training_command(run: RunView, node: NodeView) -> str:
    """Return the text of command.sh for a trained network or curve."""
    options = node.view.options
    before, root = epochs_before(run, node), root_of(run, node)
    data = _data_options(run)
    words, notes = _data_words(data)
    model = _model(_model_options(run, node))
    words.append(f"--model={model}")
    notes += _differences(options)
    words += [
        f"--epochs={before + integer(options.get('epochs'))}",
        f"--batch_size={options.get('batch_size')}",
        f"--momentum={options.get('momentum')}",
        f"--lr={options.get('lr')}",
        f"--wd={options.get('weight_decay')}",
        f"--seed={options.get('order_seed', 1)}",
    ]
    if node.kind == "curve":
        words += _curve_words(run, root, options)
    if before:
        words.append(f"--resume={root.name}/checkpoint-{before}.pt")
        if integer(options.get("epochs_before")) != before:
            notes.append("There the schedule is taken up at that epoch, here it begins anew.")
    command = ["python3", "train.py", f"--dir={node.name}", *words]
    lines = [*(f"# {note}" for note in notes), shlex.join(command)]
    return "\n".join(lines) + "\n"


def _data_options(run: RunView) -> Mapping[str, Any]:
    found = next((node for node in run.nodes.values() if node.kind == "dataset"), None)
    return {} if found is None else found.view.options


def _data_words(data: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    name = split_source(str(data.get("name", "")))[0]
    words, notes = [f"--dataset={_DATA.get(name, name)}", "--data_path=data"], []
    if name not in _DATA:
        notes.append(f"The reference has no data set {name}.")
    transform = _TRANSFORMS.get((str(data.get("normalize")), str(data.get("augment"))))
    if transform is not None:
        words.append(f"--transform={transform}")
    else:
        notes.append(
            f"normalize = {data.get('normalize')}, augment = {data.get('augment')} are none of "
            "its transforms."
        )
    if data.get("validation") == "none":
        words.append("--use_test")
    return words, notes


def _model_options(run: RunView, node: NodeView) -> Mapping[str, Any]:
    """Return the [model] of a network, or of the first end of a curve."""
    seen: set[str] = set()
    here: NodeView | None = node
    while here is not None and here.name not in seen:
        seen.add(here.name)
        model = mapping(here.view.options.get("model"))
        if model:
            return model
        above = next((here.inputs[role] for role in ("first", "start") if role in here.inputs), "")
        here = run.nodes.get(above)
    return {}


def _model(options: Mapping[str, Any]) -> str:
    """Return what the reference calls a network; our own name where it has none."""
    family = str(options.get("name", ""))
    for name, one in PUBLISHED.items():
        fits = all(options.get(key) == value for key, value in one.given.items())
        if one.source == "dnn-mode-connectivity" and one.family == family and fits:
            return name
    return f"PreResNet{options.get('depth')}" if family == "preresnet" else family


def _differences(options: Mapping[str, Any]) -> Iterator[str]:
    for key, usual in _USUAL.items():
        if options.get(key, usual) != usual:
            yield f"{key} = {options[key]} has no counterpart there."


def _curve_words(run: RunView, node: NodeView, options: Mapping[str, Any]) -> list[str]:
    # num_bends counts the ends there.
    words = [
        f"--curve={_CURVES.get(str(options.get('name')), str(options.get('name')))}",
        f"--num_bends={int(options.get('bends', 1)) + 2}",
    ]
    for role, flag in (("first", "start"), ("last", "end")):
        end = run.nodes.get(node.inputs.get(role, ""))
        if end is not None:
            epoch = epoch_of_input(run, node, role, end)
            words.append(f"--init_{flag}={end.name}/checkpoint-{epoch}.pt")
        if options.get(f"fix_{flag}", True):
            words.append(f"--fix_{flag}")
    if options.get("init") == "random":
        words.append("--init_linear_off")
    return words
