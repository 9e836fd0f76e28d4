"""Fit the tensors of a foreign checkpoint to the layout of one of our networks.

Called by the import stage through `foreign`. By name, with shape checks; what cannot be fitted
is refused, never dropped silently, and what was done is told in a report. Reads no files.
Shape letters: K = nodes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor

from mcworkbench.errors import InvalidInputError, nearest
from mcworkbench.params.naming import network_name_of
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcworkbench.params.foreign import Foreign
    from mcworkbench.params.layout import Layout

_PREFIXES = ("module.", "net.", "model.", "network.", "_orig_mod.")
_STATISTIC = re.compile(r"(?:.*\.)?(?:running_mean|running_var|num_batches_tracked)")
_COEFFICIENT = re.compile(r"coeff_layer\.(?:binom|range|rev_range)")
_NODE = re.compile(r"net\.(.+)_(\d{1,4})")
# Counters that averaging wrappers add beside the network.
_HARMLESS = frozenset({"n_averaged"})
# The same layers in the same order, numbered otherwise in other publications: VGG's through
# instead of by block; those of dense networks without the ReLUs between them.
_GROUPS = (
    (re.compile(r"features\.(\d{1,4})"), "layer_blocks."),
    (re.compile(r"linear_layers\.(\d{1,4})"), "fc."),
    (re.compile(r"fc(\d{1,4})"), "fc."),
    (re.compile(r"conv_part\.(\d{1,4})(?:\.conv\.0)?"), "conv_part."),
    (re.compile(r"fc_part\.(\d{1,4})(?:\.fc\.0)?"), "fc_part."),
)


@final
@dataclass(frozen=True)
class Mapped:
    """A foreign network in our names: float32 tensors and sentences about the fit."""

    params: dict[str, Tensor]
    buffers: dict[str, Tensor]
    report: tuple[str, ...]


def map_network(
    foreign_tensors: Mapping[str, Tensor],
    layout: Layout,
    buffer_shapes: Mapping[str, tuple[int, ...]],
    *,
    is_ordered: bool = True,
    where: str = "checkpoint",
) -> Mapped:
    """Return a network's parameters and buffers from a foreign state dict.

    Names are compared after dropping wrappers such as 'module.'. Where not one name fits but
    the shapes do, tensors are matched by shape (all different) or by order (all alike in turn),
    and the report says so.

    Args:
        foreign_tensors: the state dict.
        layout: the network it must fit.
        buffer_shapes: shape of each buffer of that network; absent ones are reported.
        is_ordered: whether `foreign_tensors` keeps the order in which they were defined.
        where: the file, for messages.

    Raises:
        InvalidInputError: something is missing, left over, misshapen or not finite.
    """
    report: list[str] = []
    known = {*layout.by_name, *buffer_shapes}
    named = _renamed(_without_prefixes(dict(foreign_tensors), known, report), layout, report)
    if not known & named.keys():
        named = _by_shape(named, layout, report, is_ordered=is_ordered, where=where)
    params: dict[str, Tensor] = {}
    for entry in layout.entries:
        found = next((name for name in (entry.name, *entry.aliases) if name in named), None)
        if found is None:
            raise _missing(entry.name, list(named), where)
        params[entry.name] = _checked(named[found], found, entry.shape, where)
    buffers = {
        name: _checked(named[name], name, shape, where)
        for name, shape in buffer_shapes.items()
        if name in named
    }
    surplus = [name for name in named if name not in known and name not in _HARMLESS]
    if surplus:
        raise _surplus(surplus, where)
    report.append(f"{len(params)} parameters and {len(buffers)} buffers taken")
    if absent := [name for name in buffer_shapes if name not in buffers]:
        report.append(
            f"{len(absent)} buffers are not in the file, first '{absent[0]}': running statistics "
            "must be recomputed"
        )
    return Mapped(params, buffers, tuple(report))


def map_optimizer(
    foreign: Foreign, layout: Layout, buffer_shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Tensor]:
    """Return the optimiser's state of a foreign network as ours keeps it.

    Its tensors stand in the order of the network's parameters and are fitted as those are.

    Returns:
        e.g. "momentum_buffer" with the layout's shape; {} where the file holds none that fits.

    Raises:
        InvalidInputError: the network does not fit, or a state is not finite.
    """
    names = [name for name in foreign.tensors if not _STATISTIC.fullmatch(name)]
    found: dict[str, Tensor] = {}
    for state, values in foreign.optimizer.items():
        if all(value.dim() == 0 for value in values):
            # Steps taken, the same for every parameter.
            found[state] = values[0]
            continue
        if [value.shape for value in values] != [foreign.tensors[name].shape for name in names]:
            return {}
        named = {**foreign.tensors, **dict(zip(names, values, strict=True))}
        mapped = map_network(
            named, layout, buffer_shapes, is_ordered=foreign.is_ordered, where=foreign.source
        )
        found[state] = torch.zeros(layout.size)
        for entry in layout.entries:
            found[state][entry.offset : entry.end] = mapped.params[entry.name].flatten()
    return found


def map_curve(foreign: Foreign, layout: Layout) -> tuple[list[dict[str, Tensor]], tuple[str, ...]]:
    """Return the named parameters of each of the K nodes of a reference curve, and a report.

    Raises:
        InvalidInputError: the file holds no curve, or its nodes do not fit the layout.
    """
    where = foreign.source
    if foreign.curve is None:
        raise InvalidInputError(
            f"{where}: holds a single network and no curve (no coeff_layer); import it as one."
        )
    tensors = {name.removeprefix("module."): tensor for name, tensor in foreign.tensors.items()}
    nodes: list[dict[str, Tensor]] = [{} for _ in range(foreign.num_nodes)]
    surplus: list[str] = []
    num_statistics = 0
    for name, tensor in tensors.items():
        if _STATISTIC.fullmatch(name) or _COEFFICIENT.fullmatch(name):
            num_statistics += bool(_STATISTIC.fullmatch(name))
            continue
        match = _NODE.fullmatch(name)
        target = network_name_of(match[1], layout.by_name) if match else None
        if match is None or target is None or int(match[2]) >= foreign.num_nodes:
            surplus.append(name)
            continue
        entry = layout.by_name[target]
        nodes[int(match[2])][entry.name] = _checked(tensor, name, entry.shape, where)
    for k, node in enumerate(nodes):
        if absent := [name for name in layout.names if name not in node]:
            raise _missing(f"{absent[0]} of node {k}", list(tensors), where)
    if surplus:
        raise _surplus(surplus, where)
    report = [f"{foreign.curve} curve, {foreign.num_nodes} nodes (ends included), by name"]
    if num_statistics:
        report.append(
            f"{num_statistics} running statistics left out: they belong to no point of the curve "
            "and are recomputed at every t"
        )
    return nodes, tuple(report)


def _without_prefixes(
    tensors: dict[str, Tensor], known: set[str], report: list[str]
) -> dict[str, Tensor]:
    """Drop wrappers' prefixes as long as none of the names fits and one is common to them."""
    while not known & tensors.keys():
        inner = [name for name in tensors if name not in _HARMLESS]
        prefix = next(
            (p for p in _PREFIXES if inner and all(name.startswith(p) for name in inner)), None
        )
        if prefix is None:
            break
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
        report.append(f"prefix '{prefix}' dropped")
    return tensors


def _renamed(tensors: dict[str, Tensor], layout: Layout, report: list[str]) -> dict[str, Tensor]:
    """Give groups of layers, numbered in another way, our names in the same order."""
    all_ours = [entry.name.rpartition(".")[0] for entry in layout.entries]
    for pattern, prefix in _GROUPS:
        ours = list(dict.fromkeys(layer for layer in all_ours if layer.startswith(prefix)))
        numbers = {
            layer: int(match[1])
            for name in tensors
            if not _STATISTIC.fullmatch(name)
            for layer in [name.rpartition(".")[0]]
            if (match := pattern.fullmatch(layer))
        }
        theirs = sorted(numbers, key=lambda layer: numbers[layer])
        if not ours or len(theirs) != len(ours) or theirs == ours:
            continue
        new_names = dict(zip(theirs, ours, strict=True))
        renamed: dict[str, Tensor] = {}
        for name, tensor in tensors.items():
            layer, dot, leaf = name.rpartition(".")
            renamed[f"{new_names.get(layer, layer)}{dot}{leaf}"] = tensor
        report.append(
            f"'{theirs[0]}' to '{theirs[-1]}' taken as '{ours[0]}' to '{ours[-1]}', layer by layer"
        )
        tensors = renamed
    return tensors


def _by_shape(
    tensors: dict[str, Tensor],
    layout: Layout,
    report: list[str],
    *,
    is_ordered: bool,
    where: str,
) -> dict[str, Tensor]:
    """Rename parameters by their shapes alone; running statistics are left behind."""
    parameters = {
        name: tensor
        for name, tensor in tensors.items()
        if not _STATISTIC.fullmatch(name) and name not in _HARMLESS
    }
    theirs = [tuple(tensor.shape) for tensor in parameters.values()]
    ours = [entry.shape for entry in layout.entries]
    if len(set(ours)) == len(ours) and sorted(theirs) == sorted(ours):
        by_shape = {tuple(tensor.shape): tensor for tensor in parameters.values()}
        report.append("no name fits: tensors matched by shape, which is unique for each")
        return {entry.name: by_shape[entry.shape] for entry in layout.entries}
    if is_ordered and theirs == ours:
        first = next(iter(parameters))
        report.append(
            "no name fits: tensors matched by order and shape, "
            f"e.g. '{clean_line(first)}' as '{layout.names[0]}'; check that the layers agree"
        )
        return dict(zip(layout.names, parameters.values(), strict=True))
    raise _missing(layout.names[0], list(parameters), where)


def _checked(tensor: Tensor, name: str, shape: tuple[int, ...], where: str) -> Tensor:
    if tuple(tensor.shape) != tuple(shape):
        raise InvalidInputError(
            f"{where}: '{clean_line(name)}' has shape {tuple(tensor.shape)} but the network wants "
            f"{tuple(shape)}; choose the [model] options (widths, depth) and [data] (size, "
            "classes) it was trained with."
        )
    if not tensor.is_floating_point():
        return tensor.detach().clone(memory_format=torch.contiguous_format)
    if not bool(torch.isfinite(tensor).all()):
        raise InvalidInputError(
            f"{where}: '{clean_line(name)}' holds NaN or infinity, so the network had diverged; "
            "take an earlier checkpoint."
        )
    return tensor.detach().to(torch.float32).clone(memory_format=torch.contiguous_format)


def _missing(name: str, present: Sequence[str], where: str) -> InvalidInputError:
    guess = nearest(name, present)
    hint = f" The nearest is '{clean_line(guess)}'." if guess else ""
    shown = ", ".join(f"'{clean_line(other, limit=60)}'" for other in present[:4])
    return InvalidInputError(
        f"{where}: has no tensor for '{name}'.{hint} It holds {len(present)} tensors: {shown}, …; "
        "choose the model options it was trained with."
    )


def _surplus(names: Sequence[str], where: str) -> InvalidInputError:
    shown = ", ".join(f"'{clean_line(name, limit=60)}'" for name in names[:3])
    return InvalidInputError(
        f"{where}: holds {len(names)} tensors that the network does not have: {shown}; choose the "
        "model options (depth, widths, bias) it was trained with."
    )
