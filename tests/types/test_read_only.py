"""Nothing can be written to a noun, and each can be copied."""

import copy
import pickle

import pytest
import torch
from torch import nn

import theoryprune as tp
from tests.small import normal

MODEL = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
GRAPH = tp.extract(MODEL, (4,))


def test_graphs_and_masks_cannot_be_changed():
    with pytest.raises(AttributeError):
        GRAPH.output = "0"
    with pytest.raises(TypeError):
        GRAPH.weights["0.weight"] = normal(3, 4)
    with pytest.raises(TypeError):
        tp.Mask({"a": torch.tensor([True])}).keep["a"] = torch.tensor([False])


def test_trap_084_every_noun_can_be_copied_and_pickled():
    pruning = tp.prune(GRAPH, tp.synflow, 0.5, tp.exponential(2))
    GRAPH.shapes, GRAPH.by_name  # noqa: B018  (what is cached must travel too)
    nouns = (GRAPH, tp.synflow(GRAPH), pruning, pruning.mask, pruning.trace[0], tp.channel_groups(GRAPH)[0])
    for noun in (*nouns, tp.summarize(GRAPH)):
        for again in (copy.deepcopy(noun), pickle.loads(pickle.dumps(noun))):
            assert repr(again) == repr(noun)
    assert copy.deepcopy(pruning).mask.sha256 == pruning.mask.sha256
