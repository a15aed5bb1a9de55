"""Chains are the map they stand for, end where something else begins, and restart at a start."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.bounds.ascent import top_gain
from tests.small import with_statistics
from theoryprune.bounds.chains import affine_chains, chain_gain, chain_offset


@pytest.fixture
def net():
    torch.manual_seed(0)
    parts = [nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.BatchNorm2d(3), nn.ReLU(), nn.BatchNorm2d(3), nn.Conv2d(3, 2, 1)]
    return with_statistics(nn.Sequential(*parts), seed=3).double().eval()


def test_where_chains_begin_and_end(net):
    chains = affine_chains(tp.extract(net, (2, 5, 5)))
    found = {name: (chain.source, chain.root and chain.root.name) for name, chain in chains.items()}
    assert found == {
        "0": ("<input>", "0"), "1": ("<input>", "0"), "2": ("<input>", "0"), "4": ("relu", None), "5": ("4", "5"),
    }  # fmt: skip
    cut = affine_chains(tp.extract(net, (2, 5, 5)), start="1")
    assert (cut["1"].source, cut["2"].source, cut["2"].root) == ("<input>", "1", None)


def test_the_gain_and_the_offset_are_those_of_the_map(net):
    graph = tp.extract(net, (2, 5, 5))
    chain = affine_chains(graph)["2"]
    at_zero = net[:3](torch.zeros(1, 2, 5, 5, dtype=torch.float64)).detach()
    assert chain_offset(chain, graph.shapes) == pytest.approx(float(at_zero.norm()))
    assert chain_offset(chain, graph.shapes, rectified=True) == pytest.approx(float(at_zero.relu().norm()))
    reached = top_gain(net[:3], [(2, 5, 5)])
    assert reached <= chain_gain(chain, graph.shapes, "high") <= 1.2 * reached


def test_a_known_gain_is_that_of_the_same_record_and_scales(net):
    graph, known = tp.extract(net, (2, 5, 5)), {}
    chains = affine_chains(graph)
    first = chain_gain(chains["2"], graph.shapes, known=known)
    assert len(known) == 1
    assert chain_gain(affine_chains(graph)["2"], graph.shapes, known=known) == first
    assert len(known) == 1
    assert chain_gain(chains["0"], graph.shapes, known=known) == chain_gain(chains["0"], graph.shapes)
    chain_gain(chains["2"], graph.shapes, "high", known)
    assert len(known) == 3
    twice = graph.with_weights({"0.weight": 2 * graph.weights["0.weight"]})
    assert chain_gain(affine_chains(twice)["2"], graph.shapes, known=known) == pytest.approx(2 * first)
    other = replace(graph.by_name["1"], weight=3 * graph.by_name["1"].weight)
    scaled = replace(graph, layers=tuple(other if layer.name == "1" else layer for layer in graph.layers))
    assert chain_gain(affine_chains(scaled)["2"], graph.shapes, known=known) == pytest.approx(3 * first)


def test_products_that_overflow_give_infinity():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).double()
    net[0].weight.data.fill_(1e200)
    net[1].weight.data.fill_(1e200)
    graph = tp.extract(net, (2,))
    assert chain_gain(affine_chains(graph)["1"], graph.shapes) == np.inf
