"""The chain of straight segments through many networks: nothing is trained.

Stored as a path whose nodes are the networks, t spread evenly over the segments. The points are
evaluated like those of any path; in files as the reference's, t counts segments.
Shape letters: D = padded parameters, K = networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcworkbench.config.options.chain import ChainOptions
from mcworkbench.folders import canonical_json
from mcworkbench.models.product import MODEL_FILE, read_model_document
from mcworkbench.paths.path import path_files, segment_lengths
from mcworkbench.stages.line import join_networks

if TYPE_CHECKING:
    from collections.abc import Generator

    from mcworkbench.runs.events import Event
    from mcworkbench.runs.workspace import Workspace


def run(workspace: Workspace) -> Generator[Event, None, dict[str, float]]:
    """Publish the chain; returns its length and that of each segment."""
    options = workspace.options
    assert isinstance(options, ChainOptions)
    sources = [workspace.input(f"point-{place}") for place in range(1, options.points + 1)]
    chain = join_networks(sources, curve="segments")
    files = path_files(chain, {"first": "as given", "last": "as given"})
    files[MODEL_FILE] = canonical_json(read_model_document(sources[0]))
    for name, content in files.items():
        yield workspace.save_artifact(name, content, "path")
    corners = [place / (options.points - 1) for place in range(options.points)]
    lengths = segment_lengths(chain, corners)[1:]
    segments = {f"length_{place}": length for place, length in enumerate(lengths, 1)}
    return {"length": sum(lengths), **segments}
