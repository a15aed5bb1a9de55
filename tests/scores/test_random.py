"""Random scores: seeded, and the same for a whole run."""

from functools import partial

import pytest
import torch
from torch import nn

import theoryprune as tp


@pytest.fixture
def graph():
    return tp.extract(nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5)), (20,))


def test_trap_042_the_seed_decides_and_nothing_else(graph):
    state = torch.get_rng_state()
    first = tp.random(graph, seed=3)
    torch.manual_seed(99)
    second = tp.random(graph.with_weights({"0.weight": torch.zeros(30, 20)}), seed=3)
    assert all(torch.equal(first.values[name], second.values[name]) for name in graph.order)
    assert not torch.equal(first.values["0.weight"], tp.random(graph, seed=4).values["0.weight"])
    torch.set_rng_state(state)
    tp.random(graph, seed=3)
    assert torch.equal(torch.get_rng_state(), state)


def test_trap_010_the_count_is_exact(graph):
    assert tp.keep_top(tp.random(graph, seed=0), density=0.1).kept == 75


def test_works_in_prune_when_bound(graph):
    pruning = tp.prune(graph, partial(tp.random, seed=0), density=0.3, schedule=tp.exponential(5))
    once = tp.keep_top(tp.random(graph, seed=0), density=0.3)
    assert pruning.method == "random"
    assert all(torch.equal(pruning.mask.keep[name], once.keep[name]) for name in graph.order)


@pytest.mark.parametrize("seed", [0.5, True, None])
def test_the_seed_is_an_int(graph, seed):
    with pytest.raises(TypeError, match="seed must be an int"):
        tp.random(graph, seed=seed)


def test_shapes_will_do():
    meta = tp.extract(nn.Linear(3, 2, device="meta"), (3,))
    assert tp.random(meta, seed=0).values["weight"].device.type == "meta"
