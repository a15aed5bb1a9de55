"""The plainly written published procedure: the same masks as ours where rounding decides nothing."""

import torch

import theoryprune as tp
from benchmarks.models import digits_convnet
from benchmarks.published_synflow import published_synflow
from tests.small import same, witness


def test_it_agrees_with_ours_and_leaves_the_model_as_it_was():
    torch.manual_seed(0)
    model = digits_convnet(width=0.5).eval()
    before = witness(model)
    masks, seconds = published_synflow(model, 0.1, 10)
    assert seconds > 0
    assert same(witness(model)["values"], before["values"])
    assert all(parameter.grad is None for parameter in model.parameters())
    graph = tp.extract(model, model.example_shape)
    ours = tp.prune(graph, tp.synflow, 0.1, tp.exponential(10)).mask
    reference = tp.Mask({name: masks[name].bool() for name in graph.order})
    found = tp.compare_masks(reference, ours)
    assert abs(found.kept - found.reference_kept) <= 1
    assert found.overlap > 0.99
    assert found.layer_l1 < 0.01
