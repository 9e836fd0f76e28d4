"""What the feed tells waits in a mailbox, however long the app is busy."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mcworkbench.app import WorkbenchApp
from mcworkbench.runs.views import RunView
from mcworkbench.screens.mailbox import Mailbox
from mcworkbench.screens.messages import (
    FeedFailed,
    FeedSpoke,
    MachineChanged,
    RunChanged,
    RunsChanged,
    RunVanished,
)
from mcworkbench.screens.pictures.build import picture_of
from mcworkbench.screens.pictures.machine import MachinePicture
from mcworkbench.screens.run.screen import RunScreen
from tests.screens.lists import many_rows
from tests.screens.pilots import wait_for
from tests.screens.recorded import cut, hold, recorded_home

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from textual.message import Message

    from mcworkbench.screens.pictures.run_picture import RunPicture


def machine(load: float) -> MachineChanged:
    return MachineChanged(MachinePicture("cpu", load, 1, 2))


def test_of_every_thing_the_newest_word_is_kept_in_the_order_in_which_it_came(home: Path) -> None:
    ids = recorded_home(home, "quickstart", "half-way")
    one, other = (RunChanged(picture_of(RunView(run_id))) for run_id in ids.values())
    woken: list[Message] = []
    mailbox = Mailbox(woken.append)
    newer, gone = RunChanged(one.picture), RunVanished(other.picture.row.id, "deleted")
    for message in (
        RunsChanged(many_rows(3)), one, machine(0.1), other, FeedFailed("a"), FeedFailed("b"),
        newer, FeedFailed("a"), gone, rows := RunsChanged(many_rows(4)), last := machine(0.3),
    ):  # fmt: skip
        mailbox.put(message)
    assert len(woken) == 1
    found = mailbox.take()
    assert [message for message in found if not isinstance(message, FeedFailed)] == [
        newer, gone, rows, last,
    ]  # fmt: skip
    assert [m.text for m in found if isinstance(m, FeedFailed)] == ["b", "a"]
    assert mailbox.take() == []


def test_it_wakes_again_once_it_was_emptied_and_where_nobody_could_be_woken() -> None:
    answers = [True, False, True]
    woken: list[Message] = []

    def wake(message: Message) -> bool:
        woken.append(message)
        return answers.pop(0)

    mailbox = Mailbox(wake)
    mailbox.put(machine(0.1))
    mailbox.put(machine(0.2))
    assert len(woken) == 1
    mailbox.take()
    mailbox.put(machine(0.3))
    mailbox.put(machine(0.4))
    assert len(woken) == 3
    assert all(isinstance(message, FeedSpoke) for message in woken)


def test_nothing_is_lost_between_filling_and_emptying() -> None:
    pending = threading.Event()
    mailbox = Mailbox(lambda _: pending.set())
    count = 3000

    def fill() -> None:
        for number in range(count):
            mailbox.put(FeedFailed(str(number)))

    thread = threading.Thread(target=fill)
    thread.start()
    found: list[str] = []
    while len(found) < count:
        assert pending.wait(20)
        pending.clear()
        found += [message.text for message in mailbox.take() if isinstance(message, FeedFailed)]
    thread.join()
    assert found == [str(number) for number in range(count)]


async def test_an_app_that_was_busy_draws_the_newest_picture_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = recorded_home(home, "quickstart")
    replay = cut("quickstart", "curve", 0.2)
    spoken: list[Message] = []
    shown: list[RunPicture] = []

    def hook(message: Message) -> None:
        if isinstance(message, (FeedSpoke, RunChanged, RunsChanged)):
            spoken.append(message)

    with hold("quickstart", "curve"):
        app = WorkbenchApp(ids["quickstart"], is_polling=False)
        async with app.run_test(size=(120, 36), message_hook=hook) as pilot:
            app.feed.tick()
            await wait_for(pilot, lambda: app.opened is not None)
            original = RunScreen.show_opened

            def show(self: RunScreen, picture: RunPicture | None) -> None:
                shown.extend([picture] if picture is not None else [])
                original(self, picture)

            monkeypatch.setattr(RunScreen, "show_opened", show)
            spoken.clear()
            # The event loop has no turn in here.
            for _ in range(20):
                replay.play(2)
                app.feed.tick()
            await wait_for(pilot, lambda: shown)
            await pilot.pause(0.1)
            assert [type(message) for message in {id(m): m for m in spoken}.values()] == [FeedSpoke]
            assert len(shown) == 1
            stage = next(stage for stage in shown[0].stages if stage.name == "curve")
            told = [event["data"] for event in replay.events if event["type"] == "Progress"]
            assert stage.fraction == told[-1]["done"] / told[-1]["total"]
