"""Any `nn.Module` with all its parameters in one contiguous buffer, and all gradients in another.

Called by training, evaluation and ensembles. The module's own tensors become views, so the
forward and backward pass are the module's, while optimisers and geometry see one vector.

What silently severs the views, and what to do instead:
`module.zero_grad()` or `optimizer.zero_grad()` -> `flat.zero_grad()`;
`.double()`, `.to(...)`, `load_state_dict(assign=True)` -> before building; deepcopy, pickle ->
`clone()`, or the stored tensors. `check()` finds out. Autograd does not notice writes to the
buffer between a forward pass and its backward pass: never make any there.
Shape letters: D = padded elements, P = parameters (no padding).
"""

from __future__ import annotations

import copy
import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, NoReturn, final

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from mcworkbench.errors import InvalidInputError
from mcworkbench.params import vectors
from mcworkbench.params.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


@final
class FlatModule:
    """A module whose parameters and gradients are views of two vectors.

    Attributes:
        module: the module itself; call it, change its mode, never move or cast it.
        layout: where each parameter lies; tied tensors appear once.
        params: all parameters, shape (D,); padding is zero. Its `.grad` is `grad`, so it can be
            handed to any torch optimiser as the one parameter.
        grad: all gradients, shape (D,); zero for frozen and unused parameters.
    """

    def __init__(self, module: nn.Module) -> None:
        """Move the parameters of `module`, already on its device, into one buffer.

        Raises:
            InvalidInputError: parameters of several types or devices, or overlapping in memory.
            RuntimeError: called under `torch.inference_mode`, where views cannot be trained.
        """
        if torch.is_inference_mode_enabled():
            raise RuntimeError("a FlatModule must be built outside torch.inference_mode")
        named = list(module.named_parameters(remove_duplicate=False))
        dtype, device = _common_kind(named, module)
        self.module = module
        self.layout = _layout(named, module)
        self.params = torch.zeros(self.layout.size, dtype=dtype, device=device)
        self.grad = torch.zeros_like(self.params)
        self.params.grad = self.grad
        views = vectors.named_views(self.params, self.layout, with_aliases=True)
        grad_views = vectors.named_views(self.grad, self.layout, with_aliases=True)
        with torch.no_grad():
            for name, parameter in named:
                views[name].copy_(parameter)
            for name, parameter in named:
                parameter.data = views[name]
                parameter.grad = grad_views[name]

    def __call__(self, x: Tensor) -> Tensor:
        """Return the module's output."""
        return self.module(x)

    def zero_grad(self) -> None:
        """Set every gradient to zero; the only way to do so that keeps the views."""
        self.grad.zero_()

    def set_params(self, vector_D: Tensor) -> None:
        """Copy a vector of shape (D,), on any device, into the parameters."""
        assert vector_D.shape == self.params.shape, "not a vector of this layout"
        with torch.no_grad():
            self.params.copy_(vector_D)

    def named_params(self) -> dict[str, Tensor]:
        """Return each parameter as a view without gradient, by name; aliases left out."""
        return vectors.named_views(self.params, self.layout)

    def buffers(self) -> dict[str, Tensor]:
        """Return the module's buffers themselves, by name."""
        return dict(self.module.named_buffers())

    def save_buffers(self) -> dict[str, Tensor]:
        """Return a copy of every buffer, by name."""
        return {name: buffer.detach().clone() for name, buffer in self.buffers().items()}

    def load_buffers(self, saved: Mapping[str, Tensor]) -> None:
        """Copy saved buffers into the module; those not named stay as they are."""
        live = self.buffers()
        with torch.no_grad():
            for name, buffer in saved.items():
                assert live[name].shape == buffer.shape, f"buffer '{name}' changed its shape"
                live[name].copy_(buffer)

    def trainable_mask(self) -> Tensor | None:
        """Return what may change, shape (D,) bool, or None when every entry is trainable."""
        if all(entry.trainable for entry in self.layout.entries):
            return None
        mask_D = torch.zeros(self.layout.size, dtype=torch.bool, device=self.params.device)
        for entry in self.layout.entries:
            mask_D[entry.offset : entry.end] = entry.trainable
        return mask_D

    def unpadded(self, vector_D: Tensor) -> Tensor:
        """Return (..., P) without padding from (..., D)."""
        return vectors.unpadded(vector_D, self.layout)

    def padded(self, vector_P: Tensor) -> Tensor:
        """Return (..., D) with zeros as padding from (..., P)."""
        return vectors.padded(vector_P, self.layout)

    def clone(self) -> FlatModule:
        """Return an independent copy: parameters, buffers and modes; gradients start at zero."""
        twin = copy.deepcopy(self.module)
        # deepcopy follows objects, not memory: tensors tied by storage alone come out apart.
        named = dict(twin.named_parameters(remove_duplicate=False))
        for entry in self.layout.entries:
            for alias in entry.aliases:
                named[alias].data = named[entry.name].data
        return FlatModule(twin)

    def check(self) -> None:
        """Pass when every parameter and gradient still is its view.

        Raises:
            RuntimeError: names the first tensor that was replaced.
        """
        live = dict(self.module.named_parameters(remove_duplicate=False))
        if self.params.grad is None or self.params.grad.data_ptr() != self.grad.data_ptr():
            raise RuntimeError(
                "the gradient of the flat vector was replaced: call flat.zero_grad(), never "
                "optimizer.zero_grad()"
            )
        views = vectors.named_views(self.params, self.layout, with_aliases=True)
        grad_views = vectors.named_views(self.grad, self.layout, with_aliases=True)
        if live.keys() != views.keys():
            name = sorted(live.keys() ^ views.keys())[0]
            raise RuntimeError(
                f"parameter '{name}' was added or removed after the module was built"
            )
        for name, view in views.items():
            if not _is_same_memory(live[name], view):
                raise RuntimeError(
                    f"parameter '{name}' no longer lives in the flat vector: the module was moved, "
                    "cast or loaded with assign=True after FlatModule was built"
                )
            if not _is_same_memory(live[name].grad, grad_views[name]):
                raise RuntimeError(
                    f"the gradient of '{name}' no longer lives in the flat vector: call "
                    "flat.zero_grad(), never module.zero_grad()"
                )

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a FlatModule cannot be deep-copied, its views would part: use clone()")

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a FlatModule cannot be pickled or copied, its views would part: use clone(), or store "
            "named_params() and buffers()"
        )


def _is_same_memory(tensor: Tensor | None, view: Tensor) -> bool:
    return (
        tensor is not None
        and tensor.shape == view.shape
        and tensor.dtype == view.dtype
        and tensor.stride() == view.stride()
        and tensor.data_ptr() == view.data_ptr()
    )


def _common_kind(
    named: list[tuple[str, nn.Parameter]], module: nn.Module
) -> tuple[torch.dtype, torch.device]:
    """Return the one floating-point type and device of all parameters."""
    if not named:
        raise InvalidInputError(
            f"{type(module).__name__}: has no parameters, so there is nothing to train or connect."
        )
    first_name, first = named[0]
    for name, parameter in named:
        if is_lazy(parameter):
            raise InvalidInputError(
                f"'{name}': has no shape yet; run one batch through the lazy module first."
            )
        if not parameter.is_floating_point() or parameter.is_meta:
            raise InvalidInputError(
                f"'{name}': holds {parameter.dtype} on {parameter.device}; parameters must be real "
                "floating-point numbers, e.g. torch.float32 on cpu."
            )
        if parameter.dtype != first.dtype or parameter.device != first.device:
            raise InvalidInputError(
                f"'{name}': is {parameter.dtype} on {parameter.device} but '{first_name}' is "
                f"{first.dtype} on {first.device}; all parameters must share one type and device: "
                "cast and move the module first, or use precision = 'bfloat16' (autocast)."
            )
    return first.dtype, first.device


def _layout(named: list[tuple[str, nn.Parameter]], module: nn.Module) -> Layout:
    """Return the layout of a module; tensors that are one piece of memory become one entry."""
    groups: dict[tuple[object, ...], list[tuple[str, nn.Parameter]]] = defaultdict(list)
    for name, parameter in named:
        place = parameter.data_ptr() if parameter.numel() else id(parameter)
        groups[place, tuple(parameter.shape), parameter.stride()].append((name, parameter))
    firsts = [members[0] for members in groups.values()]
    _refuse_overlaps(firsts, module)
    return Layout.build(
        ((name, tuple(parameter.shape)) for name, parameter in firsts),
        frozen={
            members[0][0]
            for members in groups.values()
            if not any(parameter.requires_grad for _, parameter in members)
        },
        aliases={
            members[0][0]: tuple(name for name, _ in members[1:])
            for members in groups.values()
            if len(members) > 1
        },
    )


def _refuse_overlaps(firsts: list[tuple[str, nn.Parameter]], module: nn.Module) -> None:
    """Refuse memory shared in part, transposed or with a buffer: a copy would untie it."""
    spans = sorted((*_span(parameter), name) for name, parameter in firsts if parameter.numel())
    for (_, end, name), (start, _, other) in itertools.pairwise(spans):
        if start < end:
            raise _overlap(name, other)
    for other, buffer in module.named_buffers():
        low, high = _span(buffer)
        for start, end, name in spans:
            if start < high and low < end:
                raise _overlap(name, other)
    for name, parameter in firsts:
        low, high = _span(parameter)
        if high - low < parameter.numel() * parameter.element_size():
            raise _overlap(name, name)


def _span(tensor: Tensor) -> tuple[int, int]:
    """Return the first address of a tensor and the one past its last."""
    if not tensor.numel():
        return 0, 0
    reach = sum(
        (length - 1) * step for length, step in zip(tensor.shape, tensor.stride(), strict=True)
    )
    return tensor.data_ptr(), tensor.data_ptr() + (reach + 1) * tensor.element_size()


def _overlap(name: str, other: str) -> InvalidInputError:
    return InvalidInputError(
        f"'{name}' and '{other}': share memory without being the same tensor (a slice, a "
        "transpose, an expanded or a buffered parameter); only whole tensors may be tied: share "
        "the nn.Parameter itself."
    )
