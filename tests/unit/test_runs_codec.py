"""Lines of events.jsonl: what is written is read back, what is damaged is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcworkbench.runs import events
from mcworkbench.runs.codec import MAX_LINE_BYTES, Envelope, Unknown, decode, encode

ENVELOPE = Envelope(attempt=2, sequence=7, time_s=1700000000.25, elapsed_s=1.5)
SAMPLES: list[events.Event] = [
    events.StageStarted("curve", 40, "step-00000040.a0001", ("step-00000080.a0001",)),
    events.Progress("train", 3, 10, "epochs", 30, None, 2.5),
    events.EpochFinished(3, 10, 30, 0.1, 1.25, {"train_loss": 0.5}),
    events.ProbeEvaluated(3, 30, (0.0, 0.5, 1.0), {"train_loss": (0.1, 0.9, 0.1)}),
    events.PathPointEvaluated(4, 61, 0.25, 4, {"test_nll": 0.3}),
    events.MemberCaptured(
        2, 4, "fge-3", 3, 30, {"test_nll": 0.3}, {"test_nll": 0.2}, {"to_last": 1.5}, 0.25
    ),
    events.CheckpointSaved("step-00000030.a0002", 30, 3, 1000, 0.01),
    events.SnapshotSaved("epoch-3", 3, 30, ("kept",)),
    events.ArtifactSaved("network.safetensors", "network", "0" * 64, 12),
    events.PicturesSaved("strip-000003.npz", "strip", 3, 30, 8, {"mse": 0.01}),
    events.Metric("sharpness", -2.5, 30),
    events.Noted("hello"),
    events.Warned("careful"),
    events.RequestSeen("now"),
    events.StageFinished({"test_accuracy": 0.9}),
    events.StageStopped(30, "on request"),
    events.StageFailed("ValueError", "it broke"),
]


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_every_event_is_read_back_as_it_was_written(event: events.Event) -> None:
    recorded = decode(encode(event, ENVELOPE).rstrip(b"\n"))
    assert recorded is not None
    assert recorded.event == event
    assert (recorded.attempt, recorded.sequence) == (2, 7)
    assert (recorded.time_s, recorded.elapsed_s) == (1700000000.25, 1.5)


def test_the_samples_cover_every_kind_of_event() -> None:
    assert {type(event) for event in SAMPLES} == set(events.Event.__args__)


def test_a_line_has_the_documented_form_and_a_point_keeps_its_own_t() -> None:
    line = encode(events.PathPointEvaluated(1, 3, 0.5, 1, {"test_nll": 2}), ENVELOPE)
    assert line == (
        b'{"v":1,"a":2,"s":7,"t":1700000000.25,"m":1.5,"type":"PathPointEvaluated",'
        b'"data":{"index":1,"total":3,"t":0.5,"step":1,"values":{"test_nll":2}}}\n'
    )


@given(st.floats(), st.text())
def test_any_number_and_any_text_make_one_line_of_strict_json(value: float, text: str) -> None:
    line = encode(events.Metric(text, value, 1), ENVELOPE)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    data = json.loads(line, parse_constant=pytest.fail)["data"]
    assert data["value"] == (value if math.isfinite(value) else None)
    recorded = decode(line[:-1])
    assert recorded is not None
    assert isinstance(recorded.event, events.Metric)
    read = recorded.event.value
    assert read == value if math.isfinite(value) else math.isnan(read)


def test_terminal_escapes_are_harmless_in_both_directions() -> None:
    hostile = "a\x1b]0;title\x07\u202e\x9b"
    line = encode(events.Noted(hostile), ENVELOPE)
    assert b"\x1b" not in line
    assert b"u001b" not in line
    raw = json.loads(line)
    raw["data"]["text"] = hostile
    recorded = decode(json.dumps(raw).encode())
    assert recorded is not None
    assert recorded.event == events.Noted("a<1b>]0;title<07><202e><9b>")


def test_a_measurement_too_long_for_a_line_becomes_a_warning() -> None:
    values = {f"m{number}": 0.123456789 for number in range(5000)}
    line = encode(events.EpochFinished(1, 1, 1, 0.1, 1.0, values), ENVELOPE)
    assert len(line) <= MAX_LINE_BYTES
    recorded = decode(line[:-1])
    assert recorded is not None
    assert isinstance(recorded.event, events.Warned)
    assert "EpochFinished" in recorded.event.text


@pytest.mark.parametrize(
    "event",
    [
        events.StageStarted("curve", 5, "x", tuple("\u1234" * 4000 for _ in range(200))),
        events.StageFinished({"\U0001f600" * 2000 + str(n): 0.1 for n in range(3000)}),
        events.StageFailed("\U0001f600" * 9000, '"\\\n' * 9000),
    ],
    ids=lambda event: type(event).__name__,
)
def test_a_state_event_is_never_lost_for_its_length(event: events.Event) -> None:
    line = encode(event, ENVELOPE)
    assert len(line) <= MAX_LINE_BYTES
    recorded = decode(line[:-1])
    assert recorded is not None
    assert type(recorded.event) is type(event)


def test_an_event_of_a_newer_version_is_kept_by_name() -> None:
    raw = json.loads(encode(events.Noted("x"), ENVELOPE))
    for change in ({"type": "RidgeCrossed"}, {"v": 2}):
        recorded = decode(json.dumps(raw | change).encode())
        assert recorded is not None
        assert isinstance(recorded.event, Unknown)
        assert recorded.sequence == 7


def test_a_field_of_a_newer_version_is_left_out_and_an_absent_one_takes_its_default() -> None:
    raw = json.loads(encode(events.StageStarted("curve"), ENVELOPE))
    raw["data"] = {"kind": "curve", "colour": "blue"}
    recorded = decode(json.dumps(raw).encode())
    assert recorded is not None
    assert recorded.event == events.StageStarted("curve")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe{}",
        b"[]",
        b"1",
        b"null",
        b'{"v":1}',
        b"[" * 60000,
        b'{"v":1,"a":1,"s":1,"t":0,"m":0,"type":["x"],"data":{}}',
        b'{"v":1,"a":1,"s":1,"t":0,"m":0,"type":"Noted","data":{"text":5}}',
        b'{"v":1,"a":1,"s":1,"t":0,"m":0,"type":"Noted","data":{}}',
        b'{"v":1,"a":1,"s":1,"t":0,"m":0,"type":"Noted","data":"text"}',
        b'{"v":1,"a":true,"s":1,"t":0,"m":0,"type":"Noted","data":{"text":"x"}}',
        b'{"v":1,"a":1,"s":' + b"9" * 30 + b',"t":0,"m":0,"type":"Noted","data":{"text":"x"}}',
        b'{"v":1,"a":1,"s":' + b"9" * 5000 + b',"t":0,"m":0,"type":"Noted","data":{"text":"x"}}',
        b'{"v":1,"a":1,"s":1,"t":0,"m":0,"type":"Metric","data":{"name":"x","value":"1","step":1}}',
        b'{"v":1,"a":1,"s":1,"t":0,"m":0,"type":"Metric","data":{"name":"x","value":1,"step":1.5}}',
    ],
    ids=range(17),
)
def test_a_damaged_or_hostile_line_is_refused(line: bytes) -> None:
    assert decode(line) is None


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_raise(line: bytes) -> None:
    decode(line)


@given(st.sampled_from(SAMPLES), st.data())
def test_no_flipped_byte_makes_the_reader_raise(event: events.Event, data: st.DataObject) -> None:
    line = bytearray(encode(event, ENVELOPE)[:-1])
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= data.draw(st.integers(1, 255))
    decode(bytes(line))


def test_values_of_other_number_types_are_written_as_plain_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    event = events.EpochFinished(numpy.int64(1), 1, 1, numpy.float32(0.5), 1.0, {})
    recorded = decode(encode(event, ENVELOPE)[:-1])
    assert recorded is not None
    assert recorded.event == replace(event, epoch=1, lr=0.5)
