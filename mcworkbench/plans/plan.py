"""The plan of one run: nodes in the order they can run, each with its stage's identity."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mcworkbench.catalogue import STAGES
from mcworkbench.config.options.base import Options
from mcworkbench.errors import InvalidInputError
from mcworkbench.plans.keys import stage_key
from mcworkbench.runs.stage_folder import StageFolder
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a node.

    Attributes:
        key: the stage whose artifacts are read.
        place: folder inside the artifacts ('' or 'snapshots/epoch-10').
        identity: what is hashed: the key of the stage that would make just this.
        node: the node of this run that makes it, '' where it exists already.
    """

    key: str
    place: str = ""
    identity: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """One named stage of a run."""

    name: str
    kind: str
    label: str
    options: Options
    inputs: dict[str, Input]
    key: str
    version: int
    is_reused: bool

    def document(self) -> dict[str, Any]:
        """Return the stage's stage.json."""
        return {
            "format": 1,
            "key": self.key,
            "kind": self.kind,
            "version": self.version,
            "options": self.options.model_dump(mode="json", by_alias=True),
            "inputs": {role: value.key for role, value in self.inputs.items()},
            "places": {role: value.place for role, value in self.inputs.items() if value.place},
            # What a snapshot is, for plans that borrow this stage: its key alone does not say.
            "identities": {
                role: value.identity for role, value in self.inputs.items() if value.place
            },
        }


@dataclass
class Plan:
    """Nodes by name, in an order in which every input comes first."""

    salt: str = ""
    nodes: dict[str, PlannedNode] = field(default_factory=dict[str, PlannedNode])

    def add(
        self, name: str, kind: str, label: str, options: Options, inputs: Mapping[str, Input]
    ) -> Input:
        """Add a node and return it as an input for later ones.

        Raises:
            InvalidInputError: another node has that name.
        """
        salt = "" if kind in {"dataset", "import"} else self.salt
        identities = {role: value.identity for role, value in inputs.items()}
        key = stage_key(kind, options, identities, salt=salt)
        return self._put(name, kind, label, options, inputs, key, STAGES[kind].version)

    def borrow(self, name: str, label: str, document: Mapping[str, Any], options: Options) -> Input:
        """Show a stage of another run as a node of this one, and return it as an input."""
        roles: dict[str, str] = document["inputs"]
        places: dict[str, str] = document.get("places", {})
        identities: dict[str, str] = document.get("identities", {})
        inputs = {
            role: Input(key, place=places.get(role, ""), identity=identities.get(role, key))
            for role, key in roles.items()
        }
        kind, key, version = document["kind"], document["key"], document["version"]
        return self._put(name, kind, label, options, inputs, key, version)

    def _put(
        self,
        name: str,
        kind: str,
        label: str,
        options: Options,
        inputs: Mapping[str, Input],
        key: str,
        version: int,
    ) -> Input:
        if name in self.nodes and self.nodes[name].key != key:
            raise InvalidInputError(
                f"two nodes of this preset would be called '{clean_line(name)}'; give its "
                "[further] section another name."
            )
        self.nodes[name] = PlannedNode(
            name, kind, label, options, dict(inputs), key, version, StageFolder(key).is_finished()
        )
        return Input(key=key, identity=key, node=name)

    def change_options(self, name: str, **changes: Any) -> None:
        """Change unhashed options of a node; its key stays."""
        node = self.nodes[name]
        self.nodes[name] = replace(node, options=node.options.model_copy(update=changes))

    @property
    def num_reused(self) -> int:
        """How many nodes are finished already."""
        return sum(node.is_reused for node in self.nodes.values())
