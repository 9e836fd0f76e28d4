"""NODE@epoch, @best and @initial: what is kept, what is trained for it, and that both are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcworkbench.config.options.training import TrainingOptions
from mcworkbench.errors import InvalidInputError
from mcworkbench.runs.stage_folder import StageFolder
from tests.unit.plans_sample import GOOD, finish, interrupt, launched, plan_of

if TYPE_CHECKING:
    from mcworkbench.plans.plan import Input, Plan

SNAPSHOTS = 'evaluate.snapshots=["initial", "4", "best"]'
ENDS = "seeds = [1, 2]"


def options(plan: Plan, name: str) -> TrainingOptions:
    found = plan.nodes[name].options
    assert isinstance(found, TrainingOptions)
    return found


def path_of(plan: Plan, name: str) -> Input:
    return plan.nodes[name].inputs["path"]


def refusal(*overrides: str, text: str = GOOD) -> str:
    with pytest.raises(InvalidInputError) as caught:
        plan_of(*overrides, text=text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_snapshots_of_the_curve_are_kept_by_it_and_evaluated() -> None:
    plan = plan_of(SNAPSHOTS)
    assert [name for name in plan.nodes if name.startswith("evaluate-")] == [
        "evaluate-line",
        "evaluate-curve@initial",
        "evaluate-curve@4",
        "evaluate-curve@best",
        "evaluate-curve",
    ]
    assert options(plan, "curve").keep == "0, 4, best"
    curve = plan.nodes["curve"].key
    places = {"initial": "epoch-0", "4": "epoch-4", "best": "best"}
    for when, place in places.items():
        used = path_of(plan, f"evaluate-curve@{when}")
        assert (used.key, used.place, used.node) == (curve, f"snapshots/{place}", "curve")
    # What is kept on the way changes no product.
    assert curve == plan_of().nodes["curve"].key
    document = plan.nodes["evaluate-curve@4"].document()
    assert document["places"] == {"path": "snapshots/epoch-4"}


def test_a_snapshot_said_twice_is_evaluated_once_and_the_last_epoch_is_the_curve() -> None:
    plan = plan_of('evaluate.snapshots=["0", "initial", "last", "60"]')
    names = [name for name in plan.nodes if name.startswith("evaluate-")]
    assert names == ["evaluate-line", "evaluate-curve@0", "evaluate-curve"]


def test_words_of_keep_that_name_the_epoch_already_stay_as_they_are() -> None:
    plan = plan_of("curve.keep=every:2, initial", SNAPSHOTS)
    assert options(plan, "curve").keep == "every:2, initial, best"


def test_a_snapshot_is_the_stage_that_stops_there() -> None:
    kept = path_of(plan_of(SNAPSHOTS), "evaluate-curve@4").identity
    assert kept == plan_of("curve.stop_at=4").nodes["curve"].key
    initial = path_of(plan_of(SNAPSHOTS), "evaluate-curve@initial").identity
    assert initial == plan_of("curve.stop_at=0").nodes["curve"].key
    # A training that itself stops early is on the same schedule.
    assert kept == path_of(plan_of("curve.stop_at=9", SNAPSHOTS), "evaluate-curve@4").identity


def test_the_evaluation_of_a_snapshot_has_one_key_wherever_the_snapshot_comes_from() -> None:
    name = "evaluate-curve@4"
    kept = plan_of(SNAPSHOTS).nodes[name]
    finish(plan_of().nodes["curve"])
    trained = plan_of('evaluate.snapshots=["4"]').nodes[name]
    assert trained.inputs["path"] != kept.inputs["path"]
    assert trained.key == kept.key


def test_a_finished_curve_without_the_snapshot_gets_a_sibling_that_stops_there() -> None:
    finish(plan_of().nodes["curve"])
    plan = plan_of('evaluate.snapshots=["4"]')
    assert list(plan.nodes)[5:] == [
        "curve",
        "curve-epoch-4",
        "evaluate-curve@4",
        "evaluate-curve",
    ]
    assert options(plan, "curve-epoch-4").stop_at == 4
    assert path_of(plan, "evaluate-curve@4").node == "curve-epoch-4"
    assert path_of(plan, "evaluate-curve@4").place == ""


def test_a_finished_curve_with_the_snapshot_is_used_as_it_is() -> None:
    finish(plan_of().nodes["curve"], snapshots=["epoch-4"])
    plan = plan_of('evaluate.snapshots=["4"]')
    assert "curve-epoch-4" not in plan.nodes
    assert path_of(plan, "evaluate-curve@4").place == "snapshots/epoch-4"
    assert options(plan, "curve").keep == ""


@pytest.mark.parametrize(("reached", "is_kept"), [(3, True), (4, False), (9, False)])
def test_an_interrupted_training_keeps_only_what_lies_before_it(
    reached: int, is_kept: bool
) -> None:
    interrupt(launched(name="first").plan.nodes["curve"].key, epoch=reached)
    plan = plan_of('evaluate.snapshots=["4"]')
    assert (path_of(plan, "evaluate-curve@4").node == "curve") == is_kept
    assert ("curve-epoch-4" in plan.nodes) != is_kept


def test_a_running_training_keeps_what_its_own_plan_said() -> None:
    for said, is_kept in (("", False), ("every:2", True)):
        key = launched(f"curve.keep={said}", name="first").plan.nodes["curve"].key
        lock = StageFolder(key).take_lock("20260101-000000-curve-aaaaaa")
        assert lock is not None
        with lock:
            plan = plan_of('evaluate.snapshots=["4"]')
        assert (path_of(plan, "evaluate-curve@4").node == "curve") == is_kept


def test_the_best_of_a_finished_training_is_its_snapshot_or_its_best_epoch() -> None:
    text = GOOD + '[further.fine]\nfrom = "endpoint-1@best"\n'
    plan = plan_of(text=text)
    used = plan.nodes["fine"].inputs["start"]
    assert (used.key, used.place) == (plan.nodes["endpoint-1"].key, "snapshots/best")
    finish(plan.nodes["endpoint-1"], snapshots=["best"])
    again = plan_of(text=text).nodes["fine"]
    assert again.inputs["start"] == used
    assert again.key == plan.nodes["fine"].key


def test_without_its_snapshot_the_best_is_the_epoch_that_the_result_names() -> None:
    finish(plan_of().nodes["endpoint-1"], summary={"best_epoch": 7.0})
    plan = plan_of(text=GOOD + '[further.fine]\nfrom = "endpoint-1@best"\n')
    assert plan.nodes["fine"].inputs["start"].node == "endpoint-1-epoch-7"
    assert options(plan, "endpoint-1-epoch-7").stop_at == 7


def test_the_best_of_a_training_watched_otherwise_is_another_network() -> None:
    """Which epoch is the best depends on which were looked at; the training itself does not."""
    text = GOOD + '[further.fine]\nfrom = "endpoint-1@best"\n'
    often, seldom = plan_of(text=text), plan_of("train.watch_every=5", text=text)
    assert often.nodes["endpoint-1"].key == seldom.nodes["endpoint-1"].key
    assert often.nodes["fine"].key != seldom.nodes["fine"].key
    quiet = plan_of("train.log_every=3", "train.checkpoint_every=9", text=text)
    assert quiet.nodes["fine"].key == often.nodes["fine"].key


def test_how_a_training_is_watched_is_part_of_which_epoch_is_its_best() -> None:
    keys = {
        plan_of('evaluate.snapshots=["best"]', *more).nodes["evaluate-curve@best"].key
        for more in ([], ["curve.watch_every=2"], ["curve.probe_points=5"])
    }
    assert len(keys) == 3


def test_a_training_that_nobody_watched_has_no_best() -> None:
    sentence = refusal("curve.probe_points=0", 'evaluate.snapshots=["best"]')
    assert sentence.startswith("[evaluate] snapshots: curve is not watched while training, so no")
    finish(plan_of().nodes["curve"])
    assert "is not watched" in refusal('evaluate.snapshots=["best"]')


def test_a_training_begun_without_keeping_its_best_says_to_let_it_finish() -> None:
    interrupt(launched(name="first").plan.nodes["curve"].key, epoch=1)
    assert "curve was begun without keeping its best; resume" in refusal(
        'evaluate.snapshots=["best"]'
    )


def test_an_epoch_beyond_the_end_is_refused() -> None:
    assert refusal('evaluate.snapshots=["61"]') == (
        "[evaluate] snapshots: curve ends at epoch 60, so it has no '@61'."
    )
    assert refusal("curve.stop_at=10", 'evaluate.snapshots=["11"]') == (
        "[evaluate] snapshots: curve ends at epoch 10, so it has no '@11'."
    )
    text = GOOD + '[further.fine]\nfrom = "endpoint-1@31"\n'
    assert refusal(text=text) == (
        "[further.fine] from: endpoint-1 ends at epoch 30, so it has no '@31'."
    )


@pytest.mark.parametrize(("when", "place"), [("4", "epoch-4"), ("initial", "epoch-0")])
def test_every_place_that_takes_a_node_takes_its_epoch(when: str, place: str) -> None:
    first = launched(name="first").plan
    kept = [place]
    for node in first.nodes.values():
        finish(node, snapshots=kept if node.kind in {"endpoint", "curve"} else ())
    network, path = f"run:first/endpoint-1@{when}", f"run:first/curve@{when}"
    cases = {
        GOOD.replace(ENDS, f"use = ['{network}', 'run:first/endpoint-2']"): ("line", "first"),
        GOOD.replace("epochs = 30", f"epochs = 30\nfrom = '{network}'"): ("endpoint-2", "start"),
        GOOD.replace("bends = 1", f"bends = 1\nfrom = '{path}'"): ("curve", "start"),
        GOOD.replace(f"[ends]\n{ENDS}", "").replace("bends = 1", f"from = '{path}'"): (
            "curve",
            "start",
        ),
        GOOD + f"[further.fine]\nfrom = '{network}'\n": ("fine", "start"),
        GOOD + f"[further.fine]\nfrom = 'endpoint-1@{when}'\n": ("fine", "start"),
        GOOD.partition("[ends]")[0].replace("curve", "evaluate") + f"[path]\nuse = '{path}'\n": (
            "evaluate-path",
            "path",
        ),
    }
    for text, (name, role) in cases.items():
        used = plan_of(text=text).nodes[name].inputs[role]
        assert used.place == f"snapshots/{place}", text


def test_the_last_epoch_of_a_borrowed_network_is_the_network() -> None:
    for node in launched(name="first").plan.nodes.values():
        finish(node)
    use = "use = ['run:first/endpoint-1@30', 'run:first/endpoint-1@last']"
    assert "are one network" in refusal(text=GOOD.replace(ENDS, use))


def test_snapshots_that_borrowed_trainings_began_from_are_told_apart() -> None:
    """Two networks trained on from two epochs of one are two, however alike their options."""
    more = "".join(f"[further.{n}]\nfrom = 'endpoint-1@{e}'\n" for n, e in (("a", 4), ("b", 8)))
    first = launched(name="first", text=GOOD + more).plan
    assert first.nodes["a"].key != first.nodes["b"].key
    for node in first.nodes.values():
        finish(node, snapshots=["epoch-4", "epoch-8"] if node.name == "endpoint-1" else ())
    plan = plan_of(text=GOOD.replace(ENDS, "use = ['run:first/a@2', 'run:first/b@2']"))
    assert plan.nodes["endpoint-1-epoch-2"].key != plan.nodes["endpoint-2-epoch-2"].key
    # And they are what the first run itself would have trained for these epochs.
    again = plan_of(text=f"{GOOD}{more}[further.c]\nfrom = 'a@2'\n")
    assert again.nodes["a-epoch-2"].key == plan.nodes["endpoint-1-epoch-2"].key


def test_snapshots_to_evaluate_are_those_of_the_curve_not_of_what_goes_on_from_it() -> None:
    text = GOOD + '[further.tuned]\nfrom = "curve@4"\nepochs = 2\n'
    plan = plan_of('evaluate.snapshots=["initial", "4"]', text=text)
    scored = [name for name in plan.nodes if name.startswith("evaluate-")]
    assert scored == [
        "evaluate-line",
        "evaluate-curve@initial",
        "evaluate-curve@4",
        "evaluate-curve",
        "evaluate-tuned",
    ]
