"""Collecting a run: tables, expectations, partial paths, units, exports."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import pytest
from reports_sample import sample_facts

from mcworkbench.reports.document import RunSummary, as_json
from mcworkbench.reports.exports import path_csv, reference_npz, summary_json, training_csv
from mcworkbench.reports.page import headline, moment
from mcworkbench.reports.quantities import number, quantity
from mcworkbench.reports.remarks import BATCH_NORM, TEST_WATCHED
from mcworkbench.reports.settings import settings_tables
from mcworkbench.reports.summary import summarise
from mcworkbench.reports.table import (
    barrier_tables,
    duration,
    ends_table,
    expectations_table,
    paths_table,
    statistics_tables,
)


def _partial_facts() -> dict[str, Any]:
    """Return the sample with the curve's evaluation stopped after both ends and two points."""
    facts = sample_facts()
    node = facts["nodes"]["evaluate-curve"]
    table = node["table"]
    node["table"], node["state"] = None, "running"
    node["points"] = [
        {
            "index": index,
            "total": 61,
            "t": table["ts"][index],
            "step": index,
            "values": {name: values[index] for name, values in table["columns"].items()},
        }
        for index in (0, 1, 2, 60)
    ]
    return facts


def _row(summary: RunSummary, quantity_: str, path: str) -> list[str]:
    table = statistics_tables(summary)[0]
    return next(row for row in table.rows if row[0] == quantity_ and row[1] == path)


def test_percent_and_nats_appear_in_the_table_as_a_reader_expects() -> None:
    summary = summarise(sample_facts())
    # The sample's curve: 6.94 % at t = 0, 6.79 % at t = 1, and 0.9 points of bump in the middle.
    assert _row(summary, "test error", "Bézier, 1 bend")[2:4] == ["6.94 %", "6.79 %"]
    assert _row(summary, "test error", "Bézier, 1 bend")[5] == "7.76 %"
    assert _row(summary, "train loss (regularised), nats", "line")[5] == "2.1550"


def test_every_table_of_numbers_says_how_they_were_measured() -> None:
    (note,) = statistics_tables(summarise(sample_facts()))[0].notes
    for words in ("without augmentation", "½·0.0005·‖w‖²", "batch norm refreshed", "test watched"):
        assert words in note


def test_the_three_barriers_are_named_and_error_is_in_points() -> None:
    (table,) = barrier_tables(summarise(sample_facts()))
    assert table.columns[2:] == [
        "above the chord",
        "over the worse end",
        "over the mean of the ends",
    ]
    row = next(row for row in table.rows if row[:2] == ["test error", "line"])
    assert all(cell.endswith(" points") for cell in row[2:])


def test_published_numbers_stand_beside_ours() -> None:
    facts = sample_facts()
    facts["run"]["expect"]["curve.unheard_of.max"] = 3.0
    facts["run"]["expect"]["something"] = 4.0
    rows = {row[0]: row[1:] for row in expectations_table(summarise(facts)).rows}
    assert rows["curve.test_error.max"] == ["7.75 %", "7.76 %", "+0.01 points"]
    assert rows["ends.test_error.min"] == ["6.79 %", "6.79 %", "+0.00 points"]
    assert rows["curve.train_loss.max"] == ["0.2400", "0.3450", "+0.1050"]
    assert rows["curve.unheard_of.max"] == ["3.0000", "–", "–"]
    assert rows["something"] == ["4.0000", "–", "–"]
    assert "source" not in rows


def test_an_end_shows_its_own_error_and_the_one_on_the_path_with_the_reason() -> None:
    facts = sample_facts()
    facts["nodes"]["endpoint-1"]["summary"]["test_error"] = 0.08
    summary = summarise(facts)
    table = ends_table(summary)
    row = table.rows[0]
    assert row[table.columns.index("test error")] == "8.00 %"
    assert row[table.columns.index("test error on the path")] == "6.94 %"
    assert BATCH_NORM in summary.remarks
    for node in ("evaluate-line", "evaluate-curve"):
        facts["nodes"][node]["table"]["bn_refreshed"] = False
    assert BATCH_NORM not in summarise(facts).remarks


def test_a_watched_test_set_is_said_and_a_validation_split_is_not_called_so() -> None:
    facts = sample_facts()
    assert TEST_WATCHED in summarise(facts).remarks
    facts["nodes"]["dataset"]["options"]["validation"] = "last:5000"
    assert TEST_WATCHED not in summarise(facts).remarks


def test_an_unfinished_path_is_called_partial_and_shows_its_points_so_far() -> None:
    summary = summarise(_partial_facts())
    path = next(path for path in summary.paths if path.node == "evaluate-curve")
    assert path.partial
    assert path.places == [0, 1, 2, 60]
    assert path.statistics["test_error"]["max"] == max(path.columns["test_error"])
    assert "int" not in path.statistics["test_error"]
    assert any("Bézier, 1 bend (4 of 61 points)" in remark for remark in summary.remarks)
    assert headline(summary)[0].startswith("So far")
    assert paths_table(summary).rows[1][3] == "4 of 61"
    # No published number is compared with an unfinished maximum.
    ours = {item.key: item.ours for item in summary.expectations}
    assert math.isnan(ours["curve.test_error.max"])


def test_a_failed_node_is_the_first_remark() -> None:
    facts = sample_facts()
    facts["nodes"]["curve"] |= {"state": "failed", "message": "the loss was not finite"}
    assert summarise(facts).remarks[0] == "curve failed: the loss was not finite"


def test_paths_between_other_ends_get_tables_of_their_own() -> None:
    facts = sample_facts()
    nodes = facts["nodes"]
    nodes["endpoint-3"] = {**nodes["endpoint-2"], "name": "endpoint-3"}
    inputs = {"first": "endpoint-1", "last": "endpoint-3"}
    nodes["line-1-3"] = {**nodes["line"], "name": "line-1-3", "inputs": inputs}
    nodes["evaluate-line-1-3"] = {
        **nodes["evaluate-line"],
        "name": "evaluate-line-1-3",
        "inputs": {"path": "line-1-3"},
    }
    titles = [table.title for table in statistics_tables(summarise(facts))]
    assert titles == [
        "Along the path, endpoint-1 to endpoint-2",
        "Along the path, endpoint-1 to endpoint-3",
    ]


def test_ends_that_come_as_stage_keys_are_shown_by_their_names() -> None:
    facts = sample_facts()
    nodes = facts["nodes"]
    nodes["line"]["inputs"] = {
        role: nodes[name]["key"] for role, name in nodes["line"]["inputs"].items()
    }
    assert summarise(facts).paths[0].pair == ("endpoint-1", "endpoint-2")


def test_reused_stages_name_the_run_that_made_them() -> None:
    facts = sample_facts()
    facts["nodes"]["endpoint-1"]["made_by"] = "20250101-000000-endpoints-zzzzzz"
    nodes = {node.name: node.made_by for node in summarise(facts).nodes}
    assert nodes["endpoint-1"] == "20250101-000000-endpoints-zzzzzz"
    assert nodes["curve"] == ""


def test_settings_of_equal_stages_are_joined_and_differences_listed() -> None:
    tables = {table.title: dict(table.rows) for table in settings_tables(summarise(sample_facts()))}
    options = tables["endpoint: endpoint-1, endpoint-2"]
    assert options["lr"] == "0.05"
    assert options["init_seed"] == "1 · 2"


def test_the_npz_has_the_references_keys_in_percent() -> None:
    summary = summarise(sample_facts())
    path = summary.paths[1]
    arrays = np.load(io.BytesIO(reference_npz(path)), allow_pickle=False)
    series = {f"{s}_{q}" for s in ("tr", "te") for q in ("loss", "nll", "acc", "err")}
    scalars = {
        f"{s}_{q}_{k}"
        for s in ("tr", "te")
        for q in ("loss", "nll", "err")
        for k in ("min", "max", "avg", "int")
    }
    assert set(arrays) == {"ts", "dl"} | series | scalars
    assert arrays["te_err"][0] == pytest.approx(6.94)
    assert arrays["te_acc"] == pytest.approx(100 - arrays["te_err"])
    assert arrays["te_err_max"] == arrays["te_err"].max()
    assert arrays["te_err_max"].shape == ()
    assert arrays["tr_nll"][0] == pytest.approx(0.003)
    middle = (arrays["te_err"][1:] + arrays["te_err"][:-1]) / 2
    expected = float((middle * arrays["dl"][1:]).sum() / arrays["dl"].sum())
    assert float(arrays["te_err_int"]) == pytest.approx(expected)


def test_csv_files_hold_fractions_and_every_row() -> None:
    summary = summarise(sample_facts())
    rows = list(csv.DictReader(io.StringIO(path_csv(summary.paths[0]).decode())))
    assert len(rows) == 61
    assert float(rows[0]["test_error"]) == pytest.approx(0.0694)
    epochs = list(csv.DictReader(io.StringIO(training_csv(summary.trainings[0]).decode())))
    assert [int(row["epoch"]) for row in epochs] == list(range(1, 201))


def test_a_formula_in_a_column_name_stays_text_in_a_spreadsheet() -> None:
    facts = sample_facts()
    columns = facts["nodes"]["evaluate-line"]["table"]["columns"]
    columns["=HYPERLINK(1)"] = columns["l2"] = [0.0] * 61
    head = path_csv(summarise(facts).paths[0]).decode().splitlines()[0]
    assert "'=HYPERLINK(1)" in head.split(",")


def test_json_is_strict_and_missing_numbers_are_null() -> None:
    facts = sample_facts()
    facts["nodes"]["evaluate-line"]["table"]["columns"]["train_nll"][3] = None
    summary = summarise(facts)
    document = json.loads(summary_json(summary), parse_constant=lambda _: pytest.fail("NaN"))
    assert document["paths"][0]["columns"]["train_nll"][3] is None
    assert document["paths"][0]["statistics"]["test_error"]["start"] == pytest.approx(0.0694)
    assert document == json.loads(json.dumps(as_json(summary)))


def test_quantities_are_described_by_their_column_names() -> None:
    assert quantity("test_error").axis == "test error, %"
    assert quantity("train_loss").axis == "train loss (regularised), nats"
    assert quantity("test_disagreement_first", task="regression").unit == ""
    assert not quantity("train_nll", task="regression").unit


def test_numbers_are_written_with_the_digits_they_deserve() -> None:
    assert number(0.06944, percent=True) == "6.94 %"
    assert number(0.00001234) == "1.234e-05"
    assert number(12.3456) == "12.35"
    assert number(math.nan) == number(None) == "–"
    assert duration(7563) == "2 h 06 min"
    assert duration(245) == "4 min 05 s"
    assert moment("0") == "1970-01-01 00:00 UTC"


def test_a_curve_is_called_by_kind_bends_and_epoch() -> None:
    facts = sample_facts()
    nodes = facts["nodes"]
    nodes["evaluate-curve@4"] = {**nodes["evaluate-curve"], "name": "evaluate-curve@4"}
    nodes["curve"]["options"] |= {"name": "polychain", "bends": 2}
    found = {path.method: path.short for path in summarise(facts).paths}
    assert found == {
        "line": "line",
        "polygonal chain, 2 bends": "chain (2)",
        "polygonal chain, 2 bends, epoch 4": "chain (2) @ 4",
    }


def test_conditions_name_the_scaling_and_leave_out_what_did_not_happen() -> None:
    facts = sample_facts()
    facts["nodes"]["dataset"]["options"]["normalize"] = "auto"
    for name in ("endpoint-1", "endpoint-2"):
        facts["nodes"][name]["kind"] = "import"
    del facts["nodes"]["curve"], facts["nodes"]["evaluate-curve"]
    facts["nodes"]["evaluate-line"]["table"]["bn_refreshed"] = False
    summary = summarise(facts)
    (note,) = statistics_tables(summary)[0].notes
    assert "pixels scaled: auto" in note
    assert "batch norm" not in note
    assert "test watched" not in note
    assert TEST_WATCHED not in summary.remarks


def test_regression_speaks_of_mse_everywhere() -> None:
    facts = sample_facts()
    facts["nodes"]["dataset"]["dataset"]["task"] = "regression"
    summary = summarise(facts)
    tables = [*statistics_tables(summary), *barrier_tables(summary), ends_table(summary)]
    words = " ".join(
        [*headline(summary)]
        + [word for table in tables for row in [*table.rows, table.columns] for word in row]
        + [note for table in tables for note in table.notes]
    )
    assert "nll" not in words
    assert "loss = mse + " in words


def test_the_report_is_asked_for_by_id() -> None:
    assert summarise(sample_facts()).commands[-1].endswith("20260101-120000-curve-abc234")
