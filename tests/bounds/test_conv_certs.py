"""No input violates a convolution certificate, with zero tolerance; identities and duplicates have known answers."""

import numpy as np
import pytest

from tests.bounds.convs import explicit, kernels, merged, options, pixels, random_layer
from theoryprune.bounds import certify_conv_layer, certify_layer, is_conv_certificate
from theoryprune.bounds.witness import observed_gain, search
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import AvgPool, MaxPool


def check(seed):
    """Certify a random layer; the witness, that of the explicit matrices and the checker must agree."""
    layer = random_layer(seed)
    if layer is None:
        return
    arguments, given = layer
    found = certify_conv_layer(*arguments, **given, **options(seed))
    for bound in (found.gains.triangle, found.gains.product, found.gains.centre, found.gains.schur):
        assert found.observed <= bound
    assert found.full_observed <= found.full.best
    assert found.error is None or found.error_observed <= found.error
    if "bias" not in given and seed % 3 == 0:  # another search, on another form of the same layer
        dense = explicit(arguments, given)
        assert observed_gain(dense, search(dense, seed, nonnegative=found.nonnegative)) <= found.best
    verdict = is_conv_certificate(found, *arguments, **given)
    assert verdict, verdict.reason


@pytest.mark.parametrize("block", range(5))
def test_no_violation(block):
    for seed in range(10 * block, 10 * block + 10):
        check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(5, 200))
def test_no_violation_in_more_layers(block):
    for seed in range(10 * block, 10 * block + 10):
        check(seed)


WINDOW = pixels(2, padding=1)
GEOMETRY = {"size": (5, 5), "producer": WINDOW, "consumer": WINDOW}


def test_the_identity_has_certificate_0():
    V, W = kernels("gauss")
    assert certify_conv_layer(V, W, np.arange(6), V, 0.3, bias=np.ones(6), **GEOMETRY).best == 0


def test_duplicates_merge_up_to_rounding_and_opposites_do_not():
    V, W = kernels("gauss", n=3)
    W[1], W[2] = 0.3 * W[0], -W[0]
    merge = certify_conv_layer(V, W, [0, 2], merged(V, W, np.array([0, 2])), **GEOMETRY)
    assert merge.observed <= merge.best < 1e-12
    opposite = certify_conv_layer(V, W, [0, 1], V[:, :2], **GEOMETRY)
    assert opposite.multipliers[2] == 0
    assert opposite.observed > 0.1


def test_slope_1_is_linear_and_exact_under_circular_padding():
    V, W = kernels("gauss")
    ring = pixels(2, padding=1, mode="circular")
    given = {"size": (4, 5), "producer": ring, "consumer": ring}
    found = certify_conv_layer(V, W, [0, 2], V[:, [0, 2]], 1.0, **given)
    dense = explicit((V, W, [0, 2], V[:, [0, 2]], 1.0), given)
    error = dense.outgoing @ dense.rows - dense.new_outgoing @ dense.new_rows
    assert np.linalg.norm(error, 2) * (1 - 1e-12) <= found.best <= np.linalg.norm(error, 2) * (1 + 1e-8)
    assert found.tightness > 0.99


def test_points_are_dense_layers():
    # Kernels of one point at every position: the bounds are those of the matrices.
    V, W = kernels("clustered", n=8, ci=4, p=3, k=(1, 1), next_k=(1, 1))
    kept = np.arange(4)
    given = {"size": (3, 3), "producer": pixels(2), "consumer": pixels(2)}
    found = certify_conv_layer(V, W, kept, V[:, kept], 0.2, effort="high", **given)
    dense = certify_layer(V[..., 0, 0], W[..., 0, 0], kept, V[:, kept, 0, 0], 0.2, effort="high")
    for name in ("triangle", "schur"):
        assert getattr(found.gains, name) == pytest.approx(getattr(dense.gains, name), rel=1e-4)


def test_a_spike_through_crossed_filters():
    # Filters (2, 1) into (1, 2) leave (1.2, -0.6): a spike gives 1.342, above the larger one-sided norm 1.2.
    W, V = np.array([[[1.0, 2.0]], [[2.0, 1.0]]]), np.ones((1, 2, 1))
    given = {"size": (6,), "producer": pixels(1, padding=1), "consumer": pixels(1)}
    kept = np.array([0])
    found = certify_conv_layer(V, W, kept, merged(V, W, kept), nonnegative=True, **given)
    assert 1.34 < found.observed <= found.best
    plain = certify_conv_layer(V, W, kept, merged(V, W, kept), **given)
    assert found.gains.triangle <= plain.gains.triangle


def test_a_constant_channel_is_not_constant_at_a_padded_border():
    # W = 0 with bias 1 gives a map of ones; folded into the offset it is wrong at the border of a padded consumer.
    V, W = np.ones((1, 2, 3, 3)), np.zeros((2, 1, 1, 1))
    W[0] = 1.0
    given = {"size": (4, 4), "producer": pixels(2), "consumer": WINDOW, "radius": 1.0}
    changes = {"bias": [0.0, 1.0], "kept_offset": [9.0], "offset": [0.0]}
    assert certify_conv_layer(V, W, [0], V[:, :1], **given, **changes).error_observed > 1


@pytest.mark.parametrize(("kernel", "stride", "padding"), [(2, 2, 0), (3, 2, 1), (3, 1, 1)])
@pytest.mark.parametrize("pool", ["max", "average"])
def test_poolings_between(kernel, stride, padding, pool):
    V, W = kernels("clustered", k=(3, 3), next_k=(2, 2))
    kept, shape = np.arange(4), {"kernel": (kernel,) * 2, "stride": (stride,) * 2, "padding": (padding,) * 2}
    record = (
        MaxPool(name="pool", inputs=("x",), dilation=(1, 1), **shape)
        if pool == "max"
        else AvgPool(name="pool", inputs=("x",), **shape)
    )
    given = {"size": (6, 6), "producer": WINDOW, "consumer": pixels(2, padding=1), "pool": record}
    found = certify_conv_layer(V, W, kept, merged(V, W, kept), 0.1, radius=2.0, bias=np.ones(6), **given)
    assert 0 < found.observed <= min(found.gains.triangle, found.gains.product)
    assert found.gains.centre == found.gains.schur == np.inf
    assert 0 < found.error_observed <= found.error
    assert is_conv_certificate(found, V, W, kept, merged(V, W, kept), 0.1, bias=np.ones(6), **given)
    unknown = {**given, "pool": None, "pool_gain": 3.0}
    loose = certify_conv_layer(V, W, kept, merged(V, W, kept), 0.1, radius=2.0, **unknown)
    assert loose.witness is None
    assert loose.best >= found.observed
    assert is_conv_certificate(loose, V, W, kept, merged(V, W, kept), 0.1, **unknown)


def test_flattened_after_a_pooling():
    pool = MaxPool(name="pool", inputs=("x",), kernel=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1))
    V, W = kernels("clustered", next_k=(3, 3))
    kept = np.arange(3)
    given = {"size": (6, 6), "producer": WINDOW, "consumer": None, "pool": pool}
    found = certify_conv_layer(V, W, kept, merged(V, W, kept), **given)
    assert 0 < found.observed <= found.best < found.full.best
    with pytest.raises(ValueError, match="as its kernel"):
        certify_conv_layer(V[..., :2], W, kept, V[..., :2][:, kept], **given)


def test_what_has_no_certificate_is_refused_by_name():
    V, W = kernels("gauss")
    for window in (pixels(2, padding=1, stride=2, mode="circular"), pixels(2, padding=0, mode="circular")):
        with pytest.raises(UnsupportedLayerError, match="circular"):
            certify_conv_layer(V, W, [0], V[:, :1], **{**GEOMETRY, "producer": window})
    with pytest.raises(UnsupportedLayerError, match="replicate"):
        pixels(2, padding=1, mode="replicate")
    with pytest.raises(ValueError, match="radius"):
        certify_conv_layer(V, W, [0], V[:, :1], radius=-1.0, **GEOMETRY)
    with pytest.raises(ValueError, match="finite"):
        certify_conv_layer(V * np.nan, W, [0], V[:, :1], **GEOMETRY)
    with pytest.raises(ValueError, match="effort"):
        certify_conv_layer(V, W, [0], V[:, :1], effort="most", **GEOMETRY)


def test_two_runs_are_the_same_and_inputs_are_left_alone():
    V, W = kernels("clustered")
    before = V.copy(), W.copy()
    first, second = (
        certify_conv_layer(V, W, [0, 3], V[:, [0, 3]], radius=1.0, effort="fast", **GEOMETRY) for _ in range(2)
    )
    assert (first.best, first.observed, first.digest) == (second.best, second.observed, second.digest)
    assert (before[0] == V).all()
    assert (before[1] == W).all()
