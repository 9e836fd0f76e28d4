"""What identifies a person or a machine does not get into a report."""

from __future__ import annotations

import getpass
import socket
import time
from typing import TYPE_CHECKING

import pytest
from reports_sample import sample_facts

from mcworkbench.reports import redact
from mcworkbench.reports.redact import environment_shown, redacted
from mcworkbench.reports.report import report_files
from mcworkbench.reports.summary import summarise

if TYPE_CHECKING:
    from pathlib import Path


def test_no_path_user_or_host_gets_into_a_report(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "alicex")
    monkeypatch.setattr(socket, "gethostname", lambda: "lab-gpu-7.example.org")
    facts = sample_facts()
    secrets = (
        "/home/alicex/data/faces",
        "~/private/set.npz",
        "C:\\Users\\alicex\\set",
        str(tmp_path),
    )
    facts["run"]["notes"] = [f"made by alicex on lab-gpu-7 from {secrets[0]}"]
    facts["run"]["command"] = ["/home/alicex/venv/bin/mcworkbench", "run", "/home/alicex/p.toml"]
    facts["preset"] = "\n".join(f'[data]\nname = "imagefolder:{secret}"' for secret in secrets)
    facts["nodes"]["dataset"]["options"]["name"] = f"imagefolder:{secrets[0]}"
    facts["nodes"]["curve"]["warnings"] = [f"slow disk at {secrets[3]}/x (lab-gpu-7.example.org)"]
    files = report_files(summarise(redacted(facts)))
    for relative, content in files.values():
        if not relative.endswith((".png", ".npz")):
            text = content.decode()
            for secret in ("alicex", "lab-gpu-7", "/home", "private", "Users", str(tmp_path)):
                assert secret not in text, relative
    assert "mcworkbench run" in files["markdown"][1].decode()


def test_a_path_with_spaces_leaves_nothing_behind() -> None:
    facts = sample_facts()
    place = "/srv/Jane Doe/secret project (2)/pics"
    facts["preset"] = f"[data]\nname = \"imagefolder:{place}\"\n[ends]\nuse = ['file:{place}.pt']\n"
    facts["run"]["command"] = ["mcworkbench", "run", "x", "--set", f"data.name=imagefolder:{place}"]
    facts["nodes"]["dataset"]["options"]["name"] = f"imagefolder:{place}"
    facts["nodes"]["curve"]["message"] = f"imagefolder:{place}: no folder {place}/train; expected"
    facts["nodes"]["line"]["warnings"] = ["`cp '/mnt/Jane Doe/secret' there` it's /a/b, isn't it"]
    for relative, content in report_files(summarise(redacted(facts))).values():
        if not relative.endswith((".png", ".npz")):
            text = content.decode()
            for part in ("Jane", "Doe", "secret", "project", "(2)", "pics"):
                assert part not in text, (relative, part)
    told = redacted({"name": f"arrays:{place}", "message": f"{place}/train is empty; add files"})
    assert told["message"].startswith("‹path ")
    assert told["message"].endswith("› is empty; add files")


def test_a_report_says_what_to_put_back_only_where_something_was_taken_out() -> None:
    def written(preset: str) -> list[str]:
        files = report_files(summarise(redacted({**sample_facts(), "preset": preset})))
        return [" ".join(files[what][1].decode().split()) for what in ("markdown", "html")]

    sentence = "put them back into the preset and the commands first."
    assert all(sentence in text for text in written('[data]\nname = "arrays:/data/set.npz"\n'))
    assert not any(sentence in text for text in written('[data]\nname = "digits"\n'))


@pytest.mark.parametrize("sign", ["'", '"', "`", "'/", '"/a ', "~/", "\\\\a", "/a b'"])
def test_no_text_makes_redaction_slow(sign: str) -> None:
    began_s = time.monotonic()
    redacted({"preset": sign * (60_000 // len(sign)), "name": f"arrays:/a {sign * 1000}"})
    assert time.monotonic() - began_s < 2


def test_equal_paths_stay_equal_and_other_text_stays_whole() -> None:
    first, second = redacted(["a /data/x b", "c /data/x"])
    assert first.split()[1:3] == second.split()[1:3]
    whole = [
        "run:demo/endpoint-1@32",
        "https://arxiv.org/abs/1802.10026",
        "train/test",
        "1/2",
        "a / b",
    ]
    assert redacted(whole) == whole


def test_only_listed_facts_of_the_environment_are_shown() -> None:
    recorded = {
        "python": "3.11.7",
        "hostname": "secret",
        "user": "secret",
        "packages": {"torch": "2.15"},
        "threads": 2,
    }
    assert environment_shown(recorded) == {"torch": "2.15", "python": "3.11.7", "threads": "2"}
    assert "hostname" not in redact.ENVIRONMENT


@pytest.mark.parametrize(
    "title",
    [
        "SGD w/ momentum, train/test, lr 0.1/0.05, and /or",
        "[red]x[/red]",
        "[red]x[/red] and lr 0.1/0.05 /or none",
    ],
)
def test_words_with_a_slash_are_no_paths(title: str) -> None:
    facts = {
        "title": title,
        "preset": f'title = "{title}"\n',
        "command": ["mcworkbench", "run", "x", "--set", f"title={title}"],
    }
    assert redacted(facts) == facts


@pytest.mark.parametrize("kept", ["/or", "/janedoe"])
def test_one_word_behind_a_slash_is_a_path_where_a_field_holds_it_or_it_exists(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = redacted({"name": f"imagefolder:{kept}", "message": f"no folder {kept}; expected"})
    assert kept not in str(told)
    assert redacted(f"no folder {kept}; expected") == f"no folder {kept}; expected"

    def is_there(path: str) -> bool:
        return path == kept

    monkeypatch.setattr(redact.os.path, "lexists", is_there)
    assert kept not in redacted(f"no folder {kept}; expected")
    assert kept not in redacted(f"'{kept} of Jane'")
