"""`models [NAME]`: the networks that [model] name can say, and what each of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcworkbench.cli.completion import model_names
from mcworkbench.cli.exits import DONE

if TYPE_CHECKING:
    from mcworkbench.config.fields import FormField
    from mcworkbench.config.published import Given, Published


def models(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Absent: all.", autocompletion=model_names),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """List the networks that [model] name can say, or show what one of them is."""
    return _show(name, as_json=as_json) if name else _list(as_json=as_json)


def _list(*, as_json: bool) -> int:
    from mcworkbench.catalogue import MODELS
    from mcworkbench.cli.consoles import aligned, out, table_width, write, write_json
    from mcworkbench.config.published import PUBLISHED, told_as

    families = [
        {"name": key, "title": one.title, "published": _published_names(key)}
        for key, one in MODELS.items()
    ]
    published = [_document(name) for name in PUBLISHED]
    if as_json:
        write_json({"families": families, "published": published})
        return DONE
    console = out()
    width = table_width(console)
    rows = [[key, one.title] for key, one in MODELS.items()]
    lines = aligned(["family", "what"], rows, num_words=2, width=width, cut=[1])
    named = [
        [name, told_as(one.family, one.given), one.source, _data(one), f"{one.num_params:,}"]
        for name, one in PUBLISHED.items()
    ]
    heads = ["published name", "stands for", "source", "inputs", "parameters"]
    lines += ["", *aligned(heads, named, num_words=3, width=width, cut=[1, 2])]
    write(lines, console)
    return DONE


def _show(name: str, *, as_json: bool) -> int:
    from mcworkbench.catalogue import MODELS
    from mcworkbench.cli.consoles import aligned, out, table_width, write, write_json
    from mcworkbench.config.published import PUBLISHED, stands_for, told_as, unknown_model
    from mcworkbench.errors import InvalidInputError

    meant = stands_for(name)
    if meant is None:
        raise InvalidInputError(f"models: {unknown_model(name)}")
    family, given = meant
    if as_json:
        write_json(_document(name) | {"keys": [_key(field) for field in _fields(family, given)]})
        return DONE
    console = out()
    lines = [f"{family}: {MODELS[family].title}"]
    if given or name != family:
        lines.append(f"{name} stands for {told_as(family, given)}")
    if name in PUBLISHED:
        known = PUBLISHED[name]
        lines.append(
            f"{known.num_params:,} parameters with inputs of {_data(known)} and "
            f"{known.num_outputs} outputs; a name of {known.source}"
        )
    rows = [[field.name, _default(field), field.description] for field in _fields(family, given)]
    if rows:
        heads = ["[model] key", "default", "meaning"]
        width = table_width(console)
        lines += ["", *aligned(heads, rows, num_words=3, width=width, cut=[2])]
    names = [other for other in _published_names(family) if other != name]
    if names:
        lines += ["", f"published names of this family: {', '.join(names)}"]
    write(lines, console)
    return DONE


def _document(name: str) -> dict[str, Any]:
    from mcworkbench.config.published import PUBLISHED, stands_for

    family, given = stands_for(name) or ("", {})
    document: dict[str, Any] = {"name": name, "family": family, "options": given}
    if name in PUBLISHED:
        known = PUBLISHED[name]
        document |= {
            "source": known.source,
            "parameters": known.num_params,
            "input_shape": list(known.shape),
            "outputs": known.num_outputs,
        }
    return document


def _published_names(family: str) -> list[str]:
    from mcworkbench.config.published import PUBLISHED

    return [name for name, one in PUBLISHED.items() if one.family == family]


def _fields(family: str, given: Given) -> list[FormField]:
    """Return the keys of [model] that are free beside the name."""
    from mcworkbench.config.fields import documented_sections

    title = f'[model] name = "{family}"'
    section = next(section for section in documented_sections() if section.title == title)
    return [field for field in section.fields if field.name != "name" and field.name not in given]


def _key(field: FormField) -> dict[str, Any]:
    return {
        "name": field.name,
        "type": field.types,
        "default": list(field.default) if isinstance(field.default, tuple) else field.default,
        "required": field.is_required,
        "meaning": field.description,
    }


def _default(field: FormField) -> str:
    if field.is_required:
        return "required"
    if isinstance(field.default, bool):
        return str(field.default).lower()
    return str(list(field.default) if isinstance(field.default, tuple) else field.default)


def _data(one: Published) -> str:
    return "×".join(map(str, one.shape))
