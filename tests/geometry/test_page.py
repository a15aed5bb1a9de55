"""The examples on the page of the room run, and the figures on it are those of the functions."""

import re

import numpy as np
import pytest

from tests.architecture.source import ROOT
from tests.geometry.point_sets import gaussian
from theoryprune import geometry

PAGE = (ROOT / "docs" / "geometry.md").read_text(encoding="utf-8")


def test_the_examples_run():
    blocks = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    assert len(blocks) == 3
    names: dict = {}
    for block in blocks:
        exec(block, names)


def test_every_name_on_it_is_public():
    named = set(re.findall(r"geometry\.(\w+)\(", PAGE))
    assert named <= set(geometry.__all__)
    assert len(named) > 8


def test_the_page_of_public_names_lists_all_in_their_order():
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^::: (theoryprune\.geometry\.\S+)$", page, flags=re.MULTILINE)
    assert listed == [f"{getattr(geometry, name).__module__}.{name}" for name in geometry.__all__]


@pytest.mark.parametrize("rank", [2, 8, 32, 128])
def test_the_table_of_draws(rank):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {rank} |"))
    half, any_scores, lewis, textbook = (int(cell.replace(",", "")) for cell in row.split("|")[2:6])
    assert geometry.relative_sample_size(0.5, 0.05, rank, rank, lewis=True) == half
    assert geometry.relative_sample_size(0.1, 0.05, rank, rank) == any_scores
    assert geometry.relative_sample_size(0.1, 0.05, rank, rank, lewis=True) == lewis
    net = rank * np.log(1 + 8 / 0.1) + np.log(2 / 0.05)
    assert int(8 * rank * (1 + 0.1 / 6) / 0.1**2 * net) == textbook


def test_the_figures_of_kappa():
    found = [geometry.kappa(gaussian(n, d, seed=seed)).upper for n, d in [(40, 8), (1000, 8)] for seed in range(3)]
    assert [round(value, 2) for value in (min(found[:3]), max(found[:3]))] == [0.56, 0.59]
    assert [round(value, 2) for value in (min(found[3:]), max(found[3:]))] == [0.08, 0.1]
