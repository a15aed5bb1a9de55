import math
import re

import numpy as np
import pytest
import torch

from theoryprune import measures


@pytest.mark.parametrize("density", [1, 1.0, 0.5, 1e-9, torch.tensor(0.5).item()])
def test_densities(density):
    assert measures.check_density(density) == density
    assert isinstance(measures.check_density(density), float)


@pytest.mark.parametrize(
    ("density", "message"),
    [
        (95, r"density must be in \(0, 1\], got 95; did you mean 0.95\?"),
        (12.5, r"got 12.5; did you mean 0.125\?"),
        (1.5, r"density must be in \(0, 1\], got 1.5$"),
        (0, r"density must be in \(0, 1\], got 0$"),
        (-0.1, r"got -0.1$"),
        (math.nan, r"got nan$"),
        (math.inf, r"got inf$"),
    ],
)
def test_trap_007_no_density(density, message):
    with pytest.raises(ValueError, match=message):
        measures.check_density(density)


@pytest.mark.parametrize("value", [True, "0.5", None, 0.5j, torch.tensor(0.5)])
def test_an_amount_that_is_no_number(value):
    for check in (measures.check_density, measures.density_from_sparsity, measures.density_from_compression):
        with pytest.raises(TypeError, match="must be a number, got"):
            check(value)


@pytest.mark.parametrize(("sparsity", "density"), [(0, 1.0), (0.9, 0.1), (0.99, 0.01), (0.7, 0.3), (1e-3, 0.999)])
def test_sparsity(sparsity, density):
    assert measures.density_from_sparsity(sparsity) == density


@pytest.mark.parametrize(("sparsity", "hint"), [(95, "did you mean 0.95"), (1, "1$"), (-1, "-1$"), (math.nan, "nan")])
def test_no_sparsity(sparsity, hint):
    with pytest.raises(ValueError, match=rf"sparsity must be in \[0, 1\), got .*{hint}"):
        measures.density_from_sparsity(sparsity)


@pytest.mark.parametrize(("compression", "density"), [(1, 1.0), (10, 0.1), (100, 0.01), (1e3, 1e-3)])
def test_compression(compression, density):
    assert measures.density_from_compression(compression) == density


@pytest.mark.parametrize(
    ("compression", "hint"),
    [
        (0.05, r"did you mean 20 \(which is density 0.05\)"),
        (0, "0$"),
        (-3, "-3$"),
        (math.inf, "inf$"),
        (math.nan, "nan$"),
    ],
)
def test_no_compression(compression, hint):
    with pytest.raises(ValueError, match=rf"compression must be finite and at least 1, got .*{hint}"):
        measures.density_from_compression(compression)


def test_counts():
    assert [measures.kept_count(0.9, n) for n in (10, 1000, 10**7)] == [9, 900, 9 * 10**6]
    assert measures.kept_count(1e-17, 10) == 1
    assert measures.kept_count(1, 7) == 7
    assert measures.kept_count(10**-1.5, 270_896) == 8567


def test_the_count_agrees_with_the_published_one_between_integers():
    for total in (270_896, 14_715_584, 138_344_128):
        for step in range(1, 100):
            density = 0.01 ** (step / 100)
            assert measures.kept_count(density, total) == total - int((1.0 - density) * total)


def test_trap_008_an_int_other_than_one_is_no_count():
    assert measures.check_density(1) == 1.0
    assert measures.check_density(np.float32(0.5)) == 0.5
    with pytest.raises(ValueError, match=r"got 2; did you mean 0\.02"):
        measures.check_density(2)


@pytest.mark.parametrize(("value", "hint"), [(50, "; did you mean 0.5?"), (0, ""), (1.5, ""), (float("nan"), "")])
def test_a_fraction_is_named_in_its_error(value, hint):
    with pytest.raises(ValueError, match=re.escape(f"macs must be in (0, 1], got {value}{hint}")):
        measures.check_fraction("macs", value)
    assert measures.check_fraction("macs", 1) == 1.0
