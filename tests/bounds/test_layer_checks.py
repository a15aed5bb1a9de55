"""The checker takes what is true and nothing that was tampered with."""

from dataclasses import replace

import numpy as np
import pytest

from tests.bounds.layers import KINDS, fold, weights
from theoryprune.bounds import certify_layer, is_layer_certificate


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("biased", [False, True])
def test_true_certificates_are_accepted(kind, slope, biased):
    V, W = weights(kind)
    kept = np.arange(7)
    options = {"bias": np.linspace(-1, 1, 12), "kept_rows": W[kept] * 1.001} if biased else {}
    given = certify_layer(V, W, kept, fold(V, W, kept), slope, radius=2.0, nonnegative=biased, **options)
    verdict = is_layer_certificate(given, V, W, kept, fold(V, W, kept), slope, **options)
    assert verdict, verdict.reason


def test_tampered_ones_are_not():
    V, W = weights("gauss")
    kept = np.arange(6)
    U = fold(V, W, kept)
    true = certify_layer(V, W, kept, U, 0.1, radius=2.0)
    layer = (V, W, kept, U, 0.1)
    assert is_layer_certificate(true, *layer)
    gains = true.gains
    for name in ("triangle", "product", "centre", "schur"):
        for value in (getattr(gains, name) * (1 - 1e-6), np.nan):
            assert not is_layer_certificate(replace(true, gains=replace(gains, **{name: value})), *layer)
    low = gains.sector.copy()
    low[0] = 0.9 * (gains.sector[0] * 0 + 1e-3)
    for change in (
        {"gains": replace(gains, sector=low)},
        {"gains": replace(gains, sector=gains.sector[::-1].copy())},
        {"gains": replace(gains, sector=None)},
        {"gains": replace(gains, balance=gains.balance[::-1].copy())},
        {"gains": replace(gains, balance=-gains.balance)},
        {"full": replace(true.full, schur=true.full.schur * (1 - 1e-6))},
        {"observed": true.observed * (1 + 1e-6)},
        {"observed": np.nan},
        {"observed": true.best * 1.1},
        {"witness": np.roll(true.witness, 1)},
        {"error": true.error * (1 - 1e-6)},
        {"error": None},
        {"error_observed": true.error_observed * (1 + 1e-6)},
        {"error_witness": true.error_witness * 1.1},
        {"radius": true.radius * 1.1},
        {"digest": true.digest[::-1]},
        {"multipliers": -true.multipliers},
        {"multipliers": true.multipliers * (1 + 1e-3)},
        {"nonnegative": True},
    ):
        assert not is_layer_certificate(replace(true, **change), *layer), change
    assert not is_layer_certificate(true, V, W, kept, U[:, ::-1], 0.1)
    assert not is_layer_certificate(true, V, W * (1 + 1e-9), kept, U, 0.1)
    assert not is_layer_certificate(true, V, W, kept, U, 0.2)
