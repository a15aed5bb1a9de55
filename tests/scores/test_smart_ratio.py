"""Smart ratio: counts by hand, exact totals, and what cannot be reached."""

import re
from functools import partial
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp
from benchmarks.models import resnet20, vgg11_bn
from theoryprune.measures import kept_count
from theoryprune.scores.smart_ratio import smart_counts, smart_ratio


class Small(nn.Module):
    """Three convolutions and a head, with or without a shortcut around the second."""

    def __init__(self, shortcut, widths):
        super().__init__()
        a, b, c = widths
        self.one, self.two = nn.Conv2d(1, a, 3, padding=1), nn.Conv2d(a, b, 3, padding=1)
        self.three, self.head = nn.Conv2d(b, c, 1), nn.Linear(c, 10)
        self.shortcut = shortcut

    def forward(self, x):
        x = self.one(x)
        x = x + self.two(x) if self.shortcut else self.two(x)
        return self.head(functional.relu(self.three(x)).mean((2, 3)))


def small(shortcut, *widths):
    torch.manual_seed(0)
    return tp.extract(Small(shortcut, widths), (1, 4, 4))


def counts(mask):
    return [int(keep.sum()) for keep in mask.keep.values()]


def test_a_full_layer_passes_its_surplus_on():
    """Sizes 36, 180, 30 and the head's 60; kept 153, 18 of them in the head; ratios 20, 12/4, 6/9 to share 135.

    The first wants 75.94 of its 36, so the second gets 56.95 + 39.94 = 96.89 and the third 2.11.
    """
    graph = small(False, 4, 5, 6)
    assert list(smart_counts(graph, 0.5).values()) == [36, 97, 2, 18]
    assert counts(tp.keep_top(smart_ratio(0.5, seed=0)(graph), 0.5)) == [36, 97, 2, 18]


def test_a_residual_network_is_not_divided_by_depth():
    """Sizes 36, 144, 24, 60; kept 132; ratios 20, 12, 6 to share 114: 31.67, 76, 6.33."""
    assert list(smart_counts(small(True, 4, 4, 6), 0.5).values()) == [32, 76, 6, 18]


def test_ties_of_remainders_go_to_the_first_layer():
    """Sizes 8, 12 and a head of 15: kept 9; ratios 12, 6/4 to share 4.5: 3.79 and .71, the head's is 4.5."""
    graph = tp.extract(nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 3), nn.Linear(3, 5)), (2,))
    assert list(smart_counts(graph, 9 / 35).values()) == [4, 1, 4]
    # Without residual connections and one free layer: its share and the head's both end in one half.
    graph = tp.extract(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 5)), (2,))
    assert list(smart_counts(graph, 6 / 21).values()) == [2, 4]


@pytest.mark.parametrize(
    ("network", "density"), [(resnet20, density) for density in (1, 0.5, 0.1, 0.02, 0.002)] + [(vgg11_bn, 0.1)]
)
@pytest.mark.parametrize("hybrid", [False, True])
def test_the_mask_has_exactly_the_counts_of_the_rule(network, density, hybrid):
    net = network()
    graph = tp.extract(net, net.example_shape)
    wanted = smart_counts(graph, density)
    scores = smart_ratio(density, seed=0, hybrid=hybrid)(graph)
    mask = tp.keep_top(scores, density)
    assert counts(mask) == list(wanted.values())
    assert mask.kept == kept_count(density, graph.num_weights)
    assert all(torch.equal(mask.keep[name], values > 1) for name, values in scores.values.items())
    *_, head = graph.order
    if density < 1:
        assert abs(wanted[head] - 0.3 * graph.weights[head].numel()) < 1
    densities = [count / graph.weights[name].numel() for name, count in wanted.items() if name != head]
    slack = 1 / min(weight.numel() for weight in graph.weights.values())
    assert all(later <= earlier + slack for earlier, later in pairwise(densities))


def test_budgets_out_of_reach():
    graph = small(False, 4, 5, 6)  # 306 weights, 18 of the head's 60
    for count in (18, 264):
        assert sum(smart_counts(graph, count / 306).values()) == count
    for count in (1, 17, 265, 305):
        message = f"it reaches 18 to 264 of the 306 weights (density 0.05882 to 0.8627) or all, not {count}"
        with pytest.raises(tp.BudgetError, match=re.escape(message)):
            smart_ratio(count / 306, seed=0)(graph)
    assert sum(smart_counts(graph, 1).values()) == 306


def test_a_head_alone_has_nothing_to_share():
    with pytest.raises(tp.BudgetError, match="needs a layer besides the last linear one"):
        smart_ratio(0.3, seed=0)(tp.extract(nn.Linear(10, 10), (10,)))


def test_a_network_without_a_head():
    graph = tp.extract(nn.Sequential(nn.Conv2d(1, 2, 1), nn.Conv2d(2, 2, 1)), (1, 2, 2))
    assert list(smart_counts(graph, 0.5).values()) == [2, 1]  # ratios 6 and 2/4 to share 3 of 2 + 4


def test_the_seed_decides_within_layers_and_hybrid_takes_the_largest():
    graph = small(False, 4, 5, 6)
    first, again, other = (tp.keep_top(smart_ratio(0.5, seed=seed)(graph), 0.5) for seed in (1, 1, 2))
    assert first.sha256 == again.sha256 != other.sha256
    assert counts(first) == counts(other)
    mask = tp.keep_top(smart_ratio(0.5, hybrid=True)(graph), 0.5)
    for name, keep in mask.keep.items():
        size = graph.weights[name].abs()
        assert float(size[keep].min()) >= float(size[~keep].max() if (~keep).any() else 0)


@pytest.mark.parametrize("options", [{"seed": 3}, {"hybrid": True}])
def test_prune_reaches_the_same_mask_in_one_step_or_more(options):
    graph = small(False, 4, 5, 6)
    score = partial(smart_ratio, 0.5, **options)()
    once, slowly = tp.prune(graph, score, 0.5), tp.prune(graph, score, 0.5, tp.exponential(4))
    assert (once.method, once.schedule, once.mask.sha256) == ("smart_ratio", "one_shot()", slowly.mask.sha256)
    assert counts(once.mask) == [36, 97, 2, 18]


def test_at_another_density_layers_keep_the_proportions_of_the_counts():
    graph = small(True, 4, 4, 6)
    mask = tp.keep_top(smart_ratio(0.5, seed=0)(graph), 0.25)
    assert counts(mask) == [16, 38, 3, 9]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: smart_ratio(50, seed=0), ValueError, r"density must be in \(0, 1\], got 50; did you mean 0.5"),
        (lambda: smart_ratio(0.5), ValueError, r"seed must be given, as in smart_ratio\(density, seed=0\), unless hyb"),
        (lambda: smart_ratio(0.5, seed=0.5), TypeError, "seed must be an int, got 0.5"),
        (lambda: smart_ratio(0.5, seed=-1, hybrid=True), ValueError, "seed must not be negative, got -1"),
        (lambda: smart_ratio(0.5, seed=0)(nn.Linear(2, 2)), TypeError, "graph must be a WeightGraph"),
    ],
)
def test_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_shapes_will_do_unless_hybrid():
    with torch.device("meta"):
        graph = tp.extract(nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 8), nn.Linear(8, 5)), (4,))
    assert smart_ratio(0.5, seed=0)(graph).values["0.weight"].device.type == "meta"
    with pytest.raises(ValueError, match=r"smart_ratio\(hybrid=True\): the graph lies on the meta device"):
        smart_ratio(0.5, hybrid=True)(graph)
