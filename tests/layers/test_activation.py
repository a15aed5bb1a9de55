import pytest
import torch
from torch.nn import functional as F

from tests.small import normal
from theoryprune.layers import GELU, Hardtanh, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh

X = normal(3, 4)
COMMON = {"name": "act", "inputs": ("x",)}


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (ReLU(**COMMON), X.clamp(min=0)),
        (LeakyReLU(**COMMON, slope=0.2), torch.where(X > 0, X, 0.2 * X)),
        (Hardtanh(**COMMON, low=-0.5, high=0.7), X.clamp(-0.5, 0.7)),
        (Hardtanh(**COMMON, low=0.0, high=6.0), F.relu6(X)),
        (GELU(**COMMON), X * torch.special.ndtr(X)),
        (SiLU(**COMMON), X / (1 + (-X).exp())),
        (Sigmoid(**COMMON), 1 / (1 + (-X).exp())),
        (Tanh(**COMMON), (2 * X).exp().sub(1) / (2 * X).exp().add(1)),
    ],
)
def test_each_activation_is_its_formula(layer, expected):
    torch.testing.assert_close(layer.forward(X), expected)
