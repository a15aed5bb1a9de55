"""Pooling: maxima and averages over windows, adaptive cells or the whole of space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional

from theoryprune.layers.base import Channelwise, Shape
from theoryprune.layers.call import Call, Refusal
from theoryprune.layers.window import output_shape

_MAX: dict[int, Callable[..., Tensor]] = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}
_ADAPTIVE: dict[int, Callable[..., Tensor]] = {
    1: functional.adaptive_avg_pool1d,
    2: functional.adaptive_avg_pool2d,
    3: functional.adaptive_avg_pool3d,
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MaxPool(Channelwise):
    """The largest entry of each window; padded cells never win."""

    kind = "max_pool"
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil_mode: bool = False

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.max_pool1d`, `2d` or `3d`."""
        pool = _MAX[len(self.kernel)]
        return pool(xs[0], self.kernel, self.stride, self.padding, self.dilation, self.ceil_mode)

    def shape(self, *shapes: Shape) -> Shape:
        """Return (channels, positions along each axis)."""
        shape = shapes[0]
        return output_shape(shape, shape[0], self.kernel, self.stride, self.padding, self.dilation, self.ceil_mode)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AvgPool(Channelwise):
    """The sum of each window over a divisor: its size, the cells inside the input, or `divisor_override`."""

    kind = "avg_pool"
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    ceil_mode: bool = False
    count_include_pad: bool = True
    divisor_override: int | None = None

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.avg_pool1d`, `2d` or `3d`."""
        common = (self.ceil_mode, self.count_include_pad)
        match len(self.kernel):
            case 1:
                return functional.avg_pool1d(xs[0], self.kernel, self.stride, self.padding, *common)
            case 2:
                return functional.avg_pool2d(
                    xs[0], self.kernel, self.stride, self.padding, *common, self.divisor_override
                )
            case _:
                return functional.avg_pool3d(
                    xs[0], self.kernel, self.stride, self.padding, *common, self.divisor_override
                )

    def shape(self, *shapes: Shape) -> Shape:
        """Return (channels, positions along each axis)."""
        shape, ones = shapes[0], (1,) * len(self.kernel)
        return output_shape(shape, shape[0], self.kernel, self.stride, self.padding, ones, self.ceil_mode)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AdaptiveAvgPool(Channelwise):
    """The average over a grid of cells of the given size that covers the map."""

    kind = "adaptive_avg_pool"
    output_size: tuple[int, ...]

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.nn.functional.adaptive_avg_pool1d`, `2d` or `3d`."""
        return _ADAPTIVE[len(self.output_size)](xs[0], self.output_size)

    def shape(self, *shapes: Shape) -> Shape:
        """Return (channels, *output_size)."""
        return (shapes[0][0], *self.output_size)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SpatialMean(Channelwise):
    """The mean over some spatial axes (1 is the first one after the channels)."""

    kind = "spatial_mean"
    axes: tuple[int, ...]
    keepdim: bool = False

    def forward(self, *xs: Tensor) -> Tensor:
        """Apply `torch.Tensor.mean`."""
        return xs[0].mean([axis + 1 for axis in self.axes], self.keepdim)

    def shape(self, *shapes: Shape) -> Shape:
        """Return the input's shape with the averaged axes of size 1, or gone."""
        kept = [1 if axis in self.axes else size for axis, size in enumerate(shapes[0])]
        if self.keepdim:
            return tuple(kept)
        return tuple(size for axis, size in enumerate(shapes[0]) if axis not in self.axes)


def _batched(call: Call, dims: int) -> str:
    x = call.value("self")
    if len(x.shape) != dims + 1:
        raise Refusal("its input has no batch axis of its own", "keep the batch axis apart from the others")
    return x.name


def _dims(call: Call) -> int:
    return next(int(c) for c in call.op if c.isdigit())


def convert_max_pool(call: Call) -> MaxPool:
    """Read ``aten.max_pool1d``, ``2d`` or ``3d``."""
    dims = _dims(call)
    kernel = call.ints("kernel_size", dims)
    return MaxPool(
        name=call.name,
        inputs=(_batched(call, dims),),
        kernel=kernel,
        stride=call.ints("stride", dims) or kernel,
        padding=call.ints("padding", dims),
        dilation=call.ints("dilation", dims),
        ceil_mode=bool(call.args["ceil_mode"]),
    )


def convert_avg_pool(call: Call) -> AvgPool:
    """Read ``aten.avg_pool1d``, ``2d`` or ``3d``."""
    dims = _dims(call)
    kernel, divisor = call.ints("kernel_size", dims), call.args.get("divisor_override")
    return AvgPool(
        name=call.name,
        inputs=(_batched(call, dims),),
        kernel=kernel,
        stride=call.ints("stride", dims) or kernel,
        padding=call.ints("padding", dims),
        ceil_mode=bool(call.args["ceil_mode"]),
        count_include_pad=bool(call.args["count_include_pad"]),
        divisor_override=divisor if isinstance(divisor, int) else None,
    )


def convert_adaptive_avg_pool(call: Call) -> AdaptiveAvgPool:
    """Read ``aten.adaptive_avg_pool1d``, ``2d`` or ``3d``."""
    return AdaptiveAvgPool(name=call.name, inputs=(_batched(call, _dims(call)),), output_size=call.shape[1:])


def convert_mean(call: Call) -> SpatialMean:
    """Read ``aten.mean`` over spatial axes."""
    x, dims = call.value("self"), call.args["dim"]
    rank = len(x.shape) + 1
    axes = tuple(sorted(int(d) % rank - 1 for d in dims)) if isinstance(dims, list | tuple) else ()
    if not axes or axes[0] < 1:
        raise Refusal("it averages over the batch or the channels", "average over spatial axes only")
    if call.args.get("dtype") is not None:
        raise Refusal("it changes the number format", "keep one floating dtype throughout")
    return SpatialMean(name=call.name, inputs=(x.name,), axes=axes, keepdim=bool(call.args["keepdim"]))
