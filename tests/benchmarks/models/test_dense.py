import torch

from benchmarks.models.dense import DenseLayer, dense_tiny
from tests.benchmarks.models.counting import Counts, counts, on_meta


def test_counts():
    assert counts(on_meta(dense_tiny)) == Counts(7, 7_322, 7_024, 1_163_584)


def test_a_dense_layer_appends_channels_and_keeps_its_input():
    x = torch.randn(2, 3, 5, 5)
    y = DenseLayer(3, 4)(x)
    assert y.shape == (2, 7, 5, 5)
    assert torch.equal(y[:, :3], x)
