"""One convolution or linear map before and after pruning."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from theoryprune.layers import Conv, WeightLayer


@dataclass(frozen=True)
class LayerRow:
    """One convolution or linear map, before and after pruning.

    Parameters
    ----------
    name, op : str
        Name of the weight; size of the kernel, or ``"linear"``.
    shape : tuple of int
        Of the dense weight: (out, in per group, *kernel).
    stride, padding, dilation : tuple of int or str
        Empty for linear maps.
    groups : int
        1 for linear maps.
    weights, prunable, kept, effective : int
        Dense weights; those that count (0 where protected); those kept, and those on a path from input to output.
    macs, macs_nominal, macs_effective : int
        Multiply-accumulates of the dense weights, of those kept, of those effective.
    channels_in, channels_out : tuple of int
        (before, after) of the channels that the layer reads and writes; after: those with an effective weight.
    reason : str
        Why the layer was not pruned: ``"protected"``, or nothing.
    """

    name: str
    op: str
    shape: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...] | str
    dilation: tuple[int, ...]
    groups: int
    weights: int
    prunable: int
    kept: int
    effective: int
    macs: int
    macs_nominal: int
    macs_effective: int
    channels_in: tuple[int, int]
    channels_out: tuple[int, int]
    reason: str = ""

    @property
    def density(self) -> float:
        """Kept over dense weights."""
        return self.kept / self.weights


def layer_row(
    layer: WeightLayer,
    left: WeightLayer | None,
    keep: Tensor,
    effective: Tensor,
    macs: tuple[int, int, int],
    reason: str,
) -> LayerRow:
    """Describe one layer.

    Parameters
    ----------
    layer, left : WeightLayer
        Before and after pruning; `left` is None where compaction removed the layer.
    keep, effective : Tensor of bool, shape of the weight left
        The weights kept, and those of them on a path from input to output.
    macs : tuple of int
        Multiply-accumulates: dense, nominal, effective.
    reason : str
        Why the layer was not pruned, or nothing.
    """
    window = layer if isinstance(layer, Conv) else None
    kernel = "x".join(map(str, window.kernel)) if window else ""
    inputs, outputs = (0, 0) if left is None else live_channels(effective, left.groups)
    return LayerRow(
        name=layer.weight_name,
        op=kernel or layer.kind,
        shape=tuple(layer.weight.shape),
        stride=window.stride if window else (),
        padding=window.padding if window else (),
        dilation=window.dilation if window else (),
        groups=layer.groups,
        weights=layer.weight.numel(),
        prunable=0 if reason else layer.weight.numel(),
        kept=int(keep.count_nonzero()),
        effective=int(effective.count_nonzero()),
        macs=macs[0],
        macs_nominal=macs[1],
        macs_effective=macs[2],
        channels_in=(layer.weight.shape[1] * layer.groups, inputs),
        channels_out=(layer.weight.shape[0], outputs),
        reason=reason,
    )


def live_channels(effective: Tensor, groups: int) -> tuple[int, int]:
    """Count the input and the output channels that some effective weight reads and writes."""
    edges = effective.flatten(2).any(2) if effective.ndim > 2 else effective
    by_group = edges.reshape(groups, -1, edges.shape[1])
    return int(by_group.any(1).count_nonzero()), int(edges.any(1).count_nonzero())
