from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import MODELS
from tests.measures.test_macs import DEEP
from tests.networks import on_meta, random_graph
from tests.small import Written, with_statistics
from tests.widths import random_choice, without
from theoryprune import measures
from theoryprune.layers import BatchNorm, Scale
from theoryprune.measures import width_cost

COUNTED = {"params": lambda graph: measures.size(graph).total, "macs": measures.macs}
QUICK = (
    "lenet_300_100", "lenet5_caffe", "digits_mlp", "digits_convnet", "mobile_tiny", "dense_tiny", "grouped_tiny",
    "resnet20", "resnet20_a", "vgg11_bn",
)  # fmt: skip
SLOW = (
    "resnet56", "resnet110_a", "resnet18_32", "resnet18_224", "resnet34_224", "resnet50_224", "vgg16_bn", "vgg19_bn_64",
)  # fmt: skip


def agrees(graph, seed, orders=None):
    """Remove random channels, compact, count."""
    costs = {quantity: width_cost(graph, quantity, orders) for quantity in measures.QUANTITIES}
    widths, kept = random_choice(graph, costs["params"], seed, orders)
    small = tp.compact(without(graph, kept))
    for quantity, count in COUNTED.items():
        assert costs[quantity].of(widths) == count(small), (quantity, widths)
    assert costs["channels"].of(widths) == sum(widths.values())
    for name, width in widths.items():
        whole = width == costs["params"].sizes[name]
        assert name in (orders or {}) or whole or small.by_name[name].weight.shape[0] == width


def orders_of(graph, seed):
    """An order for each group whose channels are not alike."""
    draw, cost = np.random.default_rng(seed), width_cost(graph, "params")
    return {name: draw.permutation(n) for name, n in cost.sizes.items() if n > 1 and cost.multiples[name] == n}


def without_dead_channels(graph):
    """The graph with other scales in place of zeros."""
    return replace(graph, layers=tuple(_revived(layer) for layer in graph.layers))


def _revived(layer):
    if isinstance(layer, BatchNorm) and layer.weight is not None:
        return replace(layer, weight=torch.where(layer.weight == 0, 1.0, layer.weight))
    if isinstance(layer, Scale) and isinstance(layer.value, torch.Tensor):
        return replace(layer, value=torch.where(layer.value == 0, 1.0, layer.value))
    return layer


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_the_count_is_that_of_the_compacted_network(name):
    torch.manual_seed(0)
    model = with_statistics(MODELS[name]())
    graph = tp.extract(model, model.example_shape)
    for seed in range(3 if name in QUICK else 1):
        agrees(graph, seed)
    if name.endswith("_a"):  # its channels are not alike: only with an order do they have a width
        orders = orders_of(graph, 0)
        for seed in range(4):
            agrees(graph, seed, orders)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in DEEP else n for n in MODELS if n != "resnet1202"]
)
def test_full_width_is_the_whole_network_on_the_meta_device_too(name):
    _, graph = on_meta(name)
    assert width_cost(graph, "params").total == measures.size(graph).total
    assert width_cost(graph, "macs").total == measures.macs(graph)


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed):
    """Every kind of block; those with channels that nothing needs are compacted first, as the docstring asks."""
    graph = tp.compact(without_dead_channels(random_graph(seed)))
    agrees(graph, seed, orders_of(graph, seed))


def test_flatten_multiplies_and_concat_sums():
    net = Written(
        lambda m, x: m.head(torch.flatten(torch.cat([m.a(x), m.b(x)], 1), 1)),
        a=nn.Conv2d(1, 3, 1), b=nn.Conv2d(1, 5, 1), head=nn.Linear(8 * 9, 2),
    )  # fmt: skip
    cost = width_cost(tp.extract(net, (1, 3, 3)), "params")
    assert cost.of({"a": 2, "b": 4}) == 2 * 2 + 2 * 4 + 2 * 9 * (2 + 4) + 2


def test_a_residual_stream_is_on_both_sides():
    net = Written(
        lambda m, x: m.head(m.a(x) + m.b(torch.relu(m.c(x)))),
        a=nn.Linear(3, 6), c=nn.Linear(3, 6), b=nn.Linear(6, 6), head=nn.Linear(6, 2),
    )  # fmt: skip
    cost = width_cost(tp.extract(net, (3,)), "macs")
    assert cost.of({"a": 4, "c": 5}) == 3 * 4 + 3 * 5 + 5 * 4 + 4 * 2


def test_channels_that_are_not_alike_need_an_order():
    torch.manual_seed(0)
    model = MODELS["resnet20_a"]()
    graph = tp.extract(model, model.example_shape)
    cost = width_cost(graph, "params")
    assert cost.allowed("conv1") == (64,)
    with pytest.raises(ValueError, match="'conv1' must be 64, or the whole of it, got 32"):
        cost.of({"conv1": 32})
    ordered = width_cost(graph, "params", {"conv1": range(63, -1, -1)})
    assert ordered.of({"conv1": 50}) < ordered.total == cost.total
    assert ordered.smallest["conv1"] == 49  # the 16 of the first stage come first, so here last


@pytest.mark.parametrize(
    ("quantity", "orders", "match"),
    [
        ("flops", None, "quantity must be one of params, macs, channels, got 'flops'"),
        ("params", {"1": [0]}, "orders names '1', which is no removable channel group; they are \\['0'\\]"),
        ("params", {"0": [0, 1, 1]}, "that of '0' must hold 0 to 2, each once"),
    ],
)
def test_bad_arguments(quantity, orders, match):
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match=match):
        width_cost(tp.extract(net, (4,)), quantity, orders)
