import torch

import theoryprune as tp
from tests.coresets.nets import model_graph
from theoryprune.coresets import additive, merge
from theoryprune.coresets.each_group import Settings, each_group
from theoryprune.coresets.group_certificate import NOT_ASKED
from theoryprune.coresets.hidden_groups import hidden_groups
from theoryprune.graph.hashing import graph_sha256


def test_coresets_applied_one_after_the_other_give_the_network():
    graph = model_graph("grouped_tiny")
    groups = hidden_groups(graph)
    widths = {hidden.group.name: hidden.units // 2 for hidden in groups}
    settings = Settings(merge, normalised=False, corrected=(), certify=False, effort="fast", seed=0)
    networks, coresets, proofs = each_group(graph, groups, widths, settings)
    again = tp.apply_coreset(graph, coresets)
    assert all(torch.equal(weight, again.weights[name]) for name, weight in networks[-1].weights.items())
    assert networks[0] is graph
    one, two = networks[1:3]
    first, second = list(coresets.items())[:2]
    assert graph_sha256(one) == graph_sha256(tp.apply_coreset(graph, dict([first])))
    assert graph_sha256(two) == graph_sha256(tp.apply_coreset(graph, dict([first, second])))
    assert {proof.note for proof in proofs.values()} == {NOT_ASKED}
    assert {name: coreset.width for name, coreset in coresets.items()} == widths


def test_whole_groups_are_left_alone():
    graph = model_graph("digits_mlp")
    settings = Settings(merge, normalised=True, corrected=("fc1", "fc2"), certify=True, effort="fast", seed=0)
    networks, coresets, proofs = each_group(graph, hidden_groups(graph), {"fc1": 16, "fc2": 12}, settings)
    assert networks == (graph,)
    assert not coresets
    assert [proof.best for proof in proofs.values()] == [0, 0]


def test_constructions_that_draw_meet_the_widths_exactly():
    graph = model_graph("digits_mlp")
    for seed in range(4):
        settings = Settings(additive, normalised=False, corrected=(), certify=False, effort="fast", seed=seed)
        coresets = each_group(graph, hidden_groups(graph), {"fc1": 8, "fc2": 6}, settings)[1]
        assert [coreset.width for coreset in coresets.values()] == [8, 6]
