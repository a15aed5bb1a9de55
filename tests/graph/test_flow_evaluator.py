"""The flow and its derivatives without overflow: exact powers of two, dead branches, very deep chains."""

from fractions import Fraction
from itertools import pairwise

import pytest
import torch
from torch import nn

import theoryprune as tp
from benchmarks.models import resnet20, resnet50_224, resnet56, resnet110
from tests.networks import random_graph
from tests.small import Written, normal, same, witness
from theoryprune.graph import flow_evaluator
from theoryprune.graph.flow_evaluator import FlowEvaluator


def scores_of(graph, **options):
    return FlowEvaluator(graph, **options).scores("synflow")


def flow_of(graph, **options):
    return FlowEvaluator(graph, **options).evaluate(values=False)


def chain(widths, seed=0, scale=1.0):
    layers = [nn.Linear(a, b, bias=False) for a, b in pairwise(widths)]
    for number, layer in enumerate(layers):
        layer.weight.data = normal(*layer.weight.shape, seed=seed + number) * scale
    return nn.Sequential(*layers)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("bias", ["drop", "unit"])
def test_where_one_rescales_changes_no_bit(seed, bias):
    graph = random_graph(seed)
    plain = scores_of(graph, bias=bias, slack=10**6)
    for slack in (0, 3):
        scaled = scores_of(graph, bias=bias, slack=slack)
        assert (scaled.total, scaled.exponent) == (plain.total, plain.exponent)
        assert all(torch.equal(scaled.values[name], plain.values[name]) for name in graph.order)


def test_the_total_is_normalised_and_carries_the_same_factor_as_the_scores():
    graph = tp.extract(chain([3, 4, 2], scale=2.0**40), (3,))
    scores = scores_of(graph)
    assert 0.5 <= scores.total < 1
    assert float(scores.values["0.weight"].sum()) == pytest.approx(scores.total, rel=1e-14)
    assert scores_of(tp.extract(chain([3, 4, 2]), (3,))).exponent == scores.exponent - 80


def fractions_of_chain(graph):
    """R and all scores of a chain of linear maps, in exact rationals."""
    mats = [[[abs(Fraction(x)) for x in row] for row in w.tolist()] for w in graph.weights.values()]
    ahead = [[Fraction(1)] * len(mats[0][0])]
    for m in mats:
        ahead.append([sum(a * x for a, x in zip(row, ahead[-1], strict=True)) for row in m])
    behind = [[Fraction(1)] * len(mats[-1])]
    for m in reversed(mats):
        behind.append([sum(m[i][j] * behind[-1][i] for i in range(len(m))) for j in range(len(m[0]))])
    behind = behind[::-1]
    scores = [
        [[behind[k + 1][i] * m[i][j] * ahead[k][j] for j in range(len(m[0]))] for i in range(len(m))]
        for k, m in enumerate(mats)
    ]
    return sum(ahead[-1]), scores


@pytest.mark.parametrize(("depth", "scale"), [(5, 1.0), (1000, 8.0), (1000, 2.0**-6)])
def test_a_chain_of_a_thousand_layers_against_exact_fractions(depth, scale):
    """Thousands of binary orders outside of float64, yet exact to rounding and in the right order."""
    layers = chain([2] * (depth + 1))
    for layer in layers:  # few digits, or the fractions take minutes
        layer.weight.data = ((layer.weight.data * 8).round() + 0.5) / 8 * scale
    record = tp.extract(layers[:2], (2,)).layers[0]
    names = [f"{i}.weight" for i in range(depth)]
    graph = tp.WeightGraph(
        layers=tuple(
            type(record)(
                name=str(i),
                inputs=(str(i - 1) if i else "<input>",),
                names={"weight": names[i]},
                weight=layer.weight.data,
            )
            for i, layer in enumerate(layers)
        ),
        input_shape=(2,),
        output=str(depth - 1),
        order=tuple(names),
    )
    scores = scores_of(graph)
    total, exact = fractions_of_chain(graph)
    two = Fraction(2)
    assert float(total / two**scores.exponent) == pytest.approx(scores.total, rel=1e-12)
    assert abs(scores.exponent) > (1024 if depth == 1000 else 0)
    for k in (0, depth // 2, depth - 1):
        expected = [float(x / two**scores.exponent) for row in exact[k] for x in row]
        assert scores.values[names[k]].view(-1).tolist() == pytest.approx(expected, rel=1e-12)
        order = sorted(range(4), key=lambda i: exact[k][i // 2][i % 2])
        assert scores.values[names[k]].view(-1).argsort().tolist() == order


def test_a_dead_branch_with_a_large_exponent_beside_a_live_identity():
    """A join that took the dead branch's exponent would flush the identity to zero and report a collapse."""
    depth = 40
    parts = {f"l{i}": nn.Linear(2, 2, bias=False) for i in range(depth)} | {"out": nn.Linear(2, 1, bias=False)}

    def run(self, x):
        y = x
        for i in range(depth):
            y = getattr(self, f"l{i}")(y)
        return self.out(x + y)

    net = Written(run, **parts).double()
    for i in range(depth):
        getattr(net, f"l{i}").weight.data.fill_(2.0**60)
    net.out.weight.data.fill_(1.0)
    net.get_submodule(f"l{depth - 1}").weight.data.zero_()
    for slack in (0, None):
        scores = scores_of(tp.extract(net, (2,)), slack=slack)
        assert scores.total * 2**scores.exponent == 2
        assert (scores.values["out.weight"] * 2**scores.exponent).tolist() == [[1, 1]]


@pytest.mark.parametrize("model", [resnet56, resnet110])
def test_trap_029_networks_that_overflow_in_float32_are_finite(model):
    torch.manual_seed(0)
    net = model()
    graph = tp.extract(net, net.example_shape)
    for dtype in (torch.float64, torch.float32):
        scores = scores_of(graph, dtype=dtype)
        assert scores.exponent > 128
        assert all(bool(score.isfinite().all()) for score in scores.values.values())
        assert float(scores.values[graph.order[-1]].double().sum()) == pytest.approx(scores.total, rel=1e-5)


def test_trap_029_resnet50_at_224_is_finite_in_float32():
    torch.manual_seed(0)
    net = resnet50_224()
    graph = tp.extract(net, net.example_shape)
    scores = scores_of(graph, dtype=torch.float32)
    assert scores.exponent > 200
    assert all(bool(score.isfinite().all()) for score in scores.values.values())


def test_trap_032_nothing_of_the_model_or_graph_is_written_even_when_it_fails():
    net = chain([3, 4, 2])
    graph = tp.extract(net, (3,))
    before, state = witness(net), {name: t.clone() for name, t in graph.state_dict().items()}
    scores_of(graph)
    bad = graph.with_weights({"0.weight": torch.full_like(graph.weights["0.weight"], 1e308)})
    with pytest.raises(ValueError, match="overflows within '0'"):
        scores_of(bad)
    assert same(witness(net), before)
    assert all(torch.equal(tensor, state[name]) for name, tensor in graph.state_dict().items())
    assert not any(tensor.requires_grad for tensor in graph.state_dict().values())


def test_trap_033_only_weights_are_made_absolute_and_on_a_copy():
    net = resnet20()
    graph = tp.extract(net, net.example_shape)
    state = {name: t.clone() for name, t in net.state_dict().items()}
    scores_of(graph)
    assert all(torch.equal(t, state[name]) for name, t in net.state_dict().items())


def test_grad_modes_of_the_caller_do_not_matter():
    graph = tp.extract(chain([3, 4, 2]), (3,))
    expected = scores_of(graph)
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            found = scores_of(graph)
        assert all(torch.equal(found.values[name], expected.values[name]) for name in graph.order)


def gathered(evaluator, names):
    """All scores by place, out of the blocks, and where the weights end."""
    found, ends = {}, []
    for start, block, inside in evaluator.blocks(names):
        found |= {start + i: value for i, value in enumerate(block.tolist())}
        ends += [start + end for end in inside]
    return found, ends


def test_survivors_and_removal():
    graph = tp.extract(chain([3, 4, 2]), (3,))
    evaluator = FlowEvaluator(graph)
    assert evaluator.spans == {"0.weight": (0, 12), "1.weight": (12, 20)}
    gone, index = torch.tensor([0, 5]), torch.tensor([1, 2, 7, 14])
    evaluator.remove(gone)
    assert evaluator.shrink() is None
    weights = graph.weights["0.weight"].clone()
    weights.view(-1)[gone] = 0
    fresh = scores_of(graph.with_weights({"0.weight": weights}))
    flow = evaluator.evaluate()
    assert (flow.total, flow.exponent, flow.values) == (fresh.total, fresh.exponent, {})
    expected = torch.cat([score.view(-1) for score in fresh.values.values()])
    assert gathered(evaluator, graph.order) == (dict(enumerate(expected.tolist())), [12, 20])
    torch.testing.assert_close(evaluator.at(index), expected[index], rtol=1e-15, atol=0)
    assert evaluator.evaluate(values=False).total == fresh.total


@pytest.mark.parametrize("size", [1, 7, 40, 10**6])
@pytest.mark.parametrize("seed", range(5))
def test_blocks_of_any_size_hold_the_same_scores(seed, size, monkeypatch):
    """Small weights together, large ones in parts, and some left out in between."""
    graph = random_graph(seed)
    expected = scores_of(graph)
    monkeypatch.setattr(flow_evaluator, "_BLOCK", size)
    evaluator = FlowEvaluator(graph, spatial=False)
    evaluator.evaluate()
    for names in (list(graph.order), list(graph.order)[::2], list(graph.order)[1:2]):
        found, ends = gathered(evaluator, names)
        assert list(found) == [place for name in names for place in range(*evaluator.spans[name])]
        assert ends == [evaluator.spans[name][1] for name in names]
        wanted = torch.cat([expected.values[name].view(-1) for name in names])
        torch.testing.assert_close(torch.tensor(list(found.values()), dtype=torch.float64), wanted, rtol=1e-12, atol=0)
        torch.testing.assert_close(evaluator.at(torch.tensor(list(found))), wanted, rtol=1e-12, atol=0)


def test_no_weights_no_scores():
    graph = tp.extract(nn.Flatten(), (2, 2))
    scores = scores_of(graph)
    assert scores.values == {}
    assert scores.total * 2**scores.exponent == 4


class Selected(nn.Module):
    """x + (a deep branch of which only a dead channel is read)."""

    def __init__(self, tail):
        super().__init__()
        self.deep = chain([2] * 41, scale=2.0**60)
        self.deep[-1].weight.data[0] = 0
        self.tail = tail
        self.out = nn.Linear(1, 1, bias=False)

    def forward(self, x):
        return self.out(x[:, :1] + self.tail(self.deep(x)))


def test_a_slice_that_drops_all_that_lives_takes_its_exponent_along():
    class First(nn.Module):
        def forward(self, x):
            return x[:, :1]

    graph = tp.extract(Selected(First()).double(), (2,))
    flow = flow_of(graph)
    assert flow.total * 2.0**flow.exponent == pytest.approx(float(graph.weights["out.weight"].abs()), rel=1e-15)
    assert flow.flushed == 0
    assert tp.prune(graph, tp.synflow, 0.5, tp.one_shot()).trace[-1].connected
