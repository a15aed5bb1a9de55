"""Maximal and critical compression."""

from functools import partial
from itertools import pairwise
from math import inf

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20, vgg16_bn
from tests.small import Written


def chain(*widths, seed=0):
    torch.manual_seed(seed)
    return tp.extract(nn.Sequential(*[nn.Linear(a, b, bias=False) for a, b in pairwise(widths)]).double(), (widths[0],))


def test_a_chain_keeps_one_weight_per_layer():
    graph = chain(6, 7, 5, 3)
    assert tp.max_compression(graph) == graph.num_weights / 3
    assert tp.max_compression(graph, protect="1") == (42 + 15) / 2


def test_known_networks():
    torch.manual_seed(0)
    net = vgg16_bn(width=0.05)
    graph = tp.extract(net, net.example_shape)
    assert tp.max_compression(graph) == graph.num_weights / 14
    net = resnet20(width=0.25)
    graph = tp.extract(net, net.example_shape)
    assert tp.max_compression(graph) == graph.num_weights / 4


def test_what_no_mask_can_cut():
    net = Written(lambda m, x: x + m.a(x), a=nn.Linear(3, 3))
    assert tp.max_compression(tp.extract(net, (3,))) == inf


def test_nothing_to_compress():
    graph = chain(3, 2)
    with pytest.raises(tp.LayerCollapseError, match="no input reaches an output"):
        tp.max_compression(graph.with_weights({"0.weight": torch.zeros(2, 3, dtype=torch.float64)}))
    with pytest.raises(tp.BudgetError, match="every prunable weight is protected"):
        tp.max_compression(graph, protect="*")
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        tp.max_compression(nn.Linear(2, 2))


@pytest.mark.parametrize("seed", range(3))
def test_synflow_in_small_steps_reaches_the_maximum(seed):
    graph = chain(6, 7, 5, 6, 3, seed=seed)
    found = tp.critical_compression(graph, tp.synflow, tp.exponential(100), refine=True)
    assert found == tp.max_compression(graph)


def test_random_pruning_collapses_early():
    graph = chain(12, 12, 12, 12, 4)
    rough = tp.critical_compression(graph, partial(tp.random, seed=0))
    fine = tp.critical_compression(graph, partial(tp.random, seed=0), refine=True)
    assert 1 <= rough <= fine < tp.max_compression(graph) / 3
    count = round(graph.num_weights / fine)
    assert tp.prune(graph, partial(tp.random, seed=0), count / graph.num_weights).mask.kept == count
    with pytest.raises(tp.LayerCollapseError):
        tp.prune(graph, partial(tp.random, seed=0), (count - 1) / graph.num_weights)


def test_the_grid_is_that_of_the_field():
    graph = chain(20, 20, 10)
    found = tp.critical_compression(graph, tp.synflow, tp.exponential(60))
    assert found == 600 / -(-600 // 10**2.25)


def test_an_empty_layer_may_count_as_collapse():
    net = Written(lambda m, x: m.out(x + m.inner(x)), inner=nn.Linear(4, 4, bias=False), out=nn.Linear(4, 2)).double()
    net.inner.weight.data.fill_(1e-3)
    graph = tp.extract(net, (4,))
    options = {"schedule": tp.one_shot(), "refine": True}
    assert tp.critical_compression(graph, tp.synflow, **options) == 24
    assert tp.critical_compression(graph, tp.synflow, collapse="layer", **options) == 24 / 9


@pytest.mark.parametrize("scope", ["global", "layer"])
def test_scopes_and_protection(scope):
    graph = chain(6, 7, 5, 3)
    options = {"scope": scope, "protect": ["1"], "refine": True}
    found = tp.critical_compression(graph, tp.synflow, tp.exponential(30), **options)
    assert 1 <= found <= tp.max_compression(graph, protect=["1"])


@pytest.mark.parametrize(
    ("change", "message"),
    [({"step": 0}, "step must be a positive number"), ({"collapse": "block"}, "collapse must be 'path' or 'layer'")],
)
def test_arguments(change, message):
    with pytest.raises(ValueError, match=message):
        tp.critical_compression(chain(3, 2), tp.synflow, **change)
