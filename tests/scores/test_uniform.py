"""The same density for every layer."""

import pytest

import theoryprune as tp
from benchmarks.models import resnet20
from theoryprune.measures import kept_count


@pytest.mark.parametrize("density", [1, 0.5, 0.1, 0.01])
def test_counts_are_the_rounded_share_of_every_layer(density):
    net = resnet20()
    graph = tp.extract(net, net.example_shape)
    mask = tp.keep_top(tp.uniform(graph, seed=0), density)
    assert mask.kept == kept_count(density, graph.num_weights)
    for keep in mask.keep.values():
        assert abs(int(keep.sum()) - density * keep.numel()) <= 0.75
