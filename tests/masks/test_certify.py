"""From a trace to its certificate: what is read off the network."""

from itertools import pairwise

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.networks import random_graph
from tests.reference_run import reference_run
from tests.small import Written
from theoryprune.graph.hashing import graph_sha256
from theoryprune.masks.certify import certify, dropped, surrogates


def chain(*widths, seed=0):
    torch.manual_seed(seed)
    return tp.extract(nn.Sequential(*[nn.Linear(a, b) for a, b in pairwise(widths)]).double(), (widths[0],))


def test_a_chain_pruned_in_small_steps_is_certified():
    graph = chain(6, 7, 5, 3)
    pruning = reference_run(graph, 3 / graph.num_weights, tp.exponential(60))
    certificate = pruning.certificate
    assert certificate.certified
    assert certificate.connected
    assert certificate.maximal_critical_compression
    assert [row.kept_per_layer for row in pruning.trace][-1] == dict.fromkeys(graph.order, 1)
    assert certificate.rows == pruning.trace
    assert certificate.is_sealed
    assert (certificate.shortest_path, certificate.longest_path) == (3, 3)
    assert certificate.weights_sha256 == graph_sha256(graph)
    assert certificate.mask_sha256 == pruning.mask.sha256
    assert set(certificate.versions) == {"theoryprune", "python", "torch", "numpy"}


def test_one_shot_is_not_certified_where_it_takes_more_than_the_flow():
    pruning = reference_run(chain(20, 20, 20, 3), 0.01, tp.one_shot())
    assert not pruning.certificate.certified
    assert pruning.certificate.largest_ratio > 1


def test_protected_layers_are_neither_cuts_nor_counted():
    graph = chain(6, 7, 5, 3)
    certificate = reference_run(graph, 0.5, tp.exponential(3), protect=["1.weight"]).certificate
    assert certificate.protect == ("1.weight",)
    assert certificate.exact_cuts == ("0.weight", "2.weight")
    assert certificate.chain
    assert certificate.longest_path == 2


@pytest.mark.parametrize("seed", range(12))
def test_theorem_3_holds_between_the_rows(seed):
    pruning = reference_run(random_graph(seed), 0.2, tp.exponential(12))
    flows = [(row.flow, row.exponent) for row in pruning.trace]
    flows.append((pruning.final_flow, pruning.final_exponent))
    for row, (before, base), (after, exponent) in zip(pruning.trace, flows, flows[1:], strict=False):
        assert after * 2.0 ** (exponent - base) >= before - row.prune_sum - 1e-12 * before
    if pruning.certificate.certified:
        assert all(row.connected for row in pruning.trace)


def test_a_network_without_a_path_is_certified_of_nothing():
    graph = chain(3, 3, 2)
    dead = graph.with_weights({"0.weight": torch.zeros(3, 3, dtype=torch.float64)})
    certificate = reference_run(dead, 0.5, tp.exponential(2)).certificate
    assert (certificate.shortest_path, certificate.longest_path) == (None, None)
    assert not any([certificate.certified, certificate.connected, certificate.trivially_connected])


def test_what_stands_in_and_what_is_left_out_is_named():
    net = nn.Sequential(nn.Linear(3, 3), nn.GELU(), nn.Linear(3, 3), nn.LeakyReLU(), nn.Linear(3, 2), nn.Softmax(1))
    graph = tp.extract(net, (3,))
    assert surrogates(graph) == ("gelu",)
    assert dropped(graph) == (graph.output,)
    inner = Written(lambda m, x: torch.relu(m.a(x)), a=nn.Linear(3, 2))
    assert surrogates(tp.extract(inner, (3,))) == dropped(tp.extract(inner, (3,))) == ()


def test_the_arithmetic_is_stated():
    graph = chain(4, 4, 2)
    pruning = reference_run(graph, 0.5, tp.exponential(2), dtype=torch.float32)
    assert pruning.certificate.dtype == "float32"
    other = {"method": "synflow", "rule": tp.FlowRule(), "schedule": "exponential(2)", "scope": "global"}
    again = certify(graph, pruning.mask, pruning.trace, 0.5, 0, dtype=torch.float64, **other)
    assert again.gamma < pruning.certificate.gamma
