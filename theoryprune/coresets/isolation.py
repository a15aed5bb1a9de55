"""Units that no subset may leave out: somewhere each of them is the only one that is active."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from theoryprune.coresets.arguments import as_matrix, as_slope
from theoryprune.coresets.rays import rays_of
from theoryprune.errors import ConvergenceError
from theoryprune.geometry import Verdict
from theoryprune.geometry.arguments import Floats

_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Isolation:
    """Which units are alone somewhere.

    Parameters
    ----------
    isolated : ndarray of bool, shape (n,)
        Whether there is an input at which all other units are 0 and this one is not.
    witnesses : ndarray, shape (n, d)
        Such an input of length 1 for each isolated unit; zeros for the others.
    """

    isolated: NDArray[np.bool_]
    witnesses: Floats


def isolated_units(incoming: ArrayLike, *, slope: float = 0.0) -> Isolation:
    """Find the units that can be active alone, each with an input where it is.

    Parameters
    ----------
    incoming : array_like, shape (n, d)
        W, one unit in each row. With a bias as a column, the last coordinate of the input is free too: so a unit may be
        isolated here that is not where that coordinate is 1.
    slope : float
        Of the leaky rectifier, in [0, 1].

    Returns
    -------
    Isolation

    Raises
    ------
    ValueError
        If an argument is not of this kind.
    ConvergenceError
        If a least-squares problem does not end.

    Notes
    -----
    For ReLU there is x with ``w_j . x > 0 >= w_i . x`` for all other i exactly if ``w_j`` is not in the cone of the
    others (Farkas), and the residual of its projection onto that cone is such an x. For a slope above 0 the others
    vanish only where ``w_i . x = 0``: the same with their span. Rows within 1e-9 of their length of the cone or span
    count as in it.

    At such an x the output is that of unit j alone. A subset without it, however weighted, outputs 0 there: an error
    as large as the output. So every weighted subset with a relative error below 1 holds all isolated units with
    ``v_j != 0``; independent rows (n <= d) are all isolated. Cost: n nonnegative least-squares problems.

    Examples
    --------
    >>> isolated_units([[1, 0], [0, 1], [1, 1]]).isolated.tolist()
    [True, True, False]
    """
    rows, leaky = as_matrix(incoming, "incoming"), as_slope(slope) > 0
    units = rays_of(rows).units
    witnesses = np.zeros_like(units)
    for j in np.flatnonzero(units.any(axis=1)):
        rest = _rest(units[j], np.delete(units, j, axis=0), leaky)
        length = float(np.linalg.norm(rest))
        if length > _TOLERANCE:
            witnesses[j] = rest / length
    return Isolation(np.abs(witnesses).max(axis=1) > 0, witnesses)


def is_isolation(found: Isolation, incoming: ArrayLike, *, slope: float = 0.0) -> Verdict:
    """Check that each witness makes its unit active, and no other.

    Parameters
    ----------
    found : Isolation
    incoming, slope
        As for `isolated_units`.

    Returns
    -------
    Verdict
        With the largest output of another unit beside that of the isolated one, rows taken at length 1. It does not
        check that the remaining units are not isolated.

    Raises
    ------
    ValueError
        If the layer is not what `isolated_units` takes.
    """
    rows, leaky = as_matrix(incoming, "incoming"), as_slope(slope) > 0
    isolated, witnesses = np.asarray(found.isolated), np.asarray(found.witnesses)
    if isolated.shape != (len(rows),) or witnesses.shape != rows.shape or not np.isfinite(witnesses).all():
        return Verdict(False, False, float("nan"), "an array has the wrong shape, or an entry that is not finite")
    lengths = np.linalg.norm(rows, axis=1)
    outputs = (rows / np.where(lengths > 0, lengths, 1)[:, None]) @ witnesses[isolated].T
    own = outputs[isolated].diagonal()
    if len(own) and own.min() <= 0:
        return Verdict(False, False, float(own.min()), "a unit is not active at its witness")
    others = np.abs(outputs) if leaky else np.maximum(outputs, 0)
    others[np.flatnonzero(isolated), np.arange(len(own))] = 0
    worst = float((others / own).max(initial=0))
    if worst > 1e-6:
        return Verdict(False, False, worst, "another unit is active at the witness of one")
    return Verdict(True, False, worst, "every isolated unit is alone at its witness, up to rounding")


def _rest(row: Floats, others: Floats, leaky: bool) -> Floats:
    """What the cone (or the span) of the others leaves of a row."""
    if not len(others):
        return row
    if leaky:
        rest: Floats = row - others.T @ np.linalg.lstsq(others.T, row, rcond=None)[0]
        return rest
    try:
        shares = nnls(others.T, row)[0]
    except RuntimeError as error:
        raise ConvergenceError(f"a nonnegative least-squares problem did not end: {error}", gap=np.inf) from error
    nearest: Floats = row - others.T @ shares
    return nearest
