"""Tell from the names and shapes of a state dict which network of the catalogue it is.

Called by `import_worker` alone. Each family proposes [model] sections; a proposal counts when the
network it builds has just these shapes. Families whose options are switches and choices need
nothing: all are tried. One with sizes (widths, depth) has a function in `SIZES` that reads them
off the shapes.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, final, get_args, get_origin

import torch
from pydantic import ValidationError
from torch.overrides import TorchFunctionMode
from typing_extensions import override

from mcworkbench import catalogue
from mcworkbench.errors import WorkbenchError
from mcworkbench.models import build_model
from mcworkbench.params.foreign import natural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mcworkbench.config.options.base import Options
    from mcworkbench.config.options.model import AnyModelOptions

Shapes: TypeAlias = "Mapping[str, tuple[int, ...]]"
Section: TypeAlias = dict[str, Any]

_STATISTIC = re.compile(r"(?:.*\.)?(?:running_mean|running_var|num_batches_tracked|n_averaged)")
_NODE = re.compile(r"net\.(.+)_0")
_CURVE = re.compile(r"coeff_layer\.|net\..+_\d+$")
_BLOCK = re.compile(r".*layer\d.*\.conv1\.weight")
_DIGITS = re.compile(r"\d+")
_MATRIX, _KERNEL = 2, 4
# Sides of the images that the catalogue's data sets have; only flattened ones depend on it.
_SIDES = (32, 28, 8, 64, 224)
# What shapes cannot tell and a network that is trained does not need.
_NO_CHOICE = ("name", "init")
# More settings than that are no switches.
_MAX_SETTINGS = 64
_MAX_NEAREST = 3


@final
@dataclass(frozen=True, slots=True)
class Guess:
    """What a state dict seems to be.

    Attributes:
        sections: [model] sections that fit, the likeliest first; options at their default are
            left out.
        nearest: families with like names, where none fits.
        num_inputs: channels of its images, or values of its flat inputs.
        num_outputs: what its last layer gives.
        takes_images: whether `num_inputs` counts channels.
    """

    sections: tuple[Section, ...]
    nearest: tuple[str, ...]
    num_inputs: int
    num_outputs: int
    takes_images: bool


def guess(shapes: Shapes) -> Guess:
    """Return what names and shapes in the writer's order tell, or else in the order of names.

    A curve of the reference is looked at by its first node.
    """
    found = _guess(shapes)
    if found.sections:
        return found
    by_name = _guess({name: shapes[name] for name in sorted(shapes, key=natural)})
    return by_name if by_name.sections else found


def _guess(shapes: Shapes) -> Guess:
    network = _first_node(shapes)
    learnt = {name: shape for name, shape in network.items() if not _STATISTIC.fullmatch(name)}
    kept = {name: shape for name, shape in network.items() if _is_kept(name)}
    kernels = [shape for shape in learnt.values() if len(shape) >= _MATRIX]
    if not kernels:
        return Guess((), (), 0, 0, takes_images=False)
    takes_images = any(len(shape) == _KERNEL for shape in kernels)
    num_inputs = _first_inputs(kernels, takes_images=takes_images)
    outputs = [shape[0] for shape in kernels if len(shape) == _MATRIX] or [kernels[-1][0]]
    sections: list[tuple[float, Section]] = []
    likeness: dict[str, float] = {}
    for family, proposal in _proposals(learnt):
        for input_shape in _input_shapes(num_inputs, takes_images=takes_images):
            built = _built(proposal, input_shape, outputs[-1])
            if built is None:
                continue
            built, kept_by = built
            alike = _likeness(learnt, built)
            likeness[family] = max(alike, likeness.get(family, 0.0))
            if len(built) != len(learnt):
                # Images of another size would not change that.
                break
            if _same_shapes(built, learnt) and (not kept or _same_shapes(kept_by, kept)):
                sections.append((alike, proposal))
                break
    # Sorting is stable: of equals the one the catalogue names first stays first.
    fitting = [section for _, section in sorted(sections, key=lambda pair: -pair[0])]
    near = sorted(
        (family for family in likeness if likeness[family] > 0), key=lambda f: -likeness[f]
    )
    return Guess(
        tuple(fitting),
        () if fitting else tuple(near[:_MAX_NEAREST]),
        num_inputs,
        outputs[-1],
        takes_images,
    )


def _first_node(shapes: Shapes) -> Shapes:
    if not any(name.endswith("coeff_layer.range") for name in shapes):
        return shapes
    plain = {name.removeprefix("module."): shape for name, shape in shapes.items()}
    first = {m[1]: shape for name, shape in plain.items() if (m := _NODE.fullmatch(name))}
    rest = {
        name.removeprefix("net."): shape for name, shape in plain.items() if not _CURVE.match(name)
    }
    return {**first, **rest}


def _first_inputs(kernels: list[tuple[int, ...]], *, takes_images: bool) -> int:
    """Return the inputs of the first layer; files that lost their order list others first."""
    wanted = _KERNEL if takes_images else _MATRIX
    return next(shape[1] for shape in kernels if len(shape) == wanted)


def _input_shapes(num_inputs: int, *, takes_images: bool) -> list[tuple[int, ...]]:
    if not takes_images:
        return [(num_inputs,)]
    return [(num_inputs, side, side) for side in _SIDES]


def _proposals(shapes: Shapes) -> Iterator[tuple[str, Section]]:
    for family, named in catalogue.MODELS.items():
        options: type[Options] = catalogue.resolve(named.options)
        for sizes in SIZES.get(family, _no_sizes)(shapes):
            for switches in _switches(options, sizes):
                settings = {**sizes, **switches}
                fields = options.model_fields
                chosen = {k: v for k, v in settings.items() if v != fields[k].default}
                yield family, {"name": family, **chosen}


def _switches(options: type[Options], sizes: Section) -> Iterable[Section]:
    """Return every setting of a family's switches and choices, its defaults first.

    None where it has an option without default that is no size.
    """
    choices: dict[str, tuple[Any, ...]] = {}
    for name, field in options.model_fields.items():
        if name in {*_NO_CHOICE, *sizes}:
            continue
        if field.is_required():
            return []
        if field.annotation is bool:
            choices[name] = (field.default, not field.default)
        elif get_origin(field.annotation) is Literal:
            others = [one for one in get_args(field.annotation) if one != field.default]
            choices[name] = (field.default, *others)
    if math.prod(map(len, choices.values())) > _MAX_SETTINGS:
        choices = {}
    settings = itertools.product(*choices.values())
    return [dict(zip(choices, values, strict=True)) for values in settings]


def _no_sizes(_: Shapes) -> Iterable[Section]:
    return [{}]


def _mlp(shapes: Shapes) -> Iterable[Section]:
    """Linear layers of which each takes what the one before gives."""
    weights = [shape for shape in shapes.values() if len(shape) == _MATRIX]
    if any(len(shape) > _MATRIX for shape in shapes.values()):
        return []
    if any(before[0] != after[1] for before, after in itertools.pairwise(weights)):
        return []
    has_bias = any(len(shape) == 1 for shape in shapes.values())
    return [{"widths": tuple(shape[0] for shape in weights[:-1]), "bias": has_bias}]


def _preresnet(shapes: Shapes) -> Iterable[Section]:
    """Three 3 × 3 convolutions a bottleneck, two a basic block, in three stages."""
    is_bottleneck = any(re.search(r"layer\d.*\.conv3", name) for name in shapes)
    num_blocks = _num_blocks(shapes)
    return [{"depth": num_blocks * (9 if is_bottleneck else 6) + 2}] if num_blocks else []


def _resnet(shapes: Shapes) -> Iterable[Section]:
    """Two convolutions a block in three stages, the first of 16 channels times the width."""
    width, num_blocks = _stem(shapes) // 16, _num_blocks(shapes)
    return [{"depth": 6 * num_blocks + 2, "width": width}] if width and num_blocks else []


def _wideresnet(shapes: Shapes) -> Iterable[Section]:
    """Two convolutions a block in three stages; the last takes 64 channels times the width."""
    outputs = [shape for shape in shapes.values() if len(shape) == _MATRIX]
    widen, num_blocks = outputs[-1][1] // 64 if outputs else 0, _num_blocks(shapes)
    return [{"depth": 6 * num_blocks + 4, "widen": widen}] if widen and num_blocks else []


def _convfc(shapes: Shapes) -> Iterable[Section]:
    """Convolutions, then linear layers, counted."""
    numbers = Counter(map(len, shapes.values()))
    if not numbers[_KERNEL]:
        return []
    return [{"convolutions": numbers[_KERNEL], "linear": numbers[_MATRIX]}]


def _num_blocks(shapes: Shapes) -> int:
    """Return how many blocks each of three stages has."""
    blocks = {name.rpartition(".conv")[0] for name in shapes if _BLOCK.fullmatch(name)}
    return len(blocks) // 3


def _stem(shapes: Shapes) -> int:
    """Return the channels that the first convolution gives."""
    kernels = [s for name, s in shapes.items() if len(s) == _KERNEL and "layer" not in name]
    return kernels[0][0] if kernels else 0


# A family whose options hold sizes: shapes of the parameters -> what its sizes may be. Its
# switches and choices are tried with each.
SIZES: dict[str, Callable[[Shapes], Iterable[Section]]] = {
    "mlp": _mlp,
    "preresnet": _preresnet,
    "resnet": _resnet,
    "wideresnet": _wideresnet,
    "convfc": _convfc,
}


@final
class _Uninitialised(TorchFunctionMode):
    """Leaves out torch.nn.init: only shapes are asked for, and drawing them takes seconds."""

    @override
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if getattr(func, "__module__", "") == "torch.nn.init":
            return given["tensor"] if "tensor" in given else args[0]
        return func(*args, **given)


def _is_kept(name: str) -> bool:
    """Return whether a tensor is a running statistic that every file with batch norm has."""
    return name.endswith(("running_mean", "running_var"))


def _same_shapes(ours: Shapes, theirs: Shapes) -> bool:
    return Counter(ours.values()) == Counter(theirs.values())


def _built(
    section: Section, input_shape: tuple[int, ...], num_outputs: int
) -> tuple[Shapes, Shapes] | None:
    """Return the shapes of parameters and running statistics of the network of a section.

    None where there is no such network.
    """
    options: type[Options] = catalogue.resolve(catalogue.MODELS[section["name"]].options)
    try:
        checked = cast("AnyModelOptions", options.model_validate(section))
        with torch.device("meta"), _Uninitialised():
            module = build_model(checked, input_shape, num_outputs, 0)
    except (ValidationError, WorkbenchError):
        return None
    buffers = {name: tuple(one.shape) for name, one in module.named_buffers() if _is_kept(name)}
    return {name: tuple(one.shape) for name, one in module.named_parameters()}, buffers


def _likeness(theirs: Shapes, ours: Shapes) -> float:
    """Return how alike two sets of names are, from 0 to 1, whatever their numbers."""
    a, b = ({_DIGITS.sub("#", name) for name in names} for names in (theirs, ours))
    return len(a & b) / len(a | b)
