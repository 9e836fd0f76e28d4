"""Which files an image set without classes consists of: a flat folder, or CelebA.

Torch-free ground like `config.sources`: plans hash what is listed here, loaders decode it.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, final

from mcworkbench.config.sources import IMAGE_SUFFIXES
from mcworkbench.errors import InvalidInputError
from mcworkbench.folders import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Every fifth file, by a digest of its name, is a test image: the same ones in every run.
_TEST_SHARE = 5
CELEBA_FOLDER = "img_align_celeba"
CELEBA_ZIP = "img_align_celeba.zip"
PARTITION_FILE = "list_eval_partition.txt"
_PARTITION_TEST = "2"
_PARTITIONS = {"0", "1", _PARTITION_TEST}
_WHERE_TO_GET_IT = (
    "download 'Align&Cropped Images' (img_align_celeba.zip, 1.4 GB) and list_eval_partition.txt "
    "by hand from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html (non-commercial research "
    "only) and put both there; nothing is downloaded for you"
)


@final
@dataclass(frozen=True, slots=True)
class ImageFiles:
    """The images of a set without classes.

    Attributes:
        place: the folder they lie in, or the zip file that holds them.
        train: names below it, with slashes, in the order in which they are stored.
        test: likewise.
        beside: further files of the set that decide its splits.
    """

    place: Path
    train: tuple[str, ...]
    test: tuple[str, ...]
    beside: tuple[Path, ...] = ()

    @property
    def is_zip(self) -> bool:
        """Whether the images lie in a zip file."""
        return self.place.is_file()


def whole_digest(images: str, lists: Sequence[str]) -> str:
    """Return one digest for the images' and those of the files beside them."""
    if not lists:
        return images
    return hashlib.sha256(canonical_json([images, *lists])).hexdigest()


def list_flat(path: str) -> ImageFiles:
    """Return the images of `images:PATH`: all below the folder, whatever its folders are called.

    Where it has train/ and test/, these are the splits; else a digest of each name decides.

    Raises:
        InvalidInputError: there is no such folder, or too few images in it.
    """
    root = Path(path).expanduser()
    where = f"images:{path}"
    if not path or not root.is_dir():
        raise InvalidInputError(f"{where}: there is no folder {root}; name a folder of images.")
    names = _images_below(root, where)
    parts = {part: [n for n in names if n.startswith(f"{part}/")] for part in ("train", "test")}
    if all(parts.values()):
        return ImageFiles(root, tuple(parts["train"]), tuple(parts["test"]))
    return _split_by_name(root, names, where)


def find_celeba(path: str) -> ImageFiles:
    """Return the images of `celeba:PATH`.

    PATH is torchvision's root (with celeba/ in it), that folder itself, the folder of images or
    the zip file. With list_eval_partition.txt beside them the published test split is used, and
    the training file holds the published training images, then the validation ones, so that
    validation = 'last:19867' is the published split. Without it a digest of each name decides.

    Raises:
        InvalidInputError: the images are not there; the sentence says where to get them.
    """
    where = f"celeba:{path}"
    given = Path(path).expanduser()
    homes = (given / "celeba", given, given.parent)
    if given.is_file() or given.name == CELEBA_FOLDER:
        candidates = [(given, given.parent)]
    else:
        candidates = [(home / name, home) for home in homes[:2] for name in _HOLDERS]
        candidates.append((given, given.parent))
    for place, home in candidates:
        names = _held(place, where) if place.exists() else []
        if names:
            partition = home / PARTITION_FILE
            if partition.is_file():
                return _split_by_list(place, names, partition, where)
            return _split_by_name(place, names, where)
    raise InvalidInputError(
        f"{where}: neither {CELEBA_FOLDER}/ nor {CELEBA_ZIP} is in {given} or {given / 'celeba'}; "
        f"{_WHERE_TO_GET_IT}."
    )


_HOLDERS = (CELEBA_FOLDER, CELEBA_ZIP)


def _held(place: Path, where: str) -> list[str]:
    """Return the images directly in a folder, or anywhere in a zip file, by name."""
    if place.is_dir():
        return sorted(entry.name for entry in os.scandir(place) if _is_image(entry.name))
    try:
        with zipfile.ZipFile(place) as archive:
            return sorted(name for name in archive.namelist() if _is_image(name))
    except (zipfile.BadZipFile, OSError) as error:
        raise InvalidInputError(
            f"{where}: {place} is not a whole zip file; download it again: a page that says the "
            "quota is used up may have been saved in its place."
        ) from error


def _images_below(root: Path, where: str) -> list[str]:
    found: list[str] = []
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        prefix = Path(place).relative_to(root).as_posix()
        found += [
            file if prefix == "." else f"{prefix}/{file}" for file in files if _is_image(file)
        ]
    try:
        "".join(found).encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError(f"{where}: a file's name is not UTF-8; rename it.") from error
    return sorted(found)


def _is_image(name: str) -> bool:
    base = name.rpartition("/")[2]
    suffix = os.path.splitext(base)[1].lower()  # noqa: PTH122 - thousands of names at each look
    return not base.startswith(".") and suffix in IMAGE_SUFFIXES


def is_test(name: str) -> bool:
    """Return whether a digest of the file's own name puts it into the test split."""
    base = name.rpartition("/")[2]
    return int(hashlib.sha256(base.encode()).hexdigest()[:8], 16) % _TEST_SHARE == 0


def _split_by_name(place: Path, names: Sequence[str], where: str) -> ImageFiles:
    train = [name for name in names if not is_test(name)]
    test = [name for name in names if is_test(name)]
    return _checked(place, train, test, (), where)


def _split_by_list(place: Path, names: Iterable[str], partition: Path, where: str) -> ImageFiles:
    told: dict[str, str] = {}
    for line in partition.read_text(errors="replace").splitlines():
        words = line.split()
        if len(words) == 2 and words[1] in _PARTITIONS:  # noqa: PLR2004 - a name and a number
            told[words[0]] = words[1]
    parts: dict[str, list[str]] = {part: [] for part in sorted(_PARTITIONS)}
    for name in names:
        part = told.get(name.rpartition("/")[2])
        if part is None:
            raise InvalidInputError(
                f"{where}: {PARTITION_FILE} does not name '{name}'; take both from one download."
            )
        parts[part].append(name)
    train = [*parts["0"], *parts["1"]]
    return _checked(place, train, parts[_PARTITION_TEST], (partition,), where)


def _checked(
    place: Path, train: Sequence[str], test: Sequence[str], beside: tuple[Path, ...], where: str
) -> ImageFiles:
    if not train or not test:
        raise InvalidInputError(
            f"{where}: {len(train) + len(test)} images in {place} leave "
            f"{len(train)} to train on and {len(test)} to test; give at least a few dozen."
        )
    return ImageFiles(place, tuple(train), tuple(test), beside)
