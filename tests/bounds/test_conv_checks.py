"""The checker of convolution certificates takes what is true and nothing that was tampered with."""

from dataclasses import replace

import numpy as np

from tests.bounds.convs import kernels, merged, pixels
from theoryprune.bounds import certify_conv_layer, is_conv_certificate


def test_tampered_ones_are_not():
    V, W = kernels("gauss", n=8, ci=3)
    kept, window = np.arange(4), pixels(2, padding=1)
    U = merged(V, W, kept)
    given = {"size": (5, 5), "producer": pixels(2, stride=2, padding=1), "consumer": window}
    given |= {"bias": np.linspace(-1, 1, 8), "kept_rows": W[kept] * 1.001}
    true = certify_conv_layer(V, W, kept, U, 0.1, radius=2.0, **given)
    layer = (V, W, kept, U, 0.1)
    assert is_conv_certificate(true, *layer, **given)
    gains = true.gains
    for field, bounds in (("gains", gains), ("of_biases", true.of_biases), ("full", true.full)):
        for name in ("triangle", "product", "centre", "schur"):
            for value in (getattr(bounds, name) * (1 - 1e-6), np.nan):
                assert not is_conv_certificate(
                    replace(true, **{field: replace(bounds, **{name: value})}), *layer, **given
                )
    low = gains.sector.copy()
    low[0] = 1e-3
    for change in (
        {"gains": replace(gains, sector=low)},
        {"gains": replace(gains, sector=gains.sector[::-1].copy())},
        {"gains": replace(gains, sector=gains.sector * np.nan)},
        {"gains": replace(gains, sector=None)},
        {"gains": replace(gains, balance=gains.balance[::-1].copy())},
        {"gains": replace(gains, balance=-gains.balance)},
        {"of_biases": None},
        {"constant": true.constant * (1 - 1e-6)},
        {"constant": np.nan},
        {"observed": true.observed * (1 + 1e-6)},
        {"observed": np.nan},
        {"observed": true.best * 1.1},
        {"full_observed": true.full_observed * (1 + 1e-6)},
        {"full_observed": true.full.best * 1.1},
        {"full_witness": None},
        {"full_witness": np.roll(true.full_witness, 1)},
        {"arithmetic": "float32, as deployed"},
        {"radius": None},
        {"radius": np.nan},
        {"radius": -1.0},
        {"witness": np.roll(true.witness, 1)},
        {"witness": None},
        {"witness": true.witness[:1]},
        {"error": true.error * (1 - 1e-6)},
        {"error": None},
        {"error_observed": true.error_observed * (1 + 1e-6)},
        {"error_witness": true.error_witness * 1.1},
        {"error_witness": None},
        {"radius": true.radius * 1.1},
        {"torus": None},
        {"digest": true.digest[::-1]},
        {"multipliers": -true.multipliers},
        {"multipliers": true.multipliers * (1 + 1e-3)},
        {"nonnegative": True},
    ):
        assert not is_conv_certificate(replace(true, **change), *layer, **given), change
    swapped = U[:, ::-1]
    assert not is_conv_certificate(true, V, W, kept, swapped, 0.1, **given)
    assert not is_conv_certificate(true, V, W * (1 + 1e-9), kept, U, 0.1, **given)
    assert not is_conv_certificate(true, V, W, kept, U, 0.2, **given)
    assert not is_conv_certificate(true, *layer, **{**given, "size": (5, 6)})
    assert not is_conv_certificate(true, *layer, **{**given, "consumer": pixels(2, padding=1, stride=2)})
