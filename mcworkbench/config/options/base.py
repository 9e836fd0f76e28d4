"""What all option models share: frozen, no unknown keys, finite numbers, hashed or not.

A field marked `unhashed` changes how a stage runs, never what it makes, and so takes no part
in the stage's key.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic import Field as _Field

UNHASHED: dict[str, Any] = {"hashed": False}


class Options(BaseModel):
    """A frozen section of a preset."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        populate_by_name=True,
    )

    def hashed(self) -> dict[str, Any]:
        """Return what determines the stage's product: hashed fields that differ from the default.

        A default never changes, so leaving it out keeps old keys when an option is added.
        """
        chosen: dict[str, Any] = {}
        for name, field in type(self).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and extra.get("hashed") is False:
                continue
            value = getattr(self, name)
            if value != field.get_default(call_default_factory=True):
                chosen[name] = _plain(value)
        return chosen


class ModelOptions(Options):
    """What the options of every network are: a `name` of the catalogue, and free sizes."""

    @property
    def family(self) -> str:
        """Return the network's name in the catalogue."""
        return str(getattr(self, "name", ""))

    @property
    def label(self) -> str:
        """Return what lists call it; families with a depth say it."""
        return self.family

    @property
    def caution(self) -> str:
        """Return what somebody who uses this network should know, '' for most."""
        return ""


def _plain(value: Any) -> Any:
    if isinstance(value, Options):
        return value.hashed()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def unhashed(default: Any, **constraints: Any) -> Any:
    """Return a pydantic field that is left out of the stage's key."""
    return _Field(default=default, json_schema_extra=UNHASHED, **constraints)
