"""What a network is made of: one file per kind of layer, and the two registries of them."""

from __future__ import annotations

from collections.abc import Callable

from theoryprune.layers.activation import (
    GELU,
    Elementwise,
    Hardtanh,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Tanh,
    convert_activation,
)
from theoryprune.layers.add import Add, convert_add
from theoryprune.layers.base import Channels, Channelwise, Coupling, Layer, Shape, WeightLayer, take
from theoryprune.layers.batchnorm import BatchNorm, convert_batch_norm
from theoryprune.layers.call import Call, Computed, Refusal, Stored, Value
from theoryprune.layers.concat import Concat, convert_cat
from theoryprune.layers.constant import Constant, Scale, Shift, convert_scale
from theoryprune.layers.conv import Conv, convert_conv
from theoryprune.layers.flatten import Flatten, convert_reshape
from theoryprune.layers.identity import convert_dropout, convert_identity
from theoryprune.layers.linear import Linear, convert_linear
from theoryprune.layers.pad import ZeroPad, convert_pad
from theoryprune.layers.pool import (
    AdaptiveAvgPool,
    AvgPool,
    MaxPool,
    SpatialMean,
    convert_adaptive_avg_pool,
    convert_avg_pool,
    convert_max_pool,
    convert_mean,
)
from theoryprune.layers.slice import Slice, Take, convert_index_select, convert_slice
from theoryprune.layers.softmax import Softmax, convert_softmax

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer
    for layer in (
        Linear, Conv, BatchNorm,
        ReLU, LeakyReLU, Hardtanh, GELU, SiLU, Sigmoid, Tanh,
        MaxPool, AvgPool, AdaptiveAvgPool, SpatialMean,
        Add, Scale, Shift, Concat, Flatten, ZeroPad, Slice, Take, Softmax,
    )
}  # fmt: skip
"""Every kind of layer record by its name in files."""

CONVERSIONS: dict[str, Callable[[Call], Layer | Value]] = {
    "linear.default": convert_linear,
    **{f"conv{d}d.{overload}": convert_conv for d in (1, 2, 3) for overload in ("default", "padding")},
    "batch_norm.default": convert_batch_norm,
    **{
        f"{op}.default": convert_activation
        for op in ("relu", "leaky_relu", "hardtanh", "relu6", "gelu", "silu", "sigmoid", "tanh")
    },
    **{f"max_pool{d}d.default": convert_max_pool for d in (1, 2, 3)},
    **{f"avg_pool{d}d.default": convert_avg_pool for d in (1, 2, 3)},
    **{f"adaptive_avg_pool{d}d.default": convert_adaptive_avg_pool for d in (1, 2, 3)},
    "mean.dim": convert_mean,
    **{f"{op}.{kind}": convert_add for op in ("add", "sub") for kind in ("Tensor", "Scalar")},
    **{f"{op}.{kind}": convert_scale for op in ("mul", "div") for kind in ("Tensor", "Scalar")},
    "neg.default": convert_scale,
    "cat.default": convert_cat,
    **dict.fromkeys(
        ("flatten.using_ints", "view.default", "reshape.default", "squeeze.dim", "squeeze.dims"),
        convert_reshape,
    ),
    "pad.default": convert_pad,
    "constant_pad_nd.default": convert_pad,
    "slice.Tensor": convert_slice,
    "index_select.default": convert_index_select,
    "softmax.int": convert_softmax,
    "log_softmax.int": convert_softmax,
    **dict.fromkeys(
        (
            "clone.default", "contiguous.default", "detach.default", "alias.default", "lift_fresh_copy.default",
        ),
        convert_identity,
    ),
    **{f"{kind}dropout.default": convert_dropout for kind in ("", "feature_", "alpha_", "feature_alpha_")},
}  # fmt: skip
"""How each ATen operator (in-place variants included) becomes a record, or vanishes."""

__all__ = [
    "CONVERSIONS", "GELU", "LAYERS", "AdaptiveAvgPool", "Add", "AvgPool", "BatchNorm", "Call", "Channels",
    "Channelwise", "Computed", "Concat", "Constant", "Conv", "Coupling", "Elementwise", "Flatten", "Hardtanh", "Layer",
    "LeakyReLU", "Linear", "MaxPool", "ReLU", "Refusal", "Scale", "Shape", "Shift", "SiLU", "Sigmoid", "Slice",
    "Softmax", "SpatialMean", "Stored", "Take", "Tanh", "Value", "WeightLayer", "ZeroPad",
    "convert_identity", "take",
]  # fmt: skip
