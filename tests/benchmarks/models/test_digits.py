import pytest
import torch

from benchmarks.models.digits import digits_convnet, digits_mlp
from benchmarks.models.residual import Projection
from tests.benchmarks.models.counting import Counts, counts, layers_of, on_meta


def test_counts_of_the_mlp():
    model = on_meta(digits_mlp)
    assert counts(model) == Counts(3, 17_226, 17_024, 17_024)
    assert model.example_shape == (1, 8, 8)


def test_the_hidden_layers_of_the_mlp_are_an_option():
    shapes = [tuple(m.weight.shape) for m in layers_of(on_meta(digits_mlp, hidden=(9,))).values()]
    assert shapes == [(9, 64), (10, 9)]


def test_counts_of_the_convnet():
    model = on_meta(digits_convnet)
    assert counts(model) == Counts(7, 77_290, 76_704, 2_116_224)
    assert model.example_shape == (1, 8, 8)


def test_the_convnet_has_a_strided_1x1_shortcut():
    conv, _ = next(m for m in on_meta(digits_convnet).modules() if isinstance(m, Projection))
    assert (conv.kernel_size, conv.stride) == ((1, 1), (2, 2))


def test_the_convnet_learns_the_digits():
    """Three short epochs on real images are enough for nine in ten."""
    datasets = pytest.importorskip("sklearn.datasets")
    pixels, labels = datasets.load_digits(return_X_y=True)
    x = torch.tensor(pixels, dtype=torch.float32).div(16).reshape(-1, 1, 8, 8)
    y = torch.tensor(labels)
    torch.manual_seed(0)
    model, order = digits_convnet(), torch.randperm(len(x))
    train, test = order[:1078], order[1078:]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for chosen in train.repeat(3).split(64):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[chosen]), y[chosen]).backward()
        optimizer.step()
    with torch.no_grad():
        accuracy = (model.eval()(x[test]).argmax(1) == y[test]).double().mean().item()
    assert accuracy > 0.9
