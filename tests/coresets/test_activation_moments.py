"""Closed forms against integrals and samples; constants exactly."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from theoryprune.coresets.activation_moments import activation_moments
from theoryprune.layers import GELU, Elementwise, Hardtanh, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh


def made(kind, **options):
    return kind(name="act", inputs=("x",), **options)


CLOSED = {
    "relu": made(ReLU),
    "leaky": made(LeakyReLU, slope=0.1),
    "identity": made(LeakyReLU, slope=1.0),
    "steep": made(LeakyReLU, slope=-1.5),
    "relu6": made(Hardtanh, low=0.0, high=6.0),
    "hardtanh": made(Hardtanh, low=-1.0, high=1.0),
    "off centre": made(Hardtanh, low=0.5, high=2.0),
}
SMOOTH = {
    "gelu": made(GELU),
    "gelu, tanh": made(GELU, approximate="tanh"),
    "silu": made(SiLU),
    "sigmoid": made(Sigmoid),
    "tanh": made(Tanh),
}


def of(layer, value):
    return float(layer.forward(torch.tensor([value], dtype=torch.float64))[0])


def integrated(layer, mean, deviation):
    """Mean and deviation by adaptive quadrature, cut where activations bend."""
    bends = [(place - mean) / deviation for place in (-1, 0, 0.5, 1, 2, 6)]
    inside = sorted(bend for bend in bends if -12 < bend < 12)

    def expected(power, centre=0.0):
        edges = [-12.0, *inside, 12.0]
        return sum(
            quad(lambda t: (of(layer, mean + deviation * t) - centre) ** power * norm.pdf(t), a, b, epsabs=1e-13)[0]
            for a, b in pairwise(edges)
        )

    middle = expected(1)
    return middle, np.sqrt(expected(2, middle))


@pytest.mark.parametrize("kind", CLOSED)
@pytest.mark.parametrize(("mean", "deviation"), [(0, 1), (0.7, 0.3), (-2, 1.5), (5, 2), (3, 4), (-4, 0.9)])
def test_closed_forms_are_the_integrals(kind, mean, deviation):
    found = activation_moments(CLOSED[kind], np.array([float(mean)]), np.array([float(deviation)]))
    exact = integrated(CLOSED[kind], mean, deviation)
    assert [float(part[0]) for part in found] == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize("kind", SMOOTH)
@pytest.mark.parametrize(("mean", "deviation"), [(0, 1), (-1, 2), (0.5, 0.2), (1, 8)])
def test_quadrature_is_as_good_as_it_says(kind, mean, deviation):
    found = activation_moments(SMOOTH[kind], np.array([float(mean)]), np.array([float(deviation)]))
    assert [float(part[0]) for part in found] == pytest.approx(integrated(SMOOTH[kind], mean, deviation), abs=1e-9)


@pytest.mark.parametrize("kind", [*CLOSED, *SMOOTH])
def test_moments_are_those_of_samples(kind):
    layer, draw = {**CLOSED, **SMOOTH}[kind], torch.Generator().manual_seed(0)
    mean, deviation = np.array([-1.0, 0.3, 4.0]), np.array([1.0, 0.5, 3.0])
    z = torch.randn(200_000, 3, generator=draw, dtype=torch.float64) * torch.tensor(deviation) + torch.tensor(mean)
    values = layer.forward(z).numpy()
    found = activation_moments(layer, mean, deviation)
    assert found[0] == pytest.approx(values.mean(axis=0), abs=2e-2)
    assert found[1] == pytest.approx(values.std(axis=0), abs=2e-2)


@pytest.mark.parametrize("kind", [*CLOSED, *SMOOTH])
def test_constants_are_exact(kind):
    layer, values = {**CLOSED, **SMOOTH}[kind], np.array([-3.7, -0.2, 0.0, 0.1, 0.9, 7.3])
    mean, deviation = activation_moments(layer, values, np.zeros(6))
    assert mean.tolist() == layer.forward(torch.from_numpy(values)).tolist()
    assert not deviation.any()


@pytest.mark.parametrize("kind", CLOSED)
def test_far_from_every_bend_it_is_a_line(kind):
    layer, values = CLOSED[kind], np.array([-1e9, 1e9])
    mean, deviation = activation_moments(layer, values, np.ones(2))
    assert mean == pytest.approx(layer.forward(torch.from_numpy(values)).numpy(), rel=1e-12)
    assert np.isfinite(deviation).all()


def test_every_activation_has_moments():
    kinds = {type(layer) for layer in (*CLOSED.values(), *SMOOTH.values())}
    assert kinds == set(Elementwise.__subclasses__())
