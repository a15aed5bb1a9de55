"""Both sides are asked the same, and the answers are compared as sets."""

import pytest
import torch

import theoryprune as tp
from benchmarks.coresets import peers
from benchmarks.coresets.options import Options
from benchmarks.models import MODELS
from benchmarks.models.residual import PaddedSubsample


def built(name):
    model = MODELS[name]().eval()
    graph = tp.extract(model, model.example_shape)
    return model, graph, [group for group in tp.channel_groups(graph) if group.removable]


def test_the_slots_of_a_group():
    model, _, groups = built("digits_mlp")
    assert peers.slots(groups[0], model)[5] == {("fc1", "out", 5), ("fc2", "in", 5)}


def test_a_depthwise_convolution_counts_once():
    model, _, groups = built("mobile_tiny")
    sides = {
        side for group in groups for slot in peers.slots(group, model) for layer, side, _ in slot if "dept" in layer
    }
    assert sides == {"out"}


@pytest.mark.parametrize("name", ["digits_mlp", "grouped_tiny", "dense_tiny", "mobile_tiny"])
def test_what_is_unread_can_be_removed(name):
    _, graph, groups = built(name)
    sparse = tp.apply_mask(graph, peers.unread(graph, groups))
    small = {group.name: group.size for group in tp.channel_groups(tp.compact(sparse))}
    assert all(small[group.name] == group.size - group.size // 2 for group in groups)


def test_a_difference_is_told():
    slot = ("conv", "out", 3)
    assert (
        peers._said([(slot, [("a", "in", 1)], [])]) == "with conv out 3 only ours couples a in 1, only theirs nothing"
    )
    assert peers._said([]) == ""


def test_option_a_shifts_the_channels():
    """Where the peer differs: it takes the padding of channels for an operator that keeps their numbers."""
    x = torch.zeros(1, 16, 2, 2)
    x[:, 0] = 1
    assert PaddedSubsample(16, 32, 2)(x).amax((0, 2, 3)).nonzero().flatten().tolist() == [8]


def test_a_small_run():
    pytest.importorskip("torch_pruning", reason="the peer: extra peers")
    coupling, removal = peers.measure(Options(models=("grouped_tiny", "resnet20_a"), rounds=1))
    same, other = coupling.rows
    assert (same["different"], same["compared"]) == (0, same["channels"])
    assert other["different"] > 0
    assert same["ours_parameters"] == same["their_parameters"] < same["parameters"]
    assert same["ours_off"] < 1e-5
    assert removal.rows[1]["state"] != "runs"
