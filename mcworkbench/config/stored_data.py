"""Which published data sets lie on this machine, by the names of their files: imports nothing.

Read by `data list` and `doctor`. Presence is not correctness: checksums are compared when a
data set is decoded, and by `data check`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, final

from mcworkbench.catalogue import DATASETS, Source
from mcworkbench.folders import cache_root

# built in: made here or bundled; yours: a path; present or absent: published files.
Presence: TypeAlias = Literal["built in", "yours", "present", "absent"]


@final
@dataclass(frozen=True, slots=True)
class StoredData:
    """One data set of the catalogue on this machine.

    Attributes:
        bytes: of its files in the folder of downloads, 0 where there are none.
        folder: where they lie, or would.
    """

    name: str
    source: Source
    presence: Presence
    bytes: int
    folder: Path


def downloads_folder() -> Path:
    """Return the folder of downloaded files, in torchvision's layout."""
    return cache_root() / "downloads"


def stored_data() -> list[StoredData]:
    """Return every data set of the catalogue, in its order."""
    return [_stored(name, source) for name, source in DATASETS.items()]


def _stored(name: str, source: Source) -> StoredData:
    root = downloads_folder()
    if source.takes_path:
        return StoredData(name, source, "yours", 0, root)
    if not source.files:
        return StoredData(name, source, "built in", 0, root)
    # Alternatives are parted by '|', e.g. the unpacked folder or the archive.
    found = [
        [file for pattern in patterns.split("|") for file in root.glob(pattern)]
        for patterns in source.files
    ]
    first = source.files[0].partition("|")[0]
    folder = (root / first).parent
    size = sum(file.stat().st_size for files in found for file in files)
    return StoredData(name, source, "present" if all(found) else "absent", size, folder)
