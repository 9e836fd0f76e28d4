"""Say what is wrong with a preset's values: file, line, key, what is allowed, the nearest name.

pydantic finds the problems; here each becomes one sentence, and all are told at once. Used by
`config.loading` alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from mcworkbench.catalogue import MODELS, resolve
from mcworkbench.config.experiment import Experiment
from mcworkbench.config.fields import Keys, section_options
from mcworkbench.config.options.base import Options
from mcworkbench.config.published import stands_for
from mcworkbench.errors import nearest
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from mcworkbench.config.toml_file import TomlFile

# More than a person reads; a hostile file could have thousands.
MAX_PROBLEMS = 50
_MAX_LENGTH = 400

_PLAIN = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
    "dict_type": "must be a section of keys",
    "model_type": "must be a section of keys",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be below {lt:.10g}",
    "less_than_equal": "must be at most {le:.10g}",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must list at least {min_length}",
}
_EXAMPLES: dict[Keys, str] = {
    ("kind",): "kind = 'curve'",
    ("data",): "[data] with name = 'digits'",
    ("data", "name"): "name = 'digits'",
    ("model",): "[model] with name = 'mlp'",
    ("model", "name"): "name = 'mlp'",
    ("path", "use"): "use = 'run:last/curve'",
    ("import", "files"): "files = ['a.pt']",
}
# The same for somebody who has no file.
_SET_EXAMPLES: dict[Keys, str] = {
    ("data",): "data.name=digits",
    ("data", "name"): "data.name=digits",
    ("model",): "model.name=mlp",
    ("model", "name"): "model.name=mlp",
    ("path", "use"): "path.use=run:last/curve",
    ("import", "files"): "'import.files=[\"a.pt\"]'",
}


@final
@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a preset.

    Attributes:
        keys: the key or section it is about, () for the preset as a whole.
        line: where that stands, None where it does not.
        text: what is wrong, without the place.
        sentence: the whole of it: file, line, key, what is wrong.
    """

    keys: Keys
    line: int | None
    text: str
    sentence: str


@final
class Problems:
    """Everything that is wrong with one preset."""

    def __init__(self, file: TomlFile, given: Mapping[Keys, str]) -> None:
        """Collect for `file`; `given` holds the text of each `--set` by its key."""
        self._file = file
        self._given = given
        self._found: list[Problem] = []
        self._num_more = 0

    def add(self, keys: Keys, text: str) -> None:
        """Add a sentence about a key; `text` is what comes after its place."""
        sentence = f"{self._place(keys)}: {text}"
        self._found.append(Problem(keys, self._file.line_of(keys), text, sentence))

    def add_errors(
        self,
        error: ValidationError,
        values: Any,
        prefix: Keys = (),
        within: type[Options] = Options,
    ) -> None:
        """Add pydantic's errors about `values`, which stand at `prefix`.

        Args:
            error: what validation raised.
            values: what was validated.
            prefix: its place in the file.
            within: the options of the section at `prefix`, where that is not the whole file.
        """
        known = {problem.keys for problem in self._found}
        details = error.errors(include_url=False, include_context=True)
        groups = _by_value(details, values)
        placed = [((*prefix, *keys), members) for keys, members in groups]
        placed.sort(key=lambda item: self._file.line_of(item[0]) or 0)
        for keys, members in placed[:MAX_PROBLEMS]:
            if keys not in known:
                self.add(keys, self._told(keys, members, within))
        self._num_more += max(0, len(placed) - MAX_PROBLEMS)

    def found(self) -> tuple[Problem, ...]:
        """Return every problem, in the order of the file."""
        ordered = sorted(self._found, key=lambda problem: problem.line or 0)
        if self._num_more:
            told = f"and {self._num_more} more problems like these."
            ordered.append(Problem((), None, told, f"{self._file.name}: {told}"))
        return tuple(ordered)

    def _place(self, keys: Keys) -> str:
        if keys in self._given:
            return f"--set {clean_line(self._given[keys], limit=80)}"
        shown = [clean_line(key, limit=40) for key in keys]
        is_section = bool(keys) and isinstance(lookup(self._file.values, keys), dict)
        head, last = ".".join(shown[:-1]), shown[-1] if shown else ""
        named = f"[{'.'.join(shown)}]" if is_section else f"[{head}] {last}" if head else last
        line = self._file.line_of(keys)
        where = f"{self._file.name} line {line}" if line else self._file.name
        inside = [text for key, text in self._given.items() if keys and key[: len(keys)] == keys]
        changed = f" with --set {clean_line(inside[0], limit=80)}" if inside else ""
        return f"{where}, {named}{changed}" if named else where

    def _told(self, keys: Keys, members: Sequence[ErrorDetails], within: type[Options]) -> str:
        kind, context = members[0]["type"], members[0].get("ctx", {})
        value = members[0]["input"]
        if kind == "extra_forbidden":
            return _unknown_key(keys[-1], self._allowed(keys[:-1], within))
        if kind in {"missing", "union_tag_not_found"}:
            return self._missing(keys)
        if kind == "literal_error":
            words = str(context["expected"]).replace(" or ", ", ").split(", ")
            return _not_allowed(str(value), [word.strip("'") for word in words])
        texts = [_plain_words(member) for member in members]
        # "must be a whole number" or "must be a list" become one.
        text = " or ".join([texts[0], *(other.removeprefix("must be ") for other in texts[1:])])
        is_told = not text.startswith("must") or isinstance(value, dict)
        shown = "" if is_told else f" (it is {clean_line(repr(value), limit=60)})"
        return f"{clean_line(text, limit=_MAX_LENGTH)}{shown}."

    def _missing(self, keys: Keys) -> str:
        if not self._file.is_file and keys in _SET_EXAMPLES:
            return f"missing; add --set {_SET_EXAMPLES[keys]}."
        example = _EXAMPLES.get(keys)
        return f"missing; write {example}." if example else "missing."

    def _allowed(self, section: Keys, within: type[Options]) -> list[str]:
        """Return the keys that a section may have."""
        if within is not Options:
            return _names(within)
        if not section:
            return _names(Experiment)
        if section == ("model",):
            meant = stands_for(str(lookup(self._file.values, ("model", "name"))))
            return _names(resolve(MODELS[meant[0]].options)) if meant else ["name"]
        fields = {field.alias or name: field for name, field in Experiment.model_fields.items()}
        options = section_options(fields[section[0]]) if section[0] in fields else None
        return _names(options) if options else []


def _names(options: type[Options]) -> list[str]:
    return sorted(field.alias or name for name, field in options.model_fields.items())


def _unknown_key(key: str, allowed: Sequence[str]) -> str:
    guess = nearest(clean_line(key), allowed)
    hint = f" Did you mean '{guess}'?" if guess else ""
    listed = f" Allowed: {', '.join(allowed)}." if allowed else ""
    return f"unknown key.{hint}{listed}"


def _not_allowed(value: str, allowed: Sequence[str]) -> str:
    shown = clean_line(value, limit=60)
    guess = nearest(shown, allowed)
    hint = f" Did you mean '{guess}'?" if guess else ""
    return f"'{shown}' is not allowed.{hint} Allowed: {', '.join(allowed)}."


def _plain_words(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]).rstrip(".")
    if kind in _PLAIN:
        return _PLAIN[kind].format(**context)
    return detail["msg"].replace("Input should be", "must be").rstrip(".")


def _by_value(
    details: Iterable[ErrorDetails], values: Any
) -> list[tuple[Keys, list[ErrorDetails]]]:
    """Return the errors by key; those of a union's branches that no value chose become one.

    A value that fits no branch of a union has an error in each. Where a branch was entered, as
    by a list with a wrong member, only what went wrong inside counts.
    """
    single: list[tuple[Keys, list[ErrorDetails]]] = []
    branched: dict[tuple[str | int, ...], list[tuple[Keys, int, ErrorDetails]]] = defaultdict(list)
    for detail in details:
        keys, branch = _location(detail, values)
        if branch is None:
            single.append((keys, [detail]))
        else:
            branched[detail["loc"][:branch]].append((keys, branch, detail))
    for members in branched.values():
        inner = [(keys, [d]) for keys, branch, d in members if len(d["loc"]) > branch + 1]
        single += inner or [(members[0][0], [detail for _, _, detail in members])]
    return single


def _location(detail: ErrorDetails, values: Any) -> tuple[Keys, int | None]:
    """Return the key path of an error, and where in its location a union's branch stands.

    A location mixes keys, places in lists and names of branches; only the values tell which.
    """
    parts = list(detail["loc"])
    is_missing = detail["type"] == "missing"
    keys: list[str] = []
    branch: int | None = None
    found: Any = values
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if isinstance(found, list) and isinstance(part, int):
            found = found[part]
        elif isinstance(found, dict) and (part in found or (is_last and is_missing)):
            found = found.get(part)
            keys.append(str(part))
        elif branch is None:
            branch = place
    if detail["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        keys.append("name")
    return tuple(keys), branch


def lookup(values: Any, keys: Keys) -> Any:
    """Return the value at a key path, None where there is none."""
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return values
