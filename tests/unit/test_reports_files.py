"""Written reports: hostile text stays text, nothing leaks, figures repeat bit for bit."""

from __future__ import annotations

import html.parser
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reports_sample import sample_facts

from mcworkbench.errors import InvalidInputError
from mcworkbench.reports.figures import pictures
from mcworkbench.reports.redact import redacted
from mcworkbench.reports.report import _stems, report_files, safe_name, write_summary
from mcworkbench.reports.summary import summarise
from mcworkbench.reports.templating import markdown_block, markdown_text

HOSTILE = (
    "</style><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)> "
    "[click](javascript:alert(1)) ![i](http://evil.example/i.png) <a href='http://evil.example'>a</a>"
    " | `code` $\\frac{1}{0}$ {{ 7*7 }} {% raw %} \x1b[31m \u202e"
)


class _Reader(html.parser.HTMLParser):
    """Collects every tag and attribute of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def _hostile_facts() -> dict[str, Any]:
    facts = sample_facts()
    run = facts["run"]
    run |= {"title": HOSTILE, "name": HOSTILE, "group": HOSTILE, "notes": [HOSTILE]}
    run["tags"] = [HOSTILE]
    run["command"] = ["mcworkbench", "run", HOSTILE]
    run["expect"] |= {HOSTILE: 1.0, "source": HOSTILE}
    facts["preset"] = f"# {HOSTILE}\n```\n"
    facts["environment"] = {"device": HOSTILE}
    for node in facts["nodes"].values():
        node["label"] = HOSTILE
        node["warnings"] = [HOSTILE]
        node["options"] = {**node["options"], HOSTILE: HOSTILE}
        for event in node["epochs"]:
            event["values"][HOSTILE] = 1.0
    facts["nodes"]["curve"]["options"]["name"] = HOSTILE
    columns = facts["nodes"]["evaluate-curve"]["table"]["columns"]
    columns[HOSTILE] = columns["test_error"]
    return redacted(facts)


@pytest.fixture(scope="module")
def hostile() -> dict[str, tuple[str, bytes]]:
    return report_files(summarise(_hostile_facts()))


def test_hostile_names_are_text_in_the_page(hostile: dict[str, tuple[str, bytes]]) -> None:
    page = hostile["html"][1].decode()
    reader = _Reader()
    reader.feed(page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "iframe", "object", "embed", "link", "a", "base", "form", "svg"}
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "action", "srcset"):
            value = attributes.get(name)
            assert value is None or value.startswith("data:image/svg+xml;base64,"), tag
        assert "style" not in attributes
    assert "alert(1)" in reader.text
    assert "{{ 7*7 }}" in reader.text
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_the_page_forbids_scripts_and_anything_from_elsewhere(
    hostile: dict[str, tuple[str, bytes]],
) -> None:
    reader = _Reader()
    reader.feed(hostile["html"][1].decode())
    policies = [
        attributes["content"]
        for tag, attributes in reader.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    style = re.search(r"<style>(.*?)</style>", hostile["html"][1].decode(), re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]


def test_hostile_names_are_text_in_markdown(hostile: dict[str, tuple[str, bytes]]) -> None:
    text = hostile["markdown"][1].decode()
    outside = re.sub(r"^(`{3,})\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "<script" not in outside
    assert not re.search(r"<[a-zA-Z/!]", outside)
    links = re.findall(r"(?<!\\)\]\(([^)]*)\)", outside)
    assert links
    assert all(re.fullmatch(r"figures/[\w.@-]+\.png", link) for link in links)
    assert "http://" not in outside
    # A line break or a pipe in a name would end its table row.
    rows = [line for line in outside.splitlines() if line.startswith("|")]
    for row in rows:
        assert row.endswith("|")


def test_hostile_names_are_shapes_in_figures(hostile: dict[str, tuple[str, bytes]]) -> None:
    drawings = [content.decode() for name, (_, content) in hostile.items() if name.endswith("svg")]
    assert drawings
    for drawing in drawings:
        assert "<script" not in drawing
        assert "onerror" not in re.sub(r"<!--.*?-->", "", drawing, flags=re.DOTALL)
        assert not re.search(r"(?:href|src)=[\"'](?!#)", drawing)


def test_a_fence_is_longer_than_any_run_of_backticks_inside() -> None:
    block = str(markdown_block("a\n````\nb"))
    assert block.startswith("`````\n")
    assert block.endswith("\n`````")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a | b", "a \\| b"),
        ("# not a heading", "\\# not a heading"),
        ("1. not a list", "1\\. not a list"),
        ("- not an item", "\\- not an item"),
        ("0.2500", "0.2500"),
        ("a_b", "a\\_b"),
        ("x\ny", "x y"),
        ("AT&T", "AT&amp;T"),
        ("https://a.b", "https\\:\\/\\/a.b"),
    ],
)
def test_markdown_shows_text_as_it_is(text: str, escaped: str) -> None:
    assert str(markdown_text(text)) == escaped


def test_figures_repeat_bit_for_bit() -> None:
    first, second = (pictures(summarise(sample_facts())) for _ in range(2))
    assert [p.svg for p in first] == [p.svg for p in second]
    assert [p.png for p in first] == [p.png for p in second]
    assert {"loss", "error", "training-ends", "training-curves", "probes-curve"} <= {
        picture.name for picture in first
    }


def test_a_name_that_looks_like_mathematics_is_drawn_as_it_is() -> None:
    facts = sample_facts()
    facts["nodes"]["curve"]["options"]["name"] = "$\\frac{1}{$ 5_a"
    assert pictures(summarise(facts))


def test_a_partial_path_leaves_a_gap_where_points_are_to_come() -> None:
    from mcworkbench.reports.path_figures import path_drawings

    facts = sample_facts()
    node = facts["nodes"]["evaluate-curve"]
    table, node["table"] = node["table"], None
    node["points"] = [
        {
            "index": index,
            "total": 61,
            "t": table["ts"][index],
            "step": 0,
            "values": {name: values[index] for name, values in table["columns"].items()},
        }
        for index in (0, 1, 60)
    ]
    figure = path_drawings(summarise(facts))[0].figure
    curve = next(line for line in figure.axes[0].lines if line.get_label() == "Bézier, 1 bend")
    assert np.isnan(np.asarray(curve.get_xdata(), dtype=float)).tolist() == [
        False,
        False,
        True,
        False,
    ]


def test_written_files_are_where_the_answer_says(tmp_path: Path) -> None:
    written = write_summary(summarise(sample_facts()), tmp_path / "out")
    assert {"markdown", "html", "json", "preset"} <= set(written)
    assert all(path.stat().st_size for path in written.values())
    on_disk = {path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert on_disk == set(written.values())
    assert json.loads(written["json"].read_text())["id"] == "20260101-120000-curve-abc234"
    images = re.findall(r"\]\((figures/[^)]+)\)", written["markdown"].read_text())
    assert images
    assert all((tmp_path / "out" / image).is_file() for image in images)


def test_a_report_folder_that_is_a_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("mine")
    with pytest.raises(InvalidInputError, match="needs a folder"):
        write_summary(summarise(sample_facts()), place)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b", "..", "", "x\x00y", "evaluate-curve@10"]
)
def test_a_node_name_makes_one_harmless_file_name(name: str) -> None:
    made = safe_name(name)
    assert made
    assert Path(made).name == made
    assert not made.startswith(".")


def test_names_that_would_share_a_file_get_one_each() -> None:
    assert _stems(["a/b", "a|b", "A|b", "c"]) == ["a_b", "a_b-2", "A_b-3", "c"]


def test_a_run_without_any_numbers_still_makes_a_report() -> None:
    facts = sample_facts()
    facts["nodes"] = {"dataset": facts["nodes"]["dataset"]}
    facts["state"] = "running"
    files = report_files(summarise(facts))
    assert "Two VGG16" in files["markdown"][1].decode()
    assert not any(name.startswith("figures/") for name in files)
