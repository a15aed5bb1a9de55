"""Errors and gradients at a point, and the proved lower bound of an error."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from tests.bounds.convs import explicit, kernels, pixels, random_layer
from theoryprune.bounds.conv_error import errors_and_gradients, proved_error, shrunk
from theoryprune.bounds.conv_layer import as_conv_layer
from theoryprune.layers import AvgPool


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_the_error_is_that_of_the_matrices(seed):
    layer = random_layer(seed)
    if layer is None or "bias" in layer[1] or "kept_offset" in layer[1]:
        return
    (V, W, kept, U, slope), given = layer
    dense, x = explicit(*layer), np.random.default_rng(seed).standard_normal((W.shape[1], *given["size"]))
    phi = lambda t, low: np.where(t > 0, t, low * t)  # noqa: E731
    after = phi(dense.new_rows @ x.ravel(), dense.slopes[dense.kept])
    true = dense.outgoing @ phi(dense.rows @ x.ravel(), dense.slopes) - dense.new_outgoing @ after
    windows = given.pop("size"), given.pop("producer"), given.pop("consumer")
    own = as_conv_layer(V, W, kept, U, slope, *windows, **given)
    small, exponent = shrunk(own)
    found = errors_and_gradients(small, x[None])[0].ravel()
    scale = np.abs(true).max()
    np.testing.assert_allclose(found, np.ldexp(true, -exponent), atol=1e-9 * float(np.ldexp(scale, -exponent)) + 1e-13)
    assert 0 <= proved_error(own, x) <= np.linalg.norm(true) * (1 + 1e-9) + 1e-12 * scale


@pytest.mark.parametrize("pooled", [False, True])
def test_the_gradient_against_torch(pooled):
    V, W = kernels("gauss", next_k=(2, 2))
    pool = AvgPool(name="pool", inputs=("x",), kernel=(2, 2), stride=(1, 1), padding=(0, 0)) if pooled else None
    window, rng = pixels(2, stride=2, padding=1), np.random.default_rng(0)
    b, x = rng.standard_normal(6), rng.standard_normal((1, 2, 7, 7))
    U = V[:, :3]
    layer = as_conv_layer(V, W, [0, 1, 2], U, 0.2, (7, 7), window, pixels(2), pool=pool, bias=b, kept_offset=[1.0, 2.0])
    point = torch.tensor(x, requires_grad=True)

    def after(K, weights, bias):
        hidden = torch.nn.functional.conv2d(point, torch.tensor(weights), torch.tensor(bias), 2, 1)
        hidden = torch.nn.functional.leaky_relu(hidden, 0.2)
        return torch.nn.functional.conv2d(pool.forward(hidden) if pool else hidden, torch.tensor(K))

    error = after(V, W, b) - after(U, W[:3], b[:3]) - torch.tensor([1.0, 2.0]).reshape(2, 1, 1)
    (error**2).sum().div(2).backward()
    found = errors_and_gradients(layer, x)
    np.testing.assert_allclose(found[0], error.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(found[1], point.grad.numpy(), atol=1e-11)
    assert proved_error(layer, x[0]) == pytest.approx(float(error.detach().norm()), rel=1e-9)


def test_rounding_hides_an_error_that_is_none():
    V, W = kernels("duplicates", n=6)
    layer = as_conv_layer(V, W, np.arange(6), V, 0.0, (5, 5), pixels(2), pixels(2))
    assert proved_error(layer, np.ones((2, 5, 5))) == 0


def test_what_cancels_is_no_error():
    # Sums of 30 channels over 3 taps that cancel: what float64 leaves of them is mostly rounding.
    rng, one, hidden = np.random.default_rng(0), pixels(1), 0
    for _ in range(40):
        W = rng.uniform(0.5, 1, (30, 1, 1))
        V = rng.standard_normal((1, 30, 3))
        terms = V.reshape(-1)[:-1] * np.repeat(W[:, 0, 0], 3)[:-1]
        V[0, -1, -1] = -float(terms.sum()) / W[-1, 0, 0]
        layer = as_conv_layer(V, W, [0], np.zeros((1, 1, 3)), 0.0, (3,), one, one)
        pairs = zip(V.reshape(-1).tolist(), np.repeat(W[:, 0, 0], 3).tolist(), strict=True)
        exact = abs(sum(Fraction(v) * Fraction(w) for v, w in pairs))
        assert Fraction(proved_error(layer, np.ones((1, 3)))) <= exact
        hidden += proved_error(layer, np.ones((1, 3))) == 0
    assert hidden > 20


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_biases_and_offsets_of_any_size_are_in_the_bound(scale):
    # relu(2 x + b) with its output shifted by c: the error at x = 3 is 6 + b + c, whatever their scale.
    one = pixels(1)
    for b, c in ((None, 0.0), (None, 7.0), (5.0, 0.0), (5.0, 7.0)):
        changes = {} if b is None else {"bias": [b * scale, 0.0]}
        changes |= {"offset": [c * scale], "kept_offset": [0.0]} if c else {}
        V, W = [[[1.0], [0.0]]], [[[2.0 * scale]], [[scale]]]
        layer = as_conv_layer(V, W, [1], [[[0.0]]], 0.0, (1,), one, one, **changes)
        exact = (6 + (b or 0.0) + c) * scale
        assert exact * (1 - 1e-12) <= proved_error(layer, np.full((1, 1), 3.0)) <= exact


@pytest.mark.parametrize("size", [5e-324, 1e-323, 1e-310])
def test_errors_among_the_smallest_numbers_round_down(size):
    one = pixels(1)
    layer = as_conv_layer([[[1.0], [1.0]]], [[[size]], [[size]]], [0], [[[1.0]]], 0.0, (1,), one, one)
    for x in np.linspace(0.5, 4, 50):
        assert Fraction(proved_error(layer, np.full((1, 1), x))) <= Fraction(size) * Fraction(x)


@pytest.mark.parametrize("given", ["rows", "bias", "offset"])
def test_equal_terms_are_rounded_the_same_way_and_yet_prove_nothing(given):
    # Thousands of equal terms against one, a bias or an offset that cancels them but for rounding.
    one, n = pixels(1), 3_000
    for k in range(1, 8):
        value = 0.1 * k
        total = float(np.full(n, value).cumsum()[-1])
        V, W = np.ones((1, n + 1, 1)), np.full((n + 1, 1, 1), value)
        V[0, -1], W[-1], changes, rest = 0.0, 1.0, {}, Fraction(total)
        if given == "rows":
            V[0, -1] = -total
        elif given == "bias":
            V[0, -1], W, changes["bias"] = -1.0, 0.0 * W, [value] * n + [total]
        else:
            changes |= {"offset": [0.0], "kept_offset": [total]}
        layer = as_conv_layer(V, W, [0], np.zeros((1, 1, 1)), 0.0, (1,), one, one, **changes)
        exact = abs(n * Fraction(value) - rest)
        assert Fraction(proved_error(layer, np.ones((1, 1)))) <= exact
