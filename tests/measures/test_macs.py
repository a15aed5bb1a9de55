import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import theoryprune as tp
from benchmarks.models import MODELS
from tests.networks import on_meta
from theoryprune import measures
from theoryprune.errors import UnsupportedLayerError
from theoryprune.layers import LAYERS, WeightLayer

DEEP = {f"resnet{depth}{shortcut}" for depth in (44, 56, 110, 1202) for shortcut in ("", "_a")}  # more of the same
CHECKED = [pytest.param(n, marks=pytest.mark.slow) if n in DEEP else n for n in MODELS]


def flops(model, shape):
    with FlopCounterMode(display=False) as counter:
        model(torch.empty(1, *shape, device="meta"))
    return counter.get_total_flops()


def mask_of(graph, density=0.5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return tp.Mask({n: torch.rand(w.shape, generator=generator) < density for n, w in graph.weights.items()})


@pytest.mark.parametrize("name", CHECKED)
def test_trap_045_macs_are_half_the_flops_of_torchs_counter(name):
    model, graph = on_meta(name)
    assert 2 * measures.macs(graph) == flops(model, model.example_shape)
    assert measures.size(graph).total == sum(p.numel() for p in model.parameters())


CONVS = {
    "no padding": (nn.Conv2d(1, 6, 5), (1, 28, 28)),
    "11x11 stride 4": (nn.Conv2d(3, 64, 11, stride=4, padding=2), (3, 224, 224)),
    "one axis": (nn.Conv1d(4, 6, 3, padding=1), (4, 17)),
    "three axes": (nn.Conv3d(2, 4, (3, 1, 2), stride=(2, 1, 1)), (2, 9, 8, 7)),
}
GROUPED = {
    "32 groups": (nn.Conv2d(64, 64, 3, padding=1, groups=32), (64, 14, 14)),
    "depthwise": (nn.Conv2d(16, 16, 3, padding=1, groups=16), (16, 9, 9)),
    "depthwise, several outputs": (nn.Conv2d(4, 12, 3, groups=4), (4, 9, 9)),
    "groups, stride, dilation": (nn.Conv2d(16, 32, 3, stride=2, dilation=2, groups=4), (16, 31, 29)),
}
ODD = {
    "dilation": (nn.Conv2d(3, 8, 3, dilation=3), (3, 20, 20)),
    "same, dilation": (nn.Conv2d(3, 8, 3, padding="same", dilation=3), (3, 20, 20)),
    "same, even kernel": (nn.Conv2d(3, 8, (4, 2), padding="same"), (3, 11, 10)),
    "valid": (nn.Conv2d(3, 8, 3, padding="valid"), (3, 11, 10)),
    "asymmetric": (nn.Conv2d(3, 8, (3, 5), stride=(2, 3), padding=(0, 2), dilation=(1, 2)), (3, 21, 34)),
    "asymmetric padding": (nn.Sequential(nn.ZeroPad2d((1, 2, 0, 3)), nn.Conv2d(3, 8, 3, stride=2)), (3, 20, 20)),
}


def check_against_the_counter(model, shape):
    model = model.to("meta")
    graph = tp.extract(model, shape)
    assert 2 * measures.macs(graph) == flops(model, shape)


@pytest.mark.parametrize("case", CONVS)
def test_trap_045_macs_of_convolutions(case):
    check_against_the_counter(*CONVS[case])


@pytest.mark.parametrize("case", GROUPED)
def test_trap_046_macs_of_groups(case):
    check_against_the_counter(*GROUPED[case])


@pytest.mark.parametrize("case", ODD)
def test_trap_047_macs_of_dilation_and_odd_padding(case):
    check_against_the_counter(*ODD[case])


def test_trap_048_the_convention_is_stated():
    assert measures.CONVENTION == "conv+linear MACs, batch 1"


def test_trap_049_nominal_macs_count_the_mask():
    torch.manual_seed(0)
    model = MODELS["grouped_tiny"]()
    graph = tp.extract(model, model.example_shape)
    dense, mask = measures.layer_macs(graph), mask_of(graph)
    kept = measures.layer_macs(graph, mask)
    for name, keep in mask.keep.items():
        assert kept[name] * keep.numel() == dense[name] * int(keep.sum())
    everything = tp.Mask({name: torch.ones_like(keep) for name, keep in mask.keep.items()})
    assert measures.layer_macs(graph, everything) == dense
    nothing = tp.Mask({name: torch.zeros_like(keep) for name, keep in mask.keep.items()})
    assert measures.macs(graph, nothing) == 0
    first = next(iter(mask.keep))
    only_first = measures.layer_macs(graph, tp.Mask({first: mask.keep[first]}))
    assert only_first == dense | {first: kept[first]}


def test_trap_050_counting_leaves_no_hooks():
    model = MODELS["lenet5_caffe"]()
    graph = tp.extract(model, model.example_shape)
    measures.macs(graph), measures.size(graph), measures.stored_bytes(graph)
    for module in model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
        assert not module._backward_hooks


def test_a_mask_of_another_network_is_refused():
    graph = tp.extract(nn.Linear(3, 2), (3,))
    wrong = tp.Mask({"weight": torch.ones(3, 3, dtype=torch.bool)})
    for count in (measures.size, measures.macs, measures.layer_macs):
        with pytest.raises(ValueError, match="is it a mask of another network"):
            count(graph, wrong)


def test_every_kind_of_layer_has_a_rule():
    default = measures.uses.dispatch(object)
    assert all(measures.uses.dispatch(kind) is not default for kind in LAYERS.values())


def test_a_kind_without_a_rule_is_refused():
    class Strange(WeightLayer):
        kind = "strange"
        forward = shape = couple = select = None

    with pytest.raises(UnsupportedLayerError, match=r"'a': multiply-accumulates have no rule .* 'strange'"):
        measures.uses(Strange(name="a", inputs=(), weight=torch.ones(1)))
