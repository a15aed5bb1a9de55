import functools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import model_graph, sequential_graph
from theoryprune.coresets import hidden_layer, kernel_fit, merge, reduce
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.coresets.input_law import features_of
from theoryprune.coresets.preactivation import (
    Preactivation,
    preactivation,
    side_by_side,
    told_by_batch_norms,
    uncorrelated,
)


def drawn(count, features, seed=0):
    return torch.randn(count, features, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def law_of(graph, place=0):
    hidden = hidden_groups(graph)[place]
    return preactivation(graph, hidden, hidden.readings[0])


def fitted_norm(graph, x):
    """The same graph with the statistics that its one batch norm would have learned from x."""
    norm = graph.by_name["1"]
    z = x @ graph.by_name["0"].weight.T + graph.by_name["0"].bias
    learned = norm.with_tensors({"running_mean": z.mean(0), "running_var": z.var(0, unbiased=False)})
    return replace(graph, layers=tuple(learned if layer is norm else layer for layer in graph.layers))


def test_the_law_is_that_of_samples():
    """White inputs: what the batch norm cannot tell, the cosines of the filters do."""
    graph = sequential_graph(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 2), shape=(6,))
    x = 3 * drawn(400_000, 6)
    graph = fitted_norm(graph, x)
    law = law_of(graph)
    z = graph.by_name["1"].forward(graph.by_name["0"].forward(x)).numpy()
    assert law.mean == pytest.approx(z.mean(axis=0), abs=1e-2)
    assert law.loadings @ law.loadings.T == pytest.approx(np.cov(z.T), abs=2e-2)
    features = features_of(law.rows, np.ones((1, 5)), 0.0, **law.moments)
    moments = np.maximum(z, 0).T @ np.maximum(z, 0) / len(z)
    assert features.gram * np.outer(features.sizes, features.sizes) == pytest.approx(moments, rel=2e-2, abs=1e-3)


def test_what_comes_after_the_batch_norm_counts():
    graph = sequential_graph(
        nn.Linear(6, 5), nn.BatchNorm1d(5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 2), shape=(6,)
    )
    last = graph.by_name["2"]
    law = law_of(graph)
    assert law.mean == pytest.approx(last.bias.numpy())
    assert np.linalg.norm(law.loadings, axis=1) == pytest.approx(last.weight.abs().numpy())


def test_sums_of_producers_add_up():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c = nn.Linear(3, 4), nn.Linear(3, 4), nn.Linear(4, 2)
            self.m, self.n = nn.BatchNorm1d(4), nn.BatchNorm1d(4)

        def forward(self, x):
            return self.c(torch.relu(self.m(self.a(x)) + self.n(self.b(x))))

    torch.manual_seed(0)
    graph = tp.extract(Net().double().eval(), (3,))
    law = law_of(graph)
    assert law.loadings.shape == (4, 6)
    assert np.linalg.norm(law.loadings, axis=1) == pytest.approx(np.full(4, np.sqrt(2)))


def test_where_no_batch_norm_tells_it():
    assert law_of(sequential_graph(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2), shape=(3,))) is None
    behind = sequential_graph(nn.Linear(3, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 2), shape=(3,))
    assert law_of(behind) is None
    graph = model_graph("resnet20")
    laws = {h.group.name: preactivation(graph, h, h.readings[0]) for h in hidden_groups(graph)}
    streams = {h.group.name for h in hidden_groups(graph) if h.stream}
    assert {name for name, law in laws.items() if law is None} == streams


def test_affine_norms_without_weights_have_the_standard_law():
    graph = sequential_graph(nn.Linear(3, 4), nn.BatchNorm1d(4, affine=False), nn.ReLU(), nn.Linear(4, 2), shape=(3,))
    law = law_of(graph)
    assert law.mean.tolist() == [0, 0, 0, 0]
    assert np.linalg.norm(law.loadings, axis=1) == pytest.approx(np.ones(4))


def test_several_readings_are_one_law():
    one, other = Preactivation(np.ones(2), np.eye(2)), Preactivation(np.full(2, 3.0), np.ones((2, 1)))
    both = side_by_side([one, other])
    assert side_by_side([one]) is one
    assert (both.mean.tolist(), both.loadings.tolist()) == ([4, 4], [[1, 0, 1], [0, 1, 1]])


def test_who_gets_it():
    assert told_by_batch_norms(None, kernel_fit)
    assert told_by_batch_norms(None, functools.partial(kernel_fit, blend=0.5))
    assert not told_by_batch_norms(None, merge)
    assert told_by_batch_norms("batchnorm", merge)
    assert not told_by_batch_norms("standard", kernel_fit)
    with pytest.raises(ValueError, match="inputs must be"):
        told_by_batch_norms("data", merge)


def test_units_that_are_only_selected_count_by_their_deviations():
    """With the constant made up for, kernel_fit keeps the largest deviations times outgoing weights."""
    graph = sequential_graph(nn.Linear(6, 9), nn.BatchNorm1d(9), nn.GELU(), nn.Linear(9, 2), shape=(6,))
    hidden = hidden_groups(graph)[0]
    told, columns = hidden.consumers[0].units.told, hidden_layer(graph, "0").outgoing
    about, whole = (uncorrelated(hidden.readings[0], about_means=given) for given in (True, False))
    assert about.loadings.tolist() == np.diag(told.deviation).tolist()
    assert (about.mean.any(), whole.mean.tolist()) == (False, told.mean.tolist())
    best = np.sort(np.argsort(-told.deviation * np.linalg.norm(columns, axis=0))[:4])
    result = reduce(graph, {"0": 4}, kernel_fit)
    assert result.coresets["0"].kept.tolist() == best.tolist()
    assert np.array_equal(result.coresets["0"].readings[0].outgoing, columns[:, best])
    assert uncorrelated(hidden_groups(model_graph("digits_mlp"))[0].readings[0], about_means=True) is None


def test_a_batch_norm_behind_the_activation_tells_it_up_to_its_scale():
    graph = sequential_graph(nn.Linear(6, 9), nn.GELU(), nn.BatchNorm1d(9), nn.Linear(9, 2), shape=(6,))
    norm, reading = graph.by_name["2"], hidden_groups(graph)[0].readings[0]
    law = uncorrelated(reading, about_means=False)
    assert law.mean == pytest.approx(norm.running_mean.numpy())
    assert np.diag(law.loadings) == pytest.approx((norm.running_var + norm.eps).sqrt().numpy())
