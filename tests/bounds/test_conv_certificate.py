"""What the record says of itself."""

from dataclasses import replace

import numpy as np

from tests.bounds.convs import kernels, merged, pixels
from theoryprune.bounds import certify_conv_layer

WINDOW = pixels(2, padding=1)


def test_tightness_and_vacuity():
    V, W = kernels("clustered", n=8)
    given = {"size": (4, 4), "producer": WINDOW, "consumer": WINDOW}
    found = certify_conv_layer(V, W, [0, 1, 2, 3, 4, 5], merged(V, W, np.arange(6)), **given)
    assert found.tightness == found.observed / found.best
    assert found.best == min(found.gains.triangle, found.gains.product, found.gains.centre, found.gains.schur)
    assert not found.vacuous
    assert found.torus == (5, 5)
    assert replace(found, full=found.gains).vacuous
    assert "vacuous" in str(replace(found, full=found.gains))
    assert f"{found.observed:.4g}" in str(found)
    exact = certify_conv_layer(V, W, list(range(8)), V, **given)
    assert (exact.tightness, exact.vacuous) == (1.0, False)
