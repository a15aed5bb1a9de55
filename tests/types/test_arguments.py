"""What is no graph, mask or model is told how to become one."""

import pytest
import torch
from torch import nn

import theoryprune as tp

VERBS = [tp.synflow, tp.magnitude, tp.erk, tp.uniform, tp.random, tp.compact, tp.to_module, tp.channel_groups]
VERBS += [tp.forward, tp.save_graph, tp.apply_mask, tp.prune]


@pytest.mark.parametrize("verb", VERBS)
def test_a_model_in_place_of_a_graph_is_told_how_to_become_one(verb):
    model = torch.nn.Linear(2, 2)
    rest = {tp.erk: {"seed": 0}, tp.uniform: {"seed": 0}, tp.random: {"seed": 0}, tp.forward: {"x": torch.ones(1, 2)}}
    rest |= {tp.save_graph: {"path": "nowhere"}, tp.prune: {"score": tp.synflow, "density": 0.5}}
    rest |= {tp.apply_mask: {"mask": tp.Mask({"weight": torch.ones(2, 2, dtype=torch.bool)})}}
    with pytest.raises(TypeError, match=r"graph must be a WeightGraph, got Linear; extract\(model, example\)"):
        verb(model, **rest.get(verb, {}))


def test_anything_but_a_mask_is_told_so():
    model = torch.nn.Linear(2, 2)
    graph = tp.extract(nn.Linear(2, 2), (2,))
    mask = tp.Mask({"weight": torch.ones(2, 2, dtype=torch.bool)})
    for call in (
        lambda: tp.mask_module(model, {}),
        lambda: tp.save_mask({}, "nowhere"),
        lambda: tp.compare_masks(mask, 3),
        lambda: tp.apply_mask(graph, 3),
    ):
        with pytest.raises(TypeError, match="mask must be a Mask, got"):
            call()
    with pytest.raises(TypeError, match=r"model must be a torch\.nn\.Module, got WeightGraph"):
        tp.mask_module(graph, mask)
