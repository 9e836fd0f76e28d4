"""Where each parameter of a network lies in its vector: names, shapes, offsets, ties.

Loads no torch, so that plans, reports and files can read it. The order is that of
`named_parameters()`, every tensor is C-contiguous, and every tensor starts at a multiple of
`PADDING` elements; the gaps are zero in memory and absent from files.
Shape letters: D = padded elements, P = parameters (no padding).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast, final

import numpy as np

from mcworkbench.errors import InvalidInputError, nearest
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from numpy.typing import NDArray

PADDING = 32
_MAX_ELEMENTS = 2**40


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """One tensor of the vector; `aliases` are the names tied to it."""

    name: str
    shape: tuple[int, ...]
    offset: int
    trainable: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of elements, padding left out."""
        return math.prod(self.shape)

    @property
    def end(self) -> int:
        """One past the last element, padding left out."""
        return self.offset + self.size


@final
@dataclass(frozen=True)
class Layout:
    """The order, shape and place of every parameter of one network."""

    entries: tuple[Entry, ...]

    @classmethod
    def build(
        cls,
        shapes: Iterable[tuple[str, tuple[int, ...]]],
        *,
        frozen: Collection[str] = (),
        aliases: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Layout:
        """Return the layout of named shapes, offsets padded.

        Args:
            shapes: name and shape of each tensor, in `named_parameters()` order.
            frozen: names that are not trained.
            aliases: further names of a tensor, by its first name.
        """
        tied = aliases or {}
        entries: list[Entry] = []
        offset = 0
        for name, shape in shapes:
            entry = Entry(name, shape, offset, name not in frozen, tied.get(name, ()))
            entries.append(entry)
            offset += _padded(entry.size)
        return cls(tuple(entries))

    @cached_property
    def size(self) -> int:
        """D: elements of the vector, padding included."""
        return sum(_padded(entry.size) for entry in self.entries)

    @cached_property
    def num_params(self) -> int:
        """P: parameters of the network, padding left out, ties counted once."""
        return sum(entry.size for entry in self.entries)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of every entry, in order; aliases left out."""
        return tuple(entry.name for entry in self.entries)

    @cached_property
    def by_name(self) -> dict[str, Entry]:
        """Entry of every name and alias."""
        found = {entry.name: entry for entry in self.entries}
        found.update((alias, entry) for entry in self.entries for alias in entry.aliases)
        return found

    def pack(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return (..., P) without padding from (..., D)."""
        assert values.shape[-1] == self.size, "the last axis must be the padded vector"
        parts = [values[..., entry.offset : entry.end] for entry in self.entries]
        return np.concatenate(parts, axis=-1) if parts else values[..., :0]

    def unpack(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return (..., D) with zeros as padding from (..., P): the inverse of `pack`."""
        assert values.shape[-1] == self.num_params, "the last axis must be all parameters"
        padded = np.zeros((*values.shape[:-1], self.size), dtype=values.dtype)
        start = 0
        for entry in self.entries:
            padded[..., entry.offset : entry.end] = values[..., start : start + entry.size]
            start += entry.size
        return padded

    def check_same(self, other: Layout, where: str) -> None:
        """Pass when `other` has the same names and shapes in the same order.

        Whether a tensor is trainable is no part of the comparison: it moves no coordinate.

        Args:
            other: the layout that was found.
            where: the file or input it was found in, for the message.

        Raises:
            InvalidInputError: names the first difference.
        """
        for mine, theirs in zip(self.entries, other.entries, strict=False):
            if mine.name != theirs.name:
                guess = nearest(mine.name, other.names)
                hint = f" (nearest: '{clean_line(guess)}')" if guess else ""
                raise InvalidInputError(
                    f"{where}: holds '{clean_line(theirs.name)}' where the network has "
                    f"'{clean_line(mine.name)}'{hint}; both must come from the same model options."
                )
            if mine.shape != theirs.shape:
                raise InvalidInputError(
                    f"{where}: '{clean_line(mine.name)}' has shape {theirs.shape}, the network "
                    f"has {mine.shape}; both must come from the same model options."
                )
        if len(self.entries) != len(other.entries):
            longer, place = (
                (self, "the network has")
                if len(self.names) > len(other.names)
                else (other, "holds")
            )
            extra = longer.names[min(len(self.names), len(other.names))]
            raise InvalidInputError(
                f"{where}: has {len(other.names)} tensors and the network {len(self.names)}; "
                f"only one of them ({place}) knows '{clean_line(extra)}'."
            )

    def to_json(self) -> dict[str, Any]:
        """Return plain values for a JSON file; offsets follow from the shapes."""
        entries: list[dict[str, Any]] = []
        for entry in self.entries:
            row: dict[str, Any] = {"name": entry.name, "shape": list(entry.shape)}
            if not entry.trainable:
                row["trainable"] = False
            if entry.aliases:
                row["aliases"] = list(entry.aliases)
            entries.append(row)
        return {"entries": entries}

    @classmethod
    def from_json(cls, value: Any, where: str = "layout") -> Layout:
        """Return the layout that `to_json` described.

        Raises:
            InvalidInputError: `value` is not such a description.
        """
        try:
            layout = _parse(value)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(
                f"{where}: the list of parameters is damaged ({clean_line(str(error))}); make the "
                "file again, or restore it from a copy."
            ) from error
        return layout


def _padded(size: int) -> int:
    return -(-size // PADDING) * PADDING


def _parse(value: Any) -> Layout:
    shapes: list[tuple[str, tuple[int, ...]]] = []
    frozen: set[str] = set()
    aliases: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    elements = 0
    for row in cast("list[dict[str, Any]]", value["entries"]):
        name = _text(row["name"])
        shape = tuple(_length(length) for length in row["shape"])
        tied = tuple(_text(alias) for alias in row.get("aliases", ()))
        for word in (name, *tied):
            if word in seen:
                raise ValueError(f"'{word}' appears twice")
            seen.add(word)
        elements += math.prod(shape)
        if elements > _MAX_ELEMENTS:
            raise ValueError(f"'{name}' is too large")
        shapes.append((name, shape))
        if row.get("trainable", True) is False:
            frozen.add(name)
        if tied:
            aliases[name] = tied
    return Layout.build(shapes, frozen=frozen, aliases=aliases)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a name")
    return value


def _length(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not a length")
    return value
