"""The picture of the room is drawn from a seed alone."""

import numpy as np
import pytest

from benchmarks.geometry.picture import cloud, draw


def test_the_picture_is_the_same_on_every_run(tmp_path):
    first, second = tmp_path / "first.svg", tmp_path / "second.svg"
    draw(first, count=20)
    draw(second, count=20)
    assert first.read_bytes() == second.read_bytes()
    assert b"<svg" in first.read_bytes()


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_other_formats(tmp_path, suffix):
    path = tmp_path / f"picture{suffix}"
    draw(path, count=5)
    assert path.stat().st_size > 1000


def test_the_cloud():
    assert np.array_equal(cloud(7, 1), cloud(7, 1))
    assert cloud(7, 1).shape == (7, 2)
