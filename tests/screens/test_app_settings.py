"""What the app remembers and reads at its start: the theme, and keys of the user's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mcworkbench.app import WorkbenchApp
from mcworkbench.folders import config_root
from mcworkbench.screens.keymap import key_names
from mcworkbench.screens.themes import DARK, LIGHT
from tests.screens.lists import said, screen_text
from tests.screens.pilots import press, wait_for

DOCS = Path(__file__).resolve().parents[2] / "docs" / "app.md"


def write(name: str, text: str) -> Path:
    config_root().mkdir(parents=True, exist_ok=True)
    path = config_root() / name
    path.write_text(text)
    return path


async def test_the_theme_is_remembered() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.theme == DARK.name
        await press(pilot, "T")
    assert WorkbenchApp(is_polling=False).theme == LIGHT.name


async def test_a_user_may_choose_other_keys() -> None:
    write("keys.toml", '"app.theme" = "f8"\n')
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "T")
        assert app.theme == DARK.name
        await press(pilot, "f8")
        assert app.theme == LIGHT.name


async def test_a_damaged_settings_file_costs_its_settings_not_the_start() -> None:
    write("settings.toml", "theme = ")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for(pilot, lambda: app.told)
        assert "settings.toml" in app.told[0][1]


@pytest.mark.parametrize("damaged", ["theme = ", "[theme", "theme.x = 1", "a = 1\na = 2\n"])
async def test_changing_the_theme_keeps_a_damaged_settings_file_aside(damaged: str) -> None:
    path = write("settings.toml", damaged)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "T")
        assert app.theme == LIGHT.name
        assert app.is_running
    assert WorkbenchApp(is_polling=False).theme == LIGHT.name
    aside = path.with_name("settings.toml.damaged")
    if damaged != "theme.x = 1":
        assert aside.read_text() == damaged
        assert str(aside) in said(app)[-1]


async def test_changing_the_theme_keeps_the_rest_of_the_settings() -> None:
    path = write("settings.toml", '# mine\ntheme = "x"\nlater = 3\n')
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "T")
    assert path.read_text() == f'# mine\ntheme = "{LIGHT.name}"\nlater = 3\n'
    assert not path.with_name("settings.toml.damaged").exists()


async def test_a_theme_that_cannot_be_kept_is_one_sentence() -> None:
    config_root().parent.mkdir(parents=True, exist_ok=True)
    config_root().write_text("a file where the folder should be")
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "T")
        assert "cannot be written" in said(app)[-1]


async def test_the_example_of_the_page_works_as_it_stands() -> None:
    text = DOCS.read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert example.count("=") == 2
    write("keys.toml", example)
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert said(app) == []
        await press(pilot, "q")
        assert app.is_running
        await press(pilot, "ctrl+w")
        await wait_for(pilot, lambda: not app.is_running)


async def test_an_id_without_quotes_means_the_same() -> None:
    write("keys.toml", 'app.theme = "f8, ctrl+w"\n')
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "f8")
        assert app.theme == LIGHT.name
        await press(pilot, "ctrl+w")
        assert app.theme == DARK.name
        assert said(app) == []


async def test_keys_that_cannot_be_used_are_told_one_by_one_and_the_others_hold() -> None:
    write(
        "keys.toml",
        '"chart.log-y" = "Y"\n"app.theme" = "F8"\n"app.quit" = "ctrl-w"\n"run.log" = 5\n'
        '"zz\\u001b[2J" = "x"\n"run.stop" = "R"\n',
    )
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "f8")
        assert app.theme == LIGHT.name
        told = said(app)
        assert len(told) == 5
        assert all(sentence.startswith("keys.toml") for sentence in told)
        assert any("run.log: write the key in quotes" in sentence for sentence in told)
        assert any(
            "no action is called 'chart.log-y'. Did you mean 'chart.log'?" in sentence
            for sentence in told
        )
        assert any("app.quit: 'ctrl-w' is no key" in sentence for sentence in told)
        assert any("'R' stands for run.resume and run.stop" in sentence for sentence in told)
        assert any("zz<1b>[2J" in sentence for sentence in told)


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Y", ["Y"]),
        ("ctrl+w", ["ctrl+w"]),
        ("Ctrl+W", ["ctrl+w"]),
        ("shift+y", ["Y"]),
        ("F8", ["f8"]),
        ("?", ["question_mark"]),
        (",", ["comma"]),
        ("+", ["plus"]),
        ("esc", ["escape"]),
        ("⏎", ["enter"]),
        ("shift+←", ["shift+left"]),
        ("pagedown, ctrl+f", ["pagedown", "ctrl+f"]),
        ("ctrl+", None),
        ("ctrl-w", None),
        ("foo", None),
        ("", None),
        ("a,,b", None),
        ("\x1b", None),
    ],
)
def test_a_key_may_be_written_as_it_is_shown_or_named(
    written: str, names: list[str] | None
) -> None:
    assert key_names(written) == names


async def test_a_sentence_from_outside_is_shown_but_never_obeyed() -> None:
    app = WorkbenchApp(is_polling=False)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        app.tell("bad \x1b[2J\x1b]52;c;evil\x07 \u202e \x9b31m name", is_error=True)
        await wait_for(pilot, lambda: "bad <1b>[2J" in screen_text(app))
        toast = screen_text(app)
        await press(pilot, "exclamation_mark")
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
        for text in (toast, screen_text(app)):
            assert "<202e>" in text
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
