"""The checker accepts what `end_to_end` returns, and rejects it with anything lowered."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.bounds.pruned_nets import NETS, pruned
from theoryprune.bounds import BlockError, end_to_end, is_end_to_end, is_telescope, telescope
from theoryprune.bounds.network_witness import differences


def case(kind, seed):
    rng = np.random.default_rng(seed)
    graph, groups = NETS[kind](rng, 3, bool(seed % 2))
    after, blocks = pruned(graph, groups, rng)
    return graph, after, blocks, torch.from_numpy(rng.standard_normal((5, *graph.input_shape)))


@pytest.mark.parametrize("kind", NETS)
def test_it_accepts_results(kind):
    for seed in range(4):
        graph, after, blocks, x = case(kind, seed)
        verdict = is_end_to_end(end_to_end(graph, after, blocks, radius=2.0), graph, after)
        assert verdict, verdict.reason
        verdict = is_end_to_end(end_to_end(graph, after, blocks, x=x), graph, after, x=x)
        assert verdict, verdict.reason


@pytest.mark.parametrize("kind", NETS)
@pytest.mark.parametrize("given", [False, True])
def test_it_rejects_anything_lowered(kind, given):
    graph, after, blocks, x = case(kind, 1)
    domain = {"x": x} if given else {"radius": 2.0}
    result = end_to_end(graph, after, blocks, **domain)
    checked = {"x": x} if given else {}
    first = result.terms[0]
    lowered = [replace(result, error=result.error * (1 - 1e-6)), replace(result, observed=result.observed * 1.001)]
    lowered += [replace(result, error=result.observed * 0.5), replace(result, error=float("nan"))]
    for field in ("norm", "error", "downstream", "share"):
        term = replace(first, **{field: getattr(first, field) * (1 - 1e-6)})
        lowered.append(replace(result, terms=(term, *result.terms[1:])))
    gain = replace(first.block, gain=first.block.gain * 1.1, joint=first.block.joint * 1.1)
    lowered.append(replace(result, terms=(replace(first, block=gain), *result.terms[1:])))
    lowered.append(replace(result, witness=result.witness * (0.5 if given else 100.0)))
    lowered += [replace(result, output=result.output * 1e6), replace(result, output=float("nan"))]
    astray = replace(first, block=replace(first.block, starts=("elsewhere",)))
    lowered.append(replace(result, terms=(astray, *result.terms[1:])))
    if not given:
        lowered += [replace(result, radius=value) for value in (2.1, -1.0, float("nan"), float("inf"))]
    for wrong in lowered:
        verdict = is_end_to_end(wrong, graph, after, **checked)
        assert not verdict
        assert verdict.reason


def steps(kind, seed):
    rng = np.random.default_rng(seed)
    graph, groups = NETS[kind](rng, 3, bool(seed % 2))
    networks, blocks = [graph], []
    for group in groups[::-1]:
        after, rows = pruned(networks[-1], [group], rng)
        networks.append(after)
        blocks.append(rows)
    return networks, blocks


@pytest.mark.parametrize("kind", NETS)
def test_steps_are_accepted_and_rejected_with_anything_lowered(kind):
    networks, blocks = steps(kind, 1)
    result = telescope(networks, blocks, radius=2.0)
    verdict = is_telescope(result, networks, blocks)
    assert verdict, verdict.reason
    x = torch.ones(2, *networks[0].input_shape, dtype=torch.float64)
    assert is_telescope(telescope(networks, blocks, x=x), networks, blocks, x=x)
    for place, term in enumerate(result.terms):
        for field in ("norm", "error", "downstream", "share"):
            terms = list(result.terms)
            terms[place] = replace(term, **{field: getattr(term, field) * (1 - 1e-6)})
            assert not is_telescope(replace(result, terms=tuple(terms)), networks, blocks)
    assert not is_telescope(replace(result, error=result.error * (1 - 1e-6)), networks, blocks)
    assert not is_telescope(replace(result, terms=result.terms[:-1]), networks, blocks)


def test_the_networks_of_the_steps_count():
    networks, blocks = steps("chain", 1)
    result = telescope(networks, blocks, radius=2.0)
    assert not is_telescope(result, networks, blocks[::-1])
    middle = networks[1].with_weights({name: 2 * weight for name, weight in networks[1].weights.items()})
    assert not is_telescope(result, [networks[0], middle, *networks[2:]], blocks)
    with pytest.raises(ValueError, match="one for each pair of networks in turn, got 2 and 2"):
        is_telescope(result, networks[:2], blocks)


def test_it_rejects_missing_rows():
    graph, after, blocks, _ = case("chain", 3)
    result = end_to_end(graph, after, blocks, radius=2.0)
    assert is_end_to_end(result, graph, after, blocks=blocks)
    for terms in ((), result.terms[1:], result.terms[::-1]):
        fewer = replace(result, terms=terms, error=result.error * (1 + 1e-9))
        assert not is_end_to_end(fewer, graph, after, blocks=blocks)


def test_it_rejects_other_networks():
    graph, after, blocks, _ = case("chain", 3)
    result = end_to_end(graph, after, blocks, radius=2.0)
    larger = graph.with_weights({name: 2 * weight for name, weight in graph.weights.items()})
    assert not is_end_to_end(result, larger, after)
    assert not is_end_to_end(result, graph, larger)
    with pytest.raises(ValueError, match="x must be given exactly where"):
        is_end_to_end(result, graph, after, x=torch.ones(1, *graph.input_shape))


def test_differences_near_the_rounding_of_the_outputs_are_accepted():
    graph, _, _, _ = case("chain", 1)
    last = list(graph.weights)[-1]
    after = graph.with_weights({**graph.weights, last: graph.weights[last] * (1 + 1e-9)})
    start, end = graph.layers[0].name, graph.weight_layers[last].name
    result = end_to_end(graph, after, [BlockError("all", (start,), (end,), 1e-3)], radius=2.0)
    found = differences(graph, after, result.witness)
    assert found.difference < 1e-8 * found.output
    assert is_end_to_end(replace(result, observed=found.difference + 1e-14 * found.output), graph, after)
    assert not is_end_to_end(replace(result, observed=found.difference + 1e-11 * found.output), graph, after)
