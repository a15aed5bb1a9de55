"""Two consecutive convolutions before and after: the flattened pair of layers, and the geometry between them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_kept_units, as_reals
from theoryprune.bounds.conv_geometry import Geometry, geometry_of
from theoryprune.bounds.layer import Changes, as_layer
from theoryprune.bounds.layer import Layer as FlatLayer
from theoryprune.bounds.rounding import Floats
from theoryprune.bounds.window import Window
from theoryprune.layers import Layer as Record


@dataclass(frozen=True, eq=False)
class ConvLayer:
    """The map ``V * phi(W * x + b) + c`` and its smaller form.

    Parameters
    ----------
    flat : FlatLayer
        Both kernels as matrices: V of shape (p taps', n), W of shape (n, ci taps), with b as last column if there is
        one; no offsets.
    geometry : Geometry
    shift : ndarray, shape (p,) or (p, *output)
        ``c - c'``, the same at every position, or one for each.
    """

    flat: FlatLayer
    geometry: Geometry
    shift: Floats

    @property
    def biased(self) -> bool:
        """Whether there are biases."""
        return self.flat.tau is not None

    @property
    def shift_map(self) -> Floats:
        """The shift with an axis for each of the output's, of length 1 where it is the same everywhere."""
        axes = len(self.geometry.output or ())
        return self.shift if self.shift.ndim > 1 else self.shift.reshape(-1, *(1,) * axes)

    def next_kernels(self, columns: Floats) -> Floats:
        """Columns of flattened outgoing weights as a kernel of shape (p, columns, *k')."""
        k = self.geometry.next_kernel
        outputs = len(columns) // math.prod(k)
        return np.ascontiguousarray(np.moveaxis(columns.reshape(outputs, *k, columns.shape[1]), -1, 1))

    def kernels(self, rows: Floats) -> Floats:
        """Flattened incoming weights, without biases, as a kernel of shape (rows, ci, *k)."""
        k = self.geometry.kernel
        return rows.reshape(len(rows), rows.shape[1] // math.prod(k), *k)

    def digest(self) -> str:
        """SHA-256 over all weights and the geometry."""
        g = self.geometry
        pool = None if g.pool is None else repr(g.pool)
        state = hashlib.sha256(b"convolution pair 1" + self.flat.digest().encode() + self.shift.tobytes())
        state.update(repr((g.size, g.kernel, g.next_kernel, g.producer, g.consumer, pool, g.pool_gain)).encode())
        return state.hexdigest()


def as_conv_layer(
    V: ArrayLike,
    W: ArrayLike,
    kept: ArrayLike,
    U: ArrayLike,
    slope: ArrayLike,
    size: tuple[int, ...],
    producer: Window,
    consumer: Window | None,
    *,
    pool: Record | None = None,
    pool_gain: float = 1.0,
    **changes: Unpack[Changes],
) -> ConvLayer:
    """Return the checked layer; arguments as in `certify_conv_layer`.

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, units out of order or slopes outside [0, 1].
    UnsupportedLayerError
        For circular padding that changes the size of the map.
    """
    rows = as_reals(W, "W", (None, None, *(None for _ in size)))
    first = np.asarray(V)
    axes = first.ndim - 2 if consumer is None else len(size)
    outgoing = as_reals(V, "V", (None, None, *(None,) * axes))
    m = len(as_kept_units(kept, len(rows)))
    new_outgoing = as_reals(U, "U", (outgoing.shape[0], m, *outgoing.shape[2:]))
    geometry = geometry_of(size, producer, consumer, rows, outgoing, pool, pool_gain)
    new_rows = changes.get("kept_rows")
    changed = None if new_rows is None else _flat_rows(as_reals(new_rows, "kept_rows", (m, *rows.shape[1:])))
    maps = _flat_columns(outgoing), _flat_rows(rows), kept, _flat_columns(new_outgoing), slope
    flat = as_layer(*maps, kept_rows=changed, bias=changes.get("bias"), kept_bias=changes.get("kept_bias"))
    shift = _shift(changes.get("offset"), changes.get("kept_offset"), outgoing.shape[0], geometry)
    if not np.isfinite(shift).all():
        raise ValueError("offset - kept_offset must be finite in float64, but it overflows: rescale the layer")
    return ConvLayer(flat, geometry, shift)


def _shift(old: ArrayLike | None, new: ArrayLike | None, p: int, geometry: Geometry) -> Floats:
    if new is None:
        return np.zeros(p)
    after = _offset(new, "kept_offset", p, geometry)
    before = np.zeros_like(after) if old is None else _offset(old, "offset", p, geometry)
    if before.ndim != after.ndim:
        wide = (-1, *(1,) * len(geometry.size))
        before, after = (part.reshape(wide) if part.ndim == 1 else part for part in (before, after))
    with np.errstate(over="ignore"):
        return np.asarray(before - after)


def _offset(values: ArrayLike, name: str, p: int, geometry: Geometry) -> Floats:
    if np.ndim(values) <= 1:
        return as_reals(values, name, (p,))
    output = geometry.output
    return as_reals(values, name, (p, *((None,) * len(geometry.size) if output is None else output)))


def _flat_columns(kernel: Floats) -> Floats:
    return np.moveaxis(kernel, 1, -1).reshape(-1, kernel.shape[1])


def _flat_rows(kernel: Floats) -> Floats:
    return kernel.reshape(len(kernel), -1)
