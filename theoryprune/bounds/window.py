"""How a convolution slides over its input: stride, padding and dilation along each axis."""

from __future__ import annotations

from dataclasses import dataclass

from theoryprune.errors import UnsupportedLayerError

_MODES = ("zeros", "circular")


@dataclass(frozen=True)
class Window:
    """The geometry of a cross-correlation, one entry of each tuple per spatial axis.

    Parameters
    ----------
    stride : tuple of int
    padding : tuple of int, or of (int, int)
        Positions added on either side of an axis, or (before, after); kept as pairs.
    dilation : tuple of int
    mode : {"zeros", "circular"}
        What stands at the added positions.

    Raises
    ------
    ValueError
        For a stride or dilation below 1, a negative padding, or tuples of different lengths.
    UnsupportedLayerError
        For another padding mode: reflected or replicated positions weigh twice, which no bound here knows of.

    Examples
    --------
    >>> Window((2, 2), (1, (0, 1)), (1, 1)).output((7, 7), (3, 3))
    (4, 3)
    """

    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...] | tuple[int | tuple[int, int], ...]
    dilation: tuple[int, ...]
    mode: str = "zeros"

    def __post_init__(self) -> None:
        """Check the entries, and write every padding as a pair."""
        if self.mode not in _MODES:
            raise UnsupportedLayerError(
                f"padding mode {self.mode!r} has no certificate: rewrite the layer with zero or circular padding"
            )
        pairs = tuple((p, p) if isinstance(p, int) else (int(p[0]), int(p[1])) for p in self.padding)
        if not len(self.stride) == len(pairs) == len(self.dilation) or not pairs:
            raise ValueError(f"stride, padding and dilation must have one entry for each axis, got {self}")
        if min(self.stride) < 1 or min(self.dilation) < 1 or min(min(pair) for pair in pairs) < 0:
            raise ValueError(f"stride and dilation must be at least 1 and padding at least 0, got {self}")
        object.__setattr__(self, "padding", pairs)

    @property
    def pads(self) -> tuple[tuple[int, int], ...]:
        """Padding (before, after) along each axis."""
        return tuple((p, p) if isinstance(p, int) else p for p in self.padding)

    def output(self, size: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[int, ...]:
        """Return the number of output positions along each axis.

        Raises
        ------
        ValueError
            If the axes do not match, or a dilated kernel does not fit into the padded input.
        """
        if not len(size) == len(kernel) == len(self.stride):
            raise ValueError(f"size {size} and kernel {kernel} must have {len(self.stride)} axes, as the window has")
        spans = [
            n + sum(pad) - d * (k - 1) - 1 for n, k, d, pad in zip(size, kernel, self.dilation, self.pads, strict=True)
        ]
        if min(spans) < 0 or min(size) < 1 or min(kernel) < 1:
            raise ValueError(f"a kernel {kernel} with {self} does not fit into an input of size {size}")
        return tuple(span // s + 1 for span, s in zip(spans, self.stride, strict=True))
