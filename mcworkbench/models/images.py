"""Say that a network cannot take a data set's inputs, before anything is built."""

from __future__ import annotations

from mcworkbench.errors import InvalidInputError

_IMAGE_AXES = 3


def require_images(
    name: str, input_shape: tuple[int, ...], smallest: int, largest: int = 1 << 30
) -> None:
    """Pass when inputs are images (C, H, W) whose sides lie in the range.

    Args:
        name: what [model] calls the network.
        input_shape: of one example.
        smallest: least pixels of a side.
        largest: most pixels of a side; where it is less than twice the least, the network is
            made for images of the least.

    Raises:
        InvalidInputError: they are not.
    """
    if len(input_shape) == _IMAGE_AXES and all(
        smallest <= side <= largest for side in input_shape[1:]
    ):
        return
    shape = " × ".join(str(size) for size in input_shape)
    sizes = (
        f"{smallest} × {smallest} pixels"
        if largest < 2 * smallest
        else f"at least {smallest} pixels"
    )
    raise InvalidInputError(
        f"[model] {name} takes images (channels × height × width) of {sizes}, and this data set "
        f"has inputs of {shape}; use 'mlp' or another network or data set."
    )
