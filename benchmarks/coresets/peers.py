"""Which channels are coupled, and how fast they are removed: against torch-pruning (extra ``peers``)."""

import copy
import statistics
import time
import warnings
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import theoryprune as tp
from benchmarks.coresets.options import Options
from benchmarks.coresets.report import Report
from benchmarks.coresets.spread import spread
from benchmarks.models import MODELS

CHANNELS = 64
"""At most so many channels of each group are compared, evenly spaced."""

Slot = tuple[str, str, int]
"""A layer, "out" or "in", and the number of one of its channels."""


def measure(options: Options) -> list[Report]:
    """Compare the coupling on all models, and time the removal of every second channel by turns."""
    rows = [compare(name, options.rounds) for name in options.models or MODELS]
    equal = [row for row in rows if row["different"] == 0]
    coupling = Report(
        f"Which channels are coupled, ours and torch-pruning: n = {len(rows)} models, {len(equal)} with equal sets",
        {
            "model": "{model}",
            "groups": "{groups:,}",
            "channels": "{channels:,}",
            "compared": "{compared:,}",
            "different": "{different:,}",
            "the first that differs": "{example}",
        },
        rows,
        (f"compared: at most {CHANNELS} channels of each group; equal: the same channels of the same layers",),
    )
    removal = Report(
        f"Every second channel removed, given the graph; n = {options.rounds} interleaved rounds, CPU time",
        {
            "model": "{model}",
            "parameters": "{parameters:,}",
            "ours": "{ours_parameters:,}",
            "theirs": "{their_parameters:,}",
            "ours off": "{ours_off:.0e}",
            "theirs off": "{theirs_off:.0e}",
            "ours, ms": "{ours_ms:.3g}",
            "theirs, ms": "{theirs_ms:.3g}",
            "theirs / ours": "{ratio}",
            "ours told, ms": "{told_ms:.3g}",
            "theirs / ours told": "{told_ratio}",
            "their network": "{state}",
        },
        rows,
        (
            "off: largest difference to the output of the network with these channels unread, over its largest entry",
            "ours is compact, which finds from the zeros alone what the output does not need; theirs is told",
            "ours told is remove_channels, which is told too; its tensors are those of compact",
        ),
    )
    return [coupling, removal]


def compare(name: str, rounds: int) -> dict[str, Any]:
    """Measure one model."""
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    graph = tp.extract(model, model.example_shape)
    groups = [group for group in tp.channel_groups(graph) if group.removable]
    row: dict[str, Any] = {"model": name, "groups": len(groups), "channels": sum(group.size for group in groups)}
    row |= coupling(model, groups)
    row |= removal(model, graph, groups, rounds)
    return row


def coupling(model: nn.Module, groups: list[tp.ChannelGroup]) -> dict[str, Any]:
    """Compare the channels that go with single channels of each group."""
    peer, compared, different = dependencies(model), 0, []
    for group in groups:
        sets = slots(group, model)
        for number in np.unique(np.linspace(0, group.size - 1, min(group.size, CHANNELS)).astype(int)):
            mine = sets[number]
            root = min(slot for slot in mine if slot[1] == "out")
            theirs = peer_slots(peer, model, root)
            compared += 1
            if theirs != mine:
                different.append((root, sorted(mine - theirs), sorted(theirs - mine)))
    return {"compared": compared, "different": len(different), "example": _said(different)}


def _said(different: list[tuple[Slot, list[Slot], list[Slot]]]) -> str:
    if not different:
        return ""
    (layer, _, channel), ours, theirs = different[0]
    here, there = (f"{found[0][0]} {found[0][1]} {found[0][2]}" if found else "nothing" for found in (ours, theirs))
    return f"with {layer} out {channel} only ours couples {here}, only theirs {there}"


def slots(group: tp.ChannelGroup, model: nn.Module) -> list[set[Slot]]:
    """For each number of a group, where it occurs; both sides of a depthwise convolution count as its outputs."""
    out: list[set[Slot]] = [set() for _ in range(group.size)]
    for axis in group.axes:
        if axis.side == "in" and _is_depthwise(model.get_submodule(axis.layer)):
            continue
        for channel in np.flatnonzero(axis.channels >= 0):
            out[axis.channels[channel]].add((axis.layer, axis.side, int(channel)))
    return out


def _is_depthwise(module: nn.Module) -> bool:
    groups = getattr(module, "groups", 1)
    return groups > 1 and groups == module.in_channels == module.out_channels


def dependencies(model: nn.Module) -> Any:
    """Return the peer's graph of a model."""
    import torch_pruning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what it does not know; the table shows what comes of it
        return torch_pruning.DependencyGraph().build_dependency(
            model, torch.zeros(1, *model.example_shape), verbose=False
        )


def peer_group(peer: Any, module: nn.Module, channels: list[int]) -> Any:
    """Return what the peer prunes together with output channels of a module."""
    return peer.get_pruning_group(module, peer.get_pruner_of_module(module).prune_out_channels, channels)


def peer_slots(peer: Any, model: nn.Module, root: Slot) -> set[Slot]:
    """Return what the peer prunes together with one channel; the operators between the layers do not count."""
    names = {module: name for name, module in model.named_modules()}
    found = set()
    for dependency, channels in peer_group(peer, model.get_submodule(root[0]), [root[2]]):
        if (layer := names.get(dependency.target.module)) is not None:
            side = "out" if peer.is_out_channel_pruning_fn(dependency.handler) else "in"
            found |= {(layer, side, int(channel)) for channel in channels}
    return found


def removal(model: nn.Module, graph: tp.WeightGraph, groups: list[tp.ChannelGroup], rounds: int) -> dict[str, Any]:
    """Remove the odd numbers of every group, in turns, and compare the networks."""
    sparse = tp.apply_mask(graph, unread(graph, groups))
    x = torch.randn(2, *graph.input_shape, generator=torch.Generator().manual_seed(0))
    wanted = tp.forward(sparse, x)
    kept = {group.name: range(0, group.size, 2) for group in groups}
    ours, theirs, told = [], [], []
    for _ in range(rounds):
        other = copy.deepcopy(model)
        peer = dependencies(other)
        start = time.process_time()
        broken = prune_by_peer(peer, other, groups)
        middle = time.process_time()
        small = tp.compact(sparse)
        end = time.process_time()
        tp.remove_channels(graph, kept)
        told.append(time.process_time() - end)
        ours.append(end - middle)
        theirs.append(middle - start)
    ratios = [their / our for their, our in zip(theirs, ours, strict=True)]
    their_off, state = (None, broken) if broken else _run(other, x, wanted)
    return {
        "parameters": tp.measures.size(graph).total,
        "ours_parameters": tp.measures.size(small).total,
        "their_parameters": sum(parameter.numel() for parameter in other.parameters()),
        "ours_off": _off(tp.forward(small, x), wanted),
        "theirs_off": their_off,
        "state": state,
        "ours_ms": 1000 * statistics.median(ours),
        "theirs_ms": 1000 * statistics.median(theirs),
        "ratios": ratios,
        "ratio": spread(ratios),
        "told_ms": 1000 * statistics.median(told),
        "told_ratio": spread([their / our for their, our in zip(theirs, told, strict=True)]),
    }


def unread(graph: tp.WeightGraph, groups: list[tp.ChannelGroup]) -> tp.Mask:
    """Return the mask under which nothing writes or reads the odd numbers of any group."""
    layers = {layer.name: layer for layer in graph.weight_layers.values()}
    keep = {name: torch.ones(weight.shape, dtype=torch.bool) for name, weight in graph.weights.items()}
    for group in groups:
        for axis in group.axes:
            if axis.layer in layers:
                gone = torch.from_numpy((axis.channels >= 0) & (axis.channels % 2 == 1))
                _clear(keep[layers[axis.layer].weight_name], gone, axis.side, layers[axis.layer].groups)
    return tp.Mask(keep)


def _clear(keep: Tensor, gone: Tensor, side: str, conv_groups: int) -> None:
    if side == "out":
        keep[gone] = False
        return
    blocks = keep.view(conv_groups, -1, *keep.shape[1:])
    for block, inputs in zip(blocks, gone.view(conv_groups, -1), strict=True):
        block[:, inputs] = False


def prune_by_peer(peer: Any, model: nn.Module, groups: list[tp.ChannelGroup]) -> str:
    """Remove the odd numbers of every group in place; return what went wrong, or nothing."""
    try:
        for group in groups:
            layer, channels = _root(group)
            peer_group(peer, model.get_submodule(layer), channels).prune()
    except Exception as error:  # whatever it raises is its answer
        return f"{type(error).__name__}: {error}"[:60]
    return ""


def _root(group: tp.ChannelGroup) -> tuple[str, list[int]]:
    """A layer that writes the whole group, if one does, and its channels that go."""
    axis = max((axis for axis in group.axes if axis.side == "out"), key=lambda axis: int((axis.channels >= 0).sum()))
    return axis.layer, np.flatnonzero((axis.channels >= 0) & (axis.channels % 2 == 1)).tolist()


@torch.inference_mode()
def _run(model: nn.Module, x: Tensor, wanted: Tensor) -> tuple[float | None, str]:
    try:
        return _off(model.eval()(x), wanted), "runs"
    except RuntimeError as error:
        return None, f"breaks: {error}"[:60]


def _off(found: Tensor, wanted: Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())
