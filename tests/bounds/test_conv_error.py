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


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_biases_and_offsets_of_any_size_are_in_the_bound(scale):
    # relu(2 x + b) with its output shifted by c: the error at x = 3 is 6 + b + c, whatever their scale.
    one = pixels(1)
    for b, c in ((5.0, 0.0), (0.0, 7.0), (5.0, 7.0)):
        layer = as_conv_layer(
            [[[1.0], [0.0]]], [[[2.0 * scale]], [[scale]]], [1], [[[0.0]]], 0.0, (1,), one, one,
            bias=[b * scale, 0.0], offset=[c * scale], kept_offset=[0.0],
        )  # fmt: skip
        exact = (6 + b + c) * scale
        assert exact * (1 - 1e-12) <= proved_error(layer, np.full((1, 1), 3.0)) <= exact
