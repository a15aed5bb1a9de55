"""Scores as nouns."""

from torch import nn

import theoryprune as tp

MODEL = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
GRAPH = tp.extract(MODEL, (4,))


def test_representations_say_what_the_noun_is():
    pruning = tp.prune(GRAPH, tp.synflow, 0.5, tp.exponential(2))
    assert repr(pruning.mask) == f"Mask({pruning.mask.kept} of {GRAPH.num_weights} kept, 2 layers)"
    assert repr(pruning).startswith("Pruning(synflow, exponential(2), global, ")
    assert repr(tp.synflow(GRAPH)).startswith("Scores(synflow, 2 layers, flow 0.")
    assert repr(tp.magnitude(GRAPH)) == "Scores(magnitude, 2 layers)"


def test_scores_say_whether_their_flow_comes_from_the_input_alone():
    assert tp.synflow(GRAPH).rule == tp.FlowRule("drop", 1)
    assert tp.synflow(GRAPH).rooted
    assert tp.synflow(GRAPH, bias="unit").rule == tp.FlowRule("unit")
    assert not tp.synflow(GRAPH, bias="unit").rooted
    assert tp.magnitude(GRAPH).rule is None
    assert not tp.magnitude(GRAPH).rooted
