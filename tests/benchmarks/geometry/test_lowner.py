import numpy as np
import pytest

from benchmarks.geometry.lowner import EPS, best_design, fixed_point, heavy, largest_matrix, lowner_rows
from theoryprune.geometry import lowner


def test_every_contender_reaches_the_accuracy_and_is_timed():
    rows = lowner_rows(rounds=1, small=[(30, 2)], large=[(60, 3)])
    assert [row["points"] for row in rows[:2]] == ["30 x 2 gaussian", "30 x 2 heavy"]
    assert [row["contender"] for row in rows[2:4]] == ["plain fixed point", "plain away steps"]
    for row in rows:
        assert row["reached"]
        assert 0 <= row["certificate"] <= EPS
        assert row["ratio"] == pytest.approx(row["seconds"] / row["ours"])


@pytest.mark.parametrize("form", [largest_matrix, best_design])
@pytest.mark.parametrize("white", [True, False])
def test_cvxpy_finds_the_volume_that_we_find(form, white):
    points = 1e3 * heavy(40, 3)
    ours = np.linalg.slogdet(lowner(points, 1e-9).matrix)[1]
    assert ours - 1e-3 <= form(points, "CLARABEL", 1e-8, white) <= ours + 1e-6


def test_the_fixed_point_reaches_what_it_says():
    assert fixed_point(heavy(100, 4), 1e-2, 10_000) <= 1e-2
    assert fixed_point(heavy(100, 4), 1e-2, 2) > 1e-2
