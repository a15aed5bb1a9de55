"""What constants change, in rationals, at every position; and whole certificates of stored float32 networks."""

from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.coresets.nets import sequential_graph
from theoryprune.coresets import CONSTRUCTIONS, group_coreset, hidden_layer, is_reduction, reduce
from theoryprune.coresets.apply import applied
from theoryprune.coresets.certify_group import certify_group, compared_layers
from theoryprune.coresets.constant_change import channel_shifts, constant_change, joint_change
from theoryprune.coresets.group_checks import wrong_certificate
from theoryprune.coresets.hidden_groups import hidden_groups


def conv_net(last, dtype=torch.float64, act=None):
    modules = nn.Conv2d(2, 6, 3), act or nn.ReLU(), nn.BatchNorm2d(6), last
    return sequential_graph(*modules, shape=(2, 7, 6), dtype=dtype)


def dense_net(dtype=torch.float64, act=None, bias=True):
    modules = nn.Linear(4, 6), act or nn.ReLU(), nn.BatchNorm1d(6), nn.Linear(6, 3, bias=bias)
    return sequential_graph(*modules, shape=(4,), dtype=dtype)


def reduced(graph, method="norm", width=4):
    hidden = hidden_groups(graph)[0]
    coreset = group_coreset(hidden_layer(graph, hidden.group.name), CONSTRUCTIONS[method], width, seed=0)
    return hidden, coreset, applied(graph, hidden, coreset)


def rationals(layer, shifts):
    """The constant of each output at each position, summed in rationals tap by tap."""
    weight, bias = layer.weight.double(), [0.0] * len(layer.weight) if layer.bias is None else layer.bias.tolist()
    outputs, per = len(weight) // layer.groups, weight.shape[1]
    shape = layer.shape((per * layer.groups, 5, 4))[1:] if weight.ndim > 2 else ()
    found = {}
    for out, place in product(range(len(weight)), np.ndindex(*shape)):
        total = Fraction(bias[out])
        for i, tap in product(range(per), np.ndindex(*weight.shape[2:])):
            read = (
                [
                    p * s + t * d - pad[0]
                    for p, s, t, d, pad in zip(place, layer.stride, tap, layer.dilation, layer.pads, strict=True)
                ]
                if shape
                else []
            )
            if all(0 <= r < n for r, n in zip(read, (5, 4), strict=False)):
                total += Fraction(float(weight[(out, i, *tap)])) * Fraction(float(shifts[out // outputs * per + i]))
        found[(out, *place)] = total
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "last",
    [
        None,
        nn.Conv2d(6, 3, 3),
        nn.Conv2d(6, 3, 3, padding=1),
        nn.Conv2d(6, 4, (3, 2), padding=(2, 1), stride=(2, 1), groups=2),
        nn.Conv2d(6, 3, 3, padding=2, dilation=2, bias=False),
    ],
    ids=str,
)
def test_every_number_is_the_exact_one_rounded_once(last, dtype):
    graph = dense_net(dtype) if last is None else conv_net(last, dtype)
    hidden, _, after = reduced(graph)
    consumer = hidden.consumers[0]
    sides = [
        rationals(g.by_name[consumer.layer], channel_shifts(g.by_name[consumer.layer], consumer))
        for g in (graph, after)
    ]
    found = constant_change(graph, after, consumer)
    assert found.shape == graph.shapes[consumer.layer]
    for place, value in np.ndenumerate(found):
        assert value == float(sides[0][place] - sides[1][place])
    joint = joint_change(graph, after, (consumer, consumer)) if last is None else None
    assert joint is None or joint.tolist() == 2 * found.tolist()


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_numbers_of_any_size(size):
    """Products whose remainders leave the range of float64 are summed in rationals."""
    graph = dense_net(bias=False)
    last = graph.layers[-1]
    hidden = hidden_groups(graph)[0]
    other = graph.with_weights({last.weight_name: size * last.weight})
    silent = graph.with_weights({last.weight_name: 0 * last.weight})
    shifts, weight = channel_shifts(last, hidden.consumers[0]).tolist(), (size * last.weight).tolist()
    exact = [float(sum(Fraction(w) * Fraction(o) for w, o in zip(row, shifts, strict=True))) for row in weight]
    assert constant_change(other, silent, hidden.consumers[0]).tolist() == exact


def test_nothing_changes_without_shifts_or_where_all_is_kept():
    graph = sequential_graph(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3), shape=(4,), dtype=torch.float32)
    hidden, coreset, after = reduced(graph)
    assert constant_change(graph, after, hidden.consumers[0]) is None
    assert joint_change(graph, after, hidden.readings[0]) is None
    assert compared_layers(graph, after, hidden, coreset)[0]["offset"] is None
    graph = conv_net(nn.Conv2d(6, 3, 3, padding=1))
    assert constant_change(graph, graph, hidden_groups(graph)[0].consumers[0]) is None


def test_a_constant_unit_that_is_dropped_leaves_what_the_cast_of_its_bias_loses():
    """Weights 1 on a unit of shift 0.1: float32 holds 0.1 less 2^-26-odd, and that is the whole error."""
    graph = dense_net(torch.float32)
    first, norm, last = graph.layers[0], graph.layers[2], graph.layers[3]
    weights = {first.weight_name: first.weight.clone(), last.weight_name: torch.ones_like(last.weight)}
    weights[first.weight_name][0] = 0
    layers = {
        first.name: first.with_tensors({"weight": weights[first.weight_name], "bias": 0 * first.bias}),
        norm.name: norm.with_tensors({"running_mean": 0 * norm.running_mean, "bias": torch.full((6,), 0.1)}),
        last.name: last.with_tensors({"weight": weights[last.weight_name], "bias": torch.ones(3)}),
    }
    graph = replace(graph, layers=tuple(layers.get(layer.name, layer) for layer in graph.layers))
    hidden = hidden_groups(graph)[0]

    def without_the_first(incoming, outgoing, budget, *, slope):
        return CONSTRUCTIONS["norm"](np.diag([0, 1, 1, 1, 1, 1.0]), outgoing, budget, slope=slope)

    coreset = group_coreset(hidden_layer(graph, hidden.group.name), without_the_first, 5)
    after = applied(graph, hidden, coreset)
    tenth = float(np.float32(0.1))
    lost = 1 + tenth - float(np.float32(1 + tenth))
    assert coreset.kept.tolist() == [1, 2, 3, 4, 5]
    assert lost != 0
    assert constant_change(graph, after, hidden.consumers[0]).tolist() == [lost] * 3
    proof = certify_group(graph, after, hidden, coreset)
    assert abs(lost) * 3**0.5 * (1 - 1e-12) <= proof.best <= abs(lost) * 3**0.5 * (1 + 1e-8)


CASES = {
    "dense": lambda act: dense_net(torch.float32, act),
    "no bias": lambda act: dense_net(torch.float32, act, bias=False),
    "point": lambda act: conv_net(nn.Conv2d(6, 4, 1, bias=False), torch.float32, act),
    "inside": lambda act: conv_net(nn.Conv2d(6, 3, 3), torch.float32, act),
    "borders": lambda act: conv_net(nn.Conv2d(6, 3, 3, padding=1, stride=2), torch.float32, act),
    "groups": lambda act: conv_net(nn.Conv2d(6, 4, 3, padding=1, groups=2), torch.float32, act),
    "flat": lambda act: sequential_graph(
        *(nn.Conv2d(2, 6, 3), act, nn.BatchNorm2d(6), nn.Flatten(), nn.Linear(120, 3)),
        shape=(2, 7, 6),
        dtype=torch.float32,
    ),
    "two pools": lambda act: sequential_graph(
        *(
            nn.Conv2d(2, 6, 3),
            act,
            nn.MaxPool2d(2, 1),
            nn.AvgPool2d(2, 1),
            nn.BatchNorm2d(6),
            nn.Conv2d(6, 3, 2, padding=1),
        ),
        shape=(2, 7, 6),
        dtype=torch.float32,
    ),
}


@pytest.mark.parametrize("method", ["norm", "merge", "random"])
@pytest.mark.parametrize("slope", [0.0, 1.0])
@pytest.mark.parametrize("case", list(CASES))
def test_no_input_shows_more_between_the_stored_networks(case, slope, method):
    """At 0, where the constants are all there is, at small inputs and at large ones."""
    graph = CASES[case](nn.LeakyReLU(slope))
    hidden, coreset, after = reduced(graph, method)
    proof = certify_group(graph, after, hidden, coreset, effort="fast")
    assert wrong_certificate(proof, graph, after, hidden, coreset, 1e-8) == ""
    wide, narrow = (replace(g, layers=tuple(_double(layer) for layer in g.layers)) for g in (graph, after))
    draw = torch.Generator().manual_seed(0)
    for size in (0.0, 1e-9, 1e-3, 1.0, 1e3):
        x = size * torch.randn(50, *graph.input_shape, generator=draw, dtype=torch.float64)
        before, other = (_run(g, x) for g in (wide, narrow))
        error, length = (before - other).flatten(1).norm(dim=1), x.flatten(1).norm(dim=1)
        dense = getattr(proof.parts[0], "tau", None)
        allowed = proof.best * (length**2 + 1).sqrt() if dense else proof.best * length + proof.constant
        assert (error <= allowed + 1e-14 * before.flatten(1).norm(dim=1)).all()  # the rounding of this evaluation


def _double(layer):
    return layer.with_tensors({key: tensor.double() for key, tensor in layer.tensors()})


def _run(graph, x):
    values = {"<input>": x}
    for layer in graph.layers:
        values[layer.name] = layer.forward(*(values[name] for name in layer.inputs))
    return values[graph.output]


TOLD = {
    "dense": [(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3, bias=False)), (4,)],
    "clipped": [(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU6(), nn.Linear(6, 3)), (4,)],
    "inside": [(nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 3, 3)), (2, 7, 6)],
    "borders": [(nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 3, 3, padding=1)), (2, 7, 6)],
    "groups": [(nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3, 2, 1, groups=2)), (2, 7, 6)],
    "both": [
        (nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.BatchNorm2d(6), nn.Conv2d(6, 3, 3, padding=1)),
        (2, 7, 6),
    ],
    "flat": [(nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(120, 3)), (2, 7, 6)],
}


@pytest.mark.parametrize("method", ["norm", "merge", "kernel_fit"])
@pytest.mark.parametrize("case", list(TOLD))
def test_no_input_shows_more_where_means_went_into_biases(case, method):
    """The certificates and the bound of the output: at 0, small inputs, large ones, and those of the search."""
    modules, shape = TOLD[case]
    graph = sequential_graph(*modules, shape=shape, dtype=torch.float32)
    made = reduce(
        graph, {"0": 4}, CONSTRUCTIONS[method], bias_correction=True, effort="fast", end_to_end=True, radius=2.0
    )
    assert is_reduction(made)
    hidden, proof = hidden_groups(graph)[0], made.layers[0].certificate
    assert constant_change(graph, made.graph, hidden.consumers[0]) is not None
    wide, narrow = (replace(g, layers=tuple(_double(layer) for layer in g.layers)) for g in (graph, made.graph))
    draw = torch.Generator().manual_seed(0)
    for size in (0.0, 1e-6, 1e-3, 1.0, 1e3):
        x = size * torch.randn(100, *graph.input_shape, generator=draw, dtype=torch.float64)
        before, other = (_run(g, x) for g in (wide, narrow))
        error, length = (before - other).flatten(1).norm(dim=1), x.flatten(1).norm(dim=1)
        dense = getattr(proof.parts[0], "tau", None)
        allowed = proof.best * (length**2 + 1).sqrt() if dense else proof.best * length + proof.constant
        rounding = 1e-14 * before.flatten(1).norm(dim=1)
        assert (error <= allowed + rounding).all()
        assert (error[length <= 2] <= made.end_to_end.error + rounding[length <= 2]).all()


@pytest.mark.parametrize(("weight", "shift"), [(1e305, 1e-10), (3e-170, 7e-150), (-1e200, 1e-300)])
def test_products_at_the_ends_of_the_range(weight, shift):
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.BatchNorm1d(2), nn.Linear(2, 1)).double()
    net[2].bias.data = torch.tensor([shift, 0.0], dtype=torch.float64)
    net[3].weight.data = torch.tensor([[weight, 1.0]], dtype=torch.float64)
    graph = tp.extract(net.eval(), (1,))
    (hidden,) = hidden_groups(graph)
    after = graph.with_weights({"3.weight": torch.tensor([[0.0, 1.0]], dtype=torch.float64)})
    found = constant_change(graph, after, hidden.consumers[0])
    assert found.tolist() == [float(Fraction(weight) * Fraction(shift))]
