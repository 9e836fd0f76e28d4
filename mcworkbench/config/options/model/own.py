"""[model] name = "package.module:Class": a network of the user's own."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from mcworkbench.config.options.base import ModelOptions, unhashed

TARGET = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"


class OwnOptions(ModelOptions):
    """A class of the user's own, from the current folder or an installed package."""

    name: Literal["own"]
    target: str = Field(
        pattern=rf"^{TARGET}$",
        max_length=200,
        description="package.module:Class, an nn.Module; [model] name may be just that.",
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict[str, Any],
        description="[model.arguments]: keyword arguments of the class.",
    )
    digest: str = Field(
        default="",
        pattern=r"^([0-9a-f]{64})?$",
        description="Digest of its source and of what that imports beside it; filled in by the "
        "plan.",
    )
    folder: str = unhashed("", description="Where its source lay; its digest says what it is.")

    @property
    def label(self) -> str:
        """Return module and class."""
        return self.target
