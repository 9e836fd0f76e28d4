"""One profile, and those of its file that it needs, as one preset.

The profiles that train the ends of a curve, or the curve that another goes on with, become the
earlier stages of the same plan; what is finished is reused by its key, so a shell script that
runs profile after profile trains nothing twice.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import tomlkit

from mcworkbench.config.profiles.book import ProfileBook
from mcworkbench.config.profiles.notes import notes_of
from mcworkbench.config.toml_file import TomlFile, parse_toml
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.fields import Keys
    from mcworkbench.config.profiles.profile import Profile

SOURCE = "github.com/constantin-crailsheim/dnn-mode-connectivity-tf"
CURVES = {"Bezier": "bezier", "PolyChain": "polychain"}
# Where that system looks for its regression data, whatever data-path says.
REGRESSION_FILE = "datasets/data.npy"
# How many points a curve is scored at where no profile of the file says it.
_POINTS = 11
_OTHER = re.compile(r"[^a-z0-9.-]+")
_MAX_NODE_NAME = 40


def translate(file: TomlFile, name: str, folder: Path) -> TomlFile:
    """Return the preset of one profile: its text, its values, and notes on what was taken how.

    Lines are those of the profile file, so messages point into it.

    Args:
        file: all profiles.
        name: which of them.
        folder: where the file lies; its scripts are started from there.

    Raises:
        InvalidInputError: weights that it needs are made by no profile of the file.
        PresetError: a profile has keys or values that mean nothing.
    """
    translation = _Translation(ProfileBook(file), name, folder)
    translation.run()
    text = translation.text()
    label = f"{file.name}#{clean_line(name, limit=60)}"
    parsed = parse_toml(text, label)
    return replace(parsed, lines=translation.lines, notes=tuple(translation.notes))


@final
class _Translation:
    """A preset in the making."""

    def __init__(self, book: ProfileBook, name: str, folder: Path) -> None:
        self._book = book
        self._folder = folder
        self._asked = book.profile(name)
        self.values: dict[str, Any] = {}
        self.lines: dict[Keys, int] = {}
        self.notes: list[str] = []

    def run(self) -> None:
        """Fill in values, lines and notes."""
        asked = self._asked
        self._head()
        steps = self._lineage(asked)
        root, epoch = steps[0]
        if root.options.curve is None:
            used = [profile for profile, _ in steps]
            self._put(root, ("ends", "seeds"), [root.options.seed], "seed")
            self._training(root, "train", epoch)
        else:
            used = [*self._ends(root), *(profile for profile, _ in steps)]
            self._curve(root, epoch)
            self._evaluation(root)
        before = "endpoint-1" if root.options.curve is None else "curve"
        for (_, stopped), (profile, last) in pairwise(steps):
            before = self._further(profile, f"{before}@{stopped}", last)
        self.notes += notes_of(list(dict.fromkeys([*used, asked])))

    def text(self) -> str:
        """Return the preset as TOML, its notes as comments."""
        words = [f"From [{clean_line(self._asked.name)}] of {self._book.file.name}.", *self.notes]
        comments = "".join(f"# {clean_line(word, limit=600)}\n" for word in words)
        return comments + tomlkit.dumps(self.values)

    def _put(self, profile: Profile, keys: Keys, value: Any, source: str) -> None:
        """Set a key, and remember on which line of the profile it stands."""
        section = self.values
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = value
        self.lines[keys] = self._book.line_of(profile, source)

    def _head(self) -> None:
        asked = self._asked
        kind = "endpoints" if asked.options.curve is None else "curve"
        self.values |= {"kind": kind, "title": clean_line(asked.name, limit=80), "source": SOURCE}
        if asked.options.dataset == "mnist":
            self._put(asked, ("data", "name"), "mnist", "dataset")
            self._put(asked, ("data", "normalize"), "unit", "dataset")
        else:
            self._regression()
        self._put(asked, ("model", "name"), asked.options.model, "model")
        if asked.options.disable_gpu:
            self._put(asked, ("compute", "device"), "cpu", "disable_gpu")

    def _regression(self) -> None:
        """Add that system's own table of numbers, or what stands in for it."""
        places = [(base / REGRESSION_FILE).absolute() for base in (Path.cwd(), self._folder)]
        found = next((place for place in places if place.is_file()), None)
        name = "three-clusters" if found is None else f"npy:{found}"
        self._put(self._asked, ("data", "name"), name, "dataset")
        self._put(self._asked, ("data", "features"), "half-square", "dataset")
        told = (
            f"{REGRESSION_FILE} is not here, so data of its size and shape stand in for it."
            if found is None
            else "A fifth of the rows is for testing as there, but not the same rows."
        )
        self.notes.append(told)

    def _lineage(self, profile: Profile) -> list[tuple[Profile, int]]:
        """Return the trainings that lead to a profile, each with the epoch where it ends."""
        last = profile.options.epochs
        steps: list[tuple[Profile, int]] = [] if profile.is_evaluation else [(profile, last)]
        while profile.options.ckpt is not None:
            profile, weights = self._book.maker(profile, "ckpt")
            if profile in [known for known, _ in steps]:
                raise self._book.refuse(profile, "ckpt", "it would go on from itself.")
            steps.insert(0, (profile, weights.epoch))
        return steps

    def _ends(self, root: Profile) -> list[Profile]:
        """Add the ends of a curve; return the profiles that train them."""
        options = root.options
        given = [key for key in ("init_start", "init_end") if getattr(options, key) is not None]
        if not given:
            self._put(root, ("ends", "seeds"), [options.seed, options.seed + 1], "seed")
            self.values["train"] = {"epochs": 0}
            self.notes.append("Without init-start and init-end both ends are drawn, not trained.")
            return []
        if len(given) == 1:
            missing = "init_end" if given == ["init_start"] else "init_start"
            raise self._book.refuse(root, missing, "missing; the other end is given.")
        made = [self._book.maker(root, key) for key in given]
        makers = [maker for maker, _ in made]
        if len({(_recipe(maker), weights.epoch) for maker, weights in made}) == 1:
            seeds = [maker.options.seed for maker in makers]
            self._put(root, ("ends", "seeds"), seeds, "init_start")
            self._training(makers[0], "train", made[0][1].epoch)
            return makers
        # One [train] serves all ends of a preset; ends that differ are runs of their own.
        uses = [f"run:{maker.name}/{_node(maker)}@{when.epoch}" for maker, when in made]
        self._put(root, ("ends", "use"), uses, "init_start")
        told = " and ".join(f"{self._book.file.name}#{clean_line(one.name)}" for one in makers)
        self.notes.append(f"Its ends are not trained alike, so run {told} first.")
        return []

    def _training(self, profile: Profile, section: str, epoch: int) -> None:
        """Add how a network or a curve is trained up to an epoch."""
        for key, value, source in _settings(profile, epoch):
            self._put(profile, (section, key), value, source)

    def _curve(self, root: Profile, epoch: int) -> None:
        options = root.options
        self._put(root, ("curve", "name"), CURVES[str(options.curve)], "curve")
        self._put(root, ("curve", "bends"), options.num_bends, "num_bends")
        if not options.init_linear:
            self._put(root, ("curve", "init"), "random", "init_linear")
        self._put(root, ("curve", "seed"), options.seed, "seed")
        self._training(root, "curve", epoch)

    def _further(self, profile: Profile, start: str, last: int) -> str:
        """Add a training that goes on from a node; return the name of its own."""
        name = _slug(profile.name)
        self._put(profile, ("further", name, "from"), start, "ckpt")
        self._put(profile, ("further", name, "seed"), profile.options.seed, "seed")
        for key, value, source in _settings(profile, last):
            self._put(profile, ("further", name, key), value, source)
        return name

    def _evaluation(self, root: Profile) -> None:
        """Add at which points the curve is scored: as asked, or as the file does it elsewhere."""
        asked = self._asked
        scoring = asked
        if not asked.is_evaluation:
            known = self._book.evaluations_of(asked.folder)
            scoring = known[0] if known else asked
        points: int | list[float] = scoring.options.num_points or _POINTS
        if scoring.options.num_points is None and scoring.options.point_on_curve is not None:
            points = [scoring.options.point_on_curve]
        source = "num_points" if isinstance(points, int) else "point_on_curve"
        self._put(scoring, ("evaluate", "points"), points, source)
        self._put(scoring, ("evaluate", "bn_batch"), scoring.options.batch_size, "batch_size")
        stores = scoring.is_evaluation and scoring.options.save_evaluation
        if stores:
            self._put(scoring, ("evaluate", "store_predictions"), stores, "save_evaluation")
        if scoring.is_evaluation and scoring.options.wd != root.options.wd:
            self._put(scoring, ("evaluate", "weight_decay"), scoring.options.wd, "wd")


def _settings(profile: Profile, last: int) -> list[tuple[str, Any, str]]:
    """Return a training's keys with their values and where those stand in the profile."""
    options = profile.options
    found: list[tuple[str, Any, str]] = [
        ("epochs", profile.num_epochs, "epochs"),
        ("lr", options.lr, "lr"),
        ("batch_size", options.batch_size, "batch_size"),
        ("momentum", options.momentum, "momentum"),
        ("weight_decay", options.wd, "wd"),
        ("schedule", "reference", "lr"),
    ]
    if profile.epochs_before:
        found.append(("epochs_before", profile.epochs_before, "ckpt"))
    if last < options.epochs:
        found.append(("stop_at", last - profile.epochs_before, "epochs"))
    else:
        found.append(("keep", f"0, every:{options.save_freq}", "save_freq"))
    if options.curve is not None:
        found += [
            ("fix_start", options.fix_start, "fix_start"),
            ("fix_end", options.fix_end, "fix_end"),
        ]
    return found


def _recipe(profile: Profile) -> tuple[Any, ...]:
    """Return what two ends must have in common to be trained by one [train]."""
    options = profile.options
    return (
        *(options.epochs, options.lr, options.batch_size, options.momentum, options.wd),
        # A network that goes on from another is a node of another name.
        *(options.ckpt, profile.name if options.ckpt is not None else ""),
    )


def _node(profile: Profile) -> str:
    """Return the node that a base profile's network is in the run of that profile."""
    return "endpoint-1" if profile.options.ckpt is None else _slug(profile.name)


def _slug(name: str) -> str:
    """Return a node's name made of a profile's."""
    plain = _OTHER.sub("-", name.lower()).strip("-.")[:_MAX_NODE_NAME]
    return plain if plain not in {"", "curve", "line", "dataset"} else f"profile-{plain}"
