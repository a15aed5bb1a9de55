"""The error of a pruned layer as one product ``A S(x) B x`` with a diagonal S, and the rounding of A and B."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from theoryprune.bounds.fold import Indices
from theoryprune.bounds.layer import Layer
from theoryprune.bounds.pair_columns import changed_columns, pruned_columns, refitted_columns
from theoryprune.bounds.rounding import UNIT, Floats, exponents, product_up, row_norms_up, shared_exponent, sum_up, up

_LOST = 2.0**-1000  # above all that entries below the range of float64 can add up to
_NEGLIGIBLE = 2.0**-36  # a smaller share is not worth a column: what rounding leaves of folded weights spoils proofs


@dataclass(frozen=True, eq=False)
class Pair:
    """``||err(x)|| <= 2^exponent (sup_S ||A S B x|| + rounding ||x||)``, S diagonal with entries in [slope, 1].

    Parameters
    ----------
    left : ndarray, shape (p, k)
        A, scaled by a power of two to largest entry in [1/2, 1).
    right : ndarray, shape (k, d)
        B, the largest entry of each row in [1/2, 1).
    slopes : ndarray, shape (k,)
        Least entry of S for each column of A.
    rounding : float
        Bound for what the rounding of A and B changes.
    exponent : int
    columns : ndarray of int, shape (k,)
        Which of the columns of `layer_pair` these are; the others are zero or negligible and count in `rounding`.
    shares : ndarray of int, shape (k,)
        Row j of B was divided by ``2^shares_j``, column j of A by ``2^(exponent - shares_j)``.
    """

    left: Floats
    right: Floats
    slopes: Floats
    rounding: float
    exponent: int
    columns: Indices
    shares: Indices

    @property
    def left_norms(self) -> Floats:
        """Upper bounds of the norms of the columns of A."""
        return row_norms_up(self.left.T)

    @property
    def right_norms(self) -> Floats:
        """Upper bounds of the norms of the rows of B."""
        return row_norms_up(self.right)


def layer_pair(layer: Layer, assignment: Indices, multipliers: Floats) -> Pair:
    """Return the pair (A, B) of a layer and a fold.

    Parameters
    ----------
    layer : Layer
    assignment : ndarray of int, shape (n,)
        c(j), a kept unit of the same slope, where ``a_j > 0``.
    multipliers : ndarray, shape (n,)
        ``a_j >= 0``; any choice is sound.

    Notes
    -----
    With phi(a t) = a phi(t) for a >= 0 and differences of phi given by slopes, ``err = A S B x~`` for

        A = [V_P, U_merge - U, U, shift],   B = [w_j - a_j w_c(j); W_C; W_C - W'; e_last / tau],

    U_merge the fold ``v_i + sum a_j v_j`` (the third block only for changed kept rows, the fourth only for changed
    offsets, with slope 1). The rounding of the entries is bounded as ``2 u (|w_j| + 2 a_j |w_c|)`` for residuals and
    ``2 u |dU| + 2 (q + 1) u (|v_i| + sum a_j |v_j|)`` for q units folded into one, and enters as the sum over all
    columns of ``||dA_j|| ||B_j|| + (||A_j|| + ||dA_j||) ||dB_j||``. Cost O(n (d + p)).
    """
    outgoing_exponent = shared_exponent(layer.outgoing, layer.new_outgoing)
    rows_exponent = shared_exponent(layer.rows, layer.new_rows)
    shift_exponent, moved = shared_exponent(layer.shift), layer.tau is not None and bool(layer.shift.any())
    if moved:  # so that no row of B is large
        rows_exponent = max(rows_exponent, shift_exponent - outgoing_exponent - _log2(layer.tau))
    outgoing, lost_first = _scaled(layer.outgoing, -outgoing_exponent)
    new_outgoing, lost_second = _scaled(layer.new_outgoing, -outgoing_exponent)
    rows, lost_third = _scaled(layer.rows, -rows_exponent)
    new_rows, lost_fourth = _scaled(layer.new_rows, -rows_exponent)
    lost = lost_first or lost_second or lost_third or lost_fourth
    scaled = replace(layer, outgoing=outgoing, new_outgoing=new_outgoing, rows=rows, new_rows=new_rows)
    blocks = [pruned_columns(scaled, assignment, multipliers), refitted_columns(scaled, assignment, multipliers)]
    if (new_rows != rows[layer.kept]).any():
        blocks.append(changed_columns(scaled))
    carried = 0
    if moved:
        # Column and row at scales of their own: beside small weights, either could leave the range of float64.
        carried, last = shift_exponent - outgoing_exponent, np.zeros((1, rows.shape[1]))
        last[0, -1] = np.ldexp(1.0, carried - rows_exponent - _log2(layer.tau))
        lost = lost or last[0, -1] == 0
        shift = np.ldexp(layer.shift, -shift_exponent)
        blocks.append((shift[:, None], 2 * UNIT * row_norms_up(shift[None, :]), last, np.zeros(1), np.ones(1)))
    left = np.concatenate([block[0] for block in blocks], axis=1)
    left_errors, right, right_errors, slopes = (np.concatenate([block[i] for block in blocks]) for i in range(1, 5))
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return _unknown(layer)
    parts = product_up(left_errors, row_norms_up(right))
    parts += product_up(row_norms_up(left.T) + left_errors, right_errors)
    rounding = up(sum_up(parts) + (_LOST if lost else 0.0), terms=4)
    pair = _balanced(left, right, slopes, rounding, (outgoing_exponent, rows_exponent))
    return replace(pair, shares=pair.shares - np.where(pair.columns == left.shape[1] - 1, carried, 0))


def _unknown(layer: Layer) -> Pair:
    """What is left to say where multipliers are too large for float64: nothing, so the rounding is infinite."""
    none = np.zeros(0, dtype=np.int64)
    left, right = np.zeros((len(layer.outgoing), 0)), np.zeros((0, layer.rows.shape[1]))
    return Pair(left, right, np.zeros(0), np.inf, 0, none, none)


def _log2(power: float | None) -> int:
    return 0 if power is None else int(exponents(np.array([power]))) - 1


def _scaled(matrix: Floats, exponent: int | Indices) -> tuple[Floats, bool]:
    scaled = np.ldexp(matrix, exponent)
    return scaled, bool((np.ldexp(scaled, -exponent) != matrix).any())


def _balanced(left: Floats, right: Floats, slopes: Floats, rounding: float, scales: tuple[int, int]) -> Pair:
    sizes = product_up(row_norms_up(left.T), row_norms_up(right))
    large = (sizes > _NEGLIGIBLE * sizes.max(initial=0.0)) & left.any(axis=0) & right.any(axis=1)
    used = np.flatnonzero(large)
    rounding = up(rounding + sum_up(sizes[~large]), terms=2)
    shares = exponents(right[used], axis=1)
    moved, lost_first = _scaled(left[:, used], shares)
    own = int(exponents(moved))
    scaled, lost_second = _scaled(moved, -own)
    with np.errstate(over="ignore"):
        carried = float(np.ldexp(rounding + (_LOST if lost_first else 0.0), -own))
    return Pair(
        left=scaled,
        right=np.ldexp(right[used], -shares[:, None]),
        slopes=slopes[used],
        rounding=up(carried + (_LOST if lost_second else 0.0), terms=2),
        exponent=sum(scales) + own,
        columns=used,
        shares=shares + scales[1],
    )
