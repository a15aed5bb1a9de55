"""A layer before and after: two weight matrices, the units kept, the new weights, and the biases as a coordinate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from theoryprune.bounds.arguments import as_kept_units, as_reals, as_slopes, divided, power_of_two
from theoryprune.bounds.fold import Indices
from theoryprune.bounds.rounding import Floats


@dataclass(frozen=True, eq=False)
class Layer:
    """The map ``V phi(W x~) + c`` and its smaller form ``U phi(W' x~) + c'``, all float64.

    Parameters
    ----------
    outgoing : ndarray, shape (p, n)
        V.
    rows : ndarray, shape (n, d) or (n, d + 1)
        W, with the column ``b / tau`` where there are biases.
    kept : ndarray of int, shape (m,)
        C, strictly increasing.
    new_outgoing : ndarray, shape (p, m)
        U.
    new_rows : ndarray, shape (m, d) or (m, d + 1)
        W', usually the rows C of W.
    slopes : ndarray, shape (n,)
        Of the activation of each unit below 0.
    shift : ndarray, shape (p,)
        ``c - c'``, exact up to one rounding.
    tau : float or None
        The last coordinate of ``x~ = (x, tau)``, a power of two; None without biases, when ``x~ = x``.
    """

    outgoing: Floats
    rows: Floats
    kept: Indices
    new_outgoing: Floats
    new_rows: Floats
    slopes: Floats
    shift: Floats
    tau: float | None

    @property
    def pruned(self) -> Indices:
        """The other units."""
        return np.setdiff1d(np.arange(self.rows.shape[0]), self.kept)

    def digest(self) -> str:
        """SHA-256 over shapes and values of everything."""
        tau = np.array([] if self.tau is None else [self.tau])
        state = hashlib.sha256(b"layer pair 1")
        for array in (*self._arrays(), tau):
            state.update(repr((array.shape, array.dtype.str)).encode())
            state.update(np.ascontiguousarray(array).tobytes())
        return state.hexdigest()

    def _arrays(self) -> tuple[Floats | Indices, ...]:
        return (
            self.outgoing,
            self.rows,
            self.kept,
            self.new_outgoing,
            self.new_rows,
            self.slopes,
            self.shift,
        )


class Changes(TypedDict, total=False):
    """What a layer may have beside its weights, and what may have changed of the units kept, as in `certify_layer`."""

    kept_rows: ArrayLike | None
    bias: ArrayLike | None
    kept_bias: ArrayLike | None
    offset: ArrayLike | None
    kept_offset: ArrayLike | None


def as_layer(
    V: ArrayLike,
    W: ArrayLike,
    kept: ArrayLike,
    U: ArrayLike,
    slope: ArrayLike = 0.0,
    *,
    kept_rows: ArrayLike | None = None,
    bias: ArrayLike | None = None,
    kept_bias: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    kept_offset: ArrayLike | None = None,
    tau: float = 1.0,
) -> Layer:
    """Return the checked pair of layers; arguments as in `certify_layer`.

    Raises
    ------
    ValueError
        For shapes that do not fit, entries that are not finite, units out of order or slopes outside [0, 1].
    TypeError
        If `kept` holds no integers.
    """
    outgoing, rows = as_reals(V, "V", (None, None)), as_reals(W, "W", (None, None))
    (p, n), (units, d) = outgoing.shape, rows.shape
    if n != units or 0 in (p, n, d):
        raise ValueError(f"V must have a column for each row of W, at least one, got shapes {(p, n)} and {(units, d)}")
    chosen = as_kept_units(kept, n)
    m = len(chosen)
    new_outgoing = as_reals(U, "U", (p, m))
    new_rows = rows[chosen] if kept_rows is None else as_reals(kept_rows, "kept_rows", (m, d))
    slopes = as_slopes(slope, n)
    old = np.zeros(p) if offset is None else as_reals(offset, "offset", (p,))
    with np.errstate(over="ignore"):
        shift = np.zeros(p) if kept_offset is None else old - as_reals(kept_offset, "kept_offset", (p,))
    if not np.isfinite(shift).all():
        raise ValueError("offset - kept_offset must be finite in float64, but it overflows: rescale the layer")
    if bias is None and kept_bias is None and not shift.any():
        return Layer(outgoing, rows, chosen, new_outgoing, new_rows, slopes, shift, None)
    first = np.zeros(n) if bias is None else as_reals(bias, "bias", (n,))
    second = first[chosen] if kept_bias is None else as_reals(kept_bias, "kept_bias", (m,))
    step = power_of_two(tau)
    rows = np.column_stack([rows, divided(first, step, "bias")])
    new_rows = np.column_stack([new_rows, divided(second, step, "kept_bias")])
    return Layer(outgoing, rows, chosen, new_outgoing, new_rows, slopes, shift, step)


def forms_of(layer: Layer) -> list[Layer]:
    """The layer itself and, with biases, the same without them and with them alone."""
    if layer.tau is None:
        return [layer]
    still = np.zeros_like(layer.shift)
    inputs = replace(layer, rows=layer.rows[:, :-1], new_rows=layer.new_rows[:, :-1], shift=still, tau=None)
    return [layer, inputs, replace(layer, rows=layer.rows[:, -1:], new_rows=layer.new_rows[:, -1:])]


def nothing_kept(layer: Layer) -> Layer:
    """The layer beside the zero map."""
    silent = np.zeros_like(layer.new_outgoing)
    return replace(layer, new_outgoing=silent, new_rows=layer.rows[layer.kept], shift=np.zeros_like(layer.shift))
