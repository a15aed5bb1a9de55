import weakref

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import Written, normal
from theoryprune.graph.evaluate import require_finite, require_values, walk


def branched(m, x):
    y = m.a(x)
    return m.b(torch.cat([y, y.relu()], 1))


GRAPH = tp.extract(Written(branched, a=nn.Linear(4, 3), b=nn.Linear(6, 2)), (4,))


def test_walk_carries_any_quantity_in_order():
    assert walk(GRAPH, 1, lambda layer, *values: sum(values)) == 2
    order = []
    walk(GRAPH, None, lambda layer, *_: order.append(layer.name))
    assert order == ["a", "relu", "cat", "b"]


def test_walk_forgets_what_nobody_reads_any_more():
    chain = tp.extract(nn.Sequential(*(nn.Linear(4, 4) for _ in range(9))), (4,))
    alive = weakref.WeakSet()

    class Token:
        pass

    def step(layer, *_):
        token = Token()
        alive.add(token)
        assert len(alive) <= 2
        return token

    walk(chain, Token(), step)
    assert len(alive) == 0


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        ([1.0] * 4, TypeError, "x must be a tensor, got list"),
        (torch.zeros(4), ValueError, r"x must have shape \(batch, 4\), got \(4,\)"),
        (torch.zeros(2, 5), ValueError, r"got \(2, 5\)"),
        (torch.zeros(()), ValueError, r"got \(\)"),
        (torch.zeros(2, 4, dtype=torch.float64), ValueError, "got torch.float64"),
        (torch.zeros(2, 4, device="meta"), ValueError, "on meta"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(x, error, words):
    with pytest.raises(error, match=words):
        tp.forward(GRAPH, x)


def test_an_empty_batch_is_a_batch():
    assert tp.forward(GRAPH, torch.zeros(0, 4)).shape == (0, 2)


def test_a_graph_without_values_says_so():
    graph = tp.extract(nn.Linear(4, 2, device="meta"), (4,))
    with pytest.raises(ValueError, match="forward: the graph lies on the meta device"):
        tp.forward(graph, torch.zeros(1, 4))
    with pytest.raises(ValueError, match="scores: "):
        require_values(graph, "scores")


def test_the_input_is_not_changed():
    graph = tp.extract(Written(lambda m, x: m.fc(x.relu_().mul_(2)), fc=nn.Linear(4, 2)), (4,))
    x = normal(3, 4, dtype=torch.float32)
    tp.forward(graph, x)
    assert x.equal(normal(3, 4, dtype=torch.float32))


def test_entries_that_are_not_finite_are_refused_by_name():
    net = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    require_finite(tp.extract(net, (3,)))
    with torch.no_grad():
        net[0].weight[1] = torch.tensor([torch.nan, 1, torch.inf])
    with pytest.raises(
        ValueError, match=r"'0.weight' must be finite, got 2 of 6 entries that are NaN or infinite; mend"
    ):
        require_finite(tp.extract(net, (3,)))
