"""All profiles of one file: checked where they are needed, found by what they write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, final

from pydantic import ValidationError

from mcworkbench.config.problems import Problems
from mcworkbench.config.profiles.profile import Profile, ProfileOptions, Weights, parse_weights
from mcworkbench.errors import InvalidInputError, PresetError, nearest
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from mcworkbench.config.toml_file import TomlFile

# What a profile that goes on with a curve, or scores it, must say as the one that made it.
_SHARED = ("dataset", "model", "curve", "num_bends")


@final
class ProfileBook:
    """The profiles of a file, and which of them makes given weights."""

    def __init__(self, file: TomlFile) -> None:
        self.file = file
        self._known: dict[str, Profile] = {}

    def profile(self, name: str) -> Profile:
        """Return a profile.

        Raises:
            PresetError: with a sentence for every key that means nothing and every wrong value.
        """
        if name not in self._known:
            values: dict[str, Any] = self.file.values[name]
            try:
                text = json.dumps(values, default=str)
                options = ProfileOptions.model_validate_json(text, strict=True)
            except ValidationError as error:
                problems = Problems(self.file, {})
                problems.add_errors(error, values, (name,), ProfileOptions)
                raise PresetError([one.sentence for one in problems.found()]) from error
            self._known[name] = Profile(name, options)
            self._check(self._known[name])
        return self._known[name]

    def refuse(self, profile: Profile, key: str, text: str) -> InvalidInputError:
        """Return the error about one key of a profile; `text` is what comes after its place."""
        shown = key.replace("_", "-")
        where = f"{self.file.name} line {self.line_of(profile, key)}"
        return InvalidInputError(f"{where}, [{clean_line(profile.name)}] {shown}: {text}")

    def line_of(self, profile: Profile, key: str) -> int:
        """Return the line of a key, or of its profile where the file does not say it."""
        written = key if key in self.file.values[profile.name] else key.replace("_", "-")
        return self.file.line_of((profile.name, written)) or 1

    def maker(self, profile: Profile, key: str) -> tuple[Profile, Weights]:
        """Return the profile that makes the weights which a key of `profile` names, and those.

        Raises:
            InvalidInputError: none does; the sentence tells what would.
        """
        text = str(getattr(profile.options, key))
        weights = parse_weights(text)
        if weights is None:
            raise self.refuse(
                profile,
                key,
                f"'{clean_line(text, limit=80)}' does not end in model-weights-epoch and a number, "
                "as what a profile saves does.",
            )
        others = [self.profile(name) for name in self._trainings(weights.folder)]
        making = [other for other in others if other.makes(weights) and other != profile]
        if not making:
            raise self.refuse(profile, key, self._unmade(weights, others))
        found = making[-1]
        self._check_shared(profile, found, key)
        return found, weights

    def evaluations_of(self, folder: str) -> list[Profile]:
        """Return the profiles that score weights of a folder at several points, by file order."""
        found: list[Profile] = []
        for name, table in self.file.values.items():
            ckpt = parse_weights(str(table.get("ckpt", "")))
            has_points = "num-points" in table or "num_points" in table
            if has_points and ckpt is not None and ckpt.folder == folder:
                found.append(self.profile(name))
        return found

    def _trainings(self, folder: str) -> list[str]:
        places = {
            name: parse_weights(f"{table.get('dir', 'results/')}/model-weights-epoch0")
            for name, table in self.file.values.items()
        }
        return [name for name, place in places.items() if place and place.folder == folder]

    def _unmade(self, weights: Weights, others: list[Profile]) -> str:
        trained = [other for other in others if not other.is_evaluation]
        if trained:
            told = "; ".join(
                f"[{clean_line(other.name)}] trains epochs {other.epochs_before + 1} to "
                f"{other.options.epochs}"
                for other in trained
            )
            return f"no profile of this file makes epoch {weights.epoch} there: {told}."
        folders = {
            str(table["dir"]).rstrip("/") for table in self.file.values.values() if "dir" in table
        }
        guess = nearest(weights.folder, folders)
        hint = f" Did you mean '{clean_line(guess)}'?" if guess else ""
        return (
            f"no profile of this file trains into '{clean_line(weights.folder)}'.{hint} "
            "TensorFlow's own checkpoints cannot be read here, so a profile must train it anew."
        )

    def _check(self, profile: Profile) -> None:
        options = profile.options
        if options.model is None:
            raise self.refuse(profile, "model", 'missing; write model = "CNN", e.g.')
        if profile.is_evaluation and options.curve is None:
            raise self.refuse(profile, "curve", 'missing; what is scored is a curve: "Bezier".')
        if profile.is_evaluation and options.ckpt is None:
            raise self.refuse(profile, "ckpt", "missing; say which curve is scored.")
        if not profile.is_evaluation and profile.num_epochs < 0:
            raise self.refuse(
                profile,
                "resume_epoch",
                f"{options.resume_epoch} lies beyond epochs = {options.epochs}, where it ends.",
            )

    def _check_shared(self, profile: Profile, maker: Profile, key: str) -> None:
        is_same_kind = (profile.options.curve is None) == (maker.options.curve is None)
        wants_end = key != "ckpt"
        if wants_end == (maker.options.curve is not None) or (not wants_end and not is_same_kind):
            made = "a network" if maker.options.curve is None else "a curve"
            raise self.refuse(profile, key, f"[{clean_line(maker.name)}] makes {made} there.")
        for field in _SHARED if key == "ckpt" else _SHARED[:2]:
            ours, theirs = getattr(profile.options, field), getattr(maker.options, field)
            if ours != theirs:
                raise self.refuse(
                    profile,
                    field,
                    f"is {ours!r} here and {theirs!r} in [{clean_line(maker.name)}], which makes "
                    f"its {key.replace('_', '-')}; let both say the same.",
                )
