"""Every key of a preset as the options models describe it: one reader of the models.

`config.reference` writes the documentation from it, the Presets screen its form. Torch-free and
pure; values are looked at only to choose which sections a form has.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast, final, get_args

from mcworkbench.catalogue import DATASETS, MODELS, resolve
from mcworkbench.config.annotations import Kind, described, item_kind, limits_in_words
from mcworkbench.config.experiment import Experiment
from mcworkbench.config.form_order import MAIN, idle_sections
from mcworkbench.config.options.base import ModelOptions, Options
from mcworkbench.config.options.curve import CurveSection
from mcworkbench.config.options.endpoint import TrainSection
from mcworkbench.config.published import BY_OTHER_NAME, PUBLISHED, TORCHVISION, stands_for, told_as

Keys: TypeAlias = tuple[str, ...]
TOP = "The preset itself"


@final
@dataclass(frozen=True, slots=True)
class FormField:
    """One key of a preset.

    Attributes:
        keys: its place, e.g. ("curve", "bends").
        kinds: what it may be; most have one.
        types: the same in words, choices spelled out.
        default: its value where it is not set, None where there is none.
        is_required: there is no default.
        limits: the range of a number in words: "0 to 64", or ''.
        description: one sentence.
        choices: what to offer; with `is_open` other text is allowed, too.
        is_open: see `choices`.
        item: the kind of a list's items.
        is_main: worth seeing although it is not set.
        is_known: whether the models have it; a mistyped key of a file is not known.
    """

    keys: Keys
    kinds: tuple[Kind, ...] = ("text",)
    types: str = "text"
    default: Any = None
    is_required: bool = False
    limits: str = ""
    description: str = ""
    choices: tuple[str, ...] = ()
    is_open: bool = False
    item: Kind = "text"
    is_main: bool = False
    is_known: bool = True

    @property
    def name(self) -> str:
        """Its own key, without the section's."""
        return self.keys[-1]


@final
@dataclass(frozen=True, slots=True)
class FormSection:
    """One section: `keys` is its place, () for the preset's own keys."""

    title: str
    keys: Keys
    fields: tuple[FormField, ...]
    is_idle: bool = False


@functools.cache
def documented_sections() -> tuple[FormSection, ...]:
    """Return every section there is, and one per network, in the order of the documentation."""
    top = {n: f for n, f in Experiment.model_fields.items() if section_options(f) is None}
    found = [FormSection(TOP, (), _fields(top, ()))]
    for name, field in Experiment.model_fields.items():
        options = section_options(field)
        if options is not None:
            found.append(_section(f"[{field.alias or name}]", (field.alias or name,), options))
    for model, named in MODELS.items():
        found.append(_section(f'[model] name = "{model}"', ("model",), resolve(named.options)))
    return tuple(found)


def form_sections(values: Mapping[str, Any]) -> tuple[FormSection, ...]:
    """Return the form of a preset with these values: every key that it has or could have.

    The model's keys are those of the network it names; keys of the file that no model knows
    come last in their section.
    """
    kind = str(values.get("kind", ""))
    # A preset of autoencoders that names no network yet will name one that reconstructs.
    reconstructs = kind == "autoencoder" or "range" in _model_options(values).model_fields
    idle = idle_sections(kind, reconstructs=reconstructs)
    sections: dict[Keys, FormSection] = {}
    for section in documented_sections():
        if section.keys == ("model",):
            continue
        fields = tuple(field for field in section.fields if field.kinds != ("table",))
        is_idle = bool(section.keys) and section.keys[0] in idle
        sections[section.keys] = replace(section, fields=fields, is_idle=is_idle)
        if section.keys == ("data",):
            sections[("model",)] = _model_section(values)
    for name in _table(values, "further"):
        sections[("further", str(name))] = _further_section(values, str(name))
    expect = tuple(
        FormField(("expect", str(key)), ("number", "text"), description="A published number.")
        for key in _table(values, "expect")
    )
    if expect:
        sections[("expect",)] = FormSection("[expect]", ("expect",), expect)
    return tuple(_with_unknown(section, values) for section in sections.values())


def form_field(values: Mapping[str, Any], keys: Keys) -> FormField:
    """Return the field at `keys` in the form of these values; an unknown one where none is."""
    for section in form_sections(values):
        for field in section.fields:
            if field.keys == keys:
                return field
    return FormField(keys, is_known=False)


def section_options(field: Any) -> type[Options] | None:
    """Return the one options class of a section, None for plain keys and for [model]."""
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind]
    found = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Options)]
    return found[0] if len(found) == 1 else None


def further_kind(values: Mapping[str, Any], name: str) -> Literal["train", "curve"]:
    """Return the section whose options [further.NAME] takes, by its `kind` or what it is from."""
    further = _table(values, "further")
    seen: set[str] = set()
    while isinstance(further.get(name), Mapping) and name not in seen:
        seen.add(name)
        kind = further[name].get("kind")
        if kind in ("endpoint", "curve"):
            return "train" if kind == "endpoint" else "curve"
        start = str(further[name].get("from", ""))
        name = start.rpartition("/")[2].partition("@")[0]
    return "train" if name.startswith("endpoint") else "curve"


def _table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _model_options(values: Mapping[str, Any]) -> type[ModelOptions]:
    """Return the options of the network that is named, those of an mlp where none is."""
    family, _ = stands_for(str(_table(values, "model").get("name", ""))) or ("mlp", {})
    return resolve(MODELS[family].options)


def _model_section(values: Mapping[str, Any]) -> FormSection:
    name = str(_table(values, "model").get("name", ""))
    family, given = stands_for(name) or ("", {})
    whole = _section("[model]", ("model",), _model_options(values))
    told = "Which network: a family, a published name, torchvision:NAME or package.module:Class."
    if family and (family != name or given):
        told = f"{name} stands for {told_as(family, given)}."
    chosen = replace(
        whole.fields[0],
        kinds=("choice",),
        choices=(*(key for key in MODELS if key not in BY_OTHER_NAME), *PUBLISHED, TORCHVISION),
        is_open=True,
        description=told,
    )
    # What a name says already cannot be said otherwise beside it.
    free = [f for f in whole.fields[1:] if f.name not in given and f.kinds != ("table",)]
    return replace(whole, fields=(chosen, *(free if family else ())))


def _further_section(values: Mapping[str, Any], name: str) -> FormSection:
    base = further_kind(values, name)
    keys = ("further", name)
    whole = _section(f"[further.{name}]", keys, TrainSection if base == "train" else CurveSection)
    shared = _table(values, base)
    fields = tuple(
        replace(field, default=shared.get(field.name, field.default))
        if field.name not in ("from", "stop_at")
        else replace(field, is_required=field.name == "from")
        for field in whole.fields
    )
    kind = FormField(
        (*keys, "kind"),
        ("choice",),
        '"endpoint", "curve"',
        description="What `from` is, where the name of the node does not tell.",
        choices=("endpoint", "curve"),
    )
    return replace(whole, fields=(kind, *fields))


def _with_unknown(section: FormSection, values: Mapping[str, Any]) -> FormSection:
    found: Any = values
    for key in section.keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        return section
    inside = cast("Mapping[str, Any]", found)
    known = {field.name for field in section.fields}
    if not section.keys:
        known |= {field.alias or name for name, field in Experiment.model_fields.items()}
    unknown = [str(key) for key in inside if str(key) not in known]
    extra = tuple(
        FormField((*section.keys, key), description="No such key.", is_known=False)
        for key in unknown
    )
    return replace(section, fields=(*section.fields, *extra))


def _section(title: str, keys: Keys, options: type[Options]) -> FormSection:
    return FormSection(title, keys, _fields(options.model_fields, keys))


def _fields(fields: Mapping[str, Any], prefix: Keys) -> tuple[FormField, ...]:
    main = MAIN.get(prefix, ())
    found = [_field(field.alias or name, field, prefix) for name, field in fields.items()]
    # What most want comes first, e.g. a curve's bends before what all trainings share.
    return tuple(sorted(found, key=lambda f: main.index(f.name) if f.is_main else len(main)))


def _field(name: str, field: Any, prefix: Keys) -> FormField:
    kinds, words, choices = described(field.annotation)
    keys = (*prefix, name)
    is_open = keys in (("data", "name"), ("compute", "device"))
    if keys == ("data", "name"):
        choices = [f"{key}:" if one.takes_path else key for key, one in DATASETS.items()]
    elif keys == ("compute", "device"):
        choices = ["auto", "cpu", "cuda"]
    return FormField(
        keys,
        tuple(dict.fromkeys(kinds)),
        ", ".join(dict.fromkeys(words)),
        None if field.is_required() else field.get_default(call_default_factory=True),
        field.is_required(),
        limits_in_words(field.metadata),
        field.description or "",
        tuple(choices),
        is_open,
        item_kind(field.annotation),
        is_main=name in MAIN.get(prefix, ()),
    )
