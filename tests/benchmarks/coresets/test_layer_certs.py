"""The rows of the tables are in order and in the order that the theory gives them."""

import pytest

from benchmarks.coresets.layer_certs import conv_report, dense_report, general_report, program_report


def test_a_row_for_each_layer():
    report = dense_report((("gauss", 16, 6, 3), ("clustered", 16, 6, 3)), draws=2)
    assert [row["layer"] for row in report.rows] == ["gauss 16, 6, 3", "clustered 16, 6, 3"]
    for row in report.rows:
        assert row["observed"] <= min(row["schur"], row["centre"], row["product"], row["triangle"])
        assert row["least"] <= row["tightness"] <= row["most"] <= 1


def test_other_weights():
    report = general_report((16, 6, 3), draws=1)
    assert [row["method"] for row in report.rows] == ["merge", "kernel_fit"] * 2


def test_the_program_is_reached():
    report = program_report(rounds=1, small=[("gauss", 12, 5, 3)], timed=(16, 6, 3))
    assert len(report.rows) == 3
    for row in report.rows:
        assert -1e-4 < row["excess"] < 0.01
        assert row["observed"] <= row["high"]
        assert row["ratios"] == [pytest.approx(row["program_seconds"] / row["seconds"])]


def test_convolutions():
    report = conv_report(size=5, channels=(2, 6, 3), draws=1)
    assert [row["slope"] for row in report.rows] == [0.0, 0.2] * 2
    assert all(row["observed"] <= min(row["schur"], row["centre"], row["product"]) for row in report.rows)
