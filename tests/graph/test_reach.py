"""Reachability over non-zero weights, against the flow itself."""

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph, random_mask
from tests.small import Written
from theoryprune.graph.reach import effective_weights, reach, reach_back, sweep
from theoryprune.layers import LAYERS


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_kind_has_both_rules(kind):
    assert reach.dispatch(LAYERS[kind]) is not reach.dispatch(object)
    assert reach_back.dispatch(LAYERS[kind]) is not reach_back.dispatch(object)


def test_a_record_without_a_rule_is_refused_by_name():
    from theoryprune.layers import Layer

    class Odd(Layer):
        kind = "odd"
        forward = shape = couple = select = None

    odd = object.__new__(type("Odd2", (Odd,), {"__abstractmethods__": frozenset()}))
    object.__setattr__(odd, "name", "here")
    with pytest.raises(tp.UnsupportedLayerError, match=r"'here' \(odd\).*\(reach\)"):
        reach(odd, torch.ones(1, dtype=torch.bool))
    with pytest.raises(tp.UnsupportedLayerError, match=r"reach_back"):
        reach_back(odd, torch.ones(1, dtype=torch.bool), 1)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("density", [0.5, 0.1])
def test_what_carries_flow_is_effective(seed, density):
    """Scores are positive on paths only; max pooling and small maps may leave an effective weight without flow."""
    graph = random_graph(seed)
    sparse = tp.apply_mask(graph, random_mask(graph, density, seed))
    effective, scores = effective_weights(sparse), tp.synflow(sparse)
    for name in graph.order:
        assert not bool(((scores.values[name] > 0) & ~effective[name]).any())
    if scores.total > 0:
        assert bool(sweep(sparse).from_input[sparse.output].any())


def brute_force(mats):
    """Effective weights of a chain of matrices, by multiplying reachability matrices."""
    found = []
    for k, m in enumerate(mats):
        ahead = torch.ones(mats[0].shape[1])
        for other in mats[:k]:
            ahead = ((other != 0).float() @ ahead > 0).float()
        behind = torch.ones(mats[-1].shape[0])
        for other in reversed(mats[k + 1 :]):
            behind = ((other != 0).float().T @ behind > 0).float()
        found.append((m != 0) & (ahead > 0) & (behind > 0)[:, None])
    return found


@pytest.mark.parametrize("seed", range(10))
def test_a_chain_against_matrix_products(seed):
    net = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 3))
    draw = torch.Generator().manual_seed(seed)
    for layer in net[::2]:
        layer.weight.data *= torch.rand(layer.weight.shape, generator=draw) < 0.3
    graph = tp.extract(net, (4,))
    expected = brute_force(list(graph.weights.values()))
    assert all(torch.equal(a, b) for a, b in zip(effective_weights(graph).values(), expected, strict=True))


def test_groups_stay_apart():
    net = nn.Sequential(nn.Conv2d(4, 4, 1, groups=2, bias=False), nn.Conv2d(4, 1, 1, bias=False))
    net[0].weight.data[:2] = 0  # the first group lets nothing through
    effective = effective_weights(tp.extract(net, (4, 2, 2)))
    assert effective["1.weight"].flatten().tolist() == [False, False, True, True]
    assert not bool(effective["0.weight"][:2].any())
    assert bool(effective["0.weight"][2:].all())


def test_flatten_blocks_pads_takes_and_zero_scales():
    def run(self, x):
        y = torch.cat([x, nn.functional.pad(self.conv(x), (0, 0, 0, 0, 1, 0))], 1)  # 2 + (1 + 2) channels
        return self.fc(torch.flatten(self.norm(y)[:, 1:4], 1))

    net = Written(run, conv=nn.Conv2d(2, 2, 1, bias=False), norm=nn.BatchNorm2d(5), fc=nn.Linear(12, 1)).double()
    graph = tp.extract(net, (2, 2, 2))
    effective = effective_weights(graph)
    assert effective["fc.weight"].flatten().tolist() == [True] * 4 + [False] * 4 + [True] * 4
    assert effective["conv.weight"].flatten().tolist() == [True, True, False, False]
    net.norm.weight.data[3] = 0
    assert not bool(effective_weights(tp.extract(net, (2, 2, 2)))["conv.weight"].any())


def test_biases_start_no_path():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    net[0].weight.data.zero_()
    graph = tp.extract(net, (2,))
    assert not bool(effective_weights(graph)["2.weight"].any())


def test_needs_values():
    with pytest.raises(ValueError, match="meta"):
        sweep(tp.extract(nn.Linear(3, 2, device="meta"), (3,)))
