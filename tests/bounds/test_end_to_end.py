"""The bound of the whole network: never violated on random pruned networks, equal to the layer's for one block."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.bounds.pruned_nets import NETS, chain, pruned
from tests.maps import chain_graph
from tests.small import Written, with_statistics
from theoryprune.bounds import BlockError, block_error, certify_layer, end_to_end, search_difference, telescope


@pytest.mark.parametrize("kind", NETS)
@pytest.mark.parametrize("part", [0, 1, *(pytest.param(part, marks=pytest.mark.slow) for part in (2, 3))])
def test_never_violated_on_random_networks(kind, part):
    tightest = 0.0
    for seed in range(part * 20, part * 20 + 20):
        rng = np.random.default_rng(seed)
        graph, groups = NETS[kind](rng, int(rng.integers(2, 5)) if kind == "chain" else 2, bool(seed % 2))
        after, blocks = pruned(graph, groups, rng, keep=rng.choice([0.5, 0.8]), perturb=rng.choice([0.0, 0.3]))
        radius = float(rng.choice([0.1, 1.0, 30.0]))
        result = end_to_end(graph, after, blocks, radius=radius, effort="fast", seed=seed)
        assert result.observed <= result.error
        x = torch.from_numpy(rng.standard_normal((30, *graph.input_shape)))
        x *= radius / x.norm(dim=1, keepdim=True) * torch.from_numpy(rng.uniform(0.3, 0.999999, (30, 1)))
        instance = end_to_end(graph, after, blocks, x=x, effort="fast")
        assert instance.observed <= instance.error <= result.error * (1 + 1e-8)
        tightest = max(tightest, result.observed / result.error)
    assert 0.02 < tightest <= 1


def test_a_network_of_one_block_has_the_bound_of_the_layer():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        graph, groups = chain(rng, 2, bool(seed % 2))
        after, blocks = pruned(graph, groups, rng)
        result = end_to_end(graph, after, blocks, radius=2.0, steps=40)
        assert result.error == pytest.approx(blocks[0].error(2.0), rel=1e-12)
        assert (result.terms[0].downstream, result.terms[0].norm) == (1, 2)


def test_the_shares_are_the_formula_of_the_chain():
    rng = np.random.default_rng(5)
    graph, groups = chain(rng, 3, False)
    after, blocks = pruned(graph, groups, rng)
    first, second = end_to_end(graph, after, blocks, radius=2.0).terms
    weights = [w.numpy() for w in graph.weights.values()]
    folded = after.weights["l0.weight"].numpy()
    assert first.share == pytest.approx(blocks[0].gain * 2 * np.linalg.norm(weights[2], 2))
    assert second.share == pytest.approx(blocks[1].gain * np.linalg.norm(folded, 2) * 2)


def test_norms_are_those_of_the_pruned_network():
    """x -> x -> x -> x becomes x -> x -> 3 x -> 6 x: 2 from the second map, 3 from the third, together the truth."""
    graph = chain_graph(1, 1, 1, 1)
    graph = graph.with_weights({name: torch.ones_like(weight) for name, weight in graph.weights.items()})
    maps = {"1.weight": 3.0, "2.weight": 2.0}
    after = graph.with_weights({name: torch.full((1, 1), value).double() for name, value in maps.items()})
    blocks = [BlockError("g", ("0",), ("1",), 2.0), BlockError("h", ("1",), ("2",), 1.0)]
    result = end_to_end(graph, after, blocks, radius=1.0)
    assert [term.share for term in result.terms] == pytest.approx([2, 3])
    assert result.observed == pytest.approx(5)
    swapped = end_to_end(after, graph, blocks, radius=1.0)  # norms of the original, gains of the pruned network
    assert [term.share for term in swapped.terms] == pytest.approx([4, 1])


def test_one_step_after_the_other_is_the_same_on_a_chain():
    """In front of a group the pruned network, behind it the original one, as for all groups at once."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        graph, groups = chain(rng, 4, bool(seed % 2))
        networks, blocks = [graph], []
        for group in groups:
            after, rows = pruned(networks[-1], [group], rng)
            networks.append(after)
            blocks.append(rows)
        joint = end_to_end(graph, networks[-1], [row for rows in blocks for row in rows], radius=2.0)
        steps = telescope(networks, blocks, radius=2.0)
        assert steps.error == pytest.approx(joint.error, rel=1e-12)
        assert [term.block for term in steps.terms] == [term.block for term in joint.terms]
        assert (steps.observed, steps.output) == (joint.observed, joint.output)


@pytest.mark.parametrize("kind", NETS)
def test_steps_in_any_order(kind):
    """Certified one after the other, the groups may go from the output to the input, or as they please."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        graph, groups = NETS[kind](rng, 3, bool(seed % 2))
        networks, blocks = [graph], []
        for place in rng.permutation(len(groups)):
            after, rows = pruned(networks[-1], [groups[place]], rng, perturb=rng.choice([0.0, 0.3]))
            networks.append(after)
            blocks.append(rows)
        result = telescope(networks, blocks, radius=3.0, effort="fast", steps=40, seed=seed)
        assert result.observed <= result.error
        x = torch.from_numpy(rng.standard_normal((30, *graph.input_shape)))
        given = telescope(networks, blocks, x=x, effort="fast")
        assert given.observed <= given.error


def test_norms_and_gains_are_those_of_each_pair():
    """x -> x -> x -> x, the last map doubled first, then the middle one tripled: 1, then 2 times 2."""
    graph = chain_graph(1, 1, 1, 1)
    graph = graph.with_weights({name: torch.ones_like(weight) for name, weight in graph.weights.items()})
    one = graph.with_weights({"2.weight": torch.full((1, 1), 2.0).double()})
    two = one.with_weights({"1.weight": torch.full((1, 1), 3.0).double()})
    late, early = BlockError("h", ("1",), ("2",), 1.0), BlockError("g", ("0",), ("1",), 2.0)
    result = telescope((graph, one, two), ((late,), (early,)), radius=1.0)
    assert [term.share for term in result.terms] == pytest.approx([1, 4])
    assert result.observed == pytest.approx(5)
    assert telescope((graph,), (), radius=1.0).error == 0


def convolutional_case(seed, end):
    """A residual block conv-bn-relu-conv-bn with pruned channels inside; its row from explicit matrices, bn folded."""
    draw, size, width, inner = torch.Generator().manual_seed(seed), 4, 2, 4
    parts = {"a": nn.Conv2d(width, inner, 3, padding=1), "p": nn.BatchNorm2d(inner), "r": nn.ReLU()}
    parts |= {"b": nn.Conv2d(inner, width, 3, padding=1, bias=False), "q": nn.BatchNorm2d(width)}
    head = nn.Linear(width, 3)

    def forward(m, x):
        return m.head(torch.relu(x + m.q(m.b(torch.relu(m.p(m.a(x)))))).mean((2, 3)))

    net = with_statistics(Written(forward, **parts, head=head), seed=seed).double()
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64) * 0.5
    graph = tp.extract(net, (width, size, size))
    kept = np.sort(np.random.default_rng(seed).choice(inner, 2, replace=False))
    gone = torch.from_numpy(np.setdiff1d(np.arange(inner), kept))
    after = graph.with_weights({"b.weight": graph.weights["b.weight"].index_fill(1, gone, 0)})
    zeroed = {name: after.by_name[name] for name in ("a", "p")}
    changed = {
        n: layer.with_tensors({k: t.index_fill(0, gone, 1 if k == "running_var" else 0) for k, t in layer.tensors()})
        for n, layer in zeroed.items()
    }
    after = replace(after, layers=tuple(changed.get(layer.name, layer) for layer in after.layers))

    def matrix(names, shape):
        cells = int(np.prod(shape))
        x = torch.eye(cells, dtype=torch.float64).reshape(cells, *shape)
        zero = torch.zeros(1, *shape, dtype=torch.float64)
        for name in names:
            x, zero = graph.by_name[name].forward(x), graph.by_name[name].forward(zero)
        return (x - zero).reshape(cells, -1).T.numpy(), zero.reshape(-1).numpy()

    rows, bias = matrix(["a", "p"], (width, size, size))
    outgoing, _ = matrix(["b", "q"] if end == "q" else ["b"], (inner, size, size))
    cells = np.concatenate([np.arange(size * size) + c * size * size for c in kept])
    certificate = certify_layer(outgoing, rows, cells, outgoing[:, cells], bias=bias, effort="fast")
    return graph, after, block_error("a", certificate, ("<input>",), (end,))


@pytest.mark.parametrize("end", ["b", "q"])
def test_convolutions_with_folded_batch_norms(end):
    for seed in range(5):
        graph, after, block = convolutional_case(seed, end)
        result = end_to_end(graph, after, [block], radius=5.0, steps=40, seed=seed)
        assert result.observed <= result.error
        assert result.observed > 0.02 * result.error


def test_a_bound_below_the_truth_would_be_found():
    """The search has teeth: half of a tight bound is violated."""
    rng = np.random.default_rng(0)
    rows, outgoing = rng.standard_normal((5, 4)), np.ones((1, 5))
    certificate = certify_layer(outgoing, rows, [0, 1], outgoing[:, :2], 1.0)
    net = nn.Sequential(nn.Linear(4, 5, bias=False), nn.Linear(5, 1, bias=False)).double()
    graph = tp.extract(net, (4,)).with_weights(
        {"0.weight": torch.from_numpy(rows), "1.weight": torch.ones(1, 5).double()}
    )
    after = graph.with_weights({"1.weight": torch.tensor([[1.0, 1, 0, 0, 0]], dtype=torch.float64)})
    assert search_difference(graph, after, 1.0, steps=50).difference > 0.99 * certificate.best


def test_refusals():
    graph = chain_graph(3, 2, 2)
    row = BlockError("g", ("<input>",), ("1",), 1.0)
    with pytest.raises(ValueError, match="either radius"):
        end_to_end(graph, graph, [row])
    with pytest.raises(ValueError, match="either radius"):
        end_to_end(graph, graph, [row], radius=1.0, x=torch.ones(1, 3))
    with pytest.raises(ValueError, match=r"'g' names the tensors \['9'\], which the graph before lacks"):
        end_to_end(graph, graph, [BlockError("g", ("<input>",), ("9",), 1.0)], radius=1.0)
    with pytest.raises(ValueError, match=r"the ends \['0'\] do not depend on its starts \['1'\]"):
        end_to_end(graph, graph, [BlockError("g", ("1",), ("0",), 1.0)], radius=1.0)
    with pytest.raises(ValueError, match="equal inputs and outputs"):
        end_to_end(graph, chain_graph(3, 4), [row], radius=1.0)
    with pytest.raises(ValueError, match="which the graph after lacks"):
        end_to_end(chain_graph(3, 2, 2, 2), chain_graph(3, 2), [BlockError("g", ("1",), ("2",), 1.0)], radius=1.0)
    with pytest.raises(ValueError, match="radius"):
        end_to_end(graph, graph, [row], radius=-1.0)
    with pytest.raises(ValueError, match="one for each pair of networks in turn, got 1 and 1"):
        telescope((graph,), ((row,),), radius=1.0)
    with pytest.raises(ValueError, match="got 0 and 0"):
        telescope((), (), radius=1.0)
    with pytest.raises(ValueError, match="either radius"):
        telescope((graph,), ())
