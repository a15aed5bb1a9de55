"""Every construction of a layer coreset has a certificate that its checker accepts and that no search exceeds."""

import numpy as np
import pytest

from theoryprune.bounds import certify_layer, is_layer_certificate
from theoryprune.coresets import CONSTRUCTIONS, SEEDED


def layer(kind, seed, n=16, d=6, p=3):
    """Incoming and outgoing weights of a hidden layer."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, d)) / np.sqrt(d)
    if kind == "clustered":
        rows = rows[rng.integers(0, n // 4, n)] * np.exp(0.3 * rng.standard_normal((n, 1)))
        rows = rows + 0.15 * rng.standard_normal((n, d)) / np.sqrt(d)
    return rows, rng.standard_normal((p, n)) / np.sqrt(n)


@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize("kind", ["gauss", "clustered"])
@pytest.mark.parametrize("name", list(CONSTRUCTIONS))
def test_what_is_observed_lies_below_what_is_certified(name, kind, slope):
    rows, out = layer(kind, seed=3)
    options = {"seed": 0} if name in SEEDED else {}
    found = CONSTRUCTIONS[name](rows, out, 8, slope=slope, **options)
    certificate = certify_layer(out, rows, found.kept, found.outgoing, slope)
    assert 0 < certificate.observed <= certificate.best < np.inf
    assert is_layer_certificate(certificate, out, rows, found.kept, found.outgoing, slope)
    assert not is_layer_certificate(certificate, out, rows, found.kept, 1.01 * found.outgoing, slope)


def test_a_whole_layer_is_certified_without_error():
    rows, out = layer("gauss", seed=0)
    found = CONSTRUCTIONS["merge"](rows, out, 16)
    certificate = certify_layer(out, rows, found.kept, found.outgoing)
    assert certificate.best == certificate.observed == 0
