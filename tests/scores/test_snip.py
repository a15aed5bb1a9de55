"""SNIP against the module's own gradients, gates by finite differences, and the conservation of its signed form."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp
from tests.networks import random_graph
from tests.small import normal, with_statistics
from theoryprune.scores.batches import gradient, labelled
from theoryprune.scores.snip import snip

LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 2, 1])


def mlp(*widths, bias=True, seed=0):
    torch.manual_seed(seed)
    layers = [part for a, b in pairwise(widths) for part in (nn.Linear(a, b, bias), nn.ReLU())]
    return nn.Sequential(*layers[:-1]).double()


def conv_net(seed=0):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3, bias=False),
        nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(3, 3),
    )  # fmt: skip
    return with_statistics(net).double().eval()


def test_finite_differences_of_the_gates_of_a_2_layer_net():
    graph, x = tp.extract(mlp(4, 5, 3), (4,)), normal(8, 4)
    scores = snip(x, LABELS)(graph)
    for name, weight in graph.weights.items():
        for place in range(weight.numel()):
            losses = []
            for step in (-1e-5, 1e-5):
                gated = weight.clone()
                gated.view(-1)[place] *= 1 + step
                losses.append(float(functional.cross_entropy(tp.forward(graph.with_weights({name: gated}), x), LABELS)))
            expected = abs(losses[1] - losses[0]) / 2e-5
            assert float(scores.values[name].flatten()[place]) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_the_module_says_the_same_of_a_net_with_batch_norm():
    net, x = conv_net(), normal(8, 2, 8, 8)
    scores = snip(x, LABELS)(tp.extract(net.train(), (2, 8, 8)))  # evaluation mode, whatever the module is in
    functional.cross_entropy(net.eval()(x), LABELS).backward()
    for name, score in scores.values.items():
        weight = net.get_parameter(name)
        torch.testing.assert_close(score, (weight * weight.grad).abs().detach(), rtol=1e-10, atol=0)
    assert (scores.method, scores.total) == ("snip", None)
    assert list(scores.values) == ["0.weight", "4.weight", "8.weight"]


def test_batches_are_summed_before_the_absolute_value():
    graph, x = tp.extract(conv_net(), (2, 8, 8)), normal(8, 2, 8, 8)
    whole = snip(x, LABELS)(graph)
    parts = snip(x.split([3, 5]), LABELS.split([3, 5]))(graph)
    single = [snip(x[i : i + 1], LABELS[i : i + 1])(graph) for i in range(8)]
    for name, value in whole.values.items():
        torch.testing.assert_close(parts.values[name], value, rtol=1e-10, atol=1e-15)
        apart = sum(scores.values[name] for scores in single) / 8
        assert float((apart - value).min()) >= -1e-15
        assert float(apart.sum()) > 1.2 * float(value.sum())


def test_equal_calls_give_equal_scores_and_the_graph_s_own_weights_decide():
    graph, x = tp.extract(conv_net().float(), (2, 8, 8)), normal(8, 2, 8, 8).float()
    first, second = snip(x, LABELS)(graph), snip(x, LABELS)(graph)
    other = snip(x, LABELS)(tp.extract(conv_net(seed=1).float(), (2, 8, 8)))
    assert all(torch.equal(first.values[name], second.values[name]) for name in graph.order)
    assert all(value.dtype == torch.float64 for value in first.values.values())
    assert not torch.equal(first.values["4.weight"], other.values["4.weight"])
    assert tp.keep_top(first, 0.1).sha256 == tp.keep_top(second, 0.1).sha256


def test_scaling_two_layers_by_powers_of_two_leaves_every_bit():
    graph, x = tp.extract(mlp(4, 6, 3, bias=False), (4,)), normal(8, 4)
    weights = graph.weights
    scaled = graph.with_weights({"0.weight": weights["0.weight"] * 4, "2.weight": weights["2.weight"] / 4})
    first, second = snip(x, LABELS)(graph), snip(x, LABELS)(scaled)
    assert all(torch.equal(first.values[name], second.values[name]) for name in graph.order)


@pytest.mark.parametrize("biases", [False, True])
def test_signed_products_are_conserved_at_every_unit_without_biases(biases):
    graph, x = tp.extract(mlp(4, 6, 5, 3, bias=biases), (4,)), normal(8, 4)
    slopes = gradient(graph, labelled(x, LABELS, functional.cross_entropy), functional.cross_entropy)
    signed = {name: slope * graph.weights[name] for name, slope in slopes.items()}
    size = float(sum(value.abs().sum() for value in signed.values()))
    gaps = [(signed[a].sum(1) - signed[b].sum(0)).abs().max() for a, b in [graph.order[:2], graph.order[1:]]]
    assert (float(max(gaps)) < 1e-14 * size) != biases  # a bias is an edge too, and not counted here
    if not biases:
        totals = [float(value.sum()) for value in signed.values()]
        assert totals == pytest.approx([totals[0]] * 3, rel=1e-12)
    absolute = [float(value.abs().sum()) for value in signed.values()]
    assert max(absolute) > 1.05 * min(absolute)


def test_iterated_it_never_brings_a_weight_back():
    graph, x = tp.extract(conv_net(), (2, 8, 8)), normal(8, 2, 8, 8)
    pruning = tp.prune(graph, snip(x, LABELS), 0.2, tp.exponential(6), on_collapse="report")
    assert pruning.mask.kept == 38
    assert (pruning.method, pruning.schedule) == ("snip", "exponential(6)")
    sparse = tp.apply_mask(graph, pruning.mask)
    scores = snip(x, LABELS)(sparse)
    assert all(not scores.values[name][~keep].any() for name, keep in pruning.mask.keep.items())
    for step in range(1, 7):
        later = pruning.mask_after(step)
        assert (later & pruning.mask_after(step - 1)).sha256 == later.sha256


def test_one_step_is_keep_top():
    graph, x = tp.extract(conv_net(), (2, 8, 8)), normal(8, 2, 8, 8)
    pruning = tp.prune(graph, snip(x, LABELS), 0.3)
    assert pruning.schedule == "one_shot()"
    assert pruning.mask.sha256 == tp.keep_top(snip(x, LABELS)(graph), 0.3).sha256


@pytest.mark.parametrize("seed", range(4))
def test_every_kind_of_layer_is_differentiated(seed):
    graph = random_graph(seed)
    x, y = normal(3, *graph.input_shape, seed=seed), torch.tensor([0, 1, 3])
    scores = snip(x, y)(graph)
    assert {name: value.shape for name, value in scores.values.items()} == {
        name: weight.shape for name, weight in graph.weights.items()
    }
    assert all(bool(value.isfinite().all()) for value in scores.values.values())
