"""GraSP against explicit Hessians, its sign by hand, and the law that it breaks."""

import pytest
import torch
from torch import nn
from torch.nn import functional

import theoryprune as tp
from tests.networks import random_graph
from tests.scores.test_snip import LABELS, conv_net, mlp
from tests.small import normal
from theoryprune.scores.batches import gradient, labelled
from theoryprune.scores.grasp import grasp, grasp_magnitude


def products(loss_of, weights):
    """w * (H g) with the whole Hessian written out, for a function of one flat vector."""
    flat = torch.cat([weight.reshape(-1) for weight in weights]).requires_grad_()
    slope = torch.autograd.functional.jacobian(loss_of, flat)
    hessian = torch.autograd.functional.hessian(loss_of, flat)
    parts = (flat.detach() * (hessian @ slope)).split([weight.numel() for weight in weights])
    return [part.reshape(weight.shape) for part, weight in zip(parts, weights, strict=True)]


def unflatten(flat, weights):
    parts = flat.split([weight.numel() for weight in weights])
    return [part.reshape(weight.shape) for part, weight in zip(parts, weights, strict=True)]


@pytest.mark.parametrize("temperature", [1, 200])
@pytest.mark.parametrize("activation", [torch.tanh, torch.relu])
def test_the_explicit_hessian_of_a_2_layer_net(temperature, activation):
    first, second, x = normal(5, 4), normal(3, 5, seed=1), normal(8, 4, seed=2)

    def loss_of(flat):
        a, b = unflatten(flat, [first, second])
        return functional.cross_entropy(activation(x @ a.T) @ b.T / temperature, LABELS)

    part = nn.Tanh() if activation is torch.tanh else nn.ReLU()
    net = nn.Sequential(nn.Linear(4, 5, bias=False), part, nn.Linear(5, 3, bias=False)).double()
    graph = tp.extract(net, (4,)).with_weights({"0.weight": first, "2.weight": second})
    scores = grasp(x, LABELS, temperature=temperature)(graph)
    for value, expected in zip(scores.values.values(), products(loss_of, [first, second]), strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-8, atol=1e-8 * float(expected.abs().max()))


def test_the_module_says_the_same_of_a_net_with_batch_norm():
    net, x = conv_net(), normal(8, 2, 8, 8)
    scores = grasp(x, LABELS)(tp.extract(net.train(), (2, 8, 8)))
    weights = {name: net.get_parameter(name) for name in scores.values}
    loss = functional.cross_entropy(net.eval()(x) / 200, LABELS)
    slopes = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
    along = sum((slope * slope.detach()).sum() for slope in slopes)
    for (name, weight), part in zip(weights.items(), torch.autograd.grad(along, list(weights.values())), strict=True):
        expected = (weight * part).detach()
        torch.testing.assert_close(scores.values[name], expected, rtol=1e-8, atol=1e-10 * float(expected.abs().max()))
    assert (scores.method, scores.total) == ("grasp", None)


def test_the_sign_by_hand():
    """L = (w1 + w2 - 1)^2 / 2 at w = (2, -0.5): g = (0.5, 0.5), H g = (1, 1)."""
    net = nn.Linear(2, 1, bias=False).double()
    net.weight.data = torch.tensor([[2.0, -0.5]], dtype=torch.float64)
    graph = tp.extract(net, (2,))
    x, y = torch.ones(1, 2, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)

    def half_square(outputs, targets):
        return (outputs - targets).square().mean() / 2

    scores = grasp(x, y, half_square, temperature=1)(graph)
    assert scores.values["weight"].tolist() == [[2.0, -0.5]]
    assert tp.keep_top(scores, 0.5).keep["weight"].tolist() == [[True, False]]
    rate = -2 * scores.values["weight"]  # of |g|^2 as a weight shrinks: it grows without the second, which goes first
    for place in (0, 1):
        step = torch.ones(1, 2, dtype=torch.float64)
        step[0, place] -= 1e-6
        norms = [
            float(gradient(moved, labelled(x, y, half_square), half_square)["weight"].square().sum())
            for moved in (graph, graph.with_weights({"weight": graph.weights["weight"] * step}))
        ]
        assert (norms[1] - norms[0]) / 1e-6 == pytest.approx(float(rate[0, place]), rel=1e-5)


def test_the_score_is_zero_at_an_optimum():
    x = normal(8, 4)
    target = x @ normal(4, 2, seed=1)
    net = nn.Linear(4, 2, bias=False).double()
    net.weight.data = normal(4, 2, seed=1).T.contiguous()
    scores = grasp(x, target, functional.mse_loss, temperature=1)(tp.extract(net, (4,)))
    assert float(scores.values["weight"].abs().max()) < 1e-12


def test_batches_are_parts_of_one_gradient():
    graph, x = tp.extract(conv_net(), (2, 8, 8)), normal(8, 2, 8, 8)
    whole, parts = grasp(x, LABELS)(graph), grasp(x.split([3, 5]), LABELS.split([3, 5]))(graph)
    for name, value in whole.values.items():
        torch.testing.assert_close(parts.values[name], value, rtol=1e-9, atol=1e-10 * float(value.abs().max()))


def test_equal_calls_give_equal_scores():
    graph, x = tp.extract(conv_net().float(), (2, 8, 8)), normal(8, 2, 8, 8).float()
    first, second = grasp(x, LABELS)(graph), grasp(x, LABELS)(graph)
    assert all(torch.equal(first.values[name], second.values[name]) for name in graph.order)


def test_it_is_not_conserved_and_by_how_much():
    """At a unit without bias the score that enters differs from the one that leaves by |g_out|^2 - |g_in|^2."""
    graph, x = tp.extract(mlp(4, 6, 5, 3, bias=False), (4,)), normal(8, 4)
    scores = grasp(x, LABELS, temperature=1)(graph).values
    slopes = gradient(graph, labelled(x, LABELS, functional.cross_entropy), functional.cross_entropy)
    for a, b in (graph.order[:2], graph.order[1:]):
        defect = scores[a].sum(1) - scores[b].sum(0)
        expected = slopes[b].square().sum(0) - slopes[a].square().sum(1)
        torch.testing.assert_close(defect, expected, rtol=1e-10, atol=1e-12)
        assert float(expected.abs().max()) > 1e-3
    totals = [float(value.sum()) for value in scores.values()]
    assert max(totals) - min(totals) > 1e-3


def test_without_the_sign():
    graph, x = tp.extract(conv_net(), (2, 8, 8)), normal(8, 2, 8, 8)
    signed, absolute = grasp(x, LABELS)(graph), grasp_magnitude(x, LABELS)(graph)
    assert absolute.method == "grasp_magnitude"
    assert all(torch.equal(absolute.values[name], value.abs()) for name, value in signed.values.items())
    assert any(float(value.min()) < 0 for value in signed.values.values())


def test_removed_weights_have_no_part_in_the_gradient_and_never_return():
    """The score of a masked network is that of the network in which the removed weights are no parameters."""
    graph, x = tp.extract(mlp(4, 5, 3, bias=False), (4,)), normal(8, 4)
    mask = tp.keep_top(tp.random(graph, seed=0), 0.6)
    sparse = tp.apply_mask(graph, mask)
    keeps, weights = list(mask.keep.values()), list(sparse.weights.values())

    def loss_of(flat):
        a, b = (weight * keep for weight, keep in zip(unflatten(flat, weights), keeps, strict=True))
        return functional.cross_entropy(torch.relu(x @ a.T) @ b.T, LABELS)

    scores = grasp(x, LABELS, temperature=1)(sparse)
    for value, expected in zip(scores.values.values(), products(loss_of, weights), strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-9, atol=1e-12)

    pruning = tp.prune(graph, grasp(x, LABELS), 0.3, tp.exponential(5), on_collapse="report")
    assert (pruning.mask.kept, pruning.method) == (11, "grasp")
    for step in range(1, 6):
        later = pruning.mask_after(step)
        assert (later & pruning.mask_after(step - 1)).sha256 == later.sha256


@pytest.mark.parametrize("seed", range(4))
def test_every_kind_of_layer_is_differentiated_twice(seed):
    graph = random_graph(seed)
    x, y = normal(3, *graph.input_shape, seed=seed), torch.tensor([0, 1, 3])
    scores = grasp(x, y, temperature=1)(graph)
    assert all(bool(value.isfinite().all()) for value in scores.values.values())
    assert any(bool(value.any()) for value in scores.values.values())


@pytest.mark.parametrize("temperature", [0, -1, float("nan"), float("inf")])
def test_the_temperature_is_positive(temperature):
    with pytest.raises(ValueError, match=f"temperature must be finite and positive, got {temperature}"):
        grasp(torch.zeros(1, 4), LABELS[:1], temperature=temperature)


def test_the_temperature_is_a_number():
    with pytest.raises(TypeError, match="temperature must be a number, got '200'"):
        grasp_magnitude(torch.zeros(1, 4), LABELS[:1], temperature="200")


def test_a_last_softmax_leaves_no_logits_to_divide():
    net = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(1))
    graph, x = tp.extract(net, (4,)), torch.ones(3, 4)
    with pytest.raises(ValueError, match="temperature divides logits, but the graph ends in the softmax 'log_softmax'"):
        grasp(x, LABELS[:3], functional.nll_loss)(graph)
    assert grasp(x, LABELS[:3], functional.nll_loss, temperature=1)(graph).values["0.weight"].any()
