"""Change one key of a preset's text and leave every other byte as it is.

Pure functions from text to text, for `config.editing`. What tomlkit makes of an odd text is
read again and compared: either the one key changed or the edit is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import tomli
import tomlkit
from tomlkit.exceptions import TOMLKitError

from mcworkbench.config.toml_file import apply_override
from mcworkbench.errors import InvalidInputError
from mcworkbench.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcworkbench.config.fields import FormField, Keys, Kind

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_UNUSABLE = (TOMLKitError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


def source_of(field: FormField, typed: str) -> str:
    """Return the TOML of a value as somebody typed it into a form.

    Text needs no quotes and a list no brackets; what does not fit the field is kept as it is,
    for the check to say what is wrong with it.
    """
    typed = typed.strip()
    for kind in field.kinds if field.is_known else ():
        source = _list(typed, field) if kind == "list" else _READERS[kind](typed)
        if source is not None:
            return source
    return typed if _parsed(typed) is not None else string_source(typed)


def string_source(text: str) -> str:
    """Return `text` as a TOML string in quotes, on one line."""
    return tomlkit.string(text).as_string()


def value_source(value: Any) -> str:
    """Return a parsed value as TOML on one line."""
    if isinstance(value, Mapping):
        table = cast("Mapping[str, Any]", value)
        inside = ", ".join(f"{_key(key)} = {value_source(item)}" for key, item in table.items())
        return f"{{{inside}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(value_source(item) for item in value)}]"
    return string_source(value) if isinstance(value, str) else tomlkit.item(value).as_string()


def value_text(value: Any) -> str:
    """Return a value as a form shows it: text without quotes, all else as in TOML."""
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return value_source(value)
    except _UNUSABLE:
        return str(value)


def flat(values: Mapping[str, Any], prefix: Keys = ()) -> dict[Keys, Any]:
    """Return every value of nested sections by its whole key."""
    found: dict[Keys, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= flat(cast("Mapping[str, Any]", value), (*prefix, key))
        else:
            found[*prefix, key] = value
    return found


def set_value(text: str, keys: Keys, source: str) -> str:
    """Return `text` with the value at `keys` written as `source`; other bytes stay.

    Raises:
        InvalidInputError: the text is not TOML, or cannot be changed there alone.
    """
    expected = _values(text)
    apply_override(expected, keys, tomli.loads(f"value = {source}")["value"])

    def change(document: Any) -> None:
        section = document
        for key in keys[:-1]:
            if key not in section:
                section[key] = tomlkit.table()
            section = section[key]
        section[keys[-1]] = tomlkit.value(source)

    return _changed(text, change, expected, keys)


def remove_key(text: str, keys: Keys, *, keep: str) -> str:
    """Return `text` without the key at `keys`, the same text where it is not there.

    A section that is left empty goes, too, unless the text `keep` has it.

    Raises:
        InvalidInputError: the text is not TOML, or cannot be changed there alone.
    """
    expected = _values(text)
    kept = set(_sections(_values(keep)))
    removed = [keys] if _remove(expected, keys) else []
    for place in range(len(keys) - 1, 0, -1):
        above = keys[:place]
        if removed and not _at(expected, above) and above not in kept:
            _remove(expected, above)
            removed.append(above)

    def change(document: Any) -> None:
        for gone in removed:
            section = document
            for key in gone[:-1]:
                section = section[key]
            del section[gone[-1]]

    changed = _changed(text, change, expected, keys) if removed else text
    # A section that was added put an empty line between itself and the one before.
    return keep if changed.rstrip("\r\n") == keep.rstrip("\r\n") else changed


def _changed(text: str, change: Callable[[Any], None], expected: Any, keys: Keys) -> str:
    try:
        document = tomlkit.parse(text if not text or text.endswith("\n") else f"{text}\n")
        change(document)
        changed = tomlkit.dumps(document)
        if tomli.loads(changed) == expected:
            return changed
    except _UNUSABLE:
        pass
    named = clean_line(".".join(keys), limit=80)
    raise InvalidInputError(f"{named}: cannot be changed in the form here; change it in the text.")


def _values(text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"not valid TOML: {clean_line(str(error))}; mend the text first."
        ) from error


def _sections(values: Mapping[str, Any], prefix: Keys = ()) -> list[Keys]:
    found: list[Keys] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            inside = cast("Mapping[str, Any]", value)
            found += [(*prefix, key), *_sections(inside, (*prefix, key))]
    return found


def _at(values: Any, keys: Keys) -> Any:
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _remove(values: dict[str, Any], keys: Keys) -> bool:
    section = _at(values, keys[:-1])
    if not isinstance(section, dict) or keys[-1] not in section:
        return False
    del section[keys[-1]]
    return True


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else (
        string_source(key)
    )  # fmt: skip


def _parsed(typed: str) -> Any:
    """Return the value that `typed` is in TOML, None where it is none."""
    try:
        tomlkit.value(typed)
        return tomli.loads(f"value = {typed}")["value"]
    except _UNUSABLE:
        return None


def _integer(typed: str) -> str | None:
    value = _parsed(typed)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return typed if isinstance(value, int) and not isinstance(value, bool) else None


def _number(typed: str) -> str | None:
    value = _parsed(typed)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return typed
    try:
        return repr(float(typed)) if value is None else None
    except ValueError:
        return None


def _boolean(typed: str) -> str | None:
    word = typed.lower()
    return "true" if word in _TRUE else "false" if word in _FALSE else None


def _text(typed: str) -> str | None:
    is_quoted = typed[:1] in {'"', "'"} and isinstance(_parsed(typed), str)
    return typed if is_quoted else string_source(typed)


def _raw(typed: str) -> str | None:
    return typed if _parsed(typed) is not None else None


def _list(typed: str, field: FormField) -> str | None:
    if isinstance(_parsed(typed), list):
        return typed
    if "," not in typed and field.kinds != ("list",):
        return None
    items = [item.strip() for item in typed.strip("[]").split(",")]
    read = _READERS[field.item]
    sources = [read(item) or string_source(item) for item in items if item]
    return f"[{', '.join(sources)}]"


_READERS: dict[Kind, Callable[[str], str | None]] = {
    "integer": _integer,
    "number": _number,
    "text": _text,
    "true/false": _boolean,
    "choice": _text,
    "table": _raw,
}
