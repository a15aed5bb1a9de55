"""The hash of a network."""

from dataclasses import replace

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from theoryprune.graph.hashing import graph_sha256


@pytest.mark.parametrize("seed", range(5))
def test_a_file_keeps_the_name(seed, tmp_path):
    graph = random_graph(seed)
    tp.save_graph(graph, tmp_path / "graph.safetensors")
    assert graph_sha256(tp.load_graph(tmp_path / "graph.safetensors")) == graph_sha256(graph)


def test_every_number_counts():
    graph = random_graph(3)
    names = {graph_sha256(graph)}
    for layer in graph.layers:
        for key, tensor in layer.tensors():
            changed = tensor.clone()
            changed.view(-1)[-1] += 1
            others = (layer.with_tensors({key: changed}) if x is layer else x for x in graph.layers)
            names.add(graph_sha256(replace(graph, layers=tuple(others))))
    assert len(names) == 1 + sum(1 for layer in graph.layers for _ in layer.tensors())


def test_records_count():
    graph = random_graph(3)
    first = graph.layers[0]
    renamed = replace(graph, layers=(replace(first, names={**first.names, "x": "y"}), *graph.layers[1:]))
    assert graph_sha256(renamed) != graph_sha256(graph)


def test_layout_does_not_count():
    net = nn.Conv2d(3, 4, 3)
    plain = graph_sha256(tp.extract(net, (3, 8, 8)))
    assert graph_sha256(tp.extract(net.to(memory_format=torch.channels_last), (3, 8, 8))) == plain


def test_arguments():
    with pytest.raises(TypeError, match="graph must be a WeightGraph"):
        graph_sha256(nn.Linear(2, 2))
    with torch.device("meta"):
        graph = tp.extract(nn.Linear(2, 2), (2,))
    with pytest.raises(ValueError, match="meta device"):
        graph_sha256(graph)
