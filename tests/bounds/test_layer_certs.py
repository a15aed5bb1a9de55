"""No input violates a certificate, with zero tolerance; identities and duplicates have their known answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bounds.layers import KINDS, fold, weights
from theoryprune.bounds import certify_layer


@settings(max_examples=70)
@given(data=st.data())
def test_no_violation(data):
    pick = lambda *values: data.draw(st.sampled_from(values))  # noqa: E731
    seed, n, d, p = (data.draw(st.integers(low, high)) for low, high in ((0, 10**6), (1, 10), (1, 6), (1, 4)))
    rng, (V, W) = np.random.default_rng(seed), weights(pick(*KINDS), n, d, p, seed)
    W, V = W * pick(1.0, 1e-100, 1e100), V * pick(1.0, 1e-60, 1e60)
    kept = np.sort(rng.permutation(n)[: rng.integers(1, n + 1)])
    U = fold(V, W, kept)
    U = pick(U, V[:, kept], n / len(kept) * V[:, kept], U * (1 + 1e-7), U * (1 - 1e-7 * rng.random(U.shape)))
    slope = pick(0.0, 0.2, 0.5, 1.0, rng.choice([0.0, 0.3, 1.0], n))
    size = np.abs(W).max()
    bias = pick(None, size * rng.standard_normal(n), 100 * size * rng.standard_normal(n))
    rows = pick(None, W[kept] * (1 + 1e-7 * rng.standard_normal((len(kept), d))))
    if not np.isfinite(U).all():
        return
    options = {"radius": pick(None, 0.1, 3.0), "nonnegative": pick(False, True), "effort": pick("fast", "default")}
    found = certify_layer(V, W, kept, U, slope, bias=bias, kept_rows=rows, **options)
    for bound in (found.gains.triangle, found.gains.product, found.gains.centre, found.gains.schur):
        assert found.observed <= bound
    assert found.full_observed <= found.full.best
    assert found.error is None or found.error_observed <= found.error


def test_the_identity_has_certificate_0():
    V, W = weights("gauss")
    assert certify_layer(V, W, np.arange(12), V, 0.3, bias=np.ones(12)).best == 0


def test_duplicates_merge_up_to_rounding_and_opposites_do_not():
    W = np.array([[1.0, 2.0], [0.3, 0.6], [-1.0, -2.0]])
    V = np.array([[1.0, 2.0, 5.0]])
    merged = certify_layer(V, W, [0, 2], [[1 + 2 * 0.3, 5.0]])
    assert merged.observed <= merged.best < 1e-13
    opposite = certify_layer(V, W, [0, 1], V[:, :2])
    assert opposite.multipliers[2] == 0
    assert opposite.observed == pytest.approx(5 * np.sqrt(5))


def test_the_tight_case_is_attained():
    V = np.arange(1.0, 7)[None]
    found = certify_layer(V, np.eye(6), [0, 1], V[:, :2])
    assert found.best == pytest.approx(np.linalg.norm(V[0, 2:]), rel=1e-8)
    assert found.tightness > 1 - 1e-6


@pytest.mark.parametrize("seed", [0, 1])
def test_orthonormal_rows_in_more_dimensions(seed):
    # LAPACK's driver for single eigenvalues fails on some of these, whose Gram matrices are nearly the identity.
    rng = np.random.default_rng(seed)
    V, W = rng.standard_normal((10, 48)) / 7, np.linalg.qr(rng.standard_normal((64, 64)))[0][:48]
    found = certify_layer(V, W, np.arange(24), V[:, :24])
    assert found.observed <= found.best < found.full.best


def test_any_fold_is_sound_and_bad_ones_are_refused():
    V, W = weights("gauss")
    kept, rng = np.arange(6), np.random.default_rng(0)
    assignment, multipliers = np.r_[np.arange(6), rng.integers(0, 6, 6)], np.r_[np.ones(6), rng.random(6)]
    odd = certify_layer(V, W, kept, fold(V, W, kept), assignment=assignment, multipliers=multipliers)
    assert odd.observed <= odd.best
    assert odd.best >= certify_layer(V, W, kept, fold(V, W, kept)).observed
    with pytest.raises(ValueError, match="together"):
        certify_layer(V, W, kept, V[:, kept], multipliers=multipliers)
    with pytest.raises(ValueError, match="radius"):
        certify_layer(V, W, kept, V[:, kept], radius=-1.0)
    with pytest.raises(ValueError, match="finite"):
        certify_layer(V * np.nan, W, kept, V[:, kept])


def test_changed_offsets_and_every_tau():
    V, W = weights("gauss")
    kept, b = np.arange(8), np.random.default_rng(0).standard_normal(12)
    for tau in (None, 0.1, 1.0, 50.0):
        found = certify_layer(
            V, W, kept, V[:, kept], bias=b, offset=[1, 2, 3], kept_offset=[0, 0, 0], radius=2.0, tau=tau
        )
        assert found.observed <= found.best
        assert 0 < found.error_observed <= found.error


def test_two_runs_are_the_same_and_inputs_are_left_alone():
    V, W = weights("clustered")
    before = V.copy(), W.copy()
    first, second = (certify_layer(V, W, [0, 3], V[:, [0, 3]], radius=1.0) for _ in range(2))
    assert first.best == second.best
    assert first.observed == second.observed
    assert first.digest == second.digest
    assert (before[0] == V).all()
    assert (before[1] == W).all()


@pytest.mark.parametrize(
    ("v", "w", "shift", "tau"), [(1e200, 1e-200, 1e-150, 1.0), (1e-200, 1e-200, 1.0, 1.0), (1.0, 1e-300, 1.0, 1e-30)]
)
def test_an_offset_beside_small_and_large_weights_counts(v, w, shift, tau):
    # At x = 0 the error is the offset's change, and nothing else changed.
    found = certify_layer([[v]], [[w]], [0], [[v]], offset=[shift], kept_offset=[0.0], radius=1.0, tau=tau)
    assert found.best * found.tau >= shift
    assert found.observed <= found.best < shift / found.tau * (1 + 1e-9)
    assert 0 <= found.error_observed <= found.error
