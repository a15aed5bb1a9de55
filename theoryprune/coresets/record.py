"""What every construction returns: which units stay, their new outgoing weights, and what the method knows of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from theoryprune.coresets.arguments import Layer
from theoryprune.geometry.arguments import Floats, Indices


@dataclass(frozen=True, eq=False)
class Merging:
    """Which unit stands for which, and what is left of each row.

    Parameters
    ----------
    assignment : ndarray of int64, shape (n,)
        For each unit the kept one into which it was folded: itself for kept units, -1 for units that were dropped.
    multipliers : ndarray, shape (n,)
        a >= 0 with ``w_j`` near ``a_j w_c(j)``: 1 for kept units, 0 for dropped ones.
    residuals : ndarray, shape (n - m, d)
        ``w_j - a_j w_c(j)`` for the pruned units in ascending order.
    """

    assignment: Indices
    multipliers: Floats
    residuals: Floats


@dataclass(frozen=True, eq=False)
class Sampling:
    """How units were drawn, and what a theorem says of the draw.

    Parameters
    ----------
    mode : {"iid", "distinct", "fixed_pps"}
        As in `theoryprune.geometry.sample_coreset`.
    draws : int
        Draws made; 0 where the budget covered every unit with a positive score, and nothing was left to chance.
    counts : ndarray of int64, shape (m,)
        How often each kept unit was drawn.
    weights : ndarray, shape (m,)
        By which its outgoing weights were multiplied.
    theorem : str
        What holds of this draw; ``"none"`` where none is known.
    error : float or None
        The error of that theorem.
    delta_algorithm : float or None
        The probability, over the draw, that it fails; 0 where nothing was drawn.
    delta_inputs : float
        Always 0: nothing is assumed of the inputs.
    """

    mode: Literal["iid", "distinct", "fixed_pps"]
    draws: int
    counts: Indices
    weights: Floats
    theorem: str
    error: float | None
    delta_algorithm: float | None
    delta_inputs: float = 0.0


@dataclass(frozen=True, eq=False)
class Fit:
    """The mean-square error of refitted weights under the law of the inputs that was assumed.

    Parameters
    ----------
    rms : float
        Root of the mean squared norm of the error, of the weights as returned.
    target_rms : float
        Of the layer's whole output.
    ridge : float
        What was added to the diagonal of the Gram matrix of features scaled to mean square 1.
    blend : float
        The share t of the refitted weights; the rest is those of `merge`.
    intercept : bool
        Whether a constant goes with the weights: the errors are those about their means then, and so is the output.
    """

    rms: float
    target_rms: float
    ridge: float
    blend: float
    intercept: bool = False


@dataclass(frozen=True, eq=False)
class LayerCoreset:
    """Some units of a layer with new outgoing weights, in place of all units.

    Parameters
    ----------
    method : str
        Name of the construction.
    kept : ndarray of int64, shape (m,)
        Ascending, each once. Their incoming weights stay as they are.
    outgoing : ndarray, shape (p, m)
        U, one column for each kept unit: ``U phi(W[kept] x)`` in place of ``V phi(W x)``.
    units : int
        n, how many there were.
    deterministic : bool
        Whether nothing was drawn.
    merging : Merging or None
        Where units were folded into others. Beside a `fit`, and for any construction behind an activation that only
        copies commute with, the fold that certificates refer to: `outgoing` need not be what it gives.
    sampling : Sampling or None
        Where units were drawn.
    fit : Fit or None
        Where the weights were refitted.
    shift : ndarray, shape (p,), or None
        A constant beside them: ``U phi(W[kept] x) + shift`` in place of ``V phi(W x)``.
    """

    method: str
    kept: Indices
    outgoing: Floats
    units: int
    deterministic: bool
    merging: Merging | None = None
    sampling: Sampling | None = None
    fit: Fit | None = None
    shift: Floats | None = None

    @property
    def pruned(self) -> Indices:
        """The units that are gone, ascending."""
        return np.setdiff1d(np.arange(self.units), self.kept, assume_unique=True)

    @property
    def is_identity(self) -> bool:
        """Whether every unit is still there."""
        return len(self.kept) == self.units


def identity(layer: Layer, method: str) -> LayerCoreset:
    """Return the whole layer, its outgoing weights bit for bit: what a full budget gives with every method."""
    everything = np.arange(layer.units)
    merging = Merging(everything, np.ones(layer.units), np.empty((0, layer.incoming.shape[1])))
    return LayerCoreset(method, everything, layer.outgoing.copy(), layer.units, True, merging)
